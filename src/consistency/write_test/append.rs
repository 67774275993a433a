//! The part of a write test in which clients append.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::Run;
use crate::consistency::client::{Connector, MOST_DRIVER_CLIENTS, Slot};
use crate::consistency::error::Error;
use crate::consistency::history::History;
use crate::consistency::operation::Append;
use crate::consistency::outcome::OutcomeType;
use crate::consistency::pace::{Pace, pause_until};
use crate::consistency::progress::Phase;

/// How long a client rests after an append that was not acknowledged.
const REST: Duration = Duration::from_millis(100);

/// How often the history is brought to its file.
const FLUSH: Duration = Duration::from_millis(100);

/// What the clients did.
pub(super) struct Appended {
    /// Every append, in no order.
    pub(super) appends: Vec<Append>,
    /// Of those of unknown outcome: applied on one server, without a majority in time.
    pub(super) applied_not_majority: usize,
    counters: Arc<Counters>,
}

impl Appended {
    /// Acknowledged, failed, unknown.
    pub(super) fn counts(&self) -> (u32, u32, u32) {
        let read = |counter: &AtomicU32| counter.load(Ordering::Relaxed);
        (
            read(&self.counters.ok),
            read(&self.counters.fail),
            read(&self.counters.info),
        )
    }
}

#[derive(Default)]
struct Counters {
    ok: AtomicU32,
    fail: AtomicU32,
    info: AtomicU32,
    applied_not_majority: AtomicU32,
}

/// One client: a sequence of processes of which only one lives at a time.
struct Worker {
    process: u64,
    clients: u64,
    slot: Arc<Slot>,
    pace: Arc<Pace>,
    history: History,
    counters: Arc<Counters>,
    halt: watch::Receiver<bool>,
}

/// Lets all clients append until the count or the duration is reached, or they are stopped.
pub(super) async fn append_all(
    run: &mut Run<'_>,
    connector: &Connector,
) -> Result<Appended, Error> {
    let options = run.options.clone();
    if options.clients > 100 {
        raise_file_limit();
    }
    let mut slots = Vec::new();
    for _ in 0..options.clients.min(MOST_DRIVER_CLIENTS) {
        slots.push(Slot::open(connector, &run.workload)?);
    }
    let (halt, halted) = watch::channel(false);
    let pace = Arc::new(Pace::new(options.count, options.rate, options.duration));
    let counters = Arc::new(Counters::default());
    let mut workers = JoinSet::new();
    for (process, slot) in (0..options.clients).zip(slots.iter().cycle()) {
        let worker = Worker {
            process: u64::from(process),
            clients: u64::from(options.clients),
            slot: Arc::clone(slot),
            pace: Arc::clone(&pace),
            history: run.history.clone(),
            counters: Arc::clone(&counters),
            halt: halted.clone(),
        };
        workers.spawn(worker.work());
    }
    let mut appended = Appended {
        appends: Vec::new(),
        applied_not_majority: 0,
        counters,
    };
    let mut stop = options.stop;
    let mut stopping = false;
    let mut said = interval(Duration::from_secs(1));
    let mut flushes = interval(FLUSH);
    for ticks in [&mut said, &mut flushes] {
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    }
    loop {
        tokio::select! {
            done = workers.join_next() => match done {
                Some(Ok(appends)) => appended.appends.extend(appends),
                Some(Err(broken)) => tracing::error!("a client of the tester broke: {broken}"),
                None => break,
            },
            _ = said.tick() => run.say(Phase::Appending, &appended, None),
            _ = flushes.tick() => {
                run.history.flush();
                // Without a history nothing more is worth trying.
                if run.history.error().is_some() {
                    halt.send_replace(true);
                }
            }
            () = stop.asked(1), if !stopping => {
                stopping = true;
                halt.send_replace(true);
            }
        }
    }
    run.history.flush();
    appended.applied_not_majority = appended
        .counters
        .applied_not_majority
        .load(Ordering::Relaxed) as usize;
    Ok(appended)
}

impl Worker {
    async fn work(mut self) -> Vec<Append> {
        let mut appends = Vec::new();
        while let Some(value) = self.pace.next(&mut self.halt).await {
            let invoked = self.history.invoke(self.process, value);
            let (outcome, attempts) = self.slot.append(value).await;
            let completed = self
                .history
                .complete(self.process, value, &outcome, attempts.sent);
            appends.push(Append {
                value,
                invoked,
                completed,
                outcome: outcome.kind(),
            });
            if outcome.is_applied_not_majority() {
                self.counters
                    .applied_not_majority
                    .fetch_add(1, Ordering::Relaxed);
            }
            let counter = match outcome.kind() {
                OutcomeType::Ok => &self.counters.ok,
                OutcomeType::Fail => &self.counters.fail,
                OutcomeType::Info => {
                    self.process += self.clients;
                    &self.counters.info
                }
            };
            counter.fetch_add(1, Ordering::Relaxed);
            if outcome.kind() != OutcomeType::Ok {
                pause_until(Instant::now() + REST, &mut self.halt).await;
            }
        }
        appends
    }
}

/// Many clients need more descriptors than the usual soft limit; the hard limit is allowed.
fn raise_file_limit() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard));
    if let Err(error) = raised {
        tracing::warn!("the limit of open files could not be raised: {error}");
    }
}

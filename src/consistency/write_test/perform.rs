//! The part of a write test in which clients work.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::Run;
use crate::consistency::client::{Connector, MOST_DRIVER_CLIENTS, Slot};
use crate::consistency::error::Error;
use crate::consistency::facts::ErrorClass;
use crate::consistency::history::History;
use crate::consistency::operation::Append;
use crate::consistency::outcome::OutcomeType;
use crate::consistency::pace::{Pace, pause_until};
use crate::consistency::progress::Phase;
use crate::consistency::workload::generator::{Generator, Lists};
use crate::consistency::workload::operation::Effect;
use crate::consistency::workload::{Operation, Settings};

/// How long a client rests after an operation that ended with an error.
const REST: Duration = Duration::from_millis(100);

/// How often the history is brought to its file.
const FLUSH: Duration = Duration::from_millis(100);

/// What the clients did.
pub(super) struct Work {
    /// Every append to the one list, in no order; none in the other workloads, whose history tells all.
    pub(super) appends: Vec<Append>,
    /// Of those of unknown outcome: applied on one server, without a majority in time.
    pub(super) applied_not_majority: usize,
    /// How many lists there have been, in `txn-append`.
    pub(super) lists: u32,
    counters: Arc<Counters>,
}

impl Work {
    /// How many reads of registers were acknowledged to clients.
    pub(super) fn registers_read(&self) -> u32 {
        self.counters.registers_read.load(Ordering::Relaxed)
    }

    /// How many operations that write were acknowledged to clients.
    pub(super) fn written(&self) -> u32 {
        self.counters.written.load(Ordering::Relaxed)
    }

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
    registers_read: AtomicU32,
    written: AtomicU32,
}

/// One client: a sequence of processes of which only one lives at a time.
struct Worker {
    process: u64,
    clients: u64,
    slot: Arc<Slot>,
    generator: Generator,
    pace: Arc<Pace>,
    history: History,
    counters: Arc<Counters>,
    halt: watch::Receiver<bool>,
}

/// Lets all clients work until the count or the duration is reached, or they are stopped.
pub(super) async fn perform_all(run: &mut Run<'_>, connector: &Connector) -> Result<Work, Error> {
    let options = run.options.clone();
    if options.clients > 100 {
        raise_file_limit();
    }
    let settings: Arc<Settings> = Arc::new(run.settings.clone());
    let mut slots = Vec::new();
    for number in 0..options.clients.min(MOST_DRIVER_CLIENTS) {
        slots.push(Slot::open(number, connector, &settings)?);
    }
    let lists = Lists::new(options.keys);
    let (halt, halted) = watch::channel(false);
    let pace = Arc::new(Pace::new(options.count, options.rate, options.duration));
    let counters = Arc::new(Counters::default());
    let mut workers = JoinSet::new();
    for (process, slot) in (0..options.clients).zip(slots.iter().cycle()) {
        let worker = Worker {
            process: u64::from(process),
            clients: u64::from(options.clients),
            slot: Arc::clone(slot),
            generator: Generator::new(
                options.workload,
                options.keys,
                &lists,
                run.seed,
                u64::from(process),
            ),
            pace: Arc::clone(&pace),
            history: run.history.clone(),
            counters: Arc::clone(&counters),
            halt: halted.clone(),
        };
        workers.spawn(worker.work());
    }
    let mut performed = Work {
        appends: Vec::new(),
        applied_not_majority: 0,
        lists: 0,
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
                Some(Ok(appends)) => performed.appends.extend(appends),
                Some(Err(broken)) => tracing::error!("a client of the tester broke: {broken}"),
                None => break,
            },
            _ = said.tick() => run.say(Phase::Working, &performed, None),
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
    performed.lists = lists.count();
    performed.applied_not_majority = performed
        .counters
        .applied_not_majority
        .load(Ordering::Relaxed) as usize;
    Ok(performed)
}

impl Worker {
    async fn work(mut self) -> Vec<Append> {
        let mut appends = Vec::new();
        while let Some(number) = self.pace.next(&mut self.halt).await {
            let operation = self.generator.next(number);
            let f = operation.f();
            let invoked = self.history.invoke(self.process, f, operation.value());
            let performed = self.slot.perform(&operation, number).await;
            let completed = self.history.complete(self.process, f, &performed);
            let outcome = performed.outcome;
            if let Operation::Append(value) = operation {
                appends.push(Append {
                    value,
                    invoked,
                    completed,
                    outcome: outcome.kind(),
                });
            }
            if outcome.kind() == OutcomeType::Ok && matches!(operation, Operation::Read(_)) {
                self.counters.registers_read.fetch_add(1, Ordering::Relaxed);
            }
            if outcome.kind() == OutcomeType::Ok && operation.effect() != Effect::None {
                self.counters.written.fetch_add(1, Ordering::Relaxed);
            }
            let known = (outcome.kind() == OutcomeType::Ok).then_some(&performed.value);
            self.generator.learn(&operation, known);
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
            let refused = outcome
                .facts()
                .is_some_and(|facts| facts.class == ErrorClass::NotMatched);
            if outcome.kind() != OutcomeType::Ok && !refused {
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

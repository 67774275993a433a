//! The write test from the URL to the report.
//!
//! discover → watch → history → set up → work → settle → read → check → report. Every
//! step has a limit; the longest possible run is the work, `settle`, and about a minute.

mod finding;
mod perform;
mod read;
mod read_all;

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use tokio::sync::watch as halt;
use tokio::time::{MissedTickBehavior, interval, sleep};

use self::perform::Work;
use self::read::FinalRead;
use super::attempts::AttemptLog;
use super::bounded::bounded;
use super::checker::{list, ranges::ranges};
use super::client::{Connection, Connector};
use super::connect::{self, Cluster};
use super::driver;
use super::error::Error;
use super::facts::{ErrorClass, ErrorFacts};
use super::hashes::{self, Agreement};
use super::history::History;
use super::options::WriteTestOptions;
use super::page;
use super::progress::{Phase, Progress};
use super::report::verdict::{Evidence, decide};
use super::report::{ListFigures, Report, Verdict};
use super::settle::{Wholeness, assess};
use super::watch::Watch;
use super::workload::settings::{Mode, Preference, ReadLevel, Written};
use super::workload::{Settings, Workload, setup};

/// How long to wait for a first primary, counted from the start.
const PRIMARY_LIMIT: Duration = Duration::from_secs(10);

/// How long to try to make what is there at first.
const CREATE_LIMIT: Duration = Duration::from_secs(20);

/// How often to look whether the set is whole.
const LOOK: Duration = Duration::from_millis(100);

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Header<'a> {
    r#type: &'static str,
    format: u32,
    id: &'a str,
    seed: u64,
    started_unix_ms: u128,
    version: &'static str,
    workload: Workload,
    url: String,
    set_name: &'a str,
    members: Vec<String>,
    namespace: String,
    write_concern: String,
    read_concern: ReadLevel,
    read_preference: Preference,
    journal: Option<bool>,
    mode: Mode,
    count: u32,
    clients: u32,
    keys: u32,
    rate: f64,
    duration_seconds: Option<f64>,
    timeout_seconds: f64,
    settle_seconds: f64,
    retry_writes: bool,
}

#[derive(Serialize)]
struct Footer<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    report: &'a Report,
}

/// Makes one write test. `progress` is called about once a second.
///
/// # Errors
/// [`Error`], if the test could not be begun; once it has begun there is a report.
pub async fn write_test(
    options: WriteTestOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, Error> {
    write_test_under(options, None, progress).await
}

/// What goes wrong meanwhile: it is begun with the clients, told to stop when they have ended, and waited for.
pub type Nemesis = Box<
    dyn FnOnce(
            History,
            Arc<Watch>,
            halt::Receiver<bool>,
        ) -> Pin<Box<dyn Future<Output = ()> + Send>>
        + Send,
>;

/// Makes one write test while a nemesis strikes.
///
/// # Errors
/// [`Error`], if the test could not be begun; once it has begun there is a report.
pub async fn write_test_under(
    options: WriteTestOptions,
    nemesis: Option<Nemesis>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, Error> {
    options.validate()?;
    let unused = driver::unused(&options.url);
    if !unused.is_empty() {
        tracing::warn!(
            "options of the URL that a write test sets itself: {}",
            unused.join(", ")
        );
    }
    let start = Instant::now();
    let cluster = connect::discover(&options.url).await?;
    let seed = options.seed.unwrap_or_else(rand::random);
    let id = format!("{:08x}", rand::random::<u32>());
    let settings = settings(&options, &id);
    let watch = Arc::new(Watch::start(&options.url, &cluster));
    wait_for_primary(&watch, &cluster, start).await?;
    let history = create_history(&options, &cluster, &settings, seed, &id, start)?;
    let listener = history.clone();
    watch.tell(Arc::new(move |seen| listener.primary(seen)));
    set_up(&options, &cluster, &watch, &settings).await?;

    let mut run = Run {
        options,
        history,
        watch,
        settings,
        seed,
        start,
        id,
        progress,
    };
    let connector = connector(&run.options, &cluster, &run.watch);
    let (halt, halted) = halt::channel(false);
    let striking = nemesis.map(|nemesis| {
        let (history, watch) = (run.history.clone(), Arc::clone(&run.watch));
        tokio::spawn(nemesis(history, watch, halted))
    });
    let work = perform::perform_all(&mut run, &connector).await;
    halt.send_replace(true);
    if let Some(striking) = striking
        && let Err(broken) = striking.await
    {
        tracing::error!("the nemesis broke: {broken}");
    }
    let work = work?;
    let not_whole = run.settle(&work).await;
    let not_whole_then = not_whole.is_some();
    run.say(Phase::Reading, &work, None);
    let report = match run.options.workload {
        Workload::ListAppend => {
            let read = read::read_list(&run.options, &cluster, &run.watch, &run.settings).await;
            if let Some(read) = &read {
                run.history.read(&read.list.elements, read.at.name());
            }
            run.report_list(&work, read.as_ref(), not_whole.as_deref())
        }
        _ => {
            // A reader that knew one member only would wait for that one to be primary.
            let of_reader = WriteTestOptions {
                mode: Mode::Set,
                ..run.options.clone()
            };
            let of_reader = self::connector(&of_reader, &cluster, &run.watch);
            let unread = read_all::read_all(&run, &of_reader, work.lists).await;
            let unread = unread.err();
            run.report_finding(&work, unread.or(not_whole))
        }
    };
    let report = match not_whole_then {
        // Members that are away cannot be asked, and the verdict says so already.
        true => report,
        false => run.with_agreement(report).await,
    };
    run.history.finish(&Footer {
        r#type: "result",
        report: &report,
    });
    if !run.options.keep {
        drop_all(&run, &cluster).await;
    }
    Ok(report)
}

fn settings(options: &WriteTestOptions, id: &str) -> Settings {
    let pinned = options.mode == Mode::Pinned;
    Settings {
        database: options.database.clone(),
        collection: format!("{}_{id}", options.workload.name().replace('-', "_")),
        written: options.written,
        journal: options.journal,
        read: options.read.unwrap_or(options.workload.default_read()),
        preference: (!pinned).then_some(options.preference),
        timeout: options.timeout,
    }
}

/// One test under way.
struct Run<'a> {
    options: WriteTestOptions,
    history: History,
    watch: Arc<Watch>,
    settings: Settings,
    seed: u64,
    start: Instant,
    id: String,
    progress: &'a mut dyn FnMut(Progress),
}

impl Run<'_> {
    fn say(&mut self, phase: Phase, work: &Work, waiting_for: Option<String>) {
        let (acknowledged, failed, unknown) = work.counts();
        (self.progress)(Progress {
            phase,
            elapsed: self.start.elapsed(),
            count: self.options.count,
            acknowledged,
            failed,
            unknown,
            primary: self.watch.primary().map(|(address, _)| address),
            waiting_for,
        });
    }

    /// Waits until the set is whole and agrees, at most `settle`; why it is not, if it is not.
    async fn settle(&mut self, work: &Work) -> Option<String> {
        let since = Instant::now();
        let mut last_said = since;
        let mut target = None;
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            let views = self.watch.views_since(since);
            // What the first primary has that was asked after the last append; a later primary may have
            // less (of writes without a majority), so the target is the newest primary's.
            let fresh = super::watch::newest_primary(&views);
            if let Some((primary, Some(position))) = fresh {
                target = match target {
                    Some((known, position)) if known == primary => Some((known, position)),
                    _ => Some((primary, position)),
                };
            }
            let why = match assess(&views, target.as_ref().map(|(_, position)| *position)) {
                Wholeness::Whole { .. } => return None,
                Wholeness::NotYet(why) => why,
            };
            if since.elapsed() >= self.options.settle {
                return Some(format!(
                    "after {:.0} s {why}",
                    since.elapsed().as_secs_f64()
                ));
            }
            if self.options.stop.requests() > 1 {
                return Some(format!("it was not waited for, and {why}"));
            }
            if last_said.elapsed() >= Duration::from_secs(1) {
                last_said = Instant::now();
                self.say(Phase::Settling, work, Some(why));
            }
        }
    }

    fn report_list(
        &self,
        work: &Work,
        read: Option<&FinalRead>,
        not_whole: Option<&str>,
    ) -> Report {
        let found =
            read.map(|read| list::check(&work.appends, &read.list.elements, read.list.foreign));
        let check = found.clone().unwrap_or_default();
        let report = self.report(work);
        let history_error = self.history.error();
        let (verdict, reason) = decide(&Evidence {
            acknowledged: report.pass,
            written: self.options.written,
            read: found.as_ref().zip(read.map(|read| read.at)),
            stable: read.is_some_and(|read| read.stable),
            not_whole,
            history_error: history_error.as_deref(),
        });
        Report {
            verdict,
            reason,
            read_concern: read.map(|read| read.at.name().to_owned()),
            list: Some(ListFigures {
                expected_len: report.pass,
                actual_len: read.map(|read| read.list.elements.len() + read.list.foreign),
                lost: check.lost.len(),
                lost_range: ranges(&check.lost),
                recovered: check.recovered.len(),
                duplicated: check.duplicated.len(),
                unexpected: check.unexpected.len() + check.foreign,
                reordered: check.reordered.len(),
            }),
            ..report
        }
    }

    /// Members that hold something different make every verdict invalid.
    async fn with_agreement(&self, report: Report) -> Report {
        let collections = setup::collections(&self.settings, self.options.workload);
        let database = &self.settings.database;
        match hashes::compare(&self.options.url, &self.watch, database, &collections).await {
            Agreement::Same => Report {
                members_agree: Some(true),
                ..report
            },
            Agreement::Differ(hashes) => Report {
                members_agree: Some(false),
                verdict: Verdict::Invalid,
                reason: format!(
                    "the members hold different things at the end, by their dbHash: {hashes:?}"
                ),
                ..report
            },
            Agreement::NotAsked(why) => {
                tracing::warn!("the members' hashes could not be compared: {why}");
                report
            }
        }
    }

    /// What all workloads have in common.
    pub(super) fn report(&self, work: &Work) -> Report {
        let (pass, fail, info) = work.counts();
        Report {
            id: self.id.clone(),
            verdict: Verdict::Unknown,
            reason: String::new(),
            workload: self.options.workload,
            write_concern: self.options.written.to_string(),
            clients: self.options.clients,
            seed: self.seed,
            pass: pass as usize,
            fail: fail as usize,
            info: info as usize,
            applied_not_majority: work.applied_not_majority,
            list: None,
            finding: None,
            members_agree: None,
            primary: self.watch.primary().map(|(address, _)| address),
            primaries: self.watch.primaries(),
            read_concern: Some(self.settings.read.name().to_owned()),
            duration: self.start.elapsed().as_secs_f64(),
            history: self.history.path().display().to_string(),
            page: None,
        }
    }
}

fn create_history(
    options: &WriteTestOptions,
    cluster: &Cluster,
    settings: &Settings,
    seed: u64,
    id: &str,
    start: Instant,
) -> Result<History, Error> {
    let path: PathBuf = match &options.history {
        Some(path) => path.clone(),
        None => {
            let own = format!("mongo-rs-write-test-{id}");
            let directory = options.history_directory.join(own);
            std::fs::create_dir_all(&directory).map_err(|source| Error::History {
                path: directory.clone(),
                source,
            })?;
            directory.join(page::HISTORY)
        }
    };
    let header = Header {
        r#type: "header",
        format: 1,
        id,
        seed,
        started_unix_ms: SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .saturating_sub(start.elapsed())
            .as_millis(),
        version: env!("CARGO_PKG_VERSION"),
        workload: options.workload,
        url: options.url.to_string(),
        set_name: &cluster.set_name,
        members: cluster.members.iter().map(ToString::to_string).collect(),
        namespace: settings.namespace(),
        write_concern: settings.written.to_string(),
        read_concern: settings.read,
        read_preference: options.preference,
        journal: settings.journal,
        mode: options.mode,
        count: options.count,
        clients: options.clients,
        keys: options.keys,
        rate: options.rate,
        duration_seconds: options.duration.map(|duration| duration.as_secs_f64()),
        timeout_seconds: options.timeout.as_secs_f64(),
        settle_seconds: options.settle.as_secs_f64(),
        retry_writes: options.retry_writes,
    };
    History::create(&path, start, &header)
}

async fn wait_for_primary(watch: &Watch, cluster: &Cluster, start: Instant) -> Result<(), Error> {
    while watch.primary().is_none() {
        if start.elapsed() >= PRIMARY_LIMIT {
            return Err(Error::NoPrimary {
                set_name: cluster.set_name.clone(),
                members: watch.describe(),
            });
        }
        sleep(LOOK).await;
    }
    Ok(())
}

/// How long a client looks for a primary: shorter than the deadline of an append, so that "there is
/// none" is known to have sent nothing, and long enough that the clients do not spin meanwhile.
fn selection_limit(options: &WriteTestOptions) -> Duration {
    options.timeout.min(Duration::from_secs(1))
}

fn connector(options: &WriteTestOptions, cluster: &Cluster, watch: &Arc<Watch>) -> Connector {
    let (options, set_name, watch) = (options.clone(), cluster.set_name.clone(), Arc::clone(watch));
    let processes_a_slot = options.clients.div_ceil(super::client::MOST_DRIVER_CLIENTS);
    Arc::new(move |slot| {
        let limit = selection_limit(&options);
        let members = watch.members();
        let pinned = members.get(slot as usize % members.len().max(1));
        let mut settings = match (options.mode, pinned) {
            (Mode::Pinned, Some(member)) => driver::direct(&options.url, member, limit)?,
            _ => driver::whole_set(&options.url, &set_name, &members, limit)?,
        };
        settings.retry_writes = Some(options.retry_writes);
        settings.max_pool_size = Some(processes_a_slot + 1);
        let attempts = AttemptLog::default();
        let client = driver::client(settings, Some(&attempts))?;
        Ok(Connection { client, attempts })
    })
}

async fn set_up(
    options: &WriteTestOptions,
    cluster: &Cluster,
    watch: &Watch,
    settings: &Settings,
) -> Result<(), Error> {
    let start = Instant::now();
    let limit = Duration::from_secs(3);
    let settings = Settings {
        timeout: limit,
        preference: Some(Preference::Primary),
        ..settings.clone()
    };
    loop {
        let known = driver::whole_set(&options.url, &cluster.set_name, &watch.members(), limit)?;
        let client = driver::client(known, None)?;
        let creating = setup::create(client, settings.clone(), options.workload, options.keys);
        let why = match bounded(CREATE_LIMIT, creating).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => {
                let facts = ErrorFacts::from(&error);
                if facts.class == ErrorClass::ServerSelection {
                    format!("no primary was found; {}", watch.describe())
                } else {
                    facts.message
                }
            }
            Err(unfinished) => unfinished.to_string(),
        };
        if start.elapsed() >= CREATE_LIMIT {
            return Err(Error::Setup {
                namespace: settings.namespace(),
                why,
                after: start.elapsed(),
            });
        }
        sleep(LOOK).await;
    }
}

async fn drop_all(run: &Run<'_>, cluster: &Cluster) {
    let limit = Duration::from_secs(3);
    let members = run.watch.members();
    let client = driver::whole_set(&run.options.url, &cluster.set_name, &members, limit)
        .and_then(|settings| driver::client(settings, None));
    let settings = Settings {
        timeout: limit,
        written: Written::Majority,
        ..run.settings.clone()
    };
    let why = match client {
        Err(error) => error.to_string(),
        Ok(client) => {
            let dropping = setup::drop(client, settings, run.options.workload);
            match bounded(limit * 2, dropping).await {
                Ok(Ok(())) => return,
                Ok(Err(error)) => driver::plain(&error),
                Err(unfinished) => unfinished.to_string(),
            }
        }
    };
    tracing::warn!(
        "the collection {} is still there: it could not be dropped: {why}",
        run.settings.namespace()
    );
}

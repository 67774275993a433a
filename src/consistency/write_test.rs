//! The write test from the URL to the report.
//!
//! discover → watch → history → create the list → append → settle → read → check → report. Every
//! step has a limit; the longest possible run is the appends, `settle`, and about a minute.

mod append;
mod read;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use tokio::time::{MissedTickBehavior, interval, sleep};

use self::append::Appended;
use self::read::FinalRead;
use super::attempts::AttemptLog;
use super::bounded::bounded;
use super::checker::{list, ranges::ranges};
use super::client::{Connection, Connector};
use super::connect::{self, Cluster};
use super::driver;
use super::error::Error;
use super::facts::{ErrorClass, ErrorFacts};
use super::history::History;
use super::options::WriteTestOptions;
use super::outcome::OutcomeType;
use super::progress::{Phase, Progress};
use super::report::Report;
use super::report::verdict::{Evidence, decide};
use super::settle::{Wholeness, assess};
use super::watch::Watch;
use super::workload::list_append::ListAppend;

/// How long to wait for a first primary, counted from the start.
const PRIMARY_LIMIT: Duration = Duration::from_secs(10);

/// How long to try to make the empty list.
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
    workload: &'static str,
    url: String,
    set_name: &'a str,
    members: Vec<String>,
    namespace: String,
    majority: bool,
    count: u32,
    clients: u32,
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
    let seed: u64 = rand::random();
    let id = format!("{:08x}", seed >> 32);
    let workload = ListAppend {
        database: options.database.clone(),
        collection: format!("list_append_{id}"),
        majority: options.majority,
        timeout: options.timeout,
    };
    let watch = Arc::new(Watch::start(&options.url, &cluster));
    wait_for_primary(&watch, &cluster, start).await?;
    let history = create_history(&options, &cluster, &workload, seed, &id, start)?;
    let listener = history.clone();
    watch.tell(Arc::new(move |seen| listener.primary(seen)));
    create_list(&options, &cluster, &watch, &workload).await?;

    let mut run = Run {
        options,
        history,
        watch,
        workload,
        start,
        id,
        progress,
    };
    let connector = connector(&run.options, &cluster, &run.watch);
    let appended = append::append_all(&mut run, &connector).await?;
    let not_whole = run.settle(&appended).await;
    run.say(Phase::Reading, &appended, None);
    let read = read::read_list(&run.options, &cluster, &run.watch, &run.workload).await;
    if let Some(read) = &read {
        run.history.read(&read.list.elements, read.at.name());
    }
    let report = run.report(&appended, read.as_ref(), not_whole.as_deref());
    run.history.finish(&Footer {
        r#type: "result",
        report: &report,
    });
    if !run.options.keep {
        drop_list(&run, &cluster).await;
    }
    Ok(report)
}

/// One test under way.
struct Run<'a> {
    options: WriteTestOptions,
    history: History,
    watch: Arc<Watch>,
    workload: ListAppend,
    start: Instant,
    id: String,
    progress: &'a mut dyn FnMut(Progress),
}

impl Run<'_> {
    fn say(&mut self, phase: Phase, appended: &Appended, waiting_for: Option<String>) {
        let (acknowledged, failed, unknown) = appended.counts();
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
    async fn settle(&mut self, appended: &Appended) -> Option<String> {
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
                self.say(Phase::Settling, appended, Some(why));
            }
        }
    }

    fn report(
        &self,
        appended: &Appended,
        read: Option<&FinalRead>,
        not_whole: Option<&str>,
    ) -> Report {
        let found =
            read.map(|read| list::check(&appended.appends, &read.list.elements, read.list.foreign));
        let check = found.clone().unwrap_or_default();
        let count = |kind| {
            appended
                .appends
                .iter()
                .filter(|append| append.outcome == kind)
                .count()
        };
        let history_error = self.history.error();
        let (verdict, reason) = decide(&Evidence {
            acknowledged: count(OutcomeType::Ok),
            majority: self.options.majority,
            read: found.as_ref().zip(read.map(|read| read.at)),
            stable: read.is_some_and(|read| read.stable),
            not_whole,
            history_error: history_error.as_deref(),
        });
        Report {
            id: self.id.clone(),
            verdict,
            reason,
            majority: self.options.majority,
            clients: self.options.clients,
            pass: count(OutcomeType::Ok),
            fail: count(OutcomeType::Fail),
            info: count(OutcomeType::Info),
            applied_not_majority: appended.applied_not_majority,
            expected_len: count(OutcomeType::Ok),
            actual_len: read.map(|read| read.list.elements.len() + read.list.foreign),
            lost: check.lost.len(),
            lost_range: ranges(&check.lost),
            recovered: check.recovered.len(),
            duplicated: check.duplicated.len(),
            unexpected: check.unexpected.len() + check.foreign,
            reordered: check.reordered.len(),
            primary: self.watch.primary().map(|(address, _)| address),
            primaries: self.watch.primaries(),
            read_concern: read.map(|read| read.at.name().to_owned()),
            duration: self.start.elapsed().as_secs_f64(),
            history: self.history.path().display().to_string(),
        }
    }
}

fn create_history(
    options: &WriteTestOptions,
    cluster: &Cluster,
    workload: &ListAppend,
    seed: u64,
    id: &str,
    start: Instant,
) -> Result<History, Error> {
    let default_path = || {
        options
            .history_directory
            .join(format!("mongo-rs-write-test-{id}.jsonl"))
    };
    let path: PathBuf = options.history.clone().unwrap_or_else(default_path);
    let header = Header {
        r#type: "header",
        format: 1,
        id,
        seed,
        started_unix_ms: SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_millis(),
        version: env!("CARGO_PKG_VERSION"),
        workload: "list-append",
        url: options.url.to_string(),
        set_name: &cluster.set_name,
        members: cluster.members.iter().map(ToString::to_string).collect(),
        namespace: workload.namespace(),
        majority: options.majority,
        count: options.count,
        clients: options.clients,
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
    Arc::new(move || {
        let limit = selection_limit(&options);
        let mut settings = driver::whole_set(&options.url, &set_name, &watch.members(), limit)?;
        settings.retry_writes = Some(options.retry_writes);
        settings.max_pool_size = Some(processes_a_slot + 1);
        let attempts = AttemptLog::default();
        let client = driver::client(settings, Some(&attempts))?;
        Ok(Connection { client, attempts })
    })
}

async fn create_list(
    options: &WriteTestOptions,
    cluster: &Cluster,
    watch: &Watch,
    workload: &ListAppend,
) -> Result<(), Error> {
    let start = Instant::now();
    let limit = Duration::from_secs(3);
    let mut workload = workload.clone();
    workload.timeout = limit;
    loop {
        let settings = driver::whole_set(&options.url, &cluster.set_name, &watch.members(), limit)?;
        let client = driver::client(settings, None)?;
        let why = match bounded(limit * 2, workload.clone().create(client)).await {
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
                namespace: workload.namespace(),
                why,
                after: start.elapsed(),
            });
        }
        sleep(LOOK).await;
    }
}

async fn drop_list(run: &Run<'_>, cluster: &Cluster) {
    let limit = Duration::from_secs(3);
    let members = run.watch.members();
    let client = driver::whole_set(&run.options.url, &cluster.set_name, &members, limit)
        .and_then(|settings| driver::client(settings, None));
    let mut workload = run.workload.clone();
    workload.timeout = limit;
    let why = match client {
        Err(error) => error.to_string(),
        Ok(client) => match bounded(limit * 2, workload.drop(client)).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => driver::plain(&error),
            Err(unfinished) => unfinished.to_string(),
        },
    };
    tracing::warn!(
        "the collection {} is still there: it could not be dropped: {why}",
        run.workload.namespace()
    );
}

//! The write test from the URL to the report.
//!
//! discover → watch → history → set up → work → settle → read → check → report. Every
//! step has a limit; the longest possible run is the work, `settle`, and about a minute.

mod begin;
mod end;
mod finding;
mod perform;
mod read;
mod read_all;

use self::begin::{create_history, set_up, wait_for_primary};
use self::end::{Footer, collections, drop_all};
use self::perform::Work;
use super::connect;
use super::driver;
use super::error::Error;
use super::history::{History, refuse_history};
use super::options::WriteTestOptions;
use super::progress::{Phase, Progress};
use super::report::Report;
use super::watch::Watch;
use super::workload::settings::Mode;
use super::workload::{Settings, Workload};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch as halt;

/// How often to look whether the set is whole.
const LOOK: Duration = Duration::from_millis(100);

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

/// Completes a report at the end, when it is known what was lost, the history is in its file but for the result, and
/// nothing was taken away yet: with what servers rolled back, and with a verdict on what was tried.
pub type AtEnd = Box<dyn FnOnce(Report) -> Pin<Box<dyn Future<Output = Report> + Send>> + Send>;

/// What is done beside a test.
pub struct Beside {
    /// What goes wrong meanwhile.
    pub nemesis: Nemesis,
    /// What completes the report.
    pub at_end: AtEnd,
}

/// Makes one write test while a nemesis strikes.
///
/// # Errors
/// [`Error`], if the test could not be begun; once it has begun there is a report.
pub async fn write_test_under(
    options: WriteTestOptions,
    beside: Option<Beside>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, Error> {
    options.validate()?;
    if let (Some(history), false) = (&options.history, options.overwrite) {
        refuse_history(history)?;
    }
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
    let connector = begin::connector(&run.options, &cluster, &run.watch);
    let (halt, halted) = halt::channel(false);
    let (nemesis, at_end) = beside.map(|beside| (beside.nemesis, beside.at_end)).unzip();
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
            run.history.begin_read();
            let read = read::read_list(&run.options, &cluster, &run.watch, &run.settings).await;
            let found = read.as_ref();
            let found = found.map(|read| (&read.list.elements[..], read.at.name()));
            run.history.read(found);
            run.report_list(&work, read.as_ref(), not_whole.as_deref())
        }
        _ => {
            // A reader that knew one member only would wait for that one to be primary.
            let of_reader = WriteTestOptions {
                mode: Mode::Set,
                ..run.options.clone()
            };
            let of_reader = begin::connector(&of_reader, &cluster, &run.watch);
            let unread = read_all::read_all(&run, &of_reader, work.lists).await;
            let unread = unread.err();
            run.report_finding(&work, unread, not_whole)
        }
    };
    let report = match not_whole_then {
        // Members that are away cannot be asked, and the verdict says so already.
        true => report,
        false => run.with_agreement(report).await,
    };
    let report = Report {
        collections: collections(&run, &cluster).await,
        ..report
    };
    let report = match at_end {
        None => report,
        Some(at_end) => {
            // It is read from there what was acknowledged, and what happened when.
            run.history.flush();
            at_end(report).await
        }
    };
    let report = run.with_stop(report);
    run.history.finish(&Footer {
        r#type: "result",
        report: &report,
    });
    let report = run.unless_cut_off(report);
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
}

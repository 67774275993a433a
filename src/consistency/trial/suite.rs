//! The experiments that jupsen left open, in one run: what a set keeps at which write and read concern, and, beside
//! each setting that must hold, one that must be caught. A suite in which nothing is caught proves nothing.

use super::juju::Juju;
use super::nemesis::{FaultKind, Orders};
use super::{TrialError, TrialReport, trial};
use crate::consistency::options::WriteTestOptions;
use crate::consistency::progress::Progress;
use crate::consistency::report::Verdict;
use crate::consistency::workload::Workload;
use crate::consistency::workload::settings::{Mode, ReadLevel, Written};
use serde::Serialize;

/// What is expected of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expected {
    /// In every round.
    Holds,
    /// In at least one round.
    Fails,
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Experiment {
    /// Its name: the number of the question, and a letter where there are several settings.
    pub name: &'static str,
    /// What the clients do.
    pub workload: Workload,
    /// How many there are.
    pub clients: u32,
    /// The write concern.
    pub written: Written,
    /// The read concern; none: that at which the workload must hold.
    pub read: Option<ReadLevel>,
    /// Whom a client knows.
    pub mode: Mode,
    /// Whether the driver tries again.
    pub retry_writes: bool,
    /// The faults.
    pub faults: &'static [FaultKind],
    /// What is expected.
    pub expected: Expected,
}

const CUT: &[FaultKind] = &[FaultKind::Partition];
const MANY: &[FaultKind] = &[FaultKind::Partition, FaultKind::Kill, FaultKind::Pause];
const ONE: Written = Written::Members(1);

/// The questions of jupsen's guide, and the settings that answer them.
pub const SEED: [Experiment; 15] = [
    with("1", Workload::ListAppend, 1, ONE, CUT, Expected::Fails),
    with(
        "2",
        Workload::ListAppend,
        1,
        Written::Majority,
        CUT,
        Expected::Holds,
    ),
    with(
        "3a",
        Workload::ListAppend,
        50,
        Written::Majority,
        MANY,
        Expected::Holds,
    ),
    Experiment {
        retry_writes: true,
        ..with(
            "3b",
            Workload::ListAppend,
            50,
            Written::Majority,
            MANY,
            Expected::Holds,
        )
    },
    with("4a", Workload::ListAppend, 50, ONE, CUT, Expected::Fails),
    with(
        "4b",
        Workload::ListAppend,
        50,
        Written::Members(2),
        CUT,
        Expected::Fails,
    ),
    with(
        "5",
        Workload::Register,
        20,
        Written::Majority,
        MANY,
        Expected::Holds,
    ),
    Experiment {
        read: Some(ReadLevel::Majority),
        mode: Mode::Pinned,
        ..with(
            "6",
            Workload::Register,
            20,
            Written::Majority,
            CUT,
            Expected::Fails,
        )
    },
    Experiment {
        read: Some(ReadLevel::Local),
        mode: Mode::Pinned,
        ..with(
            "7",
            Workload::Register,
            20,
            Written::Majority,
            CUT,
            Expected::Fails,
        )
    },
    Experiment {
        read: Some(ReadLevel::Local),
        ..with("8", Workload::Register, 20, ONE, CUT, Expected::Fails)
    },
    with(
        "9a",
        Workload::Counter,
        20,
        Written::Majority,
        MANY,
        Expected::Holds,
    ),
    Experiment {
        retry_writes: true,
        ..with(
            "9b",
            Workload::Counter,
            20,
            Written::Majority,
            MANY,
            Expected::Holds,
        )
    },
    with("9c", Workload::Counter, 20, ONE, CUT, Expected::Fails),
    with(
        "10",
        Workload::Gridfs,
        1,
        Written::Majority,
        CUT,
        Expected::Holds,
    ),
    with(
        "11",
        Workload::Gridfs,
        4,
        Written::Majority,
        &[],
        Expected::Fails,
    ),
];

const fn with(
    name: &'static str,
    workload: Workload,
    clients: u32,
    written: Written,
    faults: &'static [FaultKind],
    expected: Expected,
) -> Experiment {
    Experiment {
        name,
        workload,
        clients,
        written,
        read: None,
        mode: Mode::Set,
        retry_writes: false,
        faults,
        expected,
    }
}

/// What was found at one setting, over all its rounds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Row {
    /// The experiment's name.
    pub name: String,
    /// Workload, clients, concerns, in words.
    pub setting: String,
    /// What was expected.
    pub expected: Expected,
    /// Whether that is what was found; none where nothing was found out.
    pub as_expected: Option<bool>,
    /// Rounds: valid, invalid, unknown.
    pub rounds: [usize; 3],
    /// Faults that bit, over all rounds.
    pub bit: usize,
    /// Elections that were seen.
    pub elections: usize,
    /// Operations that were acknowledged.
    pub acknowledged: usize,
    /// Operations of unknown outcome.
    pub unknown: usize,
    /// What was found in the worst round, in a sentence.
    pub found: String,
}

impl Experiment {
    fn setting(&self) -> String {
        let read = self.read.unwrap_or(self.workload.default_read()).name();
        let mut text = format!(
            "{} {} clients, w:{}, r:{read}",
            self.workload.name(),
            self.clients,
            self.written
        );
        if self.mode == Mode::Pinned {
            text += ", pinned";
        }
        if self.retry_writes {
            text += ", retryWrites";
        }
        text
    }

    fn options(&self, common: &WriteTestOptions, seed: u64) -> WriteTestOptions {
        WriteTestOptions {
            workload: self.workload,
            clients: self.clients,
            written: self.written,
            read: self.read,
            mode: self.mode,
            retry_writes: self.retry_writes,
            seed: Some(seed),
            ..common.clone()
        }
    }
}

/// Makes rounds of one setting: all of them where it must hold, and as many as it takes to see it fail.
///
/// # Errors
/// [`TrialError`], if a round could not be begun.
pub async fn experiment(
    juju: &Juju,
    orders: &Orders,
    common: &WriteTestOptions,
    experiment: &Experiment,
    rounds: u32,
    progress: &mut dyn FnMut(Progress),
) -> Result<Row, TrialError> {
    let mut reports = Vec::new();
    for round in 0..u64::from(rounds) {
        let seed = orders.seed.wrapping_add(round);
        let orders = Orders {
            kinds: experiment.faults.to_vec(),
            seed,
            ..orders.clone()
        };
        let options = experiment.options(common, seed);
        let report = trial(juju.clone(), orders, options, progress).await?;
        let caught = report.verdict == Verdict::Invalid;
        reports.push(report);
        if caught {
            break;
        }
    }
    Ok(row(experiment, &reports))
}

/// One line of the table. A setting without faults is judged by its test alone.
fn row(experiment: &Experiment, reports: &[TrialReport]) -> Row {
    let verdict = |report: &TrialReport| match experiment.faults {
        [] => report.report.verdict,
        _ => report.verdict,
    };
    let count = |wanted| reports.iter().filter(|it| verdict(it) == wanted).count();
    let rounds = [Verdict::Valid, Verdict::Invalid, Verdict::Unknown].map(count);
    let [valid, invalid, unknown] = rounds;
    let as_expected = match experiment.expected {
        Expected::Holds if invalid > 0 => Some(false),
        Expected::Holds if unknown > 0 || valid == 0 => None,
        Expected::Holds => Some(true),
        Expected::Fails if invalid > 0 => Some(true),
        Expected::Fails if valid > 0 => Some(false),
        Expected::Fails => None,
    };
    let worst = reports.iter().find(|it| verdict(it) == Verdict::Invalid);
    let worst = worst.or(reports.last());
    let sum = |figure: &dyn Fn(&TrialReport) -> usize| reports.iter().map(figure).sum();
    Row {
        name: experiment.name.to_owned(),
        setting: experiment.setting(),
        expected: experiment.expected,
        as_expected,
        rounds,
        bit: sum(&|it| it.coverage.bit),
        elections: sum(&|it| it.coverage.elections),
        acknowledged: sum(&|it| it.report.pass),
        unknown: sum(&|it| it.report.info),
        found: worst.map_or_else(String::new, |it| it.report.reason.clone()),
    }
}

/// The table as Markdown.
#[must_use]
pub fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| # | setting | expected | as expected | rounds valid/invalid/unknown | faults that bit | elections | acknowledged | unknown | found |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let expected = match row.expected {
            Expected::Holds => "holds",
            Expected::Fails => "fails",
        };
        let as_expected = match row.as_expected {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "not known",
        };
        let [valid, invalid, unknown] = row.rounds;
        text += &format!(
            "| {} | {} | {expected} | {as_expected} | {valid}/{invalid}/{unknown} | {} | {} | {} | {} | {} |\n",
            row.name,
            row.setting,
            row.bit,
            row.elections,
            row.acknowledged,
            row.unknown,
            row.found.replace('|', "/"),
        );
    }
    text
}

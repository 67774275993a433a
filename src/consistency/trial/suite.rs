//! A suite: rounds of one experiment after the other, and what was found as a table.

use super::experiments::{Expected, Experiment};
use super::juju::Juju;
use super::nemesis::Orders;
use super::{TrialError, TrialReport, trial};
use crate::consistency::options::WriteTestOptions;
use crate::consistency::progress::Progress;
use crate::consistency::report::{RolledBack, Verdict};
use serde::Serialize;
use std::path::{Path, PathBuf};

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
    /// Those of them that were begun and acknowledged while a fault was in place.
    pub during: usize,
    /// Operations of unknown outcome.
    pub unknown: usize,
    /// Documents that servers rolled back.
    pub rolled_back: u64,
    /// What was found in the worst round, in a sentence.
    pub found: String,
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
    for round in 1..=rounds {
        let seed = orders.seed.wrapping_add(u64::from(round - 1));
        let orders = Orders {
            kinds: experiment.faults.to_vec(),
            seed,
            ..orders.clone()
        };
        let path = common.history.as_ref();
        let options = WriteTestOptions {
            history: path.map(|path| history_of(path, experiment, round)),
            ..experiment.options(common, seed)
        };
        let report = trial(juju.clone(), orders, options, progress).await?;
        let caught = report.verdict == Verdict::Invalid;
        reports.push(report);
        if caught {
            break;
        }
    }
    Ok(row(experiment, &reports))
}

/// The history of one round, from 1 on: `h.jsonl` becomes `3a-1-h.jsonl`.
#[must_use]
pub fn history_of(path: &Path, experiment: &Experiment, round: u32) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{}-{round}-{name}", experiment.name))
}

/// One line of the table.
fn row(experiment: &Experiment, reports: &[TrialReport]) -> Row {
    let count = |wanted| reports.iter().filter(|it| it.verdict == wanted).count();
    let rounds = [Verdict::Valid, Verdict::Invalid, Verdict::Unknown].map(count);
    let [valid, invalid, unknown] = rounds;
    let as_expected = match experiment.expected {
        Expected::Holds if invalid > 0 => Some(false),
        Expected::Holds if unknown > 0 || valid == 0 => None,
        Expected::Holds => Some(true),
        Expected::Fails if invalid > 0 => Some(true),
        Expected::Fails if valid > 0 => Some(false),
        Expected::Fails => None,
        Expected::Either => (valid + invalid > 0).then_some(true),
    };
    let worst = reports.iter().find(|it| it.verdict == Verdict::Invalid);
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
        during: sum(&|it| it.coverage.during),
        unknown: sum(&|it| it.report.info),
        rolled_back: reports
            .iter()
            .filter_map(|it| it.report.rolled_back.as_ref())
            .map(RolledBack::documents)
            .sum(),
        found: worst.map_or_else(String::new, |it| it.found.clone()),
    }
}

/// The table as Markdown.
#[must_use]
pub fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| # | setting | expected | as expected | rounds valid/invalid/unknown | faults that bit | elections | acknowledged | of them under faults | unknown | rolled back | found |\n\
         |---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let expected = match row.expected {
            Expected::Holds => "holds",
            Expected::Fails => "fails",
            Expected::Either => "may fail",
        };
        let as_expected = match row.as_expected {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "not known",
        };
        let [valid, invalid, unknown] = row.rounds;
        text += &format!(
            "| {} | {} | {expected} | {as_expected} | {valid}/{invalid}/{unknown} | {} | {} | {} | {} | {} | {} | {} |\n",
            row.name,
            row.setting,
            row.bit,
            row.elections,
            row.acknowledged,
            row.during,
            row.unknown,
            row.rolled_back,
            row.found.replace('|', "/"),
        );
    }
    text
}

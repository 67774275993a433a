//! A trial: clients work on the set while faults strike it, and in the end what was acknowledged must be there.
//!
//! It runs outside the set, where a control node of Jepsen runs, drives the clients itself, and asks Juju for the
//! faults. On the lab, Juju is the lab; in production it is Juju, and the code is the same.

pub mod command;
pub mod coverage;
pub mod experiments;
pub mod fault_kind;
pub mod juju;
pub mod lost;
pub mod nemesis;
pub mod rollbacks;
pub mod suite;

use super::error::Error;
use super::options::WriteTestOptions;
use super::page::Run;
use super::page::gather::gather;
use super::progress::Progress;
use super::report::{Report, Verdict};
use super::write_test::{AtEnd, Beside, Nemesis, write_test_under};
use crate::model::connection_url::ConnectionUrl;
use coverage::{Coverage, coverage, covered};
use juju::{Juju, JujuError};
use nemesis::{Orders, Struck, strike};
use rollbacks::rolled_back;
use serde::Serialize;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Why a trial could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// Of the test.
    #[error(transparent)]
    Test(#[from] Error),
    /// Of Juju.
    #[error(transparent)]
    Juju(#[from] JujuError),
    /// The suite has no such experiment.
    #[error("--only {name:?}: the suite has no such experiment, but {known}")]
    NoExperiment {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The results of the action `primary` name no URL.
    #[error("the set's URL is not known: the action primary of {0} gave none; give --url")]
    NoUrl(String),
}

/// What a trial found out.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct TrialReport {
    /// `valid`, `invalid` or `unknown`; `valid` only if a fault bit.
    pub verdict: Verdict,
    /// Why, in one sentence.
    pub reason: String,
    /// What the test itself found, whatever was tried.
    pub found: String,
    /// What happened.
    pub coverage: Coverage,
    /// Every fault that was asked for.
    pub faults: Vec<Struck>,
    /// The test of what was acknowledged, with what servers rolled back of it, and with the verdict of the trial.
    pub report: Report,
}

/// The URL of the set of an application, from its action `primary`.
///
/// # Errors
/// [`TrialError`].
pub async fn url(juju: &Juju, application: &str) -> Result<ConnectionUrl, TrialError> {
    let leader = format!("{application}/leader");
    let results = juju.action(&leader, "primary", &[]).await?;
    let url = results.get("url").and_then(|url| url.parse().ok());
    url.ok_or(TrialError::NoUrl(leader))
}

/// Makes a trial.
///
/// # Errors
/// [`TrialError`], if it could not be begun; once it has begun there is a report.
pub async fn trial(
    juju: Juju,
    orders: Orders,
    options: WriteTestOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<TrialReport, TrialError> {
    let struck: Arc<Mutex<Vec<Struck>>> = Arc::default();
    let kept = Arc::clone(&struck);
    let (of_all, application) = (juju.clone(), orders.application.clone());
    let faultless = orders.kinds.is_empty();
    let nemesis: Nemesis = Box::new(move |history, sight, halt| {
        Box::pin(async move {
            let all = strike(juju, orders, history, sight, halt).await;
            *locked(&kept) = all;
        })
    });
    let found: Arc<Mutex<String>> = Arc::default();
    let kept = Arc::clone(&found);
    let (most, limit) = (options.count as usize, options.duration);
    let at_end: AtEnd = Box::new(move |report| {
        Box::pin(async move {
            let rolled_back = Some(rolled_back(&of_all, &application, &report).await);
            locked(&kept).clone_from(&report.reason);
            let report = Report {
                rolled_back,
                ..report
            };
            let run = run(Path::new(&report.history));
            told_of_most(judged(report, &run, faultless), most, limit)
        })
    });
    let beside = Beside { nemesis, at_end };
    let report = write_test_under(options, Some(beside), progress)
        .await?
        .with_page();
    Ok(TrialReport {
        verdict: report.verdict,
        reason: report.reason.clone(),
        found: locked(&found).clone(),
        coverage: report.coverage.clone().unwrap_or_default(),
        faults: locked(&struck).clone(),
        report,
    })
}

fn locked<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a history shows. One that cannot be read shows nothing, so that nothing counts as tried.
fn run(history: &Path) -> Run {
    let file = File::open(history).ok();
    let run = file.and_then(|file| gather(&mut BufReader::new(file)).ok());
    run.unwrap_or_default()
}

/// The report of a trial, from that of its test. Where no faults were wanted, it is judged by its test alone.
fn judged(report: Report, run: &Run, faultless: bool) -> Report {
    let coverage = coverage(run);
    match faultless {
        true => Report {
            coverage: Some(coverage),
            ..report
        },
        false => covered(report, coverage),
    }
}

/// A trial that came to the most operations that it may make ended before its time, which is said.
fn told_of_most(report: Report, most: usize, limit: Option<Duration>) -> Report {
    let ended = report.pass + report.fail + report.info;
    let Some(limit) = limit.filter(|_| ended >= most) else {
        return report;
    };
    let reason = format!(
        "{}; it ended with {ended} operations, the most that a trial makes, and not with its {} s: a --rate makes them last",
        report.reason,
        limit.as_secs()
    );
    Report { reason, ..report }
}

#[cfg(test)]
mod tests {
    use super::coverage::tests::report;
    use super::*;

    #[test]
    fn without_faults_to_make_a_trial_is_judged_by_its_test() {
        for (faultless, verdict) in [(true, Verdict::Valid), (false, Verdict::Unknown)] {
            let report = judged(report(Verdict::Valid), &Run::default(), faultless);
            assert_eq!(report.verdict, verdict);
            assert_eq!(report.coverage, Some(Coverage::default()));
        }
    }

    #[test]
    fn a_trial_that_ends_before_its_time_says_so() {
        let limit = Duration::from_secs(120);
        // The report has 100 operations.
        for (most, limit, told) in [
            (100, Some(limit), true),
            (101, Some(limit), false),
            (100, None, false),
        ] {
            let report = told_of_most(report(Verdict::Valid), most, limit);
            let said = report.reason.contains("100 operations, the most that");
            assert_eq!(said, told, "{}", report.reason);
        }
    }
}

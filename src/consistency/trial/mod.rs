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
use super::file::{Kind, Lines, Process};
use super::options::WriteTestOptions;
use super::progress::Progress;
use super::report::{Report, Verdict};
use super::write_test::{Asked, Beside, Nemesis, write_test_under};
use crate::model::connection_url::ConnectionUrl;
use coverage::{Coverage, Moments, coverage, verdict};
use juju::{Juju, JujuError};
use nemesis::{Orders, Struck, strike};
use rollbacks::rolled_back;
use serde::Serialize;
use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

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
    /// What happened.
    pub coverage: Coverage,
    /// Every fault that was asked for.
    pub faults: Vec<Struck>,
    /// The test of what was acknowledged, with what servers rolled back of it.
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
    let nemesis: Nemesis = Box::new(move |history, sight, halt| {
        Box::pin(async move {
            let all = strike(juju, orders, history, sight, halt).await;
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = all;
        })
    });
    let rolled_back: Asked = Box::new(move |report| {
        Box::pin(async move { rolled_back(&of_all, &application, &report).await })
    });
    let beside = Beside {
        nemesis,
        rolled_back,
    };
    let report = write_test_under(options, Some(beside), progress)
        .await?
        .with_page();
    let faults = struck
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let moments = moments(Path::new(&report.history));
    let coverage = coverage(&faults, &moments, &report);
    let (verdict, reason) = verdict(&report, &coverage);
    Ok(TrialReport {
        verdict,
        reason,
        coverage,
        faults,
        report,
    })
}

/// What happened when. A history that cannot be read shows nothing, so that nothing counts as tried.
fn moments(history: &Path) -> Moments {
    let mut moments = Moments::default();
    let Ok(file) = File::open(history) else {
        return moments;
    };
    let Ok(lines) = Lines::new(BufReader::new(file), None) else {
        return moments;
    };
    let mut begun = HashMap::new();
    for line in lines.map_while(Result::ok) {
        let Some(time) = line.time else { continue };
        match (&line.process, line.kind) {
            (Process::Client(process), Kind::Invoke) => drop(begun.insert(*process, time)),
            (Process::Client(process), Kind::Ok) => {
                let since = begun.remove(process).unwrap_or(time);
                moments.acknowledged.push((since, time));
            }
            (Process::Client(_), Kind::Fail | Kind::Info) if !refused(line.error.as_ref()) => {
                moments.trouble.push(time);
            }
            (Process::Other(_), _) if line.f == "primary" => moments.elections.push(time),
            _ => {}
        }
    }
    // The first one was there before.
    if !moments.elections.is_empty() {
        moments.elections.remove(0);
    }
    moments
}

/// A compare-and-set that found another value is an answer, and no trouble.
fn refused(error: Option<&super::file::Value>) -> bool {
    let class = error.and_then(|error| error.get("class"));
    class.and_then(super::file::Value::name) == Some("not-matched")
}

//! What is done when the clients have ended: the set is whole again, the report, and everything is taken away.

use super::perform::Work;
use super::read::FinalRead;
use super::{LOOK, Run};
use crate::consistency::bounded::{Unfinished, bounded};
use crate::consistency::checker::{list, ranges::ranges};
use crate::consistency::connect::Cluster;
use crate::consistency::driver;
use crate::consistency::hashes::{self, Agreement};
use crate::consistency::progress::Phase;
use crate::consistency::report::verdict::{Evidence, decide};
use crate::consistency::report::{ListFigures, Report, Verdict};
use crate::consistency::settle::{Wholeness, assess};
use crate::consistency::watch;
use crate::consistency::workload::settings::Written;
use crate::consistency::workload::{Settings, setup};
use mongodb::Client;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::time::{MissedTickBehavior, interval};

/// The last line of a history.
#[derive(Serialize)]
pub(super) struct Footer<'a> {
    pub(super) r#type: &'static str,
    #[serde(flatten)]
    pub(super) report: &'a Report,
}

impl Run<'_> {
    /// Waits until the set is whole and agrees, at most `settle`; why it is not, if it is not.
    pub(super) async fn settle(&mut self, work: &Work) -> Option<String> {
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
            let fresh = watch::newest_primary(&views);
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
                return Some("it was stopped before the set was seen to be whole".to_owned());
            }
            if last_said.elapsed() >= Duration::from_secs(1) {
                last_said = Instant::now();
                self.say(Phase::Settling, work, Some(why));
            }
        }
    }

    /// The report of a list, from what was read at the end.
    pub(super) fn report_list(
        &self,
        work: &Work,
        read: Option<&FinalRead>,
        not_whole: Option<&str>,
    ) -> Report {
        let found =
            read.map(|read| list::check(&work.appends, &read.list.elements, read.list.foreign));
        let check = found.clone().unwrap_or_default();
        let report = self.report(work);
        // What cannot be written is known after that only.
        self.history.flush();
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

    /// The report with what the members say that they hold.
    pub(super) async fn with_agreement(&self, report: Report) -> Report {
        let collections = setup::collections(&self.settings, self.options.workload);
        let database = &self.settings.database;
        let agreement =
            hashes::compare(&self.options.url, &self.watch, database, &collections).await;
        agreed(report, agreement)
    }

    /// Nothing holds of a test of which the end could not be written.
    pub(super) fn unless_cut_off(&self, report: Report) -> Report {
        match (report.verdict, self.history.error()) {
            (Verdict::Valid, Some(why)) => Report {
                verdict: Verdict::Unknown,
                reason: format!("the history could not be written to its end: {why}"),
                ..report
            },
            _ => report,
        }
    }

    /// A test that was asked to stop says so: less was tried than its options say.
    pub(super) fn with_stop(&self, report: Report) -> Report {
        if self.options.stop.requests() == 0 {
            return report;
        }
        let ended = report.pass + report.fail + report.info;
        let reason = format!("{}; it was stopped after {ended} operations", report.reason);
        Report { reason, ..report }
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
            collections: BTreeMap::new(),
            rolled_back: None,
            coverage: None,
        }
    }
}

/// Members that hold something different make every verdict invalid; where one could not be asked, nobody knows whether
/// they do, and nothing is valid.
fn agreed(report: Report, agreement: Agreement) -> Report {
    match agreement {
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
            let why = format!(
                "not all members could be asked by dbHash whether they hold the same at the end: {why}"
            );
            match report.verdict {
                Verdict::Valid => Report {
                    verdict: Verdict::Unknown,
                    reason: format!("{why}; beside that, {}", report.reason),
                    ..report
                },
                Verdict::Invalid | Verdict::Unknown => {
                    tracing::warn!("{why}");
                    report
                }
            }
        }
    }
}

/// How long the last statements may take.
const END_LIMIT: Duration = Duration::from_secs(3);

/// A client of the whole set, and the settings of the test with a majority, for what is done after it.
fn after(run: &Run<'_>, cluster: &Cluster) -> Result<(Client, Settings), String> {
    let members = run.watch.members();
    let client = driver::whole_set(&run.options.url, &cluster.set_name, &members, END_LIMIT)
        .and_then(|settings| driver::client(settings, None));
    let settings = Settings {
        timeout: END_LIMIT,
        written: Written::Majority,
        ..run.settings.clone()
    };
    Ok((client.map_err(|error| error.to_string())?, settings))
}

/// What came of a statement with a limit, in words.
fn told<T>(ended: Result<Result<T, mongodb::error::Error>, Unfinished>) -> Result<T, String> {
    match ended {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(driver::plain(&error)),
        Err(unfinished) => Err(unfinished.to_string()),
    }
}

/// The UUIDs of what was written to.
pub(super) async fn collections(run: &Run<'_>, cluster: &Cluster) -> BTreeMap<String, String> {
    let ids = async {
        let (client, settings) = after(run, cluster)?;
        let asking = setup::ids(client, settings, run.options.workload);
        told(bounded(END_LIMIT * 2, asking).await)
    };
    ids.await.unwrap_or_else(|why| {
        tracing::warn!("the UUIDs of the collections could not be asked for: {why}");
        BTreeMap::new()
    })
}

/// Takes away what was written; what stays is told.
pub(super) async fn drop_all(run: &Run<'_>, cluster: &Cluster) {
    let dropped = async {
        let (client, settings) = after(run, cluster)?;
        let dropping = setup::drop(client, settings, run.options.workload);
        told(bounded(END_LIMIT * 2, dropping).await)
    };
    if let Err(why) = dropped.await {
        tracing::warn!(
            "the collection {} is still there: it could not be dropped: {why}",
            run.settings.namespace()
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consistency::workload::Workload;

    fn report(verdict: Verdict) -> Report {
        Report {
            id: "x".into(),
            verdict,
            reason: "all is there".into(),
            workload: Workload::ListAppend,
            write_concern: "majority".into(),
            clients: 1,
            seed: 1,
            pass: 1,
            fail: 0,
            info: 0,
            applied_not_majority: 0,
            list: None,
            finding: None,
            members_agree: None,
            primary: None,
            primaries: Vec::new(),
            read_concern: None,
            duration: 1.0,
            history: "h".into(),
            page: None,
            collections: BTreeMap::new(),
            rolled_back: None,
            coverage: None,
        }
    }

    #[test]
    fn what_nobody_could_compare_is_not_valid() {
        use Verdict::{Invalid, Unknown, Valid};
        let differ = || Agreement::Differ(BTreeMap::from([("a".to_owned(), "1".to_owned())]));
        let unasked = || Agreement::NotAsked("a:1: no answer".to_owned());
        for (before, agreement, after, agree) in [
            (Valid, Agreement::Same, Valid, Some(true)),
            (Invalid, Agreement::Same, Invalid, Some(true)),
            (Unknown, Agreement::Same, Unknown, Some(true)),
            (Valid, differ(), Invalid, Some(false)),
            (Unknown, differ(), Invalid, Some(false)),
            (Valid, unasked(), Unknown, None),
            (Invalid, unasked(), Invalid, None),
            (Unknown, unasked(), Unknown, None),
        ] {
            let found = agreed(report(before), agreement.clone());
            assert_eq!(
                (found.verdict, found.members_agree),
                (after, agree),
                "{before:?} {agreement:?}"
            );
        }
        let found = agreed(report(Valid), unasked());
        assert!(found.reason.contains("a:1: no answer"), "{}", found.reason);
    }
}

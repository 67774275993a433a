//! From the history of a workload to its report: what is checked is what stands in the file.

use super::Run;
use super::perform::Work;
use super::read_all::Unread;
use crate::consistency::check::{Model, Question, check};
use crate::consistency::checker::elle;
use crate::consistency::checker::finding::Finding;
use crate::consistency::file::convert::Reads;
use crate::consistency::report::{Report, Verdict};
use crate::consistency::workload::setup;
use crate::consistency::workload::{Workload, settings::ReadLevel};
use std::fs::File;
use std::io::BufReader;

impl Run<'_> {
    /// The report of every workload but `list-append`, with what is wrong with the end of the test.
    pub(super) fn report_finding(
        &self,
        work: &Work,
        unread: Option<Unread>,
        not_whole: Option<String>,
    ) -> Report {
        let report = self.report(work);
        // What cannot be written is known after that only.
        self.history.flush();
        let cut_off = self
            .history
            .error()
            .map(|why| format!("the history could not be written to its end: {why}"));
        // What is checked is what stands in the file. Linearizable reads of clients are as good as the last ones.
        let read_at_end = cut_off.is_none() && unread.as_ref().is_none_or(|unread| unread.once);
        let sure = read_at_end || self.settings.read == ReadLevel::Linearizable;
        let doubt = cut_off.or(unread.map(|it| it.why)).or(not_whole);
        let mut finding = match self.check() {
            Ok(finding) => finding,
            Err(why) => Finding::unknown(why),
        };
        if let Some(outside) = self.outside() {
            finding.counts.extend(outside);
        }
        let unseen = match report.workload {
            Workload::Register => work.registers_read() == 0,
            // Of a file it is true that nothing contradicts it; a test was made to find out.
            Workload::Counter => uncompared(&finding),
            _ => false,
        };
        let doubt = doubt.or(untried(work.written(), unseen));
        let (verdict, reason) = conclude(&finding, doubt, sure);
        Report {
            verdict,
            reason,
            finding: Some(finding),
            ..report
        }
    }

    fn check(&self) -> Result<Finding, String> {
        self.ask(&question(
            self.options.workload,
            self.options.keys,
            self.settings.read,
        ))
    }

    fn ask(&self, question: &Question) -> Result<Finding, String> {
        let path = self.history.path();
        let file = File::open(path);
        let file = file
            .map_err(|error| format!("the history {} cannot be read: {error}", path.display()))?;
        let checked = check(BufReader::new(file), question);
        let checked =
            checked.map_err(|error| format!("the history {}: {error}", path.display()))?;
        Ok(checked.finding)
    }

    /// What reads of a bank without a transaction showed. They may show money on its way: it is told, and no more.
    fn outside(&self) -> Option<Vec<(String, u64)>> {
        if self.options.workload != Workload::Bank {
            return None;
        }
        let inside = question(Workload::Bank, self.options.keys, self.settings.read);
        let reads = Reads::Outside;
        let finding = self.ask(&Question { reads, ..inside }).ok()?;
        let counts = finding.counts.into_iter();
        Some(
            counts
                .map(|(name, count)| (format!("outside-{name}"), count))
                .collect(),
        )
    }
}

/// The verdict, and why. `sure`: what was not there when it was read last is lost.
fn conclude(finding: &Finding, doubt: Option<String>, sure: bool) -> (Verdict, String) {
    match (finding.verdict, doubt) {
        (Verdict::Valid, Some(doubt)) => (Verdict::Unknown, doubt),
        (Verdict::Invalid, Some(doubt)) if !sure && only_lost(finding) => {
            let reason = &finding.reason;
            let why = "so that what clients did not see is not known to be lost";
            (Verdict::Unknown, format!("{doubt}; {why} ({reason})"))
        }
        (verdict, _) => (verdict, finding.reason.clone()),
    }
}

/// Whether all that is wrong is that something was not seen any more: a client may have read an older state, which it
/// may have been promised no newer one than. That an element came late, or was read by nobody, is told, and no error.
fn only_lost(finding: &Finding) -> bool {
    let names = finding.anomalies.iter().map(|it| it.name.as_str());
    let wrong = names.filter(|name| !["stale", "never-read"].contains(name));
    let wrong: Vec<&str> = wrong.collect();
    !wrong.is_empty() && wrong.iter().all(|name| *name == "lost")
}

/// Whether a counter was read by nobody.
fn uncompared(finding: &Finding) -> bool {
    finding
        .counts
        .get("reads-count")
        .is_none_or(|count| *count == 0)
}

/// Why what holds says nothing. `unread`: no client read anything, though that is what is checked.
fn untried(written: u32, unread: bool) -> Option<String> {
    let why = match (written, unread) {
        (0, _) => "no write was acknowledged, so nothing could be lost",
        (_, true) => {
            "no read of a client was acknowledged, so nothing is known of what clients see while others write"
        }
        (_, false) => return None,
    };
    Some(why.to_owned())
}

/// What must hold of a workload that reads so.
fn question(workload: Workload, keys: u32, read: ReadLevel) -> Question {
    match workload {
        Workload::ListAppend => Question::new(Model::ListAppend),
        Workload::Set => Question {
            // A read that began after the acknowledgement may be of an older state, unless it was linearizable.
            linearizable: read == ReadLevel::Linearizable,
            ..Question::new(Model::SetFull)
        },
        Workload::Register => Question::new(Model::CasRegister),
        Workload::Counter => Question::new(Model::Counter),
        Workload::Bank => Question {
            total: Some(setup::total(keys)),
            ..Question::new(Model::Bank)
        },
        // MongoDB promises snapshots, not serializability: write skew is told, and allowed.
        Workload::TxnAppend => Question {
            consistency_models: vec![elle::Model::STRONG_SNAPSHOT_ISOLATION],
            anomalies: vec!["lost-append".to_owned()],
            ..Question::new(Model::ListAppend)
        },
        Workload::Gridfs => Question::new(Model::Gridfs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consistency::checker::finding::Anomaly;

    #[test]
    fn a_counter_that_nobody_read_is_not_compared() {
        let counted = |count: Option<u64>| {
            let mut finding = Finding::valid("fine");
            let count = count.map(|count| ("reads-count".to_owned(), count));
            finding.counts.extend(count);
            uncompared(&finding)
        };
        assert_eq!([None, Some(0), Some(1)].map(counted), [true, true, false]);
    }

    #[test]
    fn a_loss_is_proved_by_a_last_read_only() {
        use Verdict::{Invalid, Unknown, Valid};
        let unread = || Some("nobody answered".to_owned());
        let table: [(&[&str], Option<String>, bool, Verdict); 9] = [
            (&["lost"], None, true, Invalid),
            // The set was not whole, but the last read saw all the same.
            (&["lost"], unread(), true, Invalid),
            (&["lost"], unread(), false, Unknown),
            (&["lost", "stale", "never-read"], unread(), false, Unknown),
            // What was seen was seen.
            (&["lost", "duplicated"], unread(), false, Invalid),
            (&["lost-update"], unread(), false, Invalid),
            (&["lost-append"], unread(), false, Invalid),
            (&[], unread(), false, Unknown),
            (&[], None, true, Valid),
        ];
        for (names, doubt, sure, verdict) in table {
            let named = |name: &&str| Anomaly {
                name: (*name).to_owned(),
                witness: String::new(),
                operations: Vec::new(),
            };
            let finding = match names {
                [] => Finding::valid("fine"),
                names => Finding::invalid("1 lost", names.iter().map(named).collect()),
            };
            let (found, reason) = conclude(&finding, doubt.clone(), sure);
            assert_eq!(found, verdict, "{names:?} {doubt:?} {sure}: {reason}");
        }
    }

    #[test]
    fn what_says_nothing() {
        for (written, unread, said) in [
            (0, false, Some("no write was acknowledged")),
            (0, true, Some("no write was acknowledged")),
            (7, true, Some("no read of a client was acknowledged")),
            (7, false, None),
        ] {
            let found = untried(written, unread);
            let matches = match (&found, said) {
                (Some(found), Some(said)) => found.starts_with(said),
                (found, said) => found.is_none() && said.is_none(),
            };
            assert!(matches, "{written} {unread}: {found:?}");
        }
    }
}

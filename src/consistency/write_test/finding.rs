//! From the history of a workload to its report: what is checked is what stands in the file.

use super::Run;
use super::perform::Work;
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
    /// The report of every workload but `list-append`. `doubt`: why the end of the test says less than it should.
    pub(super) fn report_finding(&self, work: &Work, doubt: Option<String>) -> Report {
        let report = self.report(work);
        // What cannot be written is known after that only.
        self.history.flush();
        let doubt = self
            .history
            .error()
            .map(|why| format!("the history could not be written to its end: {why}"))
            .or(doubt);
        let mut finding = match self.check() {
            Ok(finding) => finding,
            Err(why) => Finding::unknown(why),
        };
        if let Some(outside) = self.outside() {
            finding.counts.extend(outside);
        }
        let unread = match report.workload {
            Workload::Register => work.registers_read() == 0,
            // Of a file it is true that nothing contradicts it; a test was made to find out.
            Workload::Counter => uncompared(&finding),
            _ => false,
        };
        let doubt = doubt.or(untried(work.written(), unread));
        let (verdict, reason) = match (finding.verdict, doubt) {
            (Verdict::Valid, Some(doubt)) => (Verdict::Unknown, doubt),
            (verdict, _) => (verdict, finding.reason.clone()),
        };
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

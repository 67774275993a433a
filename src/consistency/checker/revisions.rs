//! A number that clients read and raise without protection (the workload `gridfs`): steps that two clients took at once
//! are lost.

use super::evidence::completions_only;
use super::finding::{Anomaly, Finding};
use super::operation::{History, Operation};
use crate::consistency::outcome::OutcomeType;
use std::collections::BTreeMap;

/// What was done with the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revision {
    /// It was read and the next one stored: what was read and what was stored, where that is known.
    Raised(Option<(i64, i64)>),
    /// It was read; none where what was read is not known.
    Read(Option<i64>),
}

/// Checks that no two acknowledged steps began from the same number, and that none that was acknowledged before the
/// last read began is beyond what it showed.
///
/// Counts are `acknowledged-count`, `lost-count`, and of those `lost-update-count` (steps that were taken again by somebody
/// else) and `lost-at-end-count` (steps that stored a number greater than the last one read; one step may be both).
/// `unknown` where nothing was acknowledged
/// or nothing was read, and where nothing is wrong but the last read began too early for some steps.
pub fn check(history: &History<Revision>) -> Finding {
    let known = history.operations.iter();
    let known = known.filter(|operation| operation.outcome == OutcomeType::Ok);
    let mut steps: Vec<(i64, i64, &Operation<Revision>)> = Vec::new();
    let mut last: Option<(&Operation<Revision>, i64)> = None;
    for operation in known {
        match operation.action {
            Revision::Raised(Some((read, stored))) => steps.push((read, stored, operation)),
            Revision::Read(Some(read))
                if last.is_none_or(|(known, _)| known.invoked <= operation.invoked) =>
            {
                last = Some((operation, read));
            }
            _ => {}
        }
    }
    let Some((end, last)) = last.filter(|_| !steps.is_empty()) else {
        return Finding::unknown("nothing was acknowledged, or nothing was read at the end");
    };
    let mut taken: BTreeMap<i64, &Operation<Revision>> = BTreeMap::new();
    let mut anomalies = Vec::new();
    let (mut twice, mut beyond, mut late, mut lost) = (0, 0, 0, 0);
    // In a file of completions only nothing tells when the read began.
    let began = match completions_only(history) {
        true => end.completed,
        false => end.invoked,
    };
    steps.sort_by_key(|(_, _, operation)| operation.completed);
    for (read, stored, operation) in &steps {
        let before = twice + beyond;
        if let Some(first) = taken.insert(*read, operation) {
            twice += 1;
            anomalies.push(Anomaly {
                name: "lost-update".to_owned(),
                witness: format!(
                    "client {} read {read} and stored {stored}, acknowledged {}; client {} did the same, acknowledged {}: of two steps one is left",
                    first.process,
                    history.moment(first.completed),
                    operation.process,
                    history.moment(operation.completed),
                ),
                operations: vec![first.completed, operation.completed],
            });
        }
        if *stored > last && operation.completed > began {
            late += 1;
        } else if *stored > last {
            beyond += 1;
            anomalies.push(Anomaly {
                name: "lost".to_owned(),
                witness: format!(
                    "client {} stored {stored}, acknowledged {}; the last number read is {last}",
                    operation.process,
                    history.moment(operation.completed),
                ),
                operations: vec![operation.completed],
            });
        }
        lost += u64::from(twice + beyond > before);
    }
    let acknowledged = steps.len();
    let mut finding = match (anomalies.is_empty(), late) {
        (true, 0) => Finding::valid(format!(
            "all {acknowledged} acknowledged steps were taken from numbers of their own"
        )),
        (true, late) => Finding::unknown(format!(
            "{late} steps are beyond the last number read, but were acknowledged only after that read began"
        )),
        (false, _) => {
            // One of each kind tells it; the counts tell how often.
            anomalies.sort_by(|one, other| one.name.cmp(&other.name));
            anomalies.dedup_by(|one, other| one.name == other.name);
            let why = format!("of {acknowledged} acknowledged steps {lost} are lost");
            Finding::invalid(why, anomalies)
        }
    };
    finding.counts = [
        ("acknowledged-count".to_owned(), acknowledged as u64),
        ("lost-count".to_owned(), lost),
        ("lost-update-count".to_owned(), twice),
        ("lost-at-end-count".to_owned(), beyond),
    ]
    .into();
    finding
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consistency::report::Verdict;

    fn history(actions: &[Revision]) -> History<Revision> {
        let operations = actions.iter().enumerate().map(|(number, action)| {
            let place = u32::try_from(number).unwrap() * 2;
            Operation {
                process: 1,
                invoked: place,
                completed: place + 1,
                outcome: OutcomeType::Ok,
                action: *action,
            }
        });
        History {
            operations: operations.collect(),
            names: Default::default(),
            times: Vec::new(),
        }
    }

    #[test]
    fn steps_that_are_lost_are_found() {
        let raised = |from| Revision::Raised(Some((from, from + 1)));
        let read = |number| Revision::Read(Some(number));
        let table: [(&[Revision], Verdict, &[&str]); 6] = [
            (&[raised(0), raised(1), read(2)], Verdict::Valid, &[]),
            (&[raised(0), raised(2), read(3)], Verdict::Valid, &[]),
            (
                &[raised(0), raised(0), read(1)],
                Verdict::Invalid,
                &["lost-update"],
            ),
            (
                &[raised(0), raised(1), read(1)],
                Verdict::Invalid,
                &["lost"],
            ),
            (&[raised(0), Revision::Raised(None)], Verdict::Unknown, &[]),
            (&[read(0)], Verdict::Unknown, &[]),
        ];
        for (actions, verdict, names) in table {
            let finding = check(&history(actions));
            assert_eq!(finding.verdict, verdict, "{actions:?}");
            let found: Vec<&str> = finding
                .anomalies
                .iter()
                .map(|it| it.name.as_str())
                .collect();
            assert_eq!(found, names, "{actions:?}");
        }
    }

    #[test]
    fn figures_and_the_sentence_say_the_same() {
        let raised = |from| Revision::Raised(Some((from, from + 1)));
        // Two steps from 0, two from 1, of which the last is not even there at the end.
        let steps = [
            raised(0),
            raised(0),
            raised(1),
            raised(1),
            Revision::Read(Some(1)),
        ];
        let finding = check(&history(&steps));
        assert_eq!(finding.reason, "of 4 acknowledged steps 3 are lost");
        let count = |name: &str| finding.counts[name];
        assert_eq!(
            (
                count("lost-count"),
                count("lost-update-count"),
                count("lost-at-end-count")
            ),
            (3, 2, 2)
        );
    }

    #[test]
    fn a_step_that_was_acknowledged_after_the_last_read_began_is_not_lost() {
        let mut history = history(&[
            Revision::Raised(Some((0, 1))),
            Revision::Raised(Some((1, 2))),
            Revision::Read(Some(1)),
        ]);
        assert_eq!(check(&history).verdict, Verdict::Invalid);
        history.operations[2].invoked = 2;
        assert_eq!(check(&history).verdict, Verdict::Unknown);
    }
}

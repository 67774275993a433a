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
/// A step of unknown outcome may store its number long after it was given up, over greater ones that were stored
/// meanwhile; from there everybody goes on, and takes steps again. What one that began before a step ended may have
/// undone so is not held against the store (`unsure-count`), unless two steps overlapped: they raced by themselves.
///
/// Counts are `acknowledged-count`, `lost-count`, and of those `lost-update-count` (steps that were taken again by somebody
/// else) and `lost-at-end-count` (steps that stored a number greater than the last one read; one step may be both).
/// `unknown` where nothing was acknowledged
/// or nothing was read, and where nothing is wrong but what is unsure, or the last read began too early for some steps.
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
    let (mut twice, mut beyond, mut late, mut lost, mut unsure) = (0, 0, 0, 0, 0);
    // In a file of completions only nothing tells when an operation began.
    let invocations = !completions_only(history);
    let began = match invocations {
        false => end.completed,
        true => end.invoked,
    };
    let given_up = given_up(history);
    // One that began only after a step ended has read what that step stored, or more.
    let undone = |step: &Operation<Revision>| given_up.is_some_and(|first| first < step.completed);
    let overlap = |first: &Operation<Revision>, second: &Operation<Revision>| {
        invocations && second.invoked < first.completed
    };
    steps.sort_by_key(|(_, _, operation)| operation.completed);
    for (read, stored, operation) in &steps {
        let before = (twice + beyond, unsure);
        let first = taken.insert(*read, operation);
        if first.is_some_and(|first| undone(first) && !overlap(first, operation)) {
            unsure += 1;
        } else if let Some(first) = first {
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
        } else if *stored > last && undone(operation) {
            unsure = before.1 + 1;
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
        lost += u64::from(twice + beyond > before.0);
    }
    let acknowledged = steps.len();
    let mut finding = match (anomalies.is_empty(), late) {
        (true, _) if unsure > 0 => Finding::unknown(format!(
            "{unsure} steps were taken again, or are beyond the last number read, but a step of unknown outcome may have stored an older number over them late"
        )),
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
        ("unsure-count".to_owned(), unsure),
    ]
    .into();
    finding
}

/// Where the first step of unknown outcome began: nobody knows when it stores, if it does.
fn given_up(history: &History<Revision>) -> Option<u32> {
    let unknown = history.operations.iter().filter(|operation| {
        operation.outcome == OutcomeType::Info && matches!(operation.action, Revision::Raised(_))
    });
    unknown.map(|operation| operation.invoked).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consistency::checker::operation::OPEN;
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

    #[test]
    fn what_a_step_of_unknown_outcome_may_have_undone_is_not_held_against_the_store() {
        // Invoked, completed, outcome, action; the last read is added.
        type Step = (u32, u32, OutcomeType, Option<(i64, i64)>);
        use OutcomeType::{Fail, Info, Ok};
        let taken = |invoked, from| (invoked, invoked + 1, Ok, Some((from, from + 1)));
        let given_up = |invoked, outcome| (invoked, invoked + 1, outcome, None);
        let table: [(&[Step], i64, Verdict); 8] = [
            // It stores 1 after all, over 2: 1 is taken again.
            (
                &[taken(0, 0), given_up(2, Info), taken(4, 1), taken(6, 1)],
                2,
                Verdict::Unknown,
            ),
            // What has certainly failed stores nothing.
            (
                &[taken(0, 0), given_up(2, Fail), taken(4, 1), taken(6, 1)],
                2,
                Verdict::Invalid,
            ),
            // It began when 2 was there, and can only store more.
            (
                &[taken(0, 0), taken(2, 1), given_up(4, Info), taken(6, 1)],
                2,
                Verdict::Invalid,
            ),
            // It stores 1 at the very end, or when 2 was there, and can only store more.
            (
                &[given_up(0, Info), taken(2, 0), taken(4, 1)],
                1,
                Verdict::Unknown,
            ),
            (
                &[taken(0, 0), taken(2, 1), given_up(4, Info)],
                1,
                Verdict::Invalid,
            ),
            // Two that overlap need nobody to lose a step.
            (
                &[
                    given_up(0, Info),
                    (2, 5, Ok, Some((0, 1))),
                    (3, 6, Ok, Some((0, 1))),
                ],
                1,
                Verdict::Invalid,
            ),
            // Nothing is wrong.
            (
                &[given_up(0, Info), taken(2, 0), taken(4, 1)],
                2,
                Verdict::Valid,
            ),
            // Of one that never ended nobody knows either.
            (
                &[(0, OPEN, Info, None), taken(2, 0), taken(4, 0)],
                1,
                Verdict::Unknown,
            ),
        ];
        for (steps, last, verdict) in table {
            let step = |(invoked, completed, outcome, step): &Step| Operation {
                process: 1,
                invoked: *invoked,
                completed: *completed,
                outcome: *outcome,
                action: Revision::Raised(*step),
            };
            let mut history = history(&[]);
            history.operations = steps.iter().map(step).collect();
            history.operations.push(Operation {
                process: 1,
                invoked: 90,
                completed: 91,
                outcome: Ok,
                action: Revision::Read(Some(last)),
            });
            let finding = check(&history);
            assert_eq!(finding.verdict, verdict, "{steps:?} {last}");
            let sure = finding.counts["unsure-count"] == 0;
            assert_eq!(sure, verdict != Verdict::Unknown, "{steps:?} {last}");
        }
    }
}

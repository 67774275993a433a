use super::*;
use crate::consistency::checker::simulated::{arbitrary, faithful, list, reads, set_action, steps};
use crate::consistency::checker::tables::{anomalies, table};
use crate::consistency::report::Verdict;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// History; verdicts of monotonic reads, of reading one's own writes, of the chain of supersets.
const CASES: &[(&str, [Verdict; 3])] = &[
    ("", [Verdict::Unknown, Verdict::Unknown, Verdict::Unknown]),
    (
        "0 invoke read null\n 0 ok read 1",
        [Verdict::Unknown, Verdict::Unknown, Verdict::Unknown],
    ),
    (
        "0 invoke read null\n 0 ok read 1\n 0 invoke read null\n 0 ok read 2,1",
        [Verdict::Valid, Verdict::Unknown, Verdict::Valid],
    ),
    (
        "0 invoke read null\n 0 ok read 1,2\n 0 invoke read null\n 0 ok read 2,2",
        [Verdict::Invalid, Verdict::Unknown, Verdict::Invalid],
    ),
    (
        "0 invoke read null\n 0 ok read 1\n 1 invoke read null\n 1 ok read []",
        [Verdict::Unknown, Verdict::Unknown, Verdict::Invalid],
    ),
    (
        "0 invoke read null\n 1 invoke read null\n 0 ok read 1\n 1 ok read []",
        [Verdict::Unknown, Verdict::Unknown, Verdict::Unknown],
    ),
    (
        "0 invoke add 1\n 0 ok add 1\n 0 invoke read null\n 0 ok read []",
        [Verdict::Unknown, Verdict::Invalid, Verdict::Unknown],
    ),
    (
        "0 invoke add 1\n 0 fail add 1\n 0 invoke read null\n 0 ok read []\n 1 invoke add 2\n 1 ok add 2",
        [Verdict::Unknown, Verdict::Unknown, Verdict::Unknown],
    ),
    (
        "0 invoke add 1\n 0 ok add 1\n 1 invoke read null\n 1 ok read []\n 0 invoke read null\n 0 ok read 1",
        [Verdict::Unknown, Verdict::Valid, Verdict::Valid],
    ),
    // What was seen once must stay, also after a read that missed it.
    (
        "0 invoke read null\n 0 ok read 1\n 0 invoke read null\n 0 ok read []\n 0 invoke read null\n 0 ok read []",
        [Verdict::Invalid, Verdict::Unknown, Verdict::Invalid],
    ),
];

#[test]
fn sessions_hold_what_they_promise() {
    for (text, expected) in CASES {
        let history = table(text, set_action);
        let found = [
            monotonic_reads(&history),
            read_your_writes(&history),
            superset_chain(&history),
        ];
        assert_eq!(
            &found.each_ref().map(|finding| finding.verdict),
            expected,
            "{text}"
        );
    }
    let finding = monotonic_reads(&table(CASES[9].0, set_action));
    assert_eq!(finding.counts["non-monotonic-read-count"], 2);
}

#[test]
fn what_is_missing_is_told_with_its_evidence() {
    let finding = monotonic_reads(&table(CASES[3].0, set_action));
    assert_eq!(
        finding.anomalies[0].witness,
        "client 0's read, which ended at 0.003 s, does not show 1, although its own read, which ended at 0.001 s, showed \
         it, before that read began"
    );
    assert_eq!(finding.anomalies[0].operations, [1, 3]);
    let finding = read_your_writes(&table(CASES[6].0, set_action));
    assert_eq!(
        finding.anomalies[0].witness,
        "client 0's read, which ended at 0.003 s, does not show 1, although its own add of 1 was acknowledged at 0.001 \
         s, before that read began"
    );
}

#[test]
fn completions_alone_are_enough_for_sessions() {
    let mut history = table(CASES[3].0, set_action);
    history
        .operations
        .iter_mut()
        .for_each(|operation| operation.invoked = 0);
    assert_eq!(monotonic_reads(&history).verdict, Verdict::Invalid);
    assert_eq!(superset_chain(&history).verdict, Verdict::Unknown);
}

#[test]
fn a_client_that_does_two_things_at_once_is_no_session() {
    let mut history = table(CASES[3].0, set_action);
    history.operations[1].invoked = 1;
    history.operations[0].completed = 2;
    assert_eq!(monotonic_reads(&history).verdict, Verdict::Unknown);
    assert_eq!(read_your_writes(&history).verdict, Verdict::Unknown);
}

/// How many reads are bad, and how many have something before them, by comparing all pairs of operations.
fn slow(
    history: &History<Set>,
    own: impl Fn(&Operation<Set>, &Operation<Set>) -> bool,
) -> (u64, u64) {
    let (mut bad, mut compared) = (0, 0);
    for read in &history.operations {
        let Some(shown_now) = shown(read) else {
            continue;
        };
        let before: Vec<_> = history
            .operations
            .iter()
            .filter(|other| {
                other.outcome == OutcomeType::Ok
                    && other.completed < read.invoked
                    && own(other, read)
            })
            .collect();
        let needed: BTreeSet<Symbol> = before
            .iter()
            .flat_map(|other| match &other.action {
                Set::Add(symbol) => vec![*symbol],
                Set::Read(list) => list.clone().unwrap(),
            })
            .collect();
        compared += u64::from(!before.is_empty());
        bad += u64::from(needed.iter().any(|symbol| !shown_now.contains(symbol)));
    }
    (bad, compared)
}

fn is_read(operation: &Operation<Set>) -> bool {
    matches!(operation.action, Set::Read(_))
}

fn agrees(history: &History<Set>) -> Result<(), TestCaseError> {
    for (finding, (bad, compared)) in [
        (
            monotonic_reads(history),
            slow(history, |one, other| {
                is_read(one) && one.process == other.process
            }),
        ),
        (
            read_your_writes(history),
            slow(history, |one, other| {
                !is_read(one) && one.process == other.process
            }),
        ),
        (
            superset_chain(history),
            slow(history, |one, _| is_read(one)),
        ),
    ] {
        let found = finding
            .counts
            .iter()
            .find(|count| !["reads-count", "compared-count"].contains(&count.0.as_str()));
        prop_assert_eq!(*found.unwrap().1, bad);
        prop_assert_eq!(finding.counts["compared-count"], compared);
        let expected = match (bad, compared) {
            (0, 0) => Verdict::Unknown,
            (0, _) => Verdict::Valid,
            _ => Verdict::Invalid,
        };
        prop_assert_eq!(finding.verdict, expected);
        prop_assert_eq!(
            finding.anomalies.len() as u64,
            bad.min(FEW_WITNESSES as u64)
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn results_are_those_of_the_slow_way(steps in steps(4, 60)) {
        agrees(&arbitrary(&steps))?;
    }

    #[test]
    fn good_histories_pass_and_mutations_do_not(steps in steps(3, 100), chance in any::<prop::sample::Index>()) {
        let good = faithful(&steps);
        for finding in [monotonic_reads(&good), read_your_writes(&good), superset_chain(&good)] {
            prop_assert_ne!(finding.verdict, Verdict::Invalid, "{:?}", finding);
        }
        agrees(&good)?;
        let Some(read) = reads(&good).last().copied() else { return Ok(()) };
        let mut bad = good;
        let length = list(&mut bad, read).len();
        if length == 0 {
            return Ok(());
        }
        let element = list(&mut bad, read).remove(chance.index(length));
        agrees(&bad)?;
        let began = bad.operations[read].invoked;
        let was_seen = bad.operations.iter().any(|other| {
            other.completed < began && shown(other).is_some_and(|shown| shown.contains(&element))
        });
        let expected: &[&str] = if was_seen { &["non-monotonic-read"] } else { &[] };
        prop_assert_eq!(anomalies(&superset_chain(&bad)), expected);
    }
}

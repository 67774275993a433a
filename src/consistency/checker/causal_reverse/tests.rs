use super::*;
use crate::consistency::checker::simulated::{arbitrary, faithful, list, reads, set_action, steps};
use crate::consistency::checker::tables::{self, anomalies, jepsen_cases, table, verdict};
use crate::consistency::outcome::OutcomeType;
use crate::consistency::report::Verdict;
use proptest::prelude::*;

const CASES: &[(&str, Verdict)] = &[
    ("", Verdict::Unknown),
    (
        "0 invoke add 1\n 0 ok add 1\n 0 invoke read null\n 0 ok read []",
        Verdict::Valid,
    ),
    (
        "0 invoke add 1\n 0 ok add 1\n 0 invoke add 2\n 0 ok add 2\n 0 invoke read null\n 0 ok read 1,2",
        Verdict::Valid,
    ),
    (
        "0 invoke add 1\n 0 ok add 1\n 0 invoke add 2\n 0 ok add 2\n 0 invoke read null\n 0 ok read 1",
        Verdict::Valid,
    ),
    (
        "0 invoke add 1\n 0 ok add 1\n 0 invoke add 2\n 0 ok add 2\n 0 invoke read null\n 0 ok read 2,2",
        Verdict::Invalid,
    ),
    // The adds overlap, so that either may come first.
    (
        "0 invoke add 1\n 1 invoke add 2\n 0 ok add 1\n 1 ok add 2\n 0 invoke read null\n 0 ok read 2",
        Verdict::Valid,
    ),
    // The first add is not known to have happened.
    (
        "0 invoke add 1\n 0 info add 1\n 1 invoke add 2\n 1 ok add 2\n 2 invoke read null\n 2 ok read 2",
        Verdict::Valid,
    ),
    // The second one is seen, so that it happened.
    (
        "0 invoke add 1\n 0 ok add 1\n 1 invoke add 2\n 1 info add 2\n 2 invoke read null\n 2 ok read 2",
        Verdict::Invalid,
    ),
];

#[test]
fn an_add_is_not_seen_without_those_before_it() {
    for (text, verdict) in CASES {
        let finding = check(&table(text, set_action));
        assert_eq!(finding.verdict, *verdict, "{text}: {finding:?}");
    }
    let finding = check(&table(CASES[4].0, set_action));
    assert_eq!(
        finding.anomalies[0].witness,
        "client 0's read, which ended at 0.005 s, shows 2 but not 1, although client 0's add of 1 was acknowledged at \
         0.001 s, before client 0's add of 2 was invoked at 0.002 s"
    );
    assert_eq!(finding.anomalies[0].operations, [1, 3, 5]);
}

#[test]
fn jepsens_cases_hold() {
    for (name, lines, expect) in jepsen_cases("causal-reverse") {
        let finding = check(&tables::history(&lines, set_action));
        assert_eq!(finding.verdict, verdict(&expect["valid"]), "{name}");
    }
}

/// Whether a read shows an element without one that was acknowledged before it could begin, by all pairs.
fn is_wrong(history: &History<Set>, list: &[Symbol]) -> bool {
    let adds = |symbol: Symbol| {
        history
            .operations
            .iter()
            .filter(move |o| o.action == Set::Add(symbol))
    };
    list.iter().any(|newer| {
        let live = adds(*newer).filter(|add| add.outcome != OutcomeType::Fail);
        let Some(began) = live.map(|add| add.invoked).min() else {
            return false;
        };
        history.operations.iter().any(|add| match add.action {
            Set::Add(older) => {
                add.outcome == OutcomeType::Ok && add.completed < began && !list.contains(&older)
            }
            Set::Read(_) => false,
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn results_are_those_of_the_slow_way(steps in steps(4, 60)) {
        let history = arbitrary(&steps);
        let finding = check(&history);
        let lists = history.operations.iter().filter_map(shown);
        let expected = lists.filter(|list| is_wrong(&history, list)).count() as u64;
        prop_assert_eq!(finding.counts["causal-reverse-count"], expected);
        prop_assert_eq!(finding.anomalies.len() as u64, expected.min(FEW_WITNESSES as u64));
        prop_assert_eq!(finding.verdict == Verdict::Invalid, expected > 0);
    }

    #[test]
    fn good_histories_pass_and_mutations_do_not(steps in steps(4, 100), chance in any::<prop::sample::Index>()) {
        let mut history = faithful(&steps);
        prop_assert_ne!(check(&history).verdict, Verdict::Invalid);
        let Some(read) = reads(&history).last().copied() else { return Ok(()) };
        let length = list(&mut history, read).len();
        if length == 0 {
            return Ok(());
        }
        list(&mut history, read).remove(chance.index(length));
        let shown = list(&mut history, read).clone();
        let expected: &[&str] = if is_wrong(&history, &shown) { &["causal-reverse"] } else { &[] };
        prop_assert_eq!(anomalies(&check(&history)), expected);
    }
}

//! No history, however malformed, stops a checker: places in any order, symbols without names, figures at their ends.

use super::actions::{Bank, Counter, RegisterStep, Set, Steps};
use super::finding::Finding;
use super::operation::{History, OPEN, Operation};
use super::tables::empty;
use super::{bank, causal_reverse, counter, long_fork, sessions, set, set_full};
use crate::consistency::outcome::OutcomeType;
use crate::consistency::report::Verdict;
use proptest::prelude::*;

fn edges() -> impl Strategy<Value = u32> {
    prop_oneof![0..6_u32, Just(OPEN), Just(OPEN - 1), any::<u32>()]
}

fn figures() -> impl Strategy<Value = i64> {
    prop_oneof![Just(i64::MIN), Just(i64::MAX), -2..3_i64]
}

fn outcomes() -> impl Strategy<Value = OutcomeType> {
    prop_oneof![
        Just(OutcomeType::Ok),
        Just(OutcomeType::Fail),
        Just(OutcomeType::Info)
    ]
}

fn histories<A: std::fmt::Debug>(
    actions: impl Strategy<Value = A>,
) -> impl Strategy<Value = History<A>> {
    let operation = (0..3_u64, edges(), edges(), outcomes(), actions).prop_map(
        |(process, invoked, completed, outcome, action)| Operation {
            process,
            invoked,
            completed,
            outcome,
            action,
        },
    );
    let times = prop::collection::vec(prop_oneof![any::<u64>(), Just(u64::MAX), Just(0)], 0..8);
    (prop::collection::vec(operation, 0..12), times).prop_map(|(operations, times)| History {
        operations,
        times,
        ..empty()
    })
}

/// What must be true of every finding.
fn is_sound(finding: &Finding) -> Result<(), TestCaseError> {
    prop_assert!(!finding.reason.is_empty());
    if finding.verdict == Verdict::Invalid {
        prop_assert!(!finding.anomalies.is_empty(), "{:?}", finding);
    }
    for anomaly in &finding.anomalies {
        prop_assert!(
            !anomaly.witness.is_empty() && !anomaly.operations.is_empty(),
            "{:?}",
            anomaly
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sets(history in histories(prop_oneof![
        edges().prop_map(Set::Add),
        prop::option::of(prop::collection::vec(edges(), 0..5)).prop_map(Set::Read),
    ])) {
        is_sound(&set::check(&history))?;
        is_sound(&set_full::check(&history, set_full::Options { linearizable: true }))?;
        is_sound(&sessions::monotonic_reads(&history))?;
        is_sound(&sessions::read_your_writes(&history))?;
        is_sound(&sessions::superset_chain(&history))?;
        is_sound(&causal_reverse::check(&history))?;
    }

    #[test]
    fn counters(history in histories(prop_oneof![
        figures().prop_map(Counter::Add),
        prop::option::of(figures()).prop_map(Counter::Read),
    ])) {
        is_sound(&counter::check(&history))?;
    }

    #[test]
    fn banks(
        history in histories(
            prop::option::of(prop::collection::vec((edges(), prop::option::of(figures())), 0..5)).prop_map(Bank::Read),
        ),
        total in prop::option::of(figures()),
        accounts in prop::option::of(prop::collection::vec(edges(), 0..4)),
        (negative_allowed, may_leave_out) in any::<(bool, bool)>(),
    ) {
        let options = bank::Options { total, accounts, negative_allowed, may_leave_out };
        is_sound(&bank::check(&history, &options))?;
    }

    #[test]
    fn forks(
        history in histories((0..12_u32, prop_oneof![0..12_u32, Just(OPEN)]).prop_map(|(from, to)| Steps(from, to))),
        steps in prop::collection::vec(
            prop_oneof![
                (edges(), edges()).prop_map(|(key, value)| RegisterStep::Write(key, value)),
                (edges(), prop::option::of(0..2_u32)).prop_map(|(key, value)| RegisterStep::Read(key, value)),
            ],
            0..12,
        ),
    ) {
        is_sound(&long_fork::check(&history, &steps))?;
    }
}

//! Small random histories against the reference.

use crate::consistency::checker::actions::{OnRegister, Register};
use crate::consistency::checker::operation::{History, OPEN};
use crate::consistency::checker::register::reference::{Shape, is_linearizable, random};
use crate::consistency::checker::register::{FailedCas, Options, check};
use crate::consistency::outcome::OutcomeType;
use crate::consistency::report::Verdict;
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

fn agree(history: &History<OnRegister>, options: &Options) -> bool {
    let finding = check(history, options);
    let expected = is_linearizable(history, options);
    let verdict = if expected {
        Verdict::Valid
    } else {
        Verdict::Invalid
    };
    assert_eq!(
        finding.verdict, verdict,
        "{options:?} {:#?}\n{finding:#?}",
        history.operations
    );
    assert_eq!(finding.anomalies.is_empty(), expected);
    for anomaly in &finding.anomalies {
        assert!(
            !anomaly.operations.is_empty() && !anomaly.witness.is_empty(),
            "{finding:#?}"
        );
        for line in &anomaly.operations {
            assert!(*line != OPEN, "{finding:#?}");
        }
        evidence_is_enough(history, options, &anomaly.operations, &anomaly.name);
    }
    expected
}

/// The named operations must already be without an order. Of what is not named no result may be needed: not what a read
/// showed, not that a compare-and-set found what it replaced, and, but for what a search was needed for, not even that it
/// happened when it did.
fn evidence_is_enough(history: &History<OnRegister>, options: &Options, named: &[u32], name: &str) {
    let mut less = history.clone();
    let mut keys = Vec::new();
    less.operations.retain_mut(|operation| {
        let line = if operation.completed == OPEN {
            operation.invoked
        } else {
            operation.completed
        };
        if named.contains(&line) || named.contains(&operation.invoked) {
            keys.push(operation.action.key);
            return true;
        }
        let is_unknown = operation.outcome == OutcomeType::Info || operation.completed == OPEN;
        if let Register::CompareAndSet(_, to) = operation.action.action
            && !is_unknown
        {
            let is_read =
                matches!(operation.action.action, Register::CompareAndSet(from, _) if from == to);
            operation.action.action = if is_read {
                Register::Read(None)
            } else {
                Register::Write(to)
            };
        }
        if name != "nonlinearizable" && operation.outcome == OutcomeType::Ok {
            operation.outcome = OutcomeType::Info;
            operation.completed = OPEN;
        }
        !matches!(operation.action.action, Register::Read(_))
            && operation.outcome != OutcomeType::Fail
    });
    assert!(
        keys.windows(2).all(|pair| pair[0] == pair[1]),
        "evidence of several keys"
    );
    assert!(
        !is_linearizable(&less, options),
        "not enough evidence for {name}: {named:?} {:#?}",
        history.operations
    );
}

fn many(seeds: std::ops::Range<u64>) {
    let (mut valid, mut invalid) = (0, 0);
    for seed in seeds {
        let mut rng = StdRng::seed_from_u64(seed);
        let shape = Shape {
            operations: rng.random_range(1..=7),
            clients: rng.random_range(1..=5),
            keys: if rng.random_bool(0.2) { 2 } else { 1 },
            values: if rng.random_bool(0.5) {
                None
            } else {
                Some(rng.random_range(1..=3))
            },
            unanswered: [0, 20, 60][rng.random_range(0..3)],
            wrong: [0, 10, 30][rng.random_range(0..3)],
            swaps: [0, 30, 80][rng.random_range(0..3)],
        };
        let history = random(&mut rng, shape);
        let options = Options {
            initial: if rng.random_bool(0.2) { Some(1) } else { None },
            failed_cas: if rng.random_bool(0.5) {
                FailedCas::Compared
            } else {
                FailedCas::Ignored
            },
            ..Options::default()
        };
        if agree(&history, &options) {
            valid += 1;
        } else {
            invalid += 1;
        }
    }
    assert!(
        valid > 1000 && invalid > 1000,
        "{valid} valid, {invalid} invalid"
    );
}

#[test]
fn agrees_with_the_reference() {
    many(0..25_000);
}

#[test]
#[ignore = "takes minutes"]
fn agrees_with_the_reference_often() {
    many(1_000_000..3_000_000);
}

fn action() -> impl Strategy<Value = Register> {
    prop_oneof![
        proptest::option::of(0..4u32).prop_map(Register::Read),
        (0..4u32).prop_map(Register::Write),
        (0..4u32, 0..4u32).prop_map(|(from, to)| Register::CompareAndSet(from, to)),
    ]
}

prop_compose! {
    /// Anything, also what no file would hold: ends before beginnings, equal places, answers without an end.
    fn anything()(
        action in action(),
        invoked in 0..8u32,
        completed in prop_oneof![4 => 0..10u32, 1 => Just(OPEN)],
        outcome in prop_oneof![4 => Just(OutcomeType::Ok), 1 => Just(OutcomeType::Fail), 1 => Just(OutcomeType::Info)],
    ) -> (Register, u32, u32, OutcomeType) {
        (action, invoked, completed, outcome)
    }
}

proptest! {
    #[test]
    fn takes_anything(operations in proptest::collection::vec(anything(), 0..7), compared: bool) {
        let mut history = History {
        operations: Vec::new(),
        names: Default::default(),
        times: Vec::new(),
    };
        for (place, (action, invoked, completed, outcome)) in operations.into_iter().enumerate() {
            history.operations.push(crate::consistency::checker::operation::Operation {
                process: place as u64,
                invoked,
                completed,
                outcome,
                action: OnRegister { key: 0, action },
            });
        }
        let options = Options {
            failed_cas: if compared { FailedCas::Compared } else { FailedCas::Ignored },
            ..Options::default()
        };
        let verdict = check(&history, &options).verdict;
        for operation in &mut history.operations {
            operation.completed = operation.completed.max(operation.invoked);
        }
        let expected = if is_linearizable(&history, &options) { Verdict::Valid } else { Verdict::Invalid };
        prop_assert_eq!(verdict, expected);
    }
}

//! Long histories of registers that behave, and the same with one thing wrong.

use crate::consistency::checker::actions::{OnRegister, Register};
use crate::consistency::checker::operation::{History, OPEN};
use crate::consistency::checker::register::reference::{Shape, random};
use crate::consistency::checker::register::{FailedCas, Options, check};
use crate::consistency::outcome::OutcomeType;
use crate::consistency::report::Verdict;
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::collections::BTreeSet;

fn good(seed: u64, values: Option<u32>) -> History<OnRegister> {
    let shape = Shape {
        operations: 400,
        clients: 8,
        keys: 2,
        values,
        unanswered: 3,
        wrong: 0,
        swaps: 30,
    };
    random(&mut StdRng::seed_from_u64(seed), shape)
}

fn verdict(history: &History<OnRegister>) -> Verdict {
    let [ignored, compared] = [FailedCas::Ignored, FailedCas::Compared].map(|failed_cas| {
        let finding = check(
            history,
            &Options {
                failed_cas,
                ..Options::default()
            },
        );
        assert_ne!(finding.verdict, Verdict::Unknown, "{}", finding.reason);
        finding.verdict
    });
    // What holds with more conditions holds with fewer.
    assert!(ignored == compared || ignored == Verdict::Valid);
    compared
}

#[test]
fn what_behaves_is_valid() {
    for seed in 0..60 {
        for values in [None, Some(3), Some(30)] {
            assert_eq!(
                verdict(&good(seed, values)),
                Verdict::Valid,
                "{seed} {values:?}"
            );
        }
    }
}

fn acknowledged(history: &History<OnRegister>, from: usize) -> impl Iterator<Item = usize> {
    (from..history.operations.len()).filter(|at| {
        history.operations[*at].outcome == OutcomeType::Ok
            && history.operations[*at].completed != OPEN
    })
}

/// Makes a history wrong; says whether it could.
type Wrong = fn(&mut History<OnRegister>) -> bool;

/// A late read shows what an early one showed.
fn stale(history: &mut History<OnRegister>) -> bool {
    let read = |at: &usize| {
        matches!(
            history.operations[*at].action.action,
            Register::Read(Some(_))
        )
    };
    let (Some(early), Some(late)) = (
        acknowledged(history, 50).find(read),
        acknowledged(history, 300).find(read),
    ) else {
        return false;
    };
    let key = history.operations[early].action.key;
    let old = history.operations[early].action.action;
    history.operations[late].action = OnRegister { key, action: old };
    true
}

/// A write whose value was read was not done.
fn undone(history: &mut History<OnRegister>) -> bool {
    let found =
        acknowledged(history, 100).find_map(|at| match history.operations[at].action.action {
            Register::Read(Some(value)) if value != 0 => Some(value),
            _ => None,
        });
    let write = history
        .operations
        .iter()
        .position(|operation| match operation.action.action {
            Register::Write(value) | Register::CompareAndSet(_, value) => Some(value) == found,
            Register::Read(_) => false,
        });
    let Some(write) = write else {
        return false;
    };
    history.operations[write].outcome = OutcomeType::Fail;
    if matches!(
        history.operations[write].action.action,
        Register::CompareAndSet(..)
    ) {
        history.operations[write].completed = OPEN;
    }
    true
}

/// A compare-and-set succeeds a second time, later.
fn again(history: &mut History<OnRegister>) -> bool {
    let swap = acknowledged(history, 0)
        .find(|at| matches!(history.operations[*at].action.action, Register::CompareAndSet(from, to) if from != to));
    let last = acknowledged(history, 0)
        .map(|at| history.operations[at].completed)
        .max();
    let (Some(swap), Some(last)) = (swap, last) else {
        return false;
    };
    let mut copy = history.operations[swap].clone();
    let Register::CompareAndSet(from, _) = copy.action.action else {
        return false;
    };
    copy.action.action = Register::CompareAndSet(from, 1_000_000);
    (copy.invoked, copy.completed) = (last + 1, last + 2);
    history.operations.push(copy);
    true
}

#[test]
fn what_is_wrong_is_caught() {
    let wrongs: [(&str, Wrong); 3] = [("stale", stale), ("undone", undone), ("again", again)];
    for (name, wrong) in wrongs {
        let mut tried = 0;
        for seed in 0..40 {
            let mut history = good(seed, None);
            if wrong(&mut history) {
                tried += 1;
                assert_eq!(verdict(&history), Verdict::Invalid, "{name} {seed}");
            }
        }
        assert!(tried > 20, "{name}: {tried}");
    }
}

/// Late reads show what was there long before: whatever of it cannot be is told, each read once, and nobody else.
#[test]
fn each_lie_is_named_and_nobody_else() {
    let mut most = 0;
    for seed in 0..60 {
        let honest = good(seed, None);
        let reads: Vec<usize> = acknowledged(&honest, 0)
            .filter(|at| {
                matches!(
                    honest.operations[*at].action.action,
                    Register::Read(Some(_))
                )
            })
            .collect();
        let (early, late) = reads.split_at(reads.len() / 2);
        let liar = |at: usize, history: &mut History<OnRegister>| {
            history.operations[at].action = honest.operations[early[at % early.len()]].action;
        };
        let (lies, mut all) = (late.iter().step_by(6), honest.clone());
        let mut wrong = Vec::new();
        for at in lies.copied() {
            let mut alone = honest.clone();
            liar(at, &mut alone);
            liar(at, &mut all);
            let finding = check(&alone, &Options::default());
            if finding.verdict == Verdict::Invalid {
                assert_eq!(finding.anomalies.len(), 1, "{seed}: {finding:#?}");
                wrong.push(honest.operations[at].completed);
            }
        }
        let finding = check(&all, &Options::default());
        wrong.sort_unstable();
        // Each anomaly is told of one read; two that lie may also contradict each other.
        let mut named = BTreeSet::new();
        for anomaly in &finding.anomalies {
            let lies = anomaly.operations.iter().copied();
            let lies: Vec<u32> = lies.filter(|place| wrong.contains(place)).collect();
            assert!(!lies.is_empty(), "{seed}: {anomaly:#?}");
            named.extend(lies);
        }
        assert_eq!(finding.anomalies.len(), wrong.len(), "{seed}: {finding:#?}");
        assert!(named.iter().eq(&wrong), "{seed}: {named:?} {wrong:?}");
        most = most.max(named.len());
    }
    assert!(most > 5, "{most}");
}

#[test]
fn stale_reads_of_few_values_are_caught_where_they_show() {
    let mut caught = 0;
    for seed in 0..40 {
        let mut history = good(seed, Some(12));
        if stale(&mut history) && verdict(&history) == Verdict::Invalid {
            caught += 1;
        }
    }
    assert!(caught > 20, "{caught}");
}

/// A value that is written twice, long after all else, makes no difference but that the quick way cannot be taken.
#[test]
fn the_search_agrees_with_the_quick_way() {
    for seed in 0..30 {
        let mut history = good(seed, None);
        if seed % 2 == 1 && !stale(&mut history) {
            continue;
        }
        let quick = verdict(&history);
        let last = history
            .operations
            .iter()
            .map(|operation| operation.completed)
            .filter(|end| *end != OPEN)
            .max()
            .unwrap();
        for key in 0..2 {
            for round in 0..2 {
                let mut write = history.operations[0].clone();
                write.action = OnRegister {
                    key,
                    action: Register::Write(2_000_000),
                };
                write.outcome = OutcomeType::Ok;
                (write.invoked, write.completed) = (last + 1 + 2 * round, last + 2 + 2 * round);
                history.operations.push(write);
            }
        }
        assert_eq!(verdict(&history), quick, "{seed}");
    }
}

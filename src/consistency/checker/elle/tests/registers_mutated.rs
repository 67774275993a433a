//! Good histories of registers with one thing made wrong.

use super::simulate::{Plan, Store, check, simulate};
use super::{Line, Value, models, names};
use crate::consistency::checker::elle::Options;
use crate::consistency::report::Verdict;
use proptest::prelude::*;

/// What is made wrong.
#[derive(Clone, Copy, Debug)]
enum Mutation {
    /// A read shows what nobody wrote.
    Garbage,
    /// Whoever wrote what another one read is said to have failed.
    Fail,
    /// A read shows what had been overwritten before it began.
    Stale,
    /// A read shows something else than its own transaction wrote before.
    Internal,
}

/// A step that reads, and the first or not that its transaction does to the register.
struct Read {
    line: usize,
    step: usize,
    first: bool,
}

fn reads(lines: &[Line]) -> Vec<Read> {
    let mut reads = Vec::new();
    for (one, line) in lines.iter().zip(0..).filter(|(line, _)| line.kind == "ok") {
        for ((what, key, _), step) in one.steps.iter().zip(0..) {
            if *what == 'r' {
                let first = one.steps[..step].iter().all(|(_, other, _)| other != key);
                reads.push(Read { line, step, first });
            }
        }
    }
    reads
}

fn invoked(lines: &[Line], completion: usize) -> usize {
    let process = lines[completion].process;
    let before = lines[..completion].iter();
    before
        .rev()
        .position(|line| line.process == process)
        .map_or(0, |back| completion - 1 - back)
}

/// What an acknowledged transaction left of a register, if it met it.
fn left<'a>(line: &'a Line, key: &str) -> Option<&'a Value> {
    let mut steps = line.steps.iter().rev();
    let found = steps.find(|(_, other, _)| other == key)?;
    (line.kind == "ok").then_some(&found.2)
}

/// A value of the register that somebody left before somebody else left another one, all of it before this line.
fn overwritten(lines: &[Line], key: &str, end: usize) -> Option<Value> {
    (0..end).rev().find_map(|later| {
        let newer = left(&lines[later], key)?;
        let begin = invoked(lines, later);
        let mut older = lines[..begin].iter().filter_map(|line| left(line, key));
        older.rfind(|older| *older != newer).cloned()
    })
}

/// Makes it wrong; the anomalies of which at least one must be found; none where nothing could be made wrong.
fn mutate(lines: &mut [Line], mutation: Mutation, choice: usize) -> Option<&'static str> {
    let wanted = |read: &Read| read.first != matches!(mutation, Mutation::Internal);
    let reads: Vec<Read> = reads(lines).into_iter().filter(wanted).collect();
    let Read { line, step, .. } = *reads.get(choice % reads.len().max(1))?;
    let (_, key, value) = lines[line].steps[step].clone();
    let (new, name) = match mutation {
        Mutation::Garbage => (Value::One("nobody's".to_owned()), "garbage-read"),
        Mutation::Internal if value == Value::Nothing => return None,
        Mutation::Internal => (Value::Nothing, "internal"),
        Mutation::Stale => {
            let begin = invoked(lines, line);
            let old = overwritten(lines, &key, begin)?;
            (old, "*")
        }
        Mutation::Fail => {
            let wrote = |other: &Line| {
                other.kind == "ok"
                    && other
                        .steps
                        .iter()
                        .any(|(what, _, written)| *what == 'w' && *written == value)
            };
            let writer = lines.iter().position(wrote)?;
            lines[writer].kind = "fail".to_owned();
            (value, "G1a")
        }
    };
    lines[line].steps[step].2 = new;
    Some(name)
}

fn mutations() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        Just(Mutation::Garbage),
        Just(Mutation::Fail),
        Just(Mutation::Stale),
        Just(Mutation::Internal),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn caught(seed in any::<u64>(), clients in 1u64..6, keys in 1u32..4, mutation in mutations(), choice in any::<usize>()) {
        let mut lines = simulate(Plan {
            store: Store::Strict,
            registers: true,
            transactions: 30,
            clients,
            keys,
            seed,
            trouble: 0,
        });
        if let Some(expected) = mutate(&mut lines, mutation, choice) {
            let finding = check(&lines, true, &Options::models(models(&["strict-serializable"])));
            prop_assert_eq!(finding.verdict, Verdict::Invalid, "{:?} {:#?} {:#?}", mutation, lines, finding);
            prop_assert!(
                expected == "*" || names(&finding).contains(expected),
                "{:?} {:#?} {:#?}", mutation, lines, finding
            );
        }
    }
}

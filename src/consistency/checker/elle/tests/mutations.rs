//! Good histories with one thing made wrong.

use super::simulate::{Plan, Store, check, simulate};
use super::{Line, Value, models, names};
use crate::consistency::checker::elle::Options;
use crate::consistency::report::Verdict;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What is made wrong.
#[derive(Clone, Copy, Debug)]
enum Mutation {
    Drop,
    Swap,
    Duplicate,
    Garbage,
    Stale,
    Fail,
    Late,
}

/// The places of acknowledged reads: line, step.
fn reads(lines: &[Line], least: usize) -> Vec<(usize, usize)> {
    let mut reads = Vec::new();
    for (line, at) in lines.iter().zip(0..) {
        for ((_, _, value), step) in line.steps.iter().zip(0..) {
            if line.kind == "ok" && matches!(value, Value::List(list) if list.len() >= least) {
                reads.push((at, step));
            }
        }
    }
    reads
}

fn list(lines: &mut [Line], (line, step): (usize, usize)) -> &mut Vec<String> {
    match &mut lines[line].steps[step].2 {
        Value::List(list) => list,
        _ => unreachable!("only reads are chosen"),
    }
}

/// Which line invoked what another line completed.
fn invocation(lines: &[Line], completion: usize) -> usize {
    let process = lines[completion].process;
    (0..completion)
        .rev()
        .find(|line| lines[*line].process == process)
        .unwrap()
}

/// Lengths of the reads that were acknowledged before a line, by key.
fn known_before(lines: &[Line], end: usize) -> BTreeMap<String, usize> {
    let mut known = BTreeMap::new();
    for line in lines[..end].iter().filter(|line| line.kind == "ok") {
        for (_, key, value) in &line.steps {
            if let Value::List(list) = value {
                let length = known.entry(key.clone()).or_insert(0);
                *length = list.len().max(*length);
            }
        }
    }
    known
}

/// Makes it wrong; the anomalies of which at least one must be found; none where nothing could be made wrong.
fn mutate(
    lines: &mut Vec<Line>,
    mutation: Mutation,
    choice: usize,
) -> Option<&'static [&'static str]> {
    let least = match mutation {
        Mutation::Drop | Mutation::Swap => 2,
        _ => 1,
    };
    let reads = reads(lines, least);
    let at = *reads.get(choice % reads.len().max(1))?;
    let place = choice % (list(lines, at).len() - least + 1);
    if let Mutation::Drop | Mutation::Swap = mutation {
        // Only what another read shows too can be missed.
        let key = lines[at.0].steps[at.1].1.clone();
        let others = [&lines[..at.0], &lines[at.0 + 1..]].concat();
        if known_before(&others, others.len())
            .get(&key)
            .copied()
            .unwrap_or(0)
            <= place
        {
            return None;
        }
    }
    match mutation {
        Mutation::Drop => {
            // Not the last one: that would be a read from before.
            list(lines, at).remove(place);
            Some(&["incompatible-order", "internal"])
        }
        Mutation::Swap => {
            list(lines, at).swap(place, place + 1);
            Some(&[
                "incompatible-order",
                "internal",
                "G-single-item",
                "G0",
                "G1c",
            ])
        }
        Mutation::Duplicate => {
            let again = list(lines, at)[place].clone();
            list(lines, at).push(again);
            Some(&["duplicate-elements"])
        }
        Mutation::Garbage => {
            list(lines, at).push("nobody's".to_owned());
            Some(&["garbage-read"])
        }
        Mutation::Stale => {
            let known = known_before(lines, invocation(lines, at.0));
            let key = lines[at.0].steps[at.1].1.clone();
            let length = known.get(&key).copied().unwrap_or(0);
            if length == 0 {
                return None;
            }
            list(lines, at).truncate(length - 1);
            Some(&["internal", "*"])
        }
        Mutation::Fail => {
            // Whoever appended what was read is said to have failed.
            let value = Value::One(list(lines, at)[place].clone());
            let writer = lines.iter().position(|line| {
                line.kind == "ok"
                    && line
                        .steps
                        .iter()
                        .any(|(what, _, other)| *what == 'a' && *other == value)
            })?;
            if writer == at.0 {
                return None;
            }
            lines[writer].kind = "fail".to_owned();
            Some(&["G1a"])
        }
        Mutation::Late => {
            // The whole read is moved to the end, after an append of which it does not know.
            let (line, step) = at;
            let length = list(lines, at).len();
            let key = lines[line].steps[step].1.clone();
            let begin = invocation(lines, line);
            // What others read: its own later reads show its own appends.
            let later = known_before(&lines[line + 1..], lines.len() - line - 1);
            if later.get(&key).copied().unwrap_or(0) <= length {
                return None;
            }
            let mut completion = lines.remove(line);
            let mut start = lines.remove(begin);
            completion.process = 9999;
            start.process = 9999;
            lines.extend([start, completion]);
            Some(&["*"])
        }
    }
}

fn mutations() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        Just(Mutation::Drop),
        Just(Mutation::Swap),
        Just(Mutation::Duplicate),
        Just(Mutation::Garbage),
        Just(Mutation::Stale),
        Just(Mutation::Fail),
        Just(Mutation::Late),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn caught(seed in any::<u64>(), clients in 1u64..6, keys in 1u32..4, mutation in mutations(), choice in any::<usize>()) {
        let mut lines = simulate(Plan {
            store: Store::Strict,
            registers: false,
            transactions: 30,
            clients,
            keys,
            seed,
            trouble: 0,
        });
        if let Some(expected) = mutate(&mut lines, mutation, choice) {
            let finding = check(&lines, false, &Options::models(models(&["strict-serializable"])));
            prop_assert_eq!(finding.verdict, Verdict::Invalid, "{:?} {:#?} {:#?}", mutation, lines, finding);
            let found = names(&finding);
            prop_assert!(
                expected.iter().any(|name| *name == "*" || found.contains(*name)),
                "{:?} {:#?} {:#?}", mutation, lines, finding
            );
        }
    }
}

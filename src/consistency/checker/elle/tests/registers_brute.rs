//! Small histories of registers against all orders there are.

use super::brute::{interleaved, serializable};
use super::simulate::check;
use super::{Line, Micro, Value, models};
use crate::consistency::checker::elle::Options;
use crate::consistency::report::Verdict;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::collections::BTreeMap;

/// Transactions of so many steps at most, that read what somebody wrote, or nothing. Some are of unknown outcome, with
/// what they are said to have read, and some values are written twice.
fn history(random: &mut StdRng, most: usize) -> Vec<Line> {
    let keys = ["x", "y"];
    let count = random.random_range(2..=5);
    let mut written: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut next = 0;
    let mut transactions: Vec<Vec<Micro>> = Vec::new();
    for _ in 0..count {
        let steps = (0..random.random_range(1..=most)).map(|_| {
            let key = keys[usize::from(random.random_bool(0.3))];
            let value = random.random_bool(0.5).then(|| {
                next += 1;
                let written = written.entry(key).or_default();
                let again = written.last().filter(|_| random.random_bool(0.05));
                let value = again.cloned().unwrap_or_else(|| next.to_string());
                written.push(value.clone());
                value
            });
            let what = if value.is_some() { 'w' } else { 'r' };
            (
                what,
                key.to_owned(),
                value.map_or(Value::Nothing, Value::One),
            )
        });
        transactions.push(steps.collect());
    }
    // Reads are chosen when all values are known, mostly such that the transaction itself could have made them.
    for steps in &mut transactions {
        let mut own: BTreeMap<String, Value> = BTreeMap::new();
        for (what, key, value) in steps {
            if *what == 'r' {
                let others = written.get(key.as_str()).map_or(&[][..], Vec::as_slice);
                let choice = random.random_range(0..=others.len());
                *value = match own.get(key) {
                    Some(own) if random.random_bool(0.9) => own.clone(),
                    _ => others
                        .get(choice)
                        .map_or(Value::Nothing, |value| Value::One(value.clone())),
                };
            }
            own.insert(key.clone(), value.clone());
        }
    }
    let mut lines = interleaved(random, transactions);
    for line in lines.iter_mut().filter(|line| line.kind == "ok") {
        if random.random_bool(0.15) {
            line.kind = "info".to_owned();
        }
    }
    lines
}

/// Nobody is blamed without need, weaker models neither; and where each transaction is one step, everybody who is to
/// blame is found.
#[test]
fn all_orders() {
    let mut random = StdRng::seed_from_u64(12);
    let (mut seen, mut missed) = ([[0u32; 2]; 2], 0u32);
    for round in 0..6_000 {
        let most = if round % 2 == 0 { 1 } else { 3 };
        let lines = history(&mut random, most);
        let without_time = serializable(&lines, false);
        for (model, realtime) in [("serializable", false), ("strict-serializable", true)] {
            let right = if realtime {
                serializable(&lines, true)
            } else {
                without_time
            };
            let finding = check(&lines, true, &Options::models(models(&[model])));
            if finding.verdict == Verdict::Unknown {
                continue;
            }
            let told = finding.verdict == Verdict::Valid;
            assert!(told || !right, "{model} {lines:#?} {finding:#?}");
            let blamed = finding.not.iter().any(|name| !name.starts_with("strong"));
            assert!(!blamed || !without_time, "{model} {lines:#?} {finding:#?}");
            if most == 1 && realtime {
                assert_eq!(told, right, "{lines:#?} {finding:#?}");
            }
            seen[usize::from(realtime)][usize::from(right)] += 1;
            missed += u32::from(told && !right);
        }
    }
    // With more steps an order is not always there to be inferred.
    assert!(seen.iter().flatten().all(|count| *count > 200), "{seen:?}");
    assert!(missed < 500, "{missed} of {seen:?}");
}

//! Small histories against all orders there are.

use super::simulate::check;
use super::{Line, Micro, Value, models};
use crate::consistency::checker::elle::Options;
use crate::consistency::report::Verdict;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use std::collections::BTreeMap;

/// Whether some order of the transactions, one after the other, explains all reads; in real time if asked. One of unknown
/// outcome may be anywhere after it began, or not at all.
pub fn serializable(lines: &[Line], realtime: bool) -> bool {
    // Place of the invocation and of the completion, and the steps.
    let mut open: BTreeMap<u64, usize> = BTreeMap::new();
    let mut whole: Vec<(usize, usize, &Line)> = Vec::new();
    for (line, place) in lines.iter().zip(0..) {
        if line.kind == "invoke" {
            open.insert(line.process, place);
        } else if let Some(begin) = open.remove(&line.process) {
            let end = if line.kind == "info" {
                usize::MAX
            } else {
                place
            };
            whole.push((begin, end, line));
        }
    }
    fn explains(whole: &[(usize, usize, &Line)], done: &mut Vec<usize>, realtime: bool) -> bool {
        if (0..whole.len()).all(|one| whole[one].1 == usize::MAX || done.contains(&one)) {
            let mut state: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            let explained = done.iter().all(|place| {
                whole[*place]
                    .2
                    .steps
                    .iter()
                    .all(|(what, key, value)| match value {
                        Value::One(value) if *what == 'r' => {
                            state.get(key.as_str()).and_then(|state| state.last())
                                == Some(&value.as_str())
                        }
                        Value::One(value) => {
                            state.entry(key).or_default().push(value);
                            true
                        }
                        Value::List(list) => state
                            .get(key.as_str())
                            .map_or(list.is_empty(), |state| state == list),
                        Value::Nothing => state.get(key.as_str()).is_none_or(Vec::is_empty),
                    })
            });
            if explained {
                return true;
            }
        }
        (0..whole.len()).any(|next| {
            let free = !done.contains(&next)
                && (!realtime
                    || (0..whole.len()).all(|other| {
                        done.contains(&other) || whole[other].1 > whole[next].0 || other == next
                    }));
            if !free {
                return false;
            }
            done.push(next);
            let found = explains(whole, done, realtime);
            done.pop();
            found
        })
    }
    explains(&whole, &mut Vec::new(), realtime)
}

/// Transactions that read prefixes of one order of each key; one last transaction reads all of every key, so that the
/// order of all versions is known.
fn history(random: &mut StdRng) -> Vec<Line> {
    let keys = ["x", "y"];
    let count = random.random_range(2..=4);
    let mut orders: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut plans: Vec<Vec<(&str, Option<String>)>> = Vec::new();
    let mut next = 0;
    for _ in 0..count {
        let steps = (0..random.random_range(1..=3)).map(|_| {
            let key = keys[random.random_range(0..keys.len())];
            let value = random.random_bool(0.5).then(|| {
                next += 1;
                orders.entry(key).or_default().push(next.to_string());
                next.to_string()
            });
            (key, value)
        });
        plans.push(steps.collect());
    }
    if random.random_bool(0.3) {
        orders.values_mut().for_each(|order| order.shuffle(random));
    }
    let mut transactions: Vec<Vec<Micro>> = Vec::new();
    for plan in &plans {
        let mut lengths: BTreeMap<&str, usize> = BTreeMap::new();
        let mut own: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let steps = plan.iter().map(|(key, value)| {
            let order = orders.get(key).cloned().unwrap_or_default();
            match value {
                Some(value) => {
                    own.entry(key).or_default().push(value.clone());
                    ('a', (*key).to_owned(), Value::One(value.clone()))
                }
                None => {
                    let length = *lengths
                        .entry(key)
                        .or_insert_with(|| random.random_range(0..=order.len()));
                    // Mostly it sees its own appends, as far as they fit.
                    let mut list = order[..length].to_vec();
                    if let Some(mine) = own.get(key).and_then(|own| own.last())
                        && random.random_bool(0.9)
                        && let Some(at) = order.iter().position(|value| value == mine)
                    {
                        list = order[..=at].to_vec();
                    }
                    ('r', (*key).to_owned(), Value::List(list))
                }
            }
        });
        transactions.push(steps.collect());
    }
    let mut lines = interleaved(random, transactions);
    let all = keys.iter().map(|key| {
        let order = orders.get(key).cloned().unwrap_or_default();
        ('r', (*key).to_owned(), Value::List(order))
    });
    let last = Line {
        process: 99,
        kind: "ok".to_owned(),
        steps: all.collect(),
    };
    lines.extend([
        Line {
            kind: "invoke".to_owned(),
            ..last.clone()
        },
        last,
    ]);
    lines
}

/// Transactions of a client each, that begin in this order and end by chance.
pub fn interleaved(random: &mut StdRng, transactions: Vec<Vec<Micro>>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut waiting: Vec<Line> = Vec::new();
    for (steps, process) in transactions.into_iter().zip(0u64..) {
        let done = Line {
            process,
            kind: "ok".to_owned(),
            steps,
        };
        while !waiting.is_empty() && random.random_bool(0.5) {
            lines.push(waiting.remove(0));
        }
        lines.push(Line {
            kind: "invoke".to_owned(),
            ..done.clone()
        });
        waiting.push(done);
    }
    waiting.shuffle(random);
    lines.append(&mut waiting);
    lines
}

/// Where all versions are known, what is found is exactly what cannot be put in an order.
#[test]
fn all_orders() {
    let mut random = StdRng::seed_from_u64(11);
    let mut seen = [0u32; 4];
    for _ in 0..3_000 {
        let lines = history(&mut random);
        for (model, realtime) in [("serializable", false), ("strict-serializable", true)] {
            let finding = check(&lines, false, &Options::models(models(&[model])));
            let right = serializable(&lines, realtime);
            if finding.verdict == Verdict::Unknown {
                continue;
            }
            assert_eq!(
                finding.verdict == Verdict::Valid,
                right,
                "{model} {lines:#?} {finding:#?}"
            );
            seen[usize::from(realtime) * 2 + usize::from(right)] += 1;
        }
    }
    assert!(seen.iter().all(|count| *count > 200), "{seen:?}");
}

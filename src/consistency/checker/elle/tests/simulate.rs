//! Histories of a store that keeps its promises.

use super::{Line, Micro, Value, models, names};
use crate::consistency::checker::elle::{Options, list_append, rw_register};
use crate::consistency::checker::finding::Finding;
use crate::consistency::report::Verdict;
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::collections::BTreeMap;

/// What the store promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// Each transaction at one moment between its invocation and its completion.
    Strict,
    /// Snapshots of the moment of the invocation; the first to commit wins.
    Snapshot,
}

/// What is to be simulated.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub store: Store,
    pub registers: bool,
    pub transactions: usize,
    pub clients: u64,
    pub keys: u32,
    pub seed: u64,
    /// One transaction of so many gets no answer, or the answer that it failed; none if 0.
    pub trouble: u32,
}

struct Open {
    steps: Vec<Micro>,
    snapshot: BTreeMap<String, Vec<String>>,
    done: Option<Vec<Micro>>,
}

/// Runs the steps on a state; what they read.
fn run(steps: &[Micro], state: &mut BTreeMap<String, Vec<String>>, registers: bool) -> Vec<Micro> {
    let mut done = Vec::new();
    for (what, key, value) in steps {
        let list = state.entry(key.clone()).or_default();
        let value = match (what, value) {
            ('r', _) if registers => list
                .last()
                .map_or(Value::Nothing, |value| Value::One(value.clone())),
            ('r', _) => Value::List(list.clone()),
            (_, Value::One(value)) => {
                list.push(value.clone());
                Value::One(value.clone())
            }
            (_, other) => other.clone(),
        };
        done.push((*what, key.clone(), value));
    }
    done
}

/// A history of the store.
pub fn simulate(plan: Plan) -> Vec<Line> {
    let mut random = StdRng::seed_from_u64(plan.seed);
    let mut state: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut open: BTreeMap<u64, Open> = BTreeMap::new();
    let mut lines = Vec::new();
    let mut next = 0u32;
    let mut clients: Vec<u64> = (0..plan.clients).collect();
    let mut begun = 0;
    while begun < plan.transactions || !open.is_empty() {
        let place = random.random_range(0..clients.len());
        let client = clients[place];
        let Some(mut now) = open.remove(&client) else {
            if begun == plan.transactions {
                continue;
            }
            begun += 1;
            let write = if plan.registers { 'w' } else { 'a' };
            let steps: Vec<Micro> = (0..random.random_range(1..=4))
                .map(|_| {
                    let key = format!("k{}", random.random_range(0..plan.keys));
                    if random.random_bool(0.5) {
                        next += 1;
                        (write, key, Value::One(next.to_string()))
                    } else {
                        ('r', key, Value::Nothing)
                    }
                })
                .collect();
            lines.push(Line {
                process: client,
                kind: "invoke".to_owned(),
                steps: steps.clone(),
            });
            let snapshot = state.clone();
            open.insert(
                client,
                Open {
                    steps,
                    snapshot,
                    done: None,
                },
            );
            continue;
        };
        if now.done.is_none() && plan.store == Store::Strict && random.random_bool(0.5) {
            now.done = Some(run(&now.steps, &mut state, plan.registers));
            open.insert(client, now);
            continue;
        }
        let trouble = plan.trouble > 0 && random.random_ratio(1, plan.trouble);
        let done = match now.done {
            // Nobody will know whether this one took effect.
            None if trouble && random.random_bool(0.5) => None,
            Some(done) => Some(done),
            None if plan.store == Store::Strict => {
                Some(run(&now.steps, &mut state, plan.registers))
            }
            None => {
                let written = |key: &String| {
                    now.steps
                        .iter()
                        .any(|(what, other, _)| *what != 'r' && key == other)
                };
                let conflict = state.iter().any(|(key, list)| {
                    written(key) && now.snapshot.get(key).map_or(0, Vec::len) != list.len()
                });
                (!conflict).then(|| {
                    let mut mine = now.snapshot.clone();
                    let done = run(&now.steps, &mut mine, plan.registers);
                    for (key, list) in mine {
                        if written(&key) {
                            state.insert(key, list);
                        }
                    }
                    done
                })
            }
        };
        let (kind, steps) = match done {
            Some(done) if !trouble => ("ok", done),
            None if !trouble => ("fail", now.steps),
            _ => {
                clients[place] += 1000;
                ("info", now.steps)
            }
        };
        lines.push(Line {
            process: client,
            kind: kind.to_owned(),
            steps,
        });
    }
    lines
}

/// Checks a history of either kind.
pub fn check(lines: &[Line], registers: bool, options: &Options) -> Finding {
    if registers {
        let (history, steps) = super::lines::registers(lines);
        rw_register::check(&history, &steps, options)
    } else {
        list_append::check(&super::lines::lists(lines), options)
    }
}

prop_compose! {
    pub fn plans()(
        snapshot in any::<bool>(),
        registers in any::<bool>(),
        transactions in 1usize..60,
        clients in 1u64..8,
        keys in 1u32..5,
        seed in any::<u64>(),
        trouble in prop_oneof![Just(0u32), Just(3), Just(10)],
    ) -> Plan {
        let store = if snapshot { Store::Snapshot } else { Store::Strict };
        Plan { store, registers, transactions, clients, keys, seed, trouble }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// A store that keeps its promise is never blamed.
    #[test]
    fn promises_kept(plan in plans()) {
        let lines = simulate(plan);
        let promised = match plan.store {
            Store::Strict => "strict-serializable",
            Store::Snapshot => "strong-snapshot-isolation",
        };
        let mut options = Options::models(models(&[promised]));
        options.anomalies.push("lost-append".to_owned());
        if plan.store == Store::Strict {
            options.linearizable_keys = plan.seed % 2 == 0;
            options.sequential_keys = plan.seed % 3 == 0;
        }
        let finding = check(&lines, plan.registers, &options);
        prop_assert_ne!(finding.verdict, Verdict::Invalid, "{:?} {:#?}", lines, finding);
        if plan.store == Store::Strict {
            let names = names(&finding);
            prop_assert!(names.is_empty() || names.len() == 1 && names.contains("empty-transaction-graph"), "{:#?}", finding);
        }
    }
}

/// A store of snapshots shows write skew sooner or later, and nothing worse.
#[test]
fn write_skew_shows() {
    let mut seen = 0;
    for seed in 0..50 {
        let lines = simulate(Plan {
            store: Store::Snapshot,
            registers: false,
            transactions: 200,
            clients: 8,
            keys: 4,
            seed,
            trouble: 0,
        });
        let finding = check(&lines, false, &Options::models(models(&["serializable"])));
        let names = names(&finding);
        assert!(
            names.iter().all(|name| name.starts_with("G2-item")),
            "{finding:#?}"
        );
        seen += u32::from(finding.verdict == Verdict::Invalid);
    }
    assert!(seen > 25, "{seen} of 50");
}

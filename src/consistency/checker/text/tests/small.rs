//! Small histories: a table, and random ones against a slow check that tries every order.

use crate::consistency::checker::actions::{OnText, Text};
use crate::consistency::checker::operation::{History, Names, OPEN, Operation};
use crate::consistency::checker::text::{BUDGET, check};
use crate::consistency::outcome::OutcomeType;
use crate::consistency::report::Verdict;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

fn is_linearizable(history: &History<OnText>) -> bool {
    (0..2).all(|key| {
        let operations: Vec<_> = history
            .operations
            .iter()
            .filter(|operation| history.names.text(operation.action.key) == key.to_string())
            .collect();
        some_order(
            &operations,
            &history.names,
            &mut vec![false; operations.len()],
            "",
        )
    })
}

fn some_order(
    operations: &[&Operation<OnText>],
    names: &Names,
    done: &mut [bool],
    state: &str,
) -> bool {
    let must = |place: usize, done: &[bool]| {
        !done[place]
            && operations[place].outcome == OutcomeType::Ok
            && operations[place].completed != OPEN
    };
    if (0..operations.len()).all(|place| !must(place, done)) {
        return true;
    }
    for place in 0..operations.len() {
        let operation = operations[place];
        let overtaken = (0..operations.len())
            .any(|other| must(other, done) && operations[other].completed < operation.invoked);
        if done[place] || overtaken || operation.outcome == OutcomeType::Fail {
            continue;
        }
        let next = match operation.action.action {
            Text::Get(shown) => shown
                .is_none_or(|shown| names.text(shown) == state)
                .then(|| state.to_owned()),
            Text::Put(text) => Some(names.text(text).into_owned()),
            Text::Append(text) => Some(format!("{state}{}", names.text(text))),
        };
        if let Some(next) = next {
            done[place] = true;
            if some_order(operations, names, done, &next) {
                return true;
            }
            done[place] = false;
        }
    }
    false
}

fn random(seed: u64) -> History<OnText> {
    let rng = &mut StdRng::seed_from_u64(seed);
    let pieces: &[&str] = [
        &["a", "b", "c", "d"][..],
        &["a", "aa", "", "aaa"],
        &["xy", "x", "y", "yx"],
    ][rng.random_range(0..3)];
    let (keys, puts, wrong, unanswered) = (
        rng.random_range(1..=2),
        rng.random_range(0..4),
        rng.random_range(0..3),
        rng.random_range(0..3),
    );
    let mut names = Names::default();
    let mut states = [String::new(), String::new()];
    let mut operations: Vec<Operation<OnText>> = Vec::new();
    let mut running: Vec<(usize, bool)> = Vec::new();
    let count = rng.random_range(1..=7);
    let mut place = 0;
    while operations.len() < count || !running.is_empty() {
        place += 1;
        if operations.len() < count && rng.random_bool(0.4) {
            let key = rng.random_range(0..keys);
            let piece = names.symbol(pieces[rng.random_range(0..pieces.len())]);
            let action = match rng.random_range(0..10) {
                kind if kind < puts => Text::Put(piece),
                kind if kind < 6 => Text::Append(piece),
                _ => Text::Get(None),
            };
            let key = names.symbol(&key.to_string());
            running.push((operations.len(), false));
            operations.push(Operation {
                process: operations.len() as u64,
                invoked: place,
                completed: OPEN,
                outcome: OutcomeType::Info,
                action: OnText { key, action },
            });
        } else if !running.is_empty() {
            let at = rng.random_range(0..running.len());
            let operation = &mut operations[running[at].0];
            let state = &mut states[usize::from(names.text(operation.action.key) == "1")];
            if running[at].1 {
                if rng.random_range(0..6) >= unanswered {
                    operation.outcome = OutcomeType::Ok;
                    operation.completed = place;
                }
                running.swap_remove(at);
                continue;
            }
            running[at].1 = true;
            if rng.random_range(0..12) < unanswered {
                running.swap_remove(at);
                continue;
            }
            match &mut operation.action.action {
                Text::Get(shown) => {
                    let mut seen = state.clone();
                    if rng.random_range(0..10) < wrong {
                        match rng.random_range(0..3) {
                            0 => drop(seen.pop()),
                            1 => seen.push('a'),
                            _ => seen = seen.chars().rev().collect(),
                        }
                    }
                    *shown = Some(names.symbol(&seen));
                }
                Text::Put(text) => *state = names.text(*text).into_owned(),
                Text::Append(text) => state.push_str(&names.text(*text)),
            }
        }
    }
    History {
        operations,
        names,
        times: Vec::new(),
    }
}

fn many(seeds: std::ops::Range<u64>) {
    let (mut valid, mut invalid) = (0, 0);
    for seed in seeds {
        let history = random(seed);
        let finding = check(&history, BUDGET);
        let expected = is_linearizable(&history);
        let verdict = if expected {
            Verdict::Valid
        } else {
            Verdict::Invalid
        };
        assert_eq!(finding.verdict, verdict, "{history:#?}\n{finding:#?}");
        if expected {
            valid += 1;
        } else {
            invalid += 1;
            assert!(
                finding
                    .anomalies
                    .iter()
                    .all(|anomaly| !anomaly.operations.is_empty()),
                "{finding:#?}"
            );
        }
    }
    assert!(
        valid > 1000 && invalid > 1000,
        "{valid} valid, {invalid} invalid"
    );
}

#[test]
fn agrees_with_the_slow_check() {
    many(0..20_000);
}

#[test]
#[ignore = "takes minutes"]
fn agrees_with_the_slow_check_often() {
    many(1_000_000..3_000_000);
}

//! Porcupine's histories of strings that are linearizable, with one thing changed. Every piece is written once, so that
//! what was read tells which changes make a history wrong: only those are made.

use super::known::read;
use crate::consistency::checker::actions::{OnText, Text};
use crate::consistency::checker::operation::{History, Symbol};
use crate::consistency::checker::text::{BUDGET, check};
use crate::consistency::report::Verdict;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use std::path::Path;

/// The pieces of a string: each is from an `x` to a `y`.
fn pieces(text: &str) -> Vec<String> {
    text.split_inclusive('y').map(str::to_owned).collect()
}

/// All acknowledged gets that show something: their places, keys and pieces.
fn gets(history: &History<OnText>) -> Vec<(usize, Symbol, Vec<String>)> {
    let operations = history.operations.iter().zip(0..);
    let shown = operations.filter_map(|(operation, place)| match operation.action.action {
        Text::Get(Some(shown)) => {
            let pieces = pieces(&history.names.text(shown));
            Some((place, operation.action.key, pieces))
        }
        _ => None,
    });
    shown.filter(|(_, _, pieces)| !pieces.is_empty()).collect()
}

/// Who wrote a piece.
fn writer(history: &History<OnText>, key: Symbol, piece: &str) -> usize {
    let wrote = |action: &OnText| match action.action {
        Text::Put(value) | Text::Append(value) => {
            action.key == key && history.names.text(value) == piece
        }
        Text::Get(_) => false,
    };
    let mut writers = history.operations.iter().zip(0..);
    let writer = writers.find(|(operation, _)| wrote(&operation.action));
    writer.map(|(_, place)| place).expect("somebody wrote it")
}

/// Makes a history wrong; says whether it could.
fn change(history: &mut History<OnText>, kind: usize, rng: &mut StdRng) -> bool {
    let all = gets(history);
    let (place, key, mut shown) = all.choose(rng).expect("there are gets").clone();
    let last = shown.last().expect("it shows something").clone();
    let writer = writer(history, key, &last);
    match kind {
        // What was read was never written.
        0 => {
            history.operations.remove(writer);
            return true;
        }
        // It is read before it is written.
        1 => {
            for operation in &mut history.operations {
                operation.invoked = operation.invoked.saturating_mul(4);
                operation.completed = operation.completed.saturating_mul(4);
            }
            let before = history.operations[writer].invoked;
            if before < 4 {
                return false;
            }
            let get = &mut history.operations[place];
            get.process += 1_000_000;
            (get.invoked, get.completed) = (before - 2, before - 1);
            return true;
        }
        // It is there twice.
        2 => shown.push(last),
        // Two pieces changed places, and somebody else read both.
        _ => {
            let Some(at) = shown.len().checked_sub(2) else {
                return false;
            };
            let other = shown[at].clone();
            let both = |(other_place, other_key, pieces): &(usize, Symbol, Vec<String>)| {
                *other_place != place
                    && *other_key == key
                    && pieces.contains(&last)
                    && pieces.contains(&other)
            };
            if !all.iter().any(both) {
                return false;
            }
            shown.swap(at, at + 1);
        }
    }
    let symbol = history.names.symbol(&shown.concat());
    history.operations[place].action.action = Text::Get(Some(symbol));
    true
}

#[test]
fn changed_histories_are_caught() {
    let data = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/research/data/porcupine/kv"
    ));
    if !data.is_dir() {
        crate::consistency::checker::tables::skipped(format!("there is no {}", data.display()));
        return;
    }
    let mut caught = [0; 4];
    let rng = &mut StdRng::seed_from_u64(4);
    for file in ["c01-ok.txt", "c10-ok.txt"] {
        let good = read(&std::fs::read_to_string(data.join(file)).unwrap());
        for _ in 0..60 {
            let kind = rng.random_range(0..caught.len());
            let mut history = good.clone();
            if change(&mut history, kind, rng) {
                let finding = check(&history, BUDGET);
                assert_eq!(finding.verdict, Verdict::Invalid, "{file} {kind}");
                caught[kind] += 1;
            }
        }
    }
    assert!(caught.iter().all(|caught| *caught > 5), "{caught:?}");
}

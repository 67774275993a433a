//! Recorded histories that are linearizable, with one thing changed. Most changes make them wrong, some do not; a slow
//! check that shares nothing with the real one says which.

use super::known::{data, etcd, files, knossos};
use crate::consistency::checker::actions::{OnRegister, Register};
use crate::consistency::checker::operation::{History, OPEN, Operation};
use crate::consistency::checker::register::{FailedCas, Options, check};
use crate::consistency::outcome::OutcomeType;
use crate::consistency::report::Verdict;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use std::collections::HashSet;

/// How many configurations the slow check looks at before it gives up.
const PATIENCE: usize = 10_000;

/// Every order, none of its configurations twice; none where that takes too long. One key, 128 operations at most.
fn is_linearizable(history: &History<OnRegister>, failed: FailedCas) -> Option<bool> {
    let says = |operation: &&Operation<OnRegister>| match operation.action.action {
        Register::CompareAndSet(..) if operation.outcome == OutcomeType::Fail => {
            failed == FailedCas::Compared
        }
        Register::Read(value) => operation.outcome == OutcomeType::Ok && value.is_some(),
        _ => operation.outcome != OutcomeType::Fail,
    };
    let operations: Vec<_> = history.operations.iter().filter(says).collect();
    assert!(operations.len() <= 128);
    let must = |place: usize| operations[place].completed != OPEN;
    let all = (0..operations.len()).filter(|place| must(*place));
    let all = all.fold(0_u128, |all, place| all | 1 << place);
    let mut seen = HashSet::new();
    let mut waiting = vec![(0_u128, 0)];
    while let Some((done, state)) = waiting.pop() {
        if done & all == all {
            return Some(true);
        }
        if !seen.insert((done, state)) {
            continue;
        }
        if seen.len() > PATIENCE {
            return None;
        }
        let is_left = |place: &usize| done >> place & 1 == 0;
        let left = || (0..operations.len()).filter(is_left);
        let end = left().map(|place| operations[place].completed).min();
        for place in left() {
            let operation = operations[place];
            let next = match operation.action.action {
                _ if end.is_some_and(|end| end < operation.invoked) => None,
                Register::CompareAndSet(from, _) if operation.outcome == OutcomeType::Fail => {
                    (from != state).then_some(state)
                }
                Register::Read(value) => (value == Some(state)).then_some(state),
                Register::Write(value) => Some(value),
                Register::CompareAndSet(from, to) => (from == state).then_some(to),
            };
            waiting.extend(next.map(|next| (done | 1 << place, next)));
        }
    }
    Some(false)
}

/// The first operations, with room between all places.
fn beginning(whole: &History<OnRegister>, count: usize) -> History<OnRegister> {
    let mut history = whole.clone();
    history.operations.truncate(count);
    let Some(last) = history.operations.last().map(|last| last.invoked) else {
        return history;
    };
    for operation in &mut history.operations {
        operation.invoked *= 4;
        // What was answered only later is open at that moment.
        if operation.completed > last {
            operation.completed = OPEN;
            operation.outcome = OutcomeType::Info;
        } else {
            operation.completed *= 4;
        }
    }
    history
}

/// Changes a history; says whether it could.
type Change = fn(&mut History<OnRegister>, &mut StdRng) -> bool;

fn acknowledged(
    history: &History<OnRegister>,
    rng: &mut StdRng,
    reads: bool,
    count: usize,
) -> Vec<usize> {
    let operations = history.operations.iter().zip(0..);
    let of = operations.filter(|(operation, _)| {
        let read = matches!(operation.action.action, Register::Read(Some(_)));
        operation.outcome == OutcomeType::Ok && read == reads
    });
    let places: Vec<usize> = of.map(|(_, place)| place).collect();
    places.choose_multiple(rng, count).copied().collect()
}

/// A write was never done.
fn drop(history: &mut History<OnRegister>, rng: &mut StdRng) -> bool {
    let found = acknowledged(history, rng, false, 1);
    found
        .first()
        .map(|at| history.operations.remove(*at))
        .is_some()
}

/// A write is done again, after all else or beside what follows it.
fn duplicate(history: &mut History<OnRegister>, rng: &mut StdRng) -> bool {
    let found = acknowledged(history, rng, false, 1);
    let Some(at) = found.first() else {
        return false;
    };
    let mut copy = history.operations[*at].clone();
    copy.process += 1_000_000;
    let from = rng.random_range(*at..history.operations.len());
    copy.invoked = history.operations[from].invoked.max(copy.completed) + 1;
    copy.completed = copy.invoked + 1;
    history.operations.push(copy);
    true
}

/// Two reads changed places.
fn swap(history: &mut History<OnRegister>, rng: &mut StdRng) -> bool {
    let [one, two] = acknowledged(history, rng, true, 2)[..] else {
        return false;
    };
    let first = history.operations[one].action;
    history.operations[one].action = history.operations[two].action;
    history.operations[two].action = first;
    true
}

/// A read is moved back to before another operation began.
fn back(history: &mut History<OnRegister>, rng: &mut StdRng) -> bool {
    let found = acknowledged(history, rng, true, 1);
    let Some(at) = found.first().filter(|at| **at > 0) else {
        return false;
    };
    let to = history.operations[rng.random_range(0..*at)].invoked;
    let read = &mut history.operations[*at];
    read.process += 1_000_000;
    (read.invoked, read.completed) = (to + 1, to + 2);
    true
}

#[test]
fn changed_histories_are_judged_as_the_slow_check_judges_them() {
    let Some(data) = data() else {
        return;
    };
    let changes: [(&str, Change); 4] = [
        ("drop", drop),
        ("duplicate", duplicate),
        ("swap", swap),
        ("back", back),
    ];
    let mut caught = [0; 4];
    let (mut harmless, mut skipped) = (0, 0);
    let rng = &mut StdRng::seed_from_u64(9);
    let of_etcd = files(&data.join("porcupine")).into_iter();
    let of_knossos = files(&data.join("knossos")).into_iter();
    let good = of_etcd
        .map(|file| (file, true))
        .chain(of_knossos.map(|file| (file, false)));
    for ((path, _), is_log) in good.filter(|((_, linearizable), _)| *linearizable) {
        let text = std::fs::read_to_string(&path).unwrap();
        let whole = if is_log { etcd(&text) } else { knossos(&text) };
        for count in [20, 60] {
            let good = beginning(&whole, count);
            for ((name, change), caught) in changes.iter().zip(&mut caught) {
                for _ in 0..4 {
                    let mut history = good.clone();
                    let failed_cas = match is_log && rng.random_bool(0.5) {
                        true => FailedCas::Compared,
                        false => FailedCas::Ignored,
                    };
                    if !change(&mut history, rng) {
                        continue;
                    }
                    let Some(expected) = is_linearizable(&history, failed_cas) else {
                        skipped += 1;
                        continue;
                    };
                    let options = Options {
                        failed_cas,
                        ..Options::default()
                    };
                    let finding = check(&history, &options);
                    let verdict = match expected {
                        true => Verdict::Valid,
                        false => Verdict::Invalid,
                    };
                    assert_eq!(finding.verdict, verdict, "{name} {}", path.display());
                    *caught += u32::from(!expected);
                    harmless += u32::from(expected);
                }
            }
        }
    }
    println!("caught {caught:?}, harmless {harmless}, too long for the slow check {skipped}");
    assert!(caught.iter().all(|caught| *caught > 20), "{caught:?}");
    assert!(
        skipped * 5 < caught.iter().sum::<u32>() + harmless,
        "{skipped}"
    );
}

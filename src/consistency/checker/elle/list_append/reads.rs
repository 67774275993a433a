//! Reads that show what they must not show: G1a, G1b, garbage, duplicates; and updates of aborted versions.

use super::index::Index;
use super::versions::{NONE, Seen, Versions};
use super::{place, who};
use crate::consistency::checker::actions::ListStep;
use crate::consistency::checker::elle::collected::Collected;
use crate::consistency::checker::operation::Symbol;
use crate::consistency::outcome::OutcomeType;

/// What is wrong with an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Its append failed.
    Aborted(u32),
    /// Nobody appended it.
    Garbage,
    /// It was there before.
    Again,
}

/// One read.
#[derive(Clone, Copy)]
struct Read<'a> {
    key: u32,
    operation: u32,
    list: &'a [Symbol],
}

/// Looks at every acknowledged read once.
pub(super) fn check(index: &Index, versions: &Versions, collected: &mut Collected) {
    let faults: Vec<Vec<(u32, Fault)>> = (0..index.keys.len() as u32)
        .map(|key| faults(index, versions, key))
        .collect();
    // How many of the faults of each longest list were told: a read shows all up to its length.
    let mut told = vec![0usize; index.keys.len()];
    for (operation, number) in index.of.history.operations.iter().zip(0u32..) {
        if operation.outcome != OutcomeType::Ok {
            continue;
        }
        for (step, what) in index.steps_of(operation) {
            let ListStep::Read(_, range) = what else {
                continue;
            };
            let key = index.key_of[step as usize];
            let Some(list) = index.list(*range) else {
                continue;
            };
            let read = Read {
                key,
                operation: number,
                list,
            };
            let last = match versions.seen[step as usize] {
                Seen::UpTo(_) => {
                    let told = &mut told[key as usize];
                    while let Some((at, fault)) = faults[key as usize].get(*told) {
                        if *at as usize >= list.len() {
                            break;
                        }
                        tell(index, read, *at, *fault, collected);
                        *told += 1;
                    }
                    versions.order_of(key).get(list.len() - 1).copied()
                }
                Seen::Astray => {
                    astray(index, read, collected);
                    list.last().and_then(|value| index.find(key, *value))
                }
                Seen::Nothing | Seen::Unknown => None,
            };
            intermediate(index, read, last, collected);
        }
    }
    for key in 0..index.keys.len() as u32 {
        dirty_updates(index, versions, key, collected);
        own_order(index, versions, key, collected);
    }
}

/// The faulty elements of a longest list.
fn faults(index: &Index, versions: &Versions, key: u32) -> Vec<(u32, Fault)> {
    let first_again = versions.again[key as usize];
    let mut faults = Vec::new();
    for (append, at) in versions.order_of(key).iter().zip(0u32..) {
        match index.appends.get(*append as usize) {
            None => faults.push((at, Fault::Garbage)),
            Some(known) if index.outcome(known.operation) == OutcomeType::Fail => {
                faults.push((at, Fault::Aborted(known.operation)));
            }
            Some(_) => {}
        }
        if at == first_again {
            faults.push((at, Fault::Again));
        }
    }
    faults
}

fn astray(index: &Index, read: Read, collected: &mut Collected) {
    for (value, at) in read.list.iter().zip(0u32..) {
        match index.find(read.key, *value) {
            None => tell(index, read, at, Fault::Garbage, collected),
            Some(append) => {
                let writer = index.appends[append as usize].operation;
                if index.outcome(writer) == OutcomeType::Fail {
                    tell(index, read, at, Fault::Aborted(writer), collected);
                }
            }
        }
    }
    let mut places: Vec<(Symbol, u32)> = read.list.iter().copied().zip(0u32..).collect();
    places.sort_unstable();
    let again = places
        .windows(2)
        .filter(|pair| pair[0].0 == pair[1].0)
        .map(|pair| pair[1].1);
    if let Some(at) = again.min() {
        tell(index, read, at, Fault::Again, collected);
    }
}

fn tell(index: &Index, read: Read, at: u32, fault: Fault, collected: &mut Collected) {
    let value = || {
        index
            .of
            .history
            .names
            .text(read.list.get(at as usize).copied().unwrap_or(0))
    };
    let reader = || {
        format!(
            "{} read {} in {}",
            who(index, read.operation),
            value(),
            index.key(read.key)
        )
    };
    let here = place(index, read.operation);
    match fault {
        Fault::Aborted(writer) => collected.add("G1a", || {
            (
                format!(
                    "{}, although its append by {} failed",
                    reader(),
                    who(index, writer)
                ),
                vec![here, place(index, writer)],
            )
        }),
        Fault::Garbage => collected.add("garbage-read", || {
            (
                format!("{}, although nobody appended it", reader()),
                vec![here],
            )
        }),
        Fault::Again => collected.add("duplicate-elements", || {
            let places = (1..)
                .zip(read.list)
                .filter(|(_, other)| **other == read.list[at as usize])
                .map(|(place, _): (u32, _)| place.to_string());
            let places: Vec<String> = places.take(3).collect();
            (
                format!(
                    "{} more than once, at places {}",
                    reader(),
                    places.join(" and ")
                ),
                vec![here],
            )
        }),
    }
}

/// G1b: the list ends with an append that was not the last of its transaction.
fn intermediate(index: &Index, read: Read, last: Option<u32>, collected: &mut Collected) {
    let Some(append) = last.and_then(|append| index.appends.get(append as usize)) else {
        return;
    };
    if append.last || append.operation == read.operation {
        return;
    }
    collected.add("G1b", || {
        (
            format!(
                "{} read {} up to {}, although {} appended more to it in the same transaction",
                who(index, read.operation),
                index.key(read.key),
                index.of.history.names.text(append.value),
                who(index, append.operation)
            ),
            vec![place(index, read.operation), place(index, append.operation)],
        )
    });
}

/// An acknowledged append onto a failed one, whatever is unknown between them.
fn dirty_updates(index: &Index, versions: &Versions, key: u32, collected: &mut Collected) {
    let mut failed = NONE;
    for append in versions.order_of(key) {
        let Some(append) = index.appends.get(*append as usize) else {
            continue;
        };
        match index.outcome(append.operation) {
            OutcomeType::Fail => failed = append.operation,
            OutcomeType::Info => {}
            OutcomeType::Ok => {
                if failed != NONE {
                    collected.add("dirty-update", || {
                        (
                            format!(
                                "{} appended {} to {} where the failed append by {} was",
                                who(index, append.operation),
                                index.of.history.names.text(append.value),
                                index.key(key),
                                who(index, failed)
                            ),
                            vec![place(index, append.operation), place(index, failed)],
                        )
                    });
                }
                failed = NONE;
            }
        }
    }
}

/// One transaction's appends in another order than it made them. Elle does not look for this; with another transaction's
/// append between them it is a cycle of writes.
fn own_order(index: &Index, versions: &Versions, key: u32, collected: &mut Collected) {
    let known = |append: &u32| index.appends.get(*append as usize).copied();
    for pair in versions.order_of(key).windows(2) {
        let (Some(first), Some(second)) = (known(&pair[0]), known(&pair[1])) else {
            continue;
        };
        if first.operation == second.operation && first.step > second.step {
            let text = |value: Symbol| index.of.history.names.text(value);
            collected.add("incompatible-order", || {
                (
                    format!(
                        "{} appended {} to {} before {}, but the longest read of it shows them the other way round",
                        who(index, first.operation),
                        text(second.value),
                        index.key(key),
                        text(first.value)
                    ),
                    vec![place(index, first.operation)],
                )
            });
        }
    }
}

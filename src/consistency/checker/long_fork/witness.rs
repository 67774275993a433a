//! The evidence of forks and of values that cannot be, in words.

use super::groups::Seen;
use crate::consistency::checker::actions::Steps;
use crate::consistency::checker::evidence::anomaly;
use crate::consistency::checker::finding::Anomaly;
use crate::consistency::checker::operation::{History, Operation, Symbol};
use std::collections::HashMap;

/// Two reads that each saw a write which the other did not.
pub fn fork(
    history: &History<Steps>,
    keys: &[Symbol],
    writes: &HashMap<Symbol, (&Operation<Steps>, Symbol)>,
    one: Seen<'_>,
    other: Seen<'_>,
) -> Option<Anomaly> {
    let (first, second) = (only(keys, one, other)?, only(keys, other, one)?);
    let name = |key: Symbol| history.names.text(key);
    let mut evidence = vec![one.operation, other.operation];
    let mut write = |key: Symbol| match writes.get(&key) {
        Some((write, _)) => {
            evidence.push(write);
            format!("client {}'s write of {}", write.process, name(key))
        }
        None => format!("a write of {}", name(key)),
    };
    let (first_write, second_write) = (write(first), write(second));
    let witness = format!(
        "client {}'s read, which ended {}, saw {first_write} but not that of {}; client {}'s read, which ended {}, saw \
         {second_write} but not that of {}",
        one.operation.process,
        history.moment(one.operation.completed),
        name(second),
        other.operation.process,
        history.moment(other.operation.completed),
        name(first),
    );
    Some(anomaly("long-fork", witness, &evidence))
}

/// A value that nobody wrote.
pub fn garbage(
    history: &History<Steps>,
    read: &Operation<Steps>,
    key: Symbol,
    value: Symbol,
) -> Anomaly {
    let witness = format!("{}, which nobody wrote", read_of(history, read, key, value));
    anomaly("garbage-read", witness, &[read])
}

/// A value whose write failed.
pub fn failed(
    history: &History<Steps>,
    read: &Operation<Steps>,
    write: &Operation<Steps>,
    key: Symbol,
    value: Symbol,
) -> Anomaly {
    let read_value = read_of(history, read, key, value);
    let witness = format!(
        "{read_value}, although client {}'s write of it is said to have failed",
        write.process
    );
    anomaly("G1a", witness, &[write, read])
}

fn read_of(
    history: &History<Steps>,
    read: &Operation<Steps>,
    key: Symbol,
    value: Symbol,
) -> String {
    let (key, value) = (history.names.text(key), history.names.text(value));
    format!(
        "client {} read {value} of {key} {}",
        read.process,
        history.moment(read.completed)
    )
}

/// A key that one read saw and the other did not.
fn only(keys: &[Symbol], one: Seen<'_>, other: Seen<'_>) -> Option<Symbol> {
    let words = one.bits.iter().zip(other.bits).enumerate();
    let position = words
        .map(|(word, (one, other))| (word, one & !other))
        .find(|(_, bits)| *bits != 0);
    let (word, bits) = position?;
    keys.get(word * 64 + bits.trailing_zeros() as usize)
        .copied()
}

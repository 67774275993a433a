//! A counter that is added to and read (Jepsen's `checker/counter`), with bounds and with an order among reads.

use super::actions::Counter;
use super::evidence::{MOST_WITNESSES, anomaly, count_of};
use super::finding::{Anomaly, Finding};
use super::operation::{History, Operation};
use crate::consistency::outcome::OutcomeType;
use std::cmp::Ordering;

/// One acknowledged read, with what it may have shown.
struct Read<'a> {
    operation: &'a Operation<Counter>,
    value: i64,
    lower: i128,
    upper: i128,
    /// The read that ended before this one began and showed the most of all these.
    before: Option<&'a Operation<Counter>>,
}

/// Checks that every acknowledged read lies between bounds: at least the sum of the adds that were acknowledged before
/// it began, at most the sum of those that were invoked before it ended and did not fail. An add of less than nothing
/// counts the other way around: it makes the upper bound smaller once it is acknowledged, and the lower bound as soon
/// as it is invoked. Where no add that may have taken effect is of less than nothing, a read that began after another
/// one ended must not show less either (`backwards-read`); Jepsen does not look for that.
///
/// Without any acknowledged read nothing contradicts it, and as with Jepsen it is valid; `reads-count` is 0 then.
/// O(n log n). Sums do not overflow. Counts are `reads-count`, `errors-count`
/// (reads out of bounds) and `backwards-read-count`; `errors` lists the reads out of bounds as `[lower value upper]`,
/// in the order in which they ended, the first thousand at most.
pub fn check(history: &History<Counter>) -> Finding {
    let mut reads = reads(history);
    bound(history, &mut reads);
    let grows = history
        .operations
        .iter()
        .all(|operation| effect(operation).is_none_or(|amount| amount >= 0));
    if grows {
        order(&mut reads);
    }
    reads.sort_by_key(|read| read.operation.completed);
    let outside = |read: &&Read<'_>| !(read.lower..=read.upper).contains(&i128::from(read.value));
    let errors = reads.iter().filter(outside).count();
    let backwards = reads.iter().filter(|read| previous(read).is_some()).count();
    let mut anomalies: Vec<Anomaly> = reads
        .iter()
        .filter(outside)
        .take(MOST_WITNESSES)
        .map(|read| out_of_bounds(history, read))
        .collect();
    let pairs = reads
        .iter()
        .filter_map(|read| Some((read, previous(read)?)));
    anomalies.extend(pairs.take(MOST_WITNESSES).map(|(read, before)| {
        let now = read.operation;
        let witness = format!(
            "client {} read {} {}, although client {}'s read of {}, which ended {}, was over before that read began {}, \
             and nothing is ever taken away",
            now.process,
            read.value,
            history.moment(now.completed),
            before.process,
            value(before).unwrap_or_default(),
            history.moment(before.completed),
            history.moment(now.invoked),
        );
        anomaly("backwards-read", witness, &[before, now])
    }));
    let count = count_of(reads.len(), "read");
    let mut finding = if reads.is_empty() {
        Finding::valid("no read was acknowledged, so that nothing was compared")
    } else if errors == 0 && backwards == 0 {
        let backwards = if grows {
            ", and none goes backwards"
        } else {
            ""
        };
        Finding::valid(format!("{count}, none of them out of bounds{backwards}"))
    } else {
        Finding::invalid(
            format!("of {count}, {errors} out of bounds and {backwards} backwards"),
            anomalies,
        )
    };
    finding
        .counts
        .insert("reads-count".to_owned(), reads.len() as u64);
    finding
        .counts
        .insert("errors-count".to_owned(), errors as u64);
    finding
        .counts
        .insert("backwards-read-count".to_owned(), backwards as u64);
    if errors > 0 {
        let told = reads.iter().filter(outside).take(MOST_WITNESSES);
        let told = told.map(|read| format!("[{} {} {}]", read.lower, read.value, read.upper));
        finding.elements.insert("errors".to_owned(), told.collect());
    }
    finding
}

/// The value of an acknowledged read.
fn value(operation: &Operation<Counter>) -> Option<i64> {
    match operation.action {
        Counter::Read(value) if operation.outcome == OutcomeType::Ok => value,
        _ => None,
    }
}

/// The amount of an add that may have taken effect.
fn effect(operation: &Operation<Counter>) -> Option<i64> {
    match operation.action {
        Counter::Add(amount) if operation.outcome != OutcomeType::Fail => Some(amount),
        _ => None,
    }
}

fn reads(history: &History<Counter>) -> Vec<Read<'_>> {
    let reads = history.operations.iter().filter_map(|operation| {
        Some(Read {
            operation,
            value: value(operation)?,
            lower: 0,
            upper: 0,
            before: None,
        })
    });
    reads.collect()
}

/// Finds the bounds of all reads.
fn bound(history: &History<Counter>, reads: &mut [Read<'_>]) {
    let adds = || {
        history
            .operations
            .iter()
            .filter_map(|operation| Some((operation, i128::from(effect(operation)?))))
    };
    // What had certainly happened when a read began.
    let mut acknowledged: Vec<(u32, i128)> = adds()
        .filter(|(operation, _)| operation.outcome == OutcomeType::Ok)
        .map(|(operation, amount)| (operation.completed, amount))
        .collect();
    acknowledged.sort_unstable_by_key(|add| add.0);
    reads.sort_by_key(|read| read.operation.invoked);
    let mut sums = Sums::default();
    let mut pending = acknowledged.iter().peekable();
    for read in reads.iter_mut() {
        while let Some((_, amount)) = pending.next_if(|add| add.0 < read.operation.invoked) {
            sums.add(*amount);
        }
        read.lower += sums.up;
        read.upper += sums.down;
    }
    // What may have happened when it ended. Not `<`: in a file of completions only all invocations stand at 0, and so
    // may the first completion.
    let mut invoked: Vec<(u32, i128)> = adds()
        .map(|(operation, amount)| (operation.invoked, amount))
        .collect();
    invoked.sort_by_key(|add| add.0);
    reads.sort_by_key(|read| read.operation.completed);
    let mut sums = Sums::default();
    let mut pending = invoked.iter().peekable();
    for read in reads.iter_mut() {
        while let Some((_, amount)) = pending.next_if(|add| add.0 <= read.operation.completed) {
            sums.add(*amount);
        }
        read.lower += sums.down;
        read.upper += sums.up;
    }
}

/// The sums of amounts above and below nothing. 2^32 amounts of 64 bits do not overflow 128.
#[derive(Default)]
struct Sums {
    up: i128,
    down: i128,
}

impl Sums {
    fn add(&mut self, amount: i128) {
        match amount.cmp(&0) {
            Ordering::Less => self.down += amount,
            _ => self.up += amount,
        }
    }
}

/// Finds for every read the greatest one that ended before it began.
fn order(reads: &mut [Read<'_>]) {
    let mut ended: Vec<(&Operation<Counter>, i64)> = reads
        .iter()
        .map(|read| (read.operation, read.value))
        .collect();
    ended.sort_by_key(|read| read.0.completed);
    reads.sort_by_key(|read| read.operation.invoked);
    let mut pending = ended.into_iter().peekable();
    let mut greatest: Option<(&Operation<Counter>, i64)> = None;
    for read in reads.iter_mut() {
        while let Some(next) = pending.next_if(|next| next.0.completed < read.operation.invoked) {
            if greatest.is_none_or(|greatest| next.1 > greatest.1) {
                greatest = Some(next);
            }
        }
        read.before = greatest.map(|greatest| greatest.0);
    }
}

/// The read before this one that showed more.
fn previous<'a>(read: &Read<'a>) -> Option<&'a Operation<Counter>> {
    read.before
        .filter(|before| value(before).is_some_and(|before| before > read.value))
}

fn out_of_bounds(history: &History<Counter>, read: &Read<'_>) -> Anomaly {
    let Read {
        operation,
        value,
        lower,
        upper,
        ..
    } = read;
    let who = format!(
        "client {} read {value} {}",
        operation.process,
        history.moment(operation.completed)
    );
    let (name, why) = if i128::from(*value) < *lower {
        let began = history.moment(operation.invoked);
        let why = format!(
            "the adds that were acknowledged before that read began {began} leave at least {lower}"
        );
        ("below-lower-bound", why)
    } else {
        let why = format!(
            "all adds that were invoked before that read ended and did not fail allow at most {upper}"
        );
        ("above-upper-bound", why)
    };
    anomaly(name, format!("{who}, although {why}"), &[*operation])
}

#[cfg(test)]
mod tests;

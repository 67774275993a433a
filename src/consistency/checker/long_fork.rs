//! Long forks: two reads of the same keys, of which each saw a write that the other did not (Jepsen's `long-fork`).
//! Parallel snapshot isolation allows them, snapshot isolation and everything stronger does not.
//!
//! Rules: jepsen.tests.long-fork. A transaction either writes one key, which is written once in the whole history, or
//! reads all keys of a group. Two of our own: a value that nobody wrote (`garbage-read`) and one whose write failed
//! (`G1a`) are told as well.

use super::actions::{RegisterStep, Steps};
use super::evidence::{MOST_WITNESSES, count_of};
use super::finding::{Anomaly, Finding};
use super::operation::{History, NIL, Operation, Symbol};
use crate::consistency::outcome::OutcomeType;
use groups::{Groups, Seen};
use std::collections::HashMap;

mod groups;
mod witness;

/// What the transactions write.
#[derive(Default)]
struct Writes<'a> {
    /// The write of each key, and what was written.
    of_key: HashMap<Symbol, (&'a Operation<Steps>, Symbol)>,
    /// Why nothing can be said of some keys; the first such reason.
    unclear: Option<String>,
    /// Keys that were written more than once.
    repeated: HashMap<Symbol, ()>,
}

/// Checks that of any two acknowledged reads of the same group of keys one saw all the writes that the other saw. A
/// group is a set of keys that a transaction reads together.
///
/// `unknown`, unless something else is wrong, where a key is written more than once, where groups overlap without being
/// equal, where a transaction reads and writes or writes twice, or where there is no read. Counts are `reads-count`,
/// `early-read-count` (nothing seen), `late-read-count` (everything seen), `group-count` and `forked-group-count`.
/// Linear in the steps, but for sorting the reads of a group by how much they saw.
pub fn check(history: &History<Steps>, steps: &[RegisterStep]) -> Finding {
    let of = |operation: &Operation<Steps>| {
        steps.get(operation.action.0 as usize..operation.action.1 as usize)
    };
    let mut writes = Writes::default();
    for operation in &history.operations {
        match of(operation) {
            Some(steps) => writes.note(history, operation, steps),
            None => writes.unclear("a transaction has steps that are not there".to_owned()),
        }
    }
    let mut groups = Groups::default();
    let mut wrong_values = Vec::new();
    let mut wrong_count = 0_u64;
    let (mut reads, mut early, mut late) = (0_u64, 0_u64, 0_u64);
    for operation in history
        .operations
        .iter()
        .filter(|operation| operation.outcome == OutcomeType::Ok)
    {
        let Some(values) = of(operation).and_then(read_values) else {
            continue;
        };
        for wrong in values
            .iter()
            .filter_map(|(key, value)| writes.wrong_value(history, operation, *key, *value))
        {
            wrong_count += 1;
            if wrong_values.len() < MOST_WITNESSES {
                wrong_values.push(wrong);
            }
        }
        let seen = values.iter().filter(|pair| pair.1 != NIL).count();
        reads += 1;
        early += u64::from(seen == 0);
        late += u64::from(seen == values.len());
        if let Some(problem) = groups.note(history, operation, values) {
            writes.unclear(problem);
        }
    }
    let mut forks = Vec::new();
    let mut forked = 0_u64;
    for group in groups.clear(|key| writes.repeated.contains_key(&key)) {
        if let Some((one, other)) = group.fork() {
            forked += 1;
            if forks.len() < MOST_WITNESSES {
                forks.extend(witness::fork(
                    history,
                    group.keys,
                    &writes.of_key,
                    one,
                    other,
                ));
            }
        }
    }
    forks.append(&mut wrong_values);
    let mut finding = verdict(reads, forked, wrong_count, forks, writes.unclear);
    for (name, count) in [
        ("reads-count", reads),
        ("early-read-count", early),
        ("late-read-count", late),
        ("group-count", groups.len() as u64),
        ("forked-group-count", forked),
        ("wrong-value-count", wrong_count),
    ] {
        finding.counts.insert(name.to_owned(), count);
    }
    finding
}

fn verdict(
    reads: u64,
    forked: u64,
    wrong: u64,
    anomalies: Vec<Anomaly>,
    unclear: Option<String>,
) -> Finding {
    let count = count_of(reads as usize, "read");
    if forked > 0 || wrong > 0 {
        let reason =
            format!("of {count}: {forked} forked groups of keys, {wrong} values that cannot be");
        let mut finding = Finding::invalid(reason, anomalies);
        if forked > 0 {
            finding.not.insert("snapshot-isolation".to_owned());
        }
        if wrong > 0 {
            finding.not.insert("read-committed".to_owned());
        }
        return finding;
    }
    match unclear {
        Some(reason) => Finding::unknown(reason),
        None if reads == 0 => Finding::unknown("no read of known values was acknowledged"),
        None => Finding::valid(format!(
            "{count}, and of any two of a group one saw all that the other saw"
        )),
    }
}

/// Keys and values of a transaction that only reads, and whose values are all known.
fn read_values(steps: &[RegisterStep]) -> Option<Vec<(Symbol, Symbol)>> {
    let values = steps.iter().map(|step| match step {
        RegisterStep::Read(key, value) => value.map(|value| (*key, value)),
        RegisterStep::Write(..) => None,
    });
    values
        .collect::<Option<Vec<_>>>()
        .filter(|values| !values.is_empty())
}

impl<'a> Writes<'a> {
    fn unclear(&mut self, reason: String) {
        self.unclear.get_or_insert(reason);
    }

    fn note(
        &mut self,
        history: &History<Steps>,
        operation: &'a Operation<Steps>,
        steps: &[RegisterStep],
    ) {
        let who = || {
            format!(
                "client {}'s transaction, invoked {},",
                operation.process,
                history.moment(operation.invoked)
            )
        };
        let written = steps
            .iter()
            .filter(|step| matches!(step, RegisterStep::Write(..)))
            .count();
        if written > 0 && steps.len() > 1 {
            self.unclear(format!(
                "{} does more than one write, or more than reads",
                who()
            ));
        }
        for step in steps {
            let RegisterStep::Write(key, value) = step else {
                continue;
            };
            if self.of_key.insert(*key, (operation, *value)).is_some() {
                self.unclear(format!(
                    "multiple writes of key {}",
                    history.names.text(*key)
                ));
                self.repeated.insert(*key, ());
            }
        }
    }

    /// What is wrong with a value that was read, if that can be told.
    fn wrong_value(
        &self,
        history: &History<Steps>,
        read: &Operation<Steps>,
        key: Symbol,
        value: Symbol,
    ) -> Option<Anomaly> {
        if value == NIL || self.repeated.contains_key(&key) {
            return None;
        }
        // Without any write in the history the key may have been written by someone else.
        let (write, written) = self.of_key.get(&key)?;
        if *written != value {
            return Some(witness::garbage(history, read, key, value));
        }
        (write.outcome == OutcomeType::Fail)
            .then(|| witness::failed(history, read, write, key, value))
    }
}

/// Two reads of a group.
type Pair<'a> = (Seen<'a>, Seen<'a>);

#[cfg(test)]
mod tests;

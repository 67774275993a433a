//! Writes that are seen without writes that were acknowledged before they began (Jepsen's `causal-reverse`): what
//! strict serializability forbids, and serializability alone allows.
//!
//! Rules: jepsen.tests.causal-reverse, over adds to a set or list and reads of it. If the add of x was acknowledged
//! before that of y was invoked, no read may show y without x.

use super::actions::Set;
use super::adds::{Added, adds, elements, shown};
use super::evidence::{anomaly, completions_only, count_of};
use super::finding::{Anomaly, Finding};
use super::operation::{History, OPEN, Operation, Symbol};

/// How many anomalies are told one by one: to name the missing element costs a look at all of them.
const FEW_WITNESSES: usize = 10;

/// Checks every acknowledged read with a known value. `unknown` without any, and where the history has completions
/// only. An element that was added more than once counts from its first add's acknowledgement and as of its first
/// add's invocation, so that nothing is told that did not happen. O(t + n log n) for reads of t elements together.
///
/// Counts are `reads-count` and `causal-reverse-count`.
pub fn check(history: &History<Set>) -> Finding {
    if completions_only(history) {
        return Finding::unknown(
            "the history has completions only, so that it is not known which adds came first",
        );
    }
    let numbering = elements(history);
    let added = adds(history, &numbering);
    let times: Vec<Times> = added
        .iter()
        .map(|added| Times::of(history, added))
        .collect();
    let mut acknowledged: Vec<u32> = times.iter().map(|times| times.acknowledged).collect();
    acknowledged.sort_unstable();
    let mut seen = vec![0_u32; numbering.len()];
    let (mut reads, mut wrong) = (0_usize, 0_u64);
    let mut anomalies = Vec::new();
    let all = history
        .operations
        .iter()
        .filter_map(|operation| Some((operation, shown(operation)?)));
    for ((read, list), turn) in all.zip(1_u32..) {
        reads += 1;
        let numbers = || list.iter().filter_map(|symbol| numbering.number(*symbol));
        let newest = numbers()
            .filter(|number| times[*number].invoked != OPEN)
            .max_by_key(|number| times[*number].invoked);
        let Some(newest) = newest else { continue };
        // Everything that was acknowledged before the newest of them began must be among them, counted once each.
        let began = times[newest].invoked;
        let needed = acknowledged.partition_point(|place| *place < began);
        let is_new = |number: &usize| std::mem::replace(&mut seen[*number], turn) != turn;
        let found = numbers()
            .filter(is_new)
            .filter(|number| times[*number].acknowledged < began)
            .count();
        if found == needed {
            continue;
        }
        wrong += 1;
        if anomalies.len() < FEW_WITNESSES {
            let missing =
                |number: &usize| times[*number].acknowledged < began && seen[*number] != turn;
            let missing = (0..times.len()).find(missing);
            anomalies.extend(missing.and_then(|missing| {
                witness(
                    history,
                    read,
                    (numbering.symbol(newest), &added[newest]),
                    (numbering.symbol(missing), &added[missing]),
                )
            }));
        }
    }
    let count = count_of(reads, "read");
    let mut finding = if wrong > 0 {
        Finding::invalid(
            format!("{wrong} of {count} show an element without one that was there before it"),
            anomalies,
        )
    } else if reads == 0 {
        Finding::unknown("no read was acknowledged")
    } else {
        Finding::valid(format!(
            "{count}, none with an element but without one that was there before it"
        ))
    };
    finding
        .counts
        .insert("reads-count".to_owned(), reads as u64);
    finding
        .counts
        .insert("causal-reverse-count".to_owned(), wrong);
    if wrong > 0 {
        finding.not.insert("strict-serializable".to_owned());
    }
    finding
}

/// Where the adds of an element began to be possible and became certain; [`OPEN`] for never.
struct Times {
    invoked: u32,
    acknowledged: u32,
}

impl Times {
    fn of(history: &History<Set>, added: &Added) -> Self {
        let operation = |index: u32| history.operations.get(index as usize);
        Self {
            invoked: operation(added.live).map_or(OPEN, |add| add.invoked),
            acknowledged: operation(added.acknowledged).map_or(OPEN, |add| add.completed),
        }
    }
}

fn witness(
    history: &History<Set>,
    read: &Operation<Set>,
    (newest, newest_added): (Symbol, &Added),
    (missing, missing_added): (Symbol, &Added),
) -> Option<Anomaly> {
    let later = history.operations.get(newest_added.live as usize)?;
    let earlier = history
        .operations
        .get(missing_added.acknowledged as usize)?;
    let (newest, missing) = (history.names.text(newest), history.names.text(missing));
    let witness = format!(
        "client {}'s read, which ended {}, shows {newest} but not {missing}, although client {}'s add of {missing} was \
         acknowledged {}, before client {}'s add of {newest} was invoked {}",
        read.process,
        history.moment(read.completed),
        earlier.process,
        history.moment(earlier.completed),
        later.process,
        history.moment(later.invoked),
    );
    Some(anomaly("causal-reverse", witness, &[earlier, later, read]))
}

#[cfg(test)]
mod tests;

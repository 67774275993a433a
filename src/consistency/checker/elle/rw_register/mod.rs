//! Transactions that write and read registers.
//!
//! A read tells who wrote what it shows, since every value is written to a register once; it does not tell the order of
//! the writes. The order is inferred only from what is sure: the initial state comes first, and what a transaction read
//! of a register comes before what it writes to it. Whoever knows that each key is linearizable or sequentially
//! consistent by itself may say so, and more is inferred (the options of Elle's `rw_register`). A model that promises
//! as much of its keys is taken at its word where it is what is asked about ([`promise`]).

mod index;
mod inside;
mod keys;
mod promise;
mod repeated;
mod story;
mod versions;

use super::Options;
use super::anomalies::Asked;
use super::collected::Collected;
use super::graph::MOST_NODES;
use super::witness::{cycles, place, who};
use crate::consistency::checker::actions::{RegisterStep, Steps};
use crate::consistency::checker::finding::{Anomaly, Finding};
use crate::consistency::checker::operation::History;
use crate::consistency::report::Verdict;
use index::Index;
use keys::Sure;
use std::collections::BTreeSet;
use versions::Versions;

/// Checks whether the transactions can be what the options ask for; `steps` are the steps of all of them.
///
/// All anomalies are told, those that are allowed too. Where a value was read that several transactions wrote to the
/// register, or "nothing" is written, only what single transactions show makes a history false.
pub fn check(history: &History<Steps>, steps: &[RegisterStep], options: &Options) -> Finding {
    if history.operations.len() > MOST_NODES / 8 || steps.len() > MOST_NODES {
        return Finding::unknown("the history is too long to be checked in one piece");
    }
    let asked = Asked::new(options);
    let index = Index::new(history, steps);
    if let Some((version, operation)) = index.again {
        return doubted(&index, &asked, version, operation);
    }
    let finding = whole(&index, options, &asked);
    match index.doubtful.first() {
        // It might be otherwise if the value was another's.
        Some(version) if finding.verdict == Verdict::Invalid => {
            doubted(&index, &asked, *version, index.writer[*version as usize])
        }
        _ => finding,
    }
}

/// What can be said of a history with a value of which it is not known who wrote it, or what it means: what single
/// transactions show.
fn doubted(index: &Index, asked: &Asked, version: u32, operation: u32) -> Finding {
    let mut collected = Collected::default();
    collected.count("transactions", index.history.operations.len() as u64);
    inside::check(index, &mut collected);
    let finding = collected.finding(asked, false, &BTreeSet::new());
    if finding.verdict == Verdict::Invalid {
        return finding;
    }
    let (key, value) = index.versions[version as usize];
    let names = &index.history.names;
    let why = match index.is_nothing(version) {
        true => "which stands for what was there before any write",
        false => "as another transaction did, and it was read: whose it was, nothing tells",
    };
    let witness = format!(
        "{} wrote {} to {}, {why}",
        who(index.history, operation),
        names.text(value),
        names.text(key)
    );
    let mut finding = Finding::unknown(format!("the history is malformed: {witness}"));
    finding.anomalies.push(Anomaly {
        name: "duplicate-writes".to_owned(),
        witness,
        operations: vec![place(&index.history.operations[operation as usize])],
    });
    finding
}

fn whole(index: &Index, options: &Options, asked: &Asked) -> Finding {
    let told = Sure::told(options);
    let promised = Sure::promised(options);
    let (found, empty, undecided) = look(index, promised, (options, asked));
    if promised == told || !found.any(|_| true) {
        return found.finding(asked, empty, &undecided);
    }
    let (mut sure, ..) = look(index, told, (options, asked));
    sure.adopt(found, |name| promise::name(name, promised));
    sure.finding(asked, empty, &undecided)
}

/// What there is if this is sure of the keys, whether nothing orders any two transactions, and what was left undecided.
fn look(
    index: &Index,
    sure: Sure,
    (options, asked): (&Options, &Asked),
) -> (Collected, bool, BTreeSet<&'static str>) {
    let mut collected = Collected::default();
    collected.count("transactions", index.history.operations.len() as u64);
    inside::check(index, &mut collected);
    let versions = Versions::new(index, sure, &mut collected);
    let builder = versions.dependencies(index);
    let story = story::Told::new(index, &versions);
    let data = !builder.is_empty();
    let (untimely, undecided) = cycles(
        builder,
        index.history,
        &story,
        (options, asked),
        &mut collected,
    );
    (collected, untimely && !data, undecided)
}

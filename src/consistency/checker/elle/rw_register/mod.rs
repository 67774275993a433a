//! Transactions that write and read registers.
//!
//! A read tells who wrote what it shows, since every value is written to a register once; it does not tell the order of
//! the writes. The order is inferred only from what is sure: the initial state comes first, and what a transaction read
//! of a register comes before what it writes to it. Whoever knows that each key is linearizable or sequentially
//! consistent by itself may say so, and more is inferred (the options of Elle's `rw_register`).

mod index;
mod inside;
mod keys;
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
use index::Index;
use versions::Versions;

/// Checks whether the transactions can be what the options ask for; `steps` are the steps of all of them.
///
/// All anomalies are told, those that are allowed too. A history in which a value is written to a register twice, or in
/// which "nothing" is written, cannot be checked.
pub fn check(history: &History<Steps>, steps: &[RegisterStep], options: &Options) -> Finding {
    if history.operations.len() > MOST_NODES / 8 || steps.len() > MOST_NODES {
        return Finding::unknown("the history is too long to be checked in one piece");
    }
    let asked = Asked::new(options);
    let mut collected = Collected::default();
    collected.count("transactions", history.operations.len() as u64);
    let index = Index::new(history, steps);
    if let Some((version, operation)) = index.again {
        let (key, value) = index.versions[version as usize];
        let names = &history.names;
        let witness = format!(
            "{} wrote {} to {}, which was there before",
            who(history, operation),
            names.text(value),
            names.text(key)
        );
        let mut finding = Finding::unknown(format!("the history is malformed: {witness}"));
        finding.anomalies.push(Anomaly {
            name: "duplicate-writes".to_owned(),
            witness,
            operations: vec![place(&history.operations[operation as usize])],
        });
        return finding;
    }
    inside::check(&index, &mut collected);
    let versions = Versions::new(&index, options, &mut collected);
    let builder = versions.dependencies(&index);
    let story = story::Told::new(&index, &versions);
    let data = !builder.is_empty();
    let (untimely, undecided) = cycles(builder, history, &story, (options, &asked), &mut collected);
    collected.finding(&asked, untimely && !data, &undecided)
}

//! Transactions that append to lists and read them.
//!
//! A read of a list tells the order of all appends that it shows, so that versions need not be guessed. The rules are
//! those of Elle's `list_append`, with two anomalies of our own: `garbage-read`, an element that nobody appended, and
//! `lost-append`, an acknowledged append that is in no read although one began after the acknowledgement.

mod dependencies;
mod index;
mod inside;
mod lost;
mod reads;
mod story;
mod versions;

use super::Options;
use super::anomalies::Asked;
use super::collected::Collected;
use super::graph::MOST_NODES;
use super::witness::cycles;
use crate::consistency::checker::actions::{ListTransactions, Steps};
use crate::consistency::checker::finding::Finding;
use crate::consistency::checker::operation::History;
use index::Index;
use versions::Versions;

#[cfg(test)]
pub(super) mod tests;

/// A history of transactions on lists, and what they did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListHistory {
    /// The transactions.
    pub history: History<Steps>,
    /// Their steps, and the lists that they read.
    pub transactions: ListTransactions,
}

/// Checks whether the transactions can be what the options ask for.
///
/// All anomalies are told, those that are allowed too. Of the weakest models that are ruled out, those that differ in
/// time only are told if time was asked about. A history in which two steps append the same value to one list cannot be
/// checked.
pub fn check(history: &ListHistory, options: &Options) -> Finding {
    if history.history.operations.len() > MOST_NODES / 8
        || history.transactions.steps.len() > MOST_NODES
    {
        return Finding::unknown("the history is too long to be checked in one piece");
    }
    let asked = Asked::new(options);
    let mut collected = Collected::default();
    collected.count("transactions", history.history.operations.len() as u64);
    let index = match Index::new(history) {
        Ok(index) => index,
        Err(anomaly) => {
            let reason = format!("the history is malformed: {}", anomaly.witness);
            let mut finding = Finding::unknown(reason);
            finding.anomalies.push(anomaly);
            return finding;
        }
    };
    let versions = Versions::new(&index, &mut collected);
    reads::check(&index, &versions, &mut collected);
    inside::check(&index, &versions, &mut collected);
    lost::updates(&index, &versions, &mut collected);
    let story = story::Told::new(&index, &versions);
    let (builder, data) = dependencies::all(&index, &versions);
    let (untimely, undecided) = cycles(
        builder,
        &history.history,
        &story,
        (options, &asked),
        &mut collected,
    );
    lost::appends(&index, &versions, (options, &asked), &mut collected);
    collected.finding(&asked, untimely && !data, &undecided)
}

/// `client 3 at 4.210 s`
fn who(index: &Index, operation: u32) -> String {
    super::witness::who(&index.of.history, operation)
}

/// The place of an operation in the history.
fn place(index: &Index, operation: u32) -> u32 {
    super::witness::place(index.operation(operation))
}

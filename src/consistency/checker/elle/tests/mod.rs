//! Both checkers on known cases and on simulated histories.

mod brute;
mod cases;
mod known;
mod lines;
mod models;
mod mutations;
mod registers;
mod registers_brute;
mod registers_mutated;
mod scale;
mod simulate;

use lines::{Line, Micro, Value};

use super::{Model, Options};
use crate::consistency::checker::finding::Finding;
use std::collections::BTreeSet;

/// The models of these names.
pub fn models(names: &[&str]) -> Vec<Model> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

/// Names that a case with these options is about: what was asked for, and why nothing could be said.
pub fn about(finding: &Finding, options: &Options) -> BTreeSet<String> {
    let unknown = [
        "empty-transaction-graph",
        "cycle-search-timeout",
        "duplicate-appends",
        "duplicate-writes",
    ];
    finding
        .anomalies
        .iter()
        .map(|anomaly| anomaly.name.clone())
        .filter(|name| options.prohibits(name) || unknown.contains(&name.as_str()))
        .collect()
}

/// All names.
pub fn names(finding: &Finding) -> BTreeSet<String> {
    finding
        .anomalies
        .iter()
        .map(|anomaly| anomaly.name.clone())
        .collect()
}

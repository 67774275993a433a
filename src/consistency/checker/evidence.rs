//! Small things that the checkers share when they tell what they found.

use super::finding::Anomaly;
use super::operation::{History, OPEN, Operation};

/// How many anomalies of one name are told one by one. The figures count all.
pub const MOST_WITNESSES: usize = 1000;

/// Whether a history has completions only: real invocations have different places, so that one at most stands at 0.
pub fn completions_only<A>(history: &History<A>) -> bool {
    history
        .operations
        .iter()
        .filter(|operation| operation.invoked == 0)
        .nth(1)
        .is_some()
}

/// The place by which evidence names an operation: its completion, else its invocation.
pub fn place<A>(operation: &Operation<A>) -> u32 {
    match operation.completed {
        OPEN => operation.invoked,
        completed => completed,
    }
}

/// An anomaly with its evidence; an operation that is evidence twice is named once.
pub fn anomaly<A>(name: &str, witness: String, evidence: &[&Operation<A>]) -> Anomaly {
    let mut operations = Vec::with_capacity(evidence.len());
    for place in evidence.iter().map(|operation| place(operation)) {
        if !operations.contains(&place) {
            operations.push(place);
        }
    }
    Anomaly {
        name: name.to_owned(),
        witness,
        operations,
    }
}

/// `1 element`, `3 elements`.
pub fn count_of(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

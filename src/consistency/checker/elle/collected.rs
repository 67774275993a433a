//! What was found, on its way to become a [`Finding`].

use super::anomalies::{Asked, EMPTY_GRAPH, TIMEOUT, rank, weakest_ruled_out};
use crate::consistency::checker::finding::{Anomaly, Finding};
use crate::consistency::report::Verdict;
use std::collections::{BTreeMap, BTreeSet};

/// How many witnesses of one anomaly are told.
const TOLD: u64 = 8;

/// Anomalies with their evidence, and how many of each there were.
#[derive(Debug, Default)]
pub(super) struct Collected {
    anomalies: Vec<Anomaly>,
    counts: BTreeMap<String, u64>,
    elements: BTreeMap<String, Vec<String>>,
    notes: Vec<String>,
}

impl Collected {
    /// Counts an anomaly, and keeps its evidence if few of the name were there before.
    pub(super) fn add(&mut self, name: &str, evidence: impl FnOnce() -> (String, Vec<u32>)) {
        let count = self.counts.entry(name.to_owned()).or_default();
        *count += 1;
        if *count <= TOLD {
            let (witness, mut operations) = evidence();
            operations.sort_unstable();
            operations.dedup();
            self.anomalies.push(Anomaly {
                name: name.to_owned(),
                witness,
                operations,
            });
        }
    }

    /// A figure that is no anomaly.
    pub(super) fn count(&mut self, name: &str, number: u64) {
        self.counts.insert(name.to_owned(), number);
    }

    /// What is behind a figure.
    pub(super) fn elements(&mut self, name: &str, elements: Vec<String>) {
        self.elements.insert(name.to_owned(), elements);
    }

    /// A sentence for the reason.
    pub(super) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// Whether there is an anomaly with such a name.
    pub(super) fn any(&self, such: impl Fn(&str) -> bool) -> bool {
        self.anomalies.iter().any(|anomaly| such(&anomaly.name))
    }

    /// Adds what is in the other under names that are not here yet, each under the name that it is to have; and its
    /// figures and sentences.
    pub(super) fn adopt(&mut self, other: Self, named: impl Fn(&str) -> String) {
        let here: BTreeSet<String> = self.anomalies.iter().map(|it| it.name.clone()).collect();
        let mut counts = other.counts;
        for anomaly in other.anomalies {
            if here.contains(&anomaly.name) {
                continue;
            }
            let name = named(&anomaly.name);
            let count = counts.remove(&anomaly.name).unwrap_or(0);
            if here.contains(&name) {
                continue;
            }
            *self.counts.entry(name.clone()).or_default() += count;
            self.anomalies.push(Anomaly { name, ..anomaly });
        }
        for (name, count) in counts {
            self.counts.entry(name).or_insert(count);
        }
        for note in other.notes {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
    }

    /// The answer. `empty`: nothing that was asked about orders any two transactions; `undecided`: anomalies that may
    /// be there although they were not found.
    pub(super) fn finding(
        mut self,
        asked: &Asked,
        empty: bool,
        undecided: &BTreeSet<&str>,
    ) -> Finding {
        let names: BTreeSet<String> = self
            .anomalies
            .iter()
            .map(|anomaly| anomaly.name.clone())
            .collect();
        let (bad, allowed): (Vec<&str>, Vec<&str>) = names
            .iter()
            .map(String::as_str)
            .partition(|name| asked.prohibits(name));
        let open: Vec<&str> = undecided
            .iter()
            .copied()
            .filter(|name| asked.prohibits(name) && !names.contains(*name))
            .collect();
        let transactions = self.counts.get("transactions").copied().unwrap_or(0);
        let mut reason = if !bad.is_empty() {
            format!("{} in {transactions} transactions", bad.join(", "))
        } else if empty {
            "nothing orders any two transactions, so that nothing can be said of them".to_owned()
        } else if !open.is_empty() {
            format!("the search for {} was given up", open.join(", "))
        } else if allowed.is_empty() {
            format!("no anomaly in {transactions} transactions")
        } else {
            format!(
                "{transactions} transactions show no anomaly that must not be; seen, and allowed: {}",
                allowed.join(", ")
            )
        };
        let verdict = if !bad.is_empty() {
            Verdict::Invalid
        } else if empty || !open.is_empty() {
            Verdict::Unknown
        } else {
            Verdict::Valid
        };
        if asked.prohibits_nothing() {
            reason.push_str("; what was asked about prohibits no anomaly that is looked for");
        }
        for note in &self.notes {
            reason.push_str("; ");
            reason.push_str(note);
        }
        // Whoever did not ask about time is told what his data rules out; whoever asked for a few anomalies by name, what
        // they rule out, and not that the history is no one's.
        let timely = |name: &&str| {
            let realtime = name.ends_with("-realtime") || *name == "lost-append";
            let process = name.ends_with("-process");
            let untimely =
                realtime && !asked.realtime || process && !asked.process && !asked.realtime;
            asked.prohibits(name) || !untimely && *name != "garbage-read"
        };
        let not = weakest_ruled_out(names.iter().map(String::as_str).filter(timely));
        self.anomalies
            .sort_by_key(|anomaly| (!asked.prohibits(&anomaly.name), rank(&anomaly.name)));
        if empty {
            self.anomalies.push(said(
                EMPTY_GRAPH,
                "No transaction read or wrote anything that puts it before or after another one.",
            ));
        }
        if !undecided.is_empty() {
            let undecided: Vec<&str> = undecided.iter().copied().collect();
            self.anomalies.push(said(
                TIMEOUT,
                &format!(
                    "{} may be there: the search took more than the {} steps that it was given.",
                    undecided.join(", "),
                    self.counts.get("cycle-search-steps").copied().unwrap_or(0)
                ),
            ));
        }
        Finding {
            verdict,
            reason,
            anomalies: self.anomalies,
            not,
            counts: self.counts,
            elements: self.elements,
        }
    }
}

fn said(name: &str, witness: &str) -> Anomaly {
    Anomaly {
        name: name.to_owned(),
        witness: witness.to_owned(),
        operations: Vec::new(),
    }
}

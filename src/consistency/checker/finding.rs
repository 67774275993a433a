//! What a checker found.

use crate::consistency::report::Verdict;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The answer of a checker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Finding {
    /// Whether what was asked for holds.
    pub verdict: Verdict,
    /// Why, in one sentence.
    pub reason: String,
    /// What was found that must not be, the worst first. Also anomalies that what was asked for allows.
    pub anomalies: Vec<Anomaly>,
    /// The weakest consistency models that the anomalies rule out, where the checker knows such.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub not: BTreeSet<String>,
    /// Figures by their names: `lost`, `duplicated`, …
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: BTreeMap<String, u64>,
    /// The elements behind some of the figures, as runs or names: `lost`: `3-7,9`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub elements: BTreeMap<String, Vec<String>>,
}

/// What a figure of [`Finding::counts`] counts, where that is not operations, elements or the like.
#[must_use]
pub fn unit(name: &str) -> Option<&'static str> {
    name.contains("latencies").then_some("ms")
}

/// One thing that was found, with the smallest evidence that could be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anomaly {
    /// The field's name for it: `G1c`, `lost-update`, `stale-read`, …
    pub name: String,
    /// The evidence, in words that a person follows.
    pub witness: String,
    /// The places in the history of the operations that are the evidence (their completions, else their invocations).
    pub operations: Vec<u32>,
}

impl Finding {
    /// Nothing was found.
    pub fn valid(reason: impl Into<String>) -> Self {
        Self::of(Verdict::Valid, reason)
    }

    /// What was asked for does not hold.
    pub fn invalid(reason: impl Into<String>, anomalies: Vec<Anomaly>) -> Self {
        Self {
            anomalies,
            ..Self::of(Verdict::Invalid, reason)
        }
    }

    /// It cannot be said.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self::of(Verdict::Unknown, reason)
    }

    fn of(verdict: Verdict, reason: impl Into<String>) -> Self {
        Self {
            verdict,
            reason: reason.into(),
            anomalies: Vec::new(),
            not: BTreeSet::new(),
            counts: BTreeMap::new(),
            elements: BTreeMap::new(),
        }
    }
}

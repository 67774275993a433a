//! The consistency models by their names.

use super::anomalies::weaker;
use super::tables::WEAKER;
use std::str::FromStr;

/// A consistency model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Model(&'static str);

/// No model has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a consistency model that is known here; known are {names}", names = names())]
pub struct UnknownModel(pub String);

/// Other names of models: Adya's, and synonyms.
const ALIASES: [(&str, &str); 19] = [
    ("strict-serializable", "strong-serializable"),
    ("conflict-serializable", "serializable"),
    ("PL-1", "read-uncommitted"),
    ("PL-2", "read-committed"),
    ("PL-CS", "cursor-stability"),
    ("PL-2L", "monotonic-view"),
    ("PL-MSR", "monotonic-snapshot-read"),
    ("PL-2+", "consistent-view"),
    ("PL-FCV", "forward-consistent-view"),
    ("PL-SI", "snapshot-isolation"),
    ("PL-2.99", "repeatable-read"),
    ("PL-3U", "update-serializable"),
    ("PL-3", "serializable"),
    ("PL-SS", "strong-serializable"),
    ("strong-session-PL-1", "strong-session-read-uncommitted"),
    ("strong-session-PL-2", "strong-session-read-committed"),
    ("strong-PL-1", "strong-read-uncommitted"),
    ("strong-PL-2", "strong-read-committed"),
    ("strong-session-PL-3", "strong-session-serializable"),
];

impl Model {
    /// Strict serializability: as if one after the other, in real time.
    pub const STRICT_SERIALIZABLE: Self = Self("strong-serializable");
    /// Serializability.
    pub const SERIALIZABLE: Self = Self("serializable");
    /// Snapshot isolation.
    pub const SNAPSHOT_ISOLATION: Self = Self("snapshot-isolation");
    /// Snapshot isolation where each snapshot shows all that was acknowledged before the transaction began.
    pub const STRONG_SNAPSHOT_ISOLATION: Self = Self("strong-snapshot-isolation");

    /// The same, only for what the same client was acknowledged before.
    pub const STRONG_SESSION_SNAPSHOT_ISOLATION: Self = Self("strong-session-snapshot-isolation");

    /// Whether a history that keeps this model keeps the other one too.
    pub(super) fn implies(self, other: Self) -> bool {
        weaker(self.0).contains(other.0)
    }

    /// Its friendly name: `snapshot-isolation`.
    pub fn name(self) -> &'static str {
        self.0
    }

    /// All models, by their friendly names, in the order of the alphabet.
    pub fn all() -> Vec<Self> {
        let mut all: Vec<Self> = WEAKER
            .iter()
            .flat_map(|(model, weaker)| std::iter::once(model).chain(weaker.iter()))
            .map(|name| Self(name))
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// The names of all models in a sentence.
pub fn names() -> String {
    let names: Vec<&str> = Model::all().into_iter().map(Model::name).collect();
    names.join(", ")
}

impl FromStr for Model {
    type Err = UnknownModel;

    fn from_str(text: &str) -> Result<Self, UnknownModel> {
        let name = ALIASES
            .iter()
            .find_map(|(alias, name)| (*alias == text).then_some(*name))
            .unwrap_or(text);
        Self::all()
            .into_iter()
            .find(|model| model.0 == name)
            .ok_or_else(|| UnknownModel(text.to_owned()))
    }
}

impl std::fmt::Display for Model {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.0)
    }
}

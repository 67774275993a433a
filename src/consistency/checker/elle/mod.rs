//! Transactions checked as Elle does: dependencies inferred from what was read, and cycles sought among them.
//!
//! The definitions are Adya's (Weak Consistency, 1999) in the item form, with Elle's names for the variants that need
//! the order of a process or of real time (Kingsbury & Alvaro, "Elle", VLDB 2020). A cycle has one name only: the
//! worst that fits, and each hop is named by what the data shows before what the clock shows.

mod anomalies;
mod collected;
mod components;
mod cycles;
mod fan;
mod graph;
pub mod list_append;
mod model;
mod order;
pub mod rw_register;
mod tables;
mod witness;

pub use model::{Model, UnknownModel, names};

#[cfg(test)]
mod tests;

/// What is asked of a history of transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The consistency models that must hold; an anomaly that one of them prohibits makes the history invalid.
    pub models: Vec<Model>,
    /// Anomalies that must not be, whatever the models say: `G1a`, `G2-item`, `lost-append`, …
    pub anomalies: Vec<String>,
    /// Registers only: each key is known to be linearizable by itself, so that real time orders its versions. Where a
    /// model is asked about that promises that (strong snapshot isolation, strict serializability), its promise is
    /// tried without this too.
    pub linearizable_keys: bool,
    /// Registers only: each key is known to be sequentially consistent by itself, so that the order of each process
    /// orders its versions. Promised by the strong session models, from snapshot isolation on.
    pub sequential_keys: bool,
    /// How many dependencies may be followed for one strongly connected component beyond a linear pass.
    pub steps_per_component: u64,
    /// How many may be followed for the whole history beyond linear passes.
    pub steps: u64,
}

impl Default for Options {
    /// Strict serializability, as elle-cli asks for.
    fn default() -> Self {
        Self::models(vec![Model::STRICT_SERIALIZABLE])
    }
}

impl Options {
    /// Asks for these models and nothing else.
    pub fn models(models: Vec<Model>) -> Self {
        Self {
            models,
            anomalies: Vec::new(),
            linearizable_keys: false,
            sequential_keys: false,
            steps_per_component: 20_000_000,
            steps: 400_000_000,
        }
    }

    /// Whether an anomaly of this name makes a history invalid.
    pub fn prohibits(&self, anomaly: &str) -> bool {
        anomalies::Asked::new(self).prohibits(anomaly)
    }
}

/// The names of all anomalies that can be asked for.
pub fn known_anomalies() -> std::collections::BTreeSet<&'static str> {
    anomalies::known()
}

/// The weakest consistency models that anomalies of these names rule out, by their friendly names.
pub fn ruled_out<'a>(
    anomalies: impl IntoIterator<Item = &'a str>,
) -> std::collections::BTreeSet<String> {
    anomalies::weakest_ruled_out(anomalies)
}

//! A run: everything of a history that is shown.

use super::fault::{Fault, Term};
use super::operation::{Operation, Outcome};
use super::texts::Texts;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What a history tells. Operations are in the order of their invocations.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// The first line; null where there is none.
    pub header: Value,
    /// The last line; null where the test did not come to its end.
    pub result: Value,
    /// Of clients and the reader.
    pub operations: Vec<Operation>,
    /// The names of the functions.
    pub functions: Vec<String>,
    /// What clients did, and came back, in short.
    pub texts: Texts,
    /// In the order of their beginnings.
    pub faults: Vec<Fault>,
    /// Who was primary, in the order seen.
    pub terms: Vec<Term>,
    /// Whether a nemesis worked at all, be it in vain.
    pub nemesis: bool,
    /// What went wrong in how many operations, by outcome and class.
    pub errors: BTreeMap<(Outcome, String), u64>,
    /// The last moment, nanoseconds since the start.
    pub end: u64,
    /// When the last operation of a client ended.
    pub worked: u64,
    /// How many lines there were between header and result.
    pub lines: u32,
    /// What must be told of the file.
    pub notes: Vec<String>,
}

impl Run {
    /// The client behind a process: after an unknown outcome a client goes on as another process.
    pub fn client(&self, process: u64) -> u64 {
        match self.header.get("clients").and_then(Value::as_u64) {
            Some(clients) if clients > 0 && process < crate::consistency::file::READER => {
                process % clients
            }
            _ => process,
        }
    }

    /// Its name for people.
    pub fn client_name(&self, client: u64) -> String {
        match client {
            crate::consistency::file::READER => "reader".to_owned(),
            number => format!("client {number}"),
        }
    }

    /// The name of the function of an operation.
    pub fn function(&self, operation: &Operation) -> &str {
        let name = self.functions.get(usize::from(operation.function));
        name.map_or("", String::as_str)
    }

    /// How many operations of clients ended so, the reads at the end left out.
    pub fn count(&self, outcome: Outcome) -> u64 {
        let of_clients = |operation: &&Operation| {
            operation.outcome == outcome && operation.process != crate::consistency::file::READER
        };
        self.operations.iter().filter(of_clients).count() as u64
    }

    /// When other members, or the same ones again, were seen to be primary while the clients worked; ascending. The
    /// first one was there before.
    pub fn elections(&self) -> Vec<u64> {
        let seen = self.terms.iter().skip(1).map(|term| term.from);
        seen.filter(|from| *from <= self.worked).collect()
    }

    /// The operations at some places, by their invocations or completions; places without one are left out. One pass,
    /// however many are asked for.
    pub fn at_places(&self, places: &HashSet<u32>) -> HashMap<u32, usize> {
        let mut found = HashMap::new();
        if places.is_empty() {
            return found;
        }
        for (number, operation) in self.operations.iter().enumerate() {
            for place in [operation.place, operation.completion] {
                if places.contains(&place) {
                    found.insert(place, number);
                }
            }
        }
        found
    }

    /// A figure of the result.
    pub fn figure(&self, name: &str) -> Option<u64> {
        self.result.get(name).and_then(Value::as_u64)
    }

    /// A text of the result, else of the header.
    pub fn word(&self, name: &str) -> Option<String> {
        let value = self
            .result
            .get(name)
            .filter(|value| !value.is_null())
            .or_else(|| self.header.get(name))?;
        match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }

    /// Seconds that everything took: what the result says, else until the last line.
    pub fn seconds(&self) -> f64 {
        let said = self.result.get("duration").and_then(Value::as_f64);
        said.filter(|seconds| seconds.is_finite() && *seconds >= 0.0)
            .unwrap_or(self.end as f64 / 1e9)
    }
}

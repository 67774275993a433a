//! One relation: who is in it, and the databags.

use crate::model::unit::UnitName;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The part that an application plays in a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Among the units of one application.
    Peer,
    /// Offers the interface.
    Provider,
    /// Uses the interface.
    Requirer,
}

/// One end of a relation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// The application.
    pub application: String,
    /// The endpoint's name in the charm's metadata.
    pub name: String,
    /// The interface that both ends speak.
    pub interface: String,
    /// The application's part.
    pub role: Role,
}

/// A databag with the number of its changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bag {
    /// Counts the changes.
    pub version: u64,
    /// What is in it.
    pub settings: BTreeMap<String, String>,
}

impl Bag {
    /// Writes keys; an empty value removes the key. Says whether anything changed; only then the version counts up.
    pub fn write(&mut self, changes: &BTreeMap<String, String>) -> bool {
        let mut settings = self.settings.clone();
        overlay(&mut settings, changes);
        let changed = settings != self.settings;
        if changed {
            self.settings = settings;
            self.version += 1;
        }
        changed
    }
}

/// Lays changes over settings: an empty value removes the key.
pub fn overlay(settings: &mut BTreeMap<String, String>, changes: &BTreeMap<String, String>) {
    for (key, value) in changes {
        if value.is_empty() {
            settings.remove(key);
        } else {
            settings.insert(key.clone(), value.clone());
        }
    }
}

/// One relation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relation {
    /// Its number, as in `replicas:1`.
    pub id: u32,
    /// One end for peers, two otherwise.
    pub endpoints: Vec<Endpoint>,
    /// The units that have entered it and not left it.
    pub scope: BTreeSet<UnitName>,
    /// The units' databags. They stay readable after a unit left, for as long as the relation lives.
    pub units: BTreeMap<UnitName, Bag>,
    /// The applications' databags.
    pub applications: BTreeMap<String, Bag>,
    /// Whether it is being removed.
    pub dying: bool,
}

impl Relation {
    /// Whether it is among the units of one application.
    pub fn is_peer(&self) -> bool {
        self.endpoints
            .iter()
            .any(|endpoint| endpoint.role == Role::Peer)
    }

    /// The end that an application has in it.
    pub fn endpoint_of(&self, application: &str) -> Option<&Endpoint> {
        self.endpoints
            .iter()
            .find(|endpoint| endpoint.application == application)
    }

    /// The end that is opposite to an application; its own for peers.
    pub fn other_end(&self, application: &str) -> Option<&Endpoint> {
        if self.is_peer() {
            return self.endpoint_of(application);
        }
        self.endpoints
            .iter()
            .find(|endpoint| endpoint.application != application)
    }

    /// The units in it that a unit sees: never itself.
    pub fn remote_units(&self, unit: &UnitName) -> impl Iterator<Item = &UnitName> {
        let application = self
            .other_end(unit.application())
            .map(|e| e.application.clone());
        self.scope.iter().filter(move |other| {
            *other != unit && application.as_deref() == Some(other.application())
        })
    }

    /// Its id as an application sees it: `replicas:1`.
    pub fn key(&self, application: &str) -> String {
        let name = self
            .endpoint_of(application)
            .map_or("", |endpoint| endpoint.name.as_str());
        format!("{name}:{}", self.id)
    }
}

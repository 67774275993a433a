//! One application: a charm, its configuration, who leads it.

use super::{Bag, Role, Status};
use crate::model::unit::UnitName;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// One application.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Application {
    /// Its name; the charm's unless another was given.
    pub name: String,
    /// What its charm declares.
    pub charm: CharmSheet,
    /// The revision of the charm that its units should have; counts up with every `refresh`.
    pub revision: u64,
    /// Options that were set, without the defaults of `config.yaml`.
    pub config: BTreeMap<String, Value>,
    /// Counts the changes of the configuration; units compare it with what they last saw.
    pub config_version: u64,
    /// The number that its next unit gets; never given twice.
    pub next_unit: u32,
    /// Its leader.
    pub leader: Option<UnitName>,
    /// What `leader-set` wrote (Juju 2.9 and 3.x).
    pub leader_settings: Bag,
    /// What the leader said with `status-set --application`.
    pub status: Option<Status>,
    /// What `application-version-set` said last.
    pub workload_version: Option<String>,
    /// Files attached, by the name of the resource.
    pub resources: BTreeMap<String, Resource>,
    /// Secrets that the application or its units own, by id.
    #[serde(default)]
    pub secrets: BTreeMap<String, Secret>,
    /// Storage that each new unit gets, by name: how many.
    #[serde(default)]
    pub storage: BTreeMap<String, u32>,
    /// Whether it is being removed: it goes with its last unit.
    pub dying: bool,
}

/// What a charm declares, as far as the controller needs it while the units run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CharmSheet {
    /// Its name.
    pub name: String,
    /// Its endpoints.
    pub endpoints: Vec<DeclaredEndpoint>,
    /// Its storage, by name.
    pub storage: BTreeMap<String, DeclaredStorage>,
    /// The file names of its resources, by name.
    pub resources: BTreeMap<String, String>,
    /// Its options, by name.
    pub options: BTreeMap<String, DeclaredOption>,
    /// The names of its actions, with their descriptions.
    pub actions: BTreeMap<String, String>,
}

/// An endpoint as a charm declares it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredEndpoint {
    /// Its name.
    pub name: String,
    /// Its interface.
    pub interface: String,
    /// The charm's part.
    pub role: Role,
}

/// Storage as a charm declares it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredStorage {
    /// `filesystem` or `block`.
    pub kind: String,
    /// How many instances each unit must have.
    pub minimum: u32,
    /// How many it may have; none is without limit.
    pub maximum: Option<u32>,
    /// Where it is to be, if the charm says so.
    pub location: Option<String>,
}

/// An option as a charm declares it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeclaredOption {
    /// `string`, `int`, `float`, `boolean` or `secret`.
    pub kind: String,
    /// Its default; null without one.
    pub default: Value,
    /// What it is for.
    pub description: String,
}

impl Application {
    /// The value of an option: what was set, else the default; none when there is no such option.
    pub fn option(&self, name: &str) -> Option<Value> {
        let declared = self.charm.options.get(name)?;
        Some(self.config.get(name).unwrap_or(&declared.default).clone())
    }

    /// An endpoint of the charm.
    pub fn endpoint(&self, name: &str) -> Option<&DeclaredEndpoint> {
        self.charm
            .endpoints
            .iter()
            .find(|endpoint| endpoint.name == name)
    }
}

/// A file attached to an application.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// The file's name as `metadata.yaml` has it.
    pub filename: String,
    /// Counts the attachments.
    pub revision: u64,
    /// Bytes.
    pub size: u64,
    /// SHA-256, in hexadecimal digits.
    pub fingerprint: String,
}

/// A secret, with all its revisions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Secret {
    /// The unit that owns it; none when the application does.
    pub owner: Option<UnitName>,
    /// The owner's label.
    pub label: String,
    /// What it is for.
    pub description: String,
    /// How often it is to be renewed, in Juju's words.
    pub rotate: String,
    /// Content by revision; the last is the current one. Values are base64.
    pub revisions: BTreeMap<u64, BTreeMap<String, String>>,
    /// The revision that a unit reads, once it has read one.
    pub tracked: BTreeMap<UnitName, u64>,
    /// Labels that consumers gave.
    pub consumer_labels: BTreeMap<UnitName, String>,
    /// Applications and units that may read it.
    pub grants: BTreeMap<String, u32>,
}

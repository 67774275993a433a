//! One unit: how far its agent has come, and what it said about itself.

use super::Hook;
use crate::lab::moment::Moment;
use crate::model::unit::UnitName;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Whether a unit stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Life {
    /// It stays.
    #[default]
    Alive,
    /// It is to go, in good order.
    Dying,
    /// Its hooks are done; the controller takes it away.
    Dead,
}

/// A status with its sentence and age.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Juju's word: `active`, `waiting` …
    pub current: String,
    /// The sentence.
    pub message: String,
    /// More, by keys.
    #[serde(default)]
    pub data: BTreeMap<String, Value>,
    /// Since when.
    pub since: Moment,
}

impl Status {
    /// A status that holds from `since` on.
    pub fn new(current: &str, message: &str, since: Moment) -> Self {
        Self {
            current: current.to_owned(),
            message: message.to_owned(),
            data: BTreeMap::new(),
            since,
        }
    }
}

/// What the agent wrote down last: where it goes on after an interruption.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Nothing is half done.
    #[default]
    Idle,
    /// A hook that must run next.
    Queued(Hook),
    /// A hook runs. Found after a start of the controller: it was interrupted.
    Running(Hook),
    /// A hook failed and waits to be tried again.
    Failed(Hook),
    /// A task runs, perhaps while a failed hook waits.
    Acting(u64, Option<Hook>),
}

/// How often a hook failed and when it is tried again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// Failures in a row.
    pub count: u32,
    /// When it is tried again.
    pub retry_at: Moment,
}

/// What a person said about a failed hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resolution {
    /// Try it again now.
    Retry,
    /// Take it as done.
    NoRetry,
}

/// What the unit was last told about the leadership.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Nothing yet.
    #[default]
    Untold,
    /// That it leads.
    Leader,
    /// That it does not, and which version of the leader's settings there was.
    Minion(u64),
}

/// What the unit has seen of a remote unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The version of its databag that the last `changed` told of; none before the first.
    pub version: Option<u64>,
}

/// What the unit has seen of a relation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RelationView {
    /// Whether `created` has run.
    pub created: bool,
    /// The remote units that `joined` has told of.
    pub members: BTreeMap<UnitName, Member>,
    /// The version of the remote application's databag that the last `changed` told of.
    pub application_version: u64,
    /// Whether the unit is through with it.
    pub left: bool,
}

/// One unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    /// Its name.
    pub name: UnitName,
    /// The number of its machine.
    pub machine: u32,
    /// Whether it stays.
    pub life: Life,
    /// What its agent wrote down last.
    pub step: Step,
    /// The charm revision that is unpacked.
    pub charm: Option<u64>,
    /// Whether `install` has run.
    pub installed: bool,
    /// Whether `start` has run.
    pub started: bool,
    /// Whether `stop` has run.
    pub stopped: bool,
    /// The machine's boot that the last `start` belonged to.
    pub boot_seen: u64,
    /// The configuration's version that the last `config-changed` told of.
    pub config_seen: Option<u64>,
    /// The address that the last `config-changed` told of.
    pub address_seen: Option<String>,
    /// What it was last told about the leadership.
    pub standing: Standing,
    /// The relations as it has seen them.
    pub relations: BTreeMap<u32, RelationView>,
    /// Storage instances that `attached` has told of and `detaching` has not.
    pub storage: BTreeSet<String>,
    /// Secrets: the revision that the last `secret-changed` told of.
    #[serde(default)]
    pub secrets: BTreeMap<String, u64>,
    /// When `update-status` is next due.
    pub update_status_at: Moment,
    /// Failures of the hook that waits.
    pub failure: Failure,
    /// What a person said about it.
    pub resolution: Option<Resolution>,
    /// What the charm said with `status-set`.
    pub workload: Status,
    /// What the agent does.
    pub agent: Status,
    /// What the charm said with `application-version-set`.
    pub workload_version: Option<String>,
    /// Open ports: `27017/tcp`, with the endpoints that they are open for (`*` for all).
    pub ports: BTreeMap<String, BTreeSet<String>>,
    /// What the charm keeps with `state-set`.
    pub state: BTreeMap<String, String>,
}

impl Unit {
    /// A unit that has done nothing yet.
    pub fn new(name: UnitName, machine: u32, now: Moment) -> Self {
        Self {
            name,
            machine,
            life: Life::Alive,
            step: Step::Idle,
            charm: None,
            installed: false,
            started: false,
            stopped: false,
            boot_seen: 0,
            config_seen: None,
            address_seen: None,
            standing: Standing::Untold,
            relations: BTreeMap::new(),
            storage: BTreeSet::new(),
            secrets: BTreeMap::new(),
            update_status_at: now,
            failure: Failure::default(),
            resolution: None,
            workload: Status::new("waiting", "waiting for machine", now),
            agent: Status::new("allocating", "", now),
            workload_version: None,
            ports: BTreeMap::new(),
            state: BTreeMap::new(),
        }
    }
}

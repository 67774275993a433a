//! Everything the lab knows, as plain data: applications, units, machines, relations, storage and tasks.
//!
//! No I/O here. The controller changes a [`Model`] and the [`store`](crate::lab::store) keeps it, one document an entity.

mod application;
mod hook;
mod machine;
mod relation;
mod storage;
mod task;
mod unit;

pub use application::{
    Application, CharmSheet, DeclaredEndpoint, DeclaredOption, DeclaredStorage, Resource, Secret,
};
pub use hook::{Hook, HookKind};
pub use machine::{Machine, Power, PowerBack};
pub use relation::{Bag, Endpoint, Relation, Role, overlay};
pub use storage::Storage;
pub use task::{LogLine, Operation, Task, TaskKind, TaskStatus};
pub use unit::{Failure, Life, Member, RelationView, Resolution, Standing, Status, Step, Unit};

use crate::lab::profile::Profile;
use crate::model::unit::UnitName;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The name of a lab's only model.
pub const MODEL_NAME: &str = "lab";

/// What holds for the whole model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The model's name, as in `juju status`.
    pub name: String,
    /// `JUJU_MODEL_UUID`.
    pub uuid: String,
    /// The Juju that is stood in for.
    pub profile: Profile,
    /// Milliseconds between two `update-status` hooks of an idle unit.
    pub update_status_interval: i64,
    /// Milliseconds after which a leader that was not heard of loses its lease.
    pub lease: i64,
    /// Whether machines are booted with systemd.
    #[serde(default)]
    pub booted: bool,
    /// The zones that machines are in, in turn; none: all are in one, `lab`.
    #[serde(default)]
    pub zones: Vec<String>,
    /// Whether failed hooks are tried again by themselves.
    pub retry_hooks: bool,
    /// The number that the next machine gets; never given twice.
    pub next_machine: u32,
    /// The number that the next relation gets.
    pub next_relation: u32,
    /// The number that the next operation or task gets; both count in one row, as in Juju.
    pub next_task: u64,
    /// The numbers of storage instances, one row over all names.
    pub next_storage: u32,
}

impl Settings {
    /// `JUJU_AVAILABILITY_ZONE` of a machine.
    pub fn zone(&self, machine: u32) -> &str {
        let zones = self.zones.len().max(1);
        let zone = self.zones.get(machine as usize % zones);
        zone.map_or("lab", String::as_str)
    }
}

/// The whole state of a lab.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// What holds for the whole model.
    pub settings: Settings,
    /// Applications by name.
    pub applications: BTreeMap<String, Application>,
    /// Units by name.
    pub units: BTreeMap<UnitName, Unit>,
    /// Machines by number.
    pub machines: BTreeMap<u32, Machine>,
    /// Relations by number.
    pub relations: BTreeMap<u32, Relation>,
    /// Storage instances by id (`data/0`).
    pub storage: BTreeMap<String, Storage>,
    /// Operations (one `run` command) by number.
    pub operations: BTreeMap<u64, Operation>,
    /// Tasks (one action on one unit) by number.
    pub tasks: BTreeMap<u64, Task>,
}

impl Model {
    /// The units of an application, in order of their numbers.
    pub fn units_of<'a>(&'a self, application: &'a str) -> impl Iterator<Item = &'a Unit> {
        self.units
            .values()
            .filter(move |unit| unit.name.application() == application)
    }

    /// Takes an application that is to go away, with its relations, once it has no unit left.
    pub fn forget_if_gone(&mut self, name: &str) {
        let dying = self.applications.get(name).is_some_and(|it| it.dying);
        if dying && self.units_of(name).next().is_none() {
            self.applications.remove(name);
            self.relations
                .retain(|_, relation| relation.endpoint_of(name).is_none());
        }
    }

    /// The relations that an application takes part in.
    pub fn relations_of<'a>(&'a self, application: &'a str) -> impl Iterator<Item = &'a Relation> {
        self.relations
            .values()
            .filter(move |relation| relation.endpoint_of(application).is_some())
    }

    /// Whether a unit is its application's leader now.
    pub fn is_leader(&self, unit: &UnitName) -> bool {
        self.applications
            .get(unit.application())
            .and_then(|a| a.leader.as_ref())
            == Some(unit)
    }

    /// The tasks of a unit that wait or run, oldest first.
    pub fn open_tasks<'a>(&'a self, unit: &'a UnitName) -> impl Iterator<Item = &'a Task> {
        self.tasks
            .values()
            .filter(move |task| &task.unit == unit && !task.status.is_over())
    }

    /// Takes the next number for an operation or a task.
    pub fn take_task_number(&mut self) -> u64 {
        self.settings.next_task += 1;
        self.settings.next_task
    }
}

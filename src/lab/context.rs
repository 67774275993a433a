//! The context of one hook, action or command: what its tools see, and what they have asked for but is not yet so.
//!
//! Changes are buffered in [`Pending`] and either committed at once when the hook is done, or dropped.

mod environment;
mod pending;

pub use environment::environment;
pub use pending::{Pending, SecretChange, add_storage};

use crate::lab::model::{Hook, Model, Task, TaskKind};
use crate::model::unit::UnitName;
use serde_json::Value;
use std::collections::BTreeMap;

/// What a context belongs to.
#[derive(Clone, Debug, PartialEq)]
pub enum Occasion {
    /// A hook.
    Hook(Hook),
    /// An action: its task, its name, its parameters.
    Action {
        /// The task's number.
        task: u64,
        /// The action's name.
        name: String,
        /// The parameters, with the defaults put in.
        parameters: Value,
    },
    /// A command: of `juju exec`, or of `juju-exec` on the machine.
    Exec,
}

/// Databags of others as this unit read them first: Juju keeps them over hooks, until a `changed` tells of a new version.
#[derive(Clone, Debug, Default)]
pub struct SettingsCache(BTreeMap<(u32, String), BTreeMap<String, String>>);

impl SettingsCache {
    /// Forgets what the hook tells of.
    pub fn invalidate(&mut self, hook: &Hook) {
        let Some(relation) = hook.relation else {
            return;
        };
        match (&hook.remote_unit, &hook.remote_application) {
            (Some(unit), _) => self.0.remove(&(relation, unit.to_string())),
            (None, Some(application)) => self.0.remove(&(relation, application.clone())),
            (None, None) => None,
        };
    }

    /// The databag as it was read first, or as it is now.
    pub fn read(
        &mut self,
        relation: u32,
        owner: &str,
        now: &BTreeMap<String, String>,
    ) -> BTreeMap<String, String> {
        self.0
            .entry((relation, owner.to_owned()))
            .or_insert_with(|| now.clone())
            .clone()
    }
}

/// A wish to reboot the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reboot {
    /// After the hook.
    AfterHook,
    /// Now; the hook is killed and runs again.
    Now,
}

/// The context of one hook, action or command.
#[derive(Debug)]
pub struct HookContext {
    /// `JUJU_CONTEXT_ID`; a tool that names another one is refused.
    pub id: String,
    /// The unit.
    pub unit: UnitName,
    /// What it belongs to.
    pub occasion: Occasion,
    /// The relation that it is about.
    pub relation: Option<u32>,
    /// The remote unit that it is about.
    pub remote_unit: Option<UnitName>,
    /// The remote application that it is about.
    pub remote_application: Option<String>,
    /// What was asked for.
    pub pending: Pending,
    /// Databags of others, as first read.
    pub cache: SettingsCache,
    /// How many tools were called.
    pub tools: u32,
    /// What `action-set` gave.
    pub results: Value,
    /// What `action-fail` said.
    pub failure: Option<String>,
    /// What `juju-reboot` asked for.
    pub reboot: Option<Reboot>,
}

impl HookContext {
    /// The context of a hook. `nonce` makes the id one of its own.
    pub fn for_hook(unit: &UnitName, hook: &Hook, mut cache: SettingsCache, nonce: u128) -> Self {
        cache.invalidate(hook);
        Self {
            relation: hook.relation,
            remote_unit: hook.remote_unit.clone(),
            remote_application: hook.remote_application.clone(),
            ..Self::bare(
                unit,
                &hook.name(),
                Occasion::Hook(hook.clone()),
                cache,
                nonce,
            )
        }
    }

    /// The context of a task.
    pub fn for_task(task: &Task, cache: SettingsCache, nonce: u128) -> Self {
        match &task.kind {
            TaskKind::Action { name, parameters } => {
                let occasion = Occasion::Action {
                    task: task.id,
                    name: name.clone(),
                    parameters: parameters.clone(),
                };
                Self::bare(&task.unit, name, occasion, cache, nonce)
            }
            TaskKind::Exec {
                relation,
                remote_unit,
                ..
            } => Self::for_command(&task.unit, *relation, remote_unit.clone(), cache, nonce),
        }
    }

    /// The context of a command.
    pub fn for_command(
        unit: &UnitName,
        relation: Option<u32>,
        remote_unit: Option<UnitName>,
        cache: SettingsCache,
        nonce: u128,
    ) -> Self {
        let remote_application = remote_unit.as_ref();
        let remote_application = remote_application.map(|unit| unit.application().to_owned());
        Self {
            relation,
            remote_unit,
            remote_application,
            ..Self::bare(unit, "run-commands", Occasion::Exec, cache, nonce)
        }
    }

    fn bare(
        unit: &UnitName,
        name: &str,
        occasion: Occasion,
        cache: SettingsCache,
        nonce: u128,
    ) -> Self {
        Self {
            id: format!("{unit}-{name}-{nonce:032x}"),
            unit: unit.clone(),
            occasion,
            relation: None,
            remote_unit: None,
            remote_application: None,
            pending: Pending::default(),
            cache,
            tools: 0,
            results: Value::Object(serde_json::Map::new()),
            failure: None,
            reboot: None,
        }
    }

    /// The name that stands in the log: the hook's, the action's, or `juju-exec`.
    pub fn log_name(&self) -> String {
        match &self.occasion {
            Occasion::Hook(hook) => hook.name(),
            Occasion::Action { name, .. } => name.clone(),
            Occasion::Exec => "juju-exec".to_owned(),
        }
    }

    /// The other units of a relation as this hook may see them: whoever joins is among them, whoever departs is not.
    pub fn members(&self, model: &Model, relation: u32) -> Vec<UnitName> {
        let view = model
            .units
            .get(&self.unit)
            .and_then(|unit| unit.relations.get(&relation));
        let mut members: Vec<UnitName> = view
            .map(|v| v.members.keys().cloned().collect())
            .unwrap_or_default();
        if let (Occasion::Hook(hook), Some(remote)) = (&self.occasion, &self.remote_unit)
            && hook.relation == Some(relation)
        {
            use crate::lab::model::HookKind::{RelationDeparted, RelationJoined};
            if hook.kind == RelationDeparted {
                members.retain(|member| member != remote);
            } else if hook.kind == RelationJoined && !members.contains(remote) {
                members.push(remote.clone());
                members.sort();
            }
        }
        members
    }
}

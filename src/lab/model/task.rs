//! Operations and tasks: actions and commands asked of units.

use crate::lab::moment::Moment;
use crate::model::unit::UnitName;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One `run` command: one task a unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    /// Its number.
    pub id: u64,
    /// What it does, in a few words.
    pub summary: String,
    /// The numbers of its tasks.
    pub tasks: Vec<u64>,
    /// When it was asked for.
    pub enqueued: Moment,
}

/// What a task runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskKind {
    /// An action of the charm.
    Action {
        /// Its name in `actions.yaml`.
        name: String,
        /// The parameters, with the defaults put in.
        parameters: Value,
    },
    /// A command in the unit's hook context.
    Exec {
        /// The text handed to the shell.
        command: String,
        /// The relation that the context is about.
        relation: Option<u32>,
        /// The remote unit that the context is about.
        remote_unit: Option<UnitName>,
        /// Milliseconds after which it is ended.
        timeout: Option<i64>,
    },
}

/// Where a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskStatus {
    /// Not begun.
    Pending,
    /// Running.
    Running,
    /// To be ended while it runs.
    Aborting,
    /// Done.
    Completed,
    /// Failed.
    Failed,
    /// Cancelled before it began.
    Cancelled,
    /// Ended while it ran.
    Aborted,
}

impl TaskStatus {
    /// Whether nothing more will happen.
    pub fn is_over(self) -> bool {
        matches!(
            self,
            Self::Completed | Self::Failed | Self::Cancelled | Self::Aborted
        )
    }

    /// Juju's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Aborting => "aborting",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Aborted => "aborted",
        }
    }
}

/// One line of `action-log`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogLine {
    /// When.
    pub at: Moment,
    /// What.
    pub message: String,
}

/// One action or command on one unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Its number; `JUJU_ACTION_UUID`.
    pub id: u64,
    /// The operation that it belongs to.
    pub operation: u64,
    /// On which unit.
    pub unit: UnitName,
    /// What it runs.
    pub kind: TaskKind,
    /// Where it is.
    pub status: TaskStatus,
    /// Why it failed.
    pub message: String,
    /// What it gave.
    pub results: Value,
    /// What it logged.
    pub log: Vec<LogLine>,
    /// When it was asked for.
    pub enqueued: Moment,
    /// When it began.
    pub started: Option<Moment>,
    /// When it ended.
    pub completed: Option<Moment>,
}

impl Task {
    /// The name of its action; `juju-exec` for commands, as in Juju.
    pub fn name(&self) -> &str {
        match &self.kind {
            TaskKind::Action { name, .. } => name,
            TaskKind::Exec { .. } => "juju-exec",
        }
    }
}

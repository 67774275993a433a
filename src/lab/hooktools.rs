//! The hook tools: what a charm calls to talk to Juju.
//!
//! In: a tool's name and arguments, the context of the hook that called it, and the model. Out: what is printed and the
//! exit code: 0, 1 for a failure, 2 for arguments that make no sense. No I/O here: files that arguments name are read by
//! the calling process (see [`protocol`]), and everything else goes through [`World`].

mod action;
pub mod client;
mod config;
mod flags;
mod format;
mod leader;
mod log;
mod network;
mod ports;
pub mod protocol;
mod relation;
mod resource;
mod state;
mod status;
mod storage;

pub use action::is_key;
pub use format::go_number;

use crate::lab::context::HookContext;
use crate::lab::debug_log::Level;
use crate::lab::model::{Application, Model, Unit};
use crate::lab::moment::Moment;
use crate::lab::profile::Profile;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What tools see and touch besides their own context.
pub trait World {
    /// The model as it is.
    fn model(&self) -> Arc<Model>;
    /// Changes the model at once. What a tool changes in this way stays when the hook fails.
    fn change(&mut self, change: &mut dyn FnMut(&mut Model)) -> Result<(), String>;
    /// Writes to the debug log.
    fn log(&mut self, level: Level, module: &str, message: &str);
    /// The time.
    fn now(&self) -> Moment;
    /// Sixteen bytes of chance, for ids.
    fn chance(&mut self) -> u128;
}

/// What a tool gives back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// What is printed.
    pub text: String,
    /// The file that it is written to in place of standard output (`-o`).
    pub file: Option<String>,
}

/// Why a tool fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The arguments make no sense: exit 2.
    Usage(String),
    /// It was refused, or went wrong: exit 1.
    Run(String),
    /// A file that the arguments name must be read first by the caller; `-` is its standard input.
    NeedFile(String),
}

/// A tool's answer.
pub type Answer = Result<Output, Failure>;

/// One call of a tool.
pub struct Call<'a> {
    /// The context that it belongs to.
    pub context: &'a mut HookContext,
    /// The rest of the world.
    pub world: &'a mut dyn World,
    /// The arguments, without the tool's name.
    pub arguments: &'a [String],
    /// Files that were read for it, by the name that the arguments have.
    pub files: &'a BTreeMap<String, Vec<u8>>,
}

impl Call<'_> {
    fn file(&self, name: &str) -> Result<&[u8], Failure> {
        self.files
            .get(name)
            .map(Vec::as_slice)
            .ok_or_else(|| Failure::NeedFile(name.to_owned()))
    }

    fn unit<'m>(&self, model: &'m Model) -> Result<&'m Unit, Failure> {
        let name = &self.context.unit;
        model.units.get(name).ok_or_else(|| {
            Failure::Run(format!("unit {name:?} not found", name = name.to_string()))
        })
    }

    fn application<'m>(&self, model: &'m Model) -> Result<&'m Application, Failure> {
        let name = self.context.unit.application();
        model
            .applications
            .get(name)
            .ok_or_else(|| Failure::Run(format!("application {name:?} not found")))
    }

    fn leads(&self) -> bool {
        self.world.model().is_leader(&self.context.unit)
    }

    fn change(&mut self, mut change: impl FnMut(&mut Model)) -> Result<(), Failure> {
        self.world.change(&mut change).map_err(Failure::Run)
    }
}

type Tool = fn(&mut Call<'_>) -> Answer;

/// Which Jujus have a tool.
#[derive(Clone, Copy)]
enum Since {
    Always,
    Until3,
    From3,
}

impl Since {
    fn includes(self, profile: Profile) -> bool {
        match self {
            Self::Always => true,
            Self::Until3 => profile.has_leader_settings(),
            Self::From3 => profile.has_secrets(),
        }
    }
}

const TOOLS: &[(&str, Since, Tool)] = &[
    ("action-fail", Since::Always, action::fail),
    ("action-get", Since::Always, action::get),
    ("action-log", Since::Always, action::log),
    ("action-set", Since::Always, action::set),
    (
        "application-version-set",
        Since::Always,
        status::version_set,
    ),
    ("close-port", Since::Always, ports::close),
    ("config-get", Since::Always, config::get),
    ("credential-get", Since::Always, config::credential_get),
    ("goal-state", Since::Always, config::goal_state),
    ("is-leader", Since::Always, leader::is_leader),
    ("juju-log", Since::Always, log::juju_log),
    ("juju-reboot", Since::Always, log::reboot),
    ("leader-get", Since::Until3, leader::get),
    ("leader-set", Since::Until3, leader::set),
    ("network-get", Since::Always, network::get),
    ("open-port", Since::Always, ports::open),
    ("opened-ports", Since::Always, ports::opened),
    ("relation-get", Since::Always, relation::get),
    ("relation-ids", Since::Always, relation::ids),
    ("relation-list", Since::Always, relation::list),
    ("relation-model-get", Since::From3, relation::model_get),
    ("relation-set", Since::Always, relation::set),
    ("resource-get", Since::Always, resource::get),
    ("state-delete", Since::Always, state::delete),
    ("state-get", Since::Always, state::get),
    ("state-set", Since::Always, state::set),
    ("status-get", Since::Always, status::get),
    ("status-set", Since::Always, status::set),
    ("storage-add", Since::Always, storage::add),
    ("storage-get", Since::Always, storage::get),
    ("storage-list", Since::Always, storage::list),
    ("unit-get", Since::Always, network::unit_get),
];

/// The names of the tools that a Juju has.
pub fn names(profile: Profile) -> impl Iterator<Item = &'static str> {
    TOOLS
        .iter()
        .filter(move |(_, since, _)| since.includes(profile))
        .map(|(name, _, _)| *name)
}

/// Runs a tool.
pub fn run(name: &str, call: &mut Call<'_>) -> Answer {
    let profile = call.world.model().settings.profile;
    let tool = TOOLS
        .iter()
        .find(|(known, since, _)| *known == name && since.includes(profile));
    let Some((_, _, tool)) = tool else {
        let kind = if profile == Profile::V4_0 {
            "hook command"
        } else {
            "command"
        };
        return Err(Failure::Run(format!("bad request: unknown {kind}: {name}")));
    };
    if call
        .arguments
        .iter()
        .take_while(|a| *a != "--")
        .any(|a| a == "--help" || a == "-h")
    {
        return Ok(Output {
            text: format!("Usage: {name} [options] ...\n"),
            file: None,
        });
    }
    tool(call)
}

/// The exit code and what is printed on standard error.
pub fn exit(failure: &Failure) -> (i32, String) {
    match failure {
        Failure::Usage(text) => (2, format!("ERROR {text}\n")),
        Failure::Run(text) => (1, format!("ERROR {text}\n")),
        Failure::NeedFile(name) => (1, format!("ERROR cannot read {name}\n")),
    }
}

//! Actions, one file each. An action returns at once; what lasts longer is held by the kernel or by the other units.

pub mod connection_url;
pub mod ensure_availability;
pub mod fault;
pub mod faults;
pub mod heal;
pub mod members;
pub mod membership;
pub mod primary;
pub mod recover_quorum;
pub mod rollbacks;
pub mod set_member;
pub mod step_down;
pub mod write_test;

use super::hook::HookError;
use super::observe;
use crate::juju::context::Context;
use crate::juju::tools;
use crate::model::event::Event;
use crate::model::fault::Kind;
use crate::model::observed::{HostFacts, JujuFacts, SetFacts};
use serde_json::Value;
use std::collections::BTreeMap;

/// What `mongod` listens on unless it is told otherwise.
const DEFAULT_PORT: u16 = 27017;

/// What an action has to say: its results, and why it failed if it did.
#[derive(Debug, Default)]
pub struct Answer {
    /// Keys and values for `action-set`.
    pub results: Vec<(String, String)>,
    /// A sentence for `action-fail`.
    pub failure: Option<String>,
}

impl Answer {
    /// A failure and nothing else.
    pub fn failed(why: impl Into<String>) -> Self {
        Self {
            results: Vec::new(),
            failure: Some(why.into()),
        }
    }

    /// Adds a result.
    pub fn with(mut self, key: &str, value: impl ToString) -> Self {
        self.results.push((key.to_owned(), value.to_string()));
        self
    }
}

/// What an action looks at.
pub struct Situation {
    /// Juju's side.
    pub juju: JujuFacts,
    /// The machine's side.
    pub host: HostFacts,
    /// The set.
    pub set: SetFacts,
    /// The parameters.
    pub parameters: BTreeMap<String, Value>,
}

impl Situation {
    async fn look(context: &Context) -> Result<Self, HookError> {
        let mut situation = Self::look_here(context).await?;
        situation.set = observe::set_from_anywhere(&situation.juju, &situation.host).await;
        Ok(situation)
    }

    /// Without the set: members that are cut off answer late, and `heal` must not wait for them.
    async fn look_here(context: &Context) -> Result<Self, HookError> {
        let parameters = tools::action_parameters().await?;
        let juju = observe::juju(context, Event::Reconcile("action".to_owned())).await?;
        let host = observe::host(&juju).await?;
        Ok(Self {
            juju,
            host,
            set: SetFacts::NotAsked,
            parameters,
        })
    }

    /// The port of the server here, or the one that it is going to have.
    pub fn port(&self) -> u16 {
        let asked_for = self.host.options.as_ref().map(|options| options.port);
        self.host.port.or(asked_for).unwrap_or(DEFAULT_PORT)
    }

    /// A word; an empty one is as good as none.
    pub fn word(&self, name: &str) -> Option<&str> {
        let value = self.parameters.get(name)?.as_str()?;
        Some(value).filter(|value| !value.is_empty())
    }

    /// A yes or no; no when it is not given.
    pub fn flag(&self, name: &str) -> bool {
        self.parameters
            .get(name)
            .and_then(Value::as_bool)
            .unwrap_or(false)
    }

    /// A number that may have a fraction.
    pub fn fraction(&self, name: &str, default: f64) -> f64 {
        self.parameters
            .get(name)
            .and_then(Value::as_f64)
            .unwrap_or(default)
    }

    /// A whole number that may be below zero.
    pub fn integer(&self, name: &str, default: i64) -> i64 {
        let value = self.parameters.get(name);
        let whole = value.and_then(|value| {
            value
                .as_i64()
                .or_else(|| value.as_f64().map(|it| it as i64))
        });
        whole.unwrap_or(default)
    }

    /// A whole number; Juju has checked its range, and sends numbers as floats at times.
    pub fn number(&self, name: &str, default: u64) -> u64 {
        let value = self.parameters.get(name);
        value
            .and_then(|value| {
                value
                    .as_u64()
                    .or_else(|| value.as_f64().map(|number| number as u64))
            })
            .unwrap_or(default)
    }
}

/// Runs an action by name.
///
/// # Errors
/// When a hook tool fails; an action that fails says so in its answer.
pub async fn run(context: &Context, name: &str) -> Result<(), HookError> {
    let answer = match name {
        "primary" => primary::run(&Situation::look(context).await?).await,
        "connection-url" => connection_url::run(&Situation::look(context).await?).await,
        "ensure-availability" => ensure_availability::run(&Situation::look(context).await?).await?,
        "members" => members::run(&Situation::look(context).await?),
        "step-down" => step_down::run(&mut Situation::look(context).await?).await,
        "set-member" => set_member::run(&Situation::look(context).await?).await?,
        "heal" => heal::run(&Situation::look_here(context).await?).await?,
        "write-test" => write_test::run(&Situation::look(context).await?).await,
        "recover-quorum" => recover_quorum::run(&Situation::look_here(context).await?).await?,
        "rollbacks" => rollbacks::run(&Situation::look_here(context).await?).await,
        "faults" => faults::run(&Situation::look_here(context).await?).await,
        other => match Kind::ALL.into_iter().find(|kind| kind.name() == other) {
            Some(kind) => fault::run(kind, &mut Situation::look(context).await?).await?,
            None => Answer::failed(format!("this charm has no action {other}")),
        },
    };
    if !answer.results.is_empty() {
        tools::set_results(&answer.results).await?;
    }
    if let Some(why) = answer.failure {
        tools::fail_action(&why).await?;
    }
    Ok(())
}

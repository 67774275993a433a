//! Actions, one file each. An action returns at once; what lasts longer is held by the kernel or by the other units.

pub mod heal;
pub mod partition;
pub mod primary;
pub mod write_test;

use super::hook::HookError;
use super::observe;
use crate::juju::context::Context;
use crate::juju::tools;
use crate::model::event::Event;
use crate::model::observed::{HostFacts, JujuFacts, SetFacts};
use serde_json::Value;
use std::collections::BTreeMap;

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
        let parameters = tools::action_parameters().await?;
        let juju = observe::juju(context, Event::Reconcile("action".to_owned())).await?;
        let host = observe::host(&juju).await?;
        let set = observe::set(&juju, &host).await;
        Ok(Self {
            juju,
            host,
            set,
            parameters,
        })
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
        "partition" => partition::run(&Situation::look(context).await?).await?,
        "heal" => heal::run(&Situation::look(context).await?).await?,
        "write-test" => write_test::run(&Situation::look(context).await?).await,
        other => Answer::failed(format!("this charm has no action {other}")),
    };
    if !answer.results.is_empty() {
        tools::set_results(&answer.results).await?;
    }
    if let Some(why) = answer.failure {
        tools::fail_action(&why).await?;
    }
    Ok(())
}

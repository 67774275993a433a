//! `mongo-rs observe`: the observer of a unit. The agent starts it as a service.

use super::situation::{self, OnceArgs};
use crate::agent::observer;
use crate::model::unit::UnitName;
use clap::Args;
use std::io::Write;
use std::path::PathBuf;

/// Options of `observe`.
#[derive(Debug, Args)]
pub struct ObserveArgs {
    #[command(flatten)]
    once: OnceArgs,
    /// The unit whose agent is woken.
    #[arg(long, required_unless_present = "once", hide = true)]
    unit: Option<UnitName>,
    /// The unit's charm directory; when it goes the observer ends.
    #[arg(long, required_unless_present = "once", hide = true)]
    charm_dir: Option<PathBuf>,
}

impl ObserveArgs {
    /// True for the service.
    pub fn serves(&self) -> bool {
        !self.once.once
    }
}

/// `observe`.
pub async fn run(arguments: ObserveArgs, out: &mut dyn Write) -> Result<(), String> {
    match (arguments.unit, arguments.charm_dir) {
        (Some(unit), Some(directory)) if !arguments.once.once => {
            observer::run(&unit, directory).await
        }
        _ => situation::run(&arguments.once, out).await,
    }
}

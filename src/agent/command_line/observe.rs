//! `mongo-rs observe`: the observer of a unit. The agent starts it as a service.

use crate::agent::observer;
use crate::model::unit::UnitName;
use clap::Args;
use std::path::PathBuf;

/// Options of `observe`.
#[derive(Debug, Args)]
pub struct ObserveArgs {
    /// The unit whose agent is woken.
    #[arg(long)]
    unit: UnitName,
    /// The unit's charm directory; when it goes the observer ends.
    #[arg(long)]
    charm_dir: PathBuf,
}

/// `observe`.
pub async fn run(arguments: ObserveArgs) -> Result<(), String> {
    observer::run(&arguments.unit, arguments.charm_dir).await
}

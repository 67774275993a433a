//! Having the agent woken: by `juju-exec` (`juju-run` in Juju 2.9), which runs a command in the unit's hook context, behind
//! whatever the unit is doing.

use crate::host::program::{self, ProgramError};
use crate::model::event::WAKE_UP;
use crate::model::unit::UnitName;
use std::path::PathBuf;
use std::time::Duration;
use tracing::info;

/// A unit may be busy with a long action; one that is for longer has another trouble.
const LIMIT: Duration = Duration::from_secs(3600);

/// Why the agent was not woken.
#[derive(Debug, thiserror::Error)]
pub enum NotWoken {
    /// The program is missing or failed, or what it ran did.
    #[error("{0}")]
    Program(#[from] ProgramError),
    /// The task that called it is gone.
    #[error("the wake-up was cut off: {0}")]
    Gone(String),
}

/// Juju's program for this: the name in 3.x and later first.
fn find() -> Result<PathBuf, ProgramError> {
    program::find("juju-exec").or_else(|_| program::find("juju-run"))
}

/// What is run in the unit's hook context, from the charm's directory. Juju keeps nothing of what it prints, so that the
/// agent's lines are put into its log here.
fn command() -> String {
    format!(
        "said=$(JUJU_DISPATCH_PATH=hooks/{WAKE_UP} ./dispatch 2>&1); code=$?; \
         [ -z \"$said\" ] || juju-log -l INFO -- \"$said\"; exit $code"
    )
}

/// Wakes the agent and waits until its hook has ended.
///
/// # Errors
/// There is no such program, it failed, or the hook did.
pub async fn up(unit: &UnitName) -> Result<(), NotWoken> {
    let juju = find()?;
    let arguments = [unit.to_string(), command()];
    let said = program::run(&juju, &arguments, None, LIMIT).await?;
    info!(
        "woken{}{}",
        if said.is_empty() { "" } else { ": " },
        said.trim()
    );
    Ok(())
}

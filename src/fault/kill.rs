//! `kill`: the server dies at once, and its service manager starts it again only after a while.

use super::held::FaultError;
use crate::host::service;
use nix::sys::signal::Signal;
use std::time::Duration;

/// The kernel ends a process in less, if it can be ended at all.
const LIMIT: Duration = Duration::from_secs(10);

/// Kills it.
pub async fn act() -> Result<(), FaultError> {
    service::hold_down(true).await?;
    match service::signal(Signal::SIGKILL).await {
        Some(pid) => Ok(service::wait_until_gone(pid, LIMIT).await?),
        None => Err(FaultError::Refused("mongod does not run here".to_owned())),
    }
}

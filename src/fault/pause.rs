//! `pause`: the server stands still, with all its connections, and then goes on as if nothing had been.

use super::held::FaultError;
use crate::host::service;
use nix::sys::signal::Signal;

/// Stops it in the middle of what it does.
pub async fn act() -> Result<(), FaultError> {
    match service::signal(Signal::SIGSTOP).await {
        Some(_) => Ok(()),
        None => Err(FaultError::Refused("mongod does not run here".to_owned())),
    }
}

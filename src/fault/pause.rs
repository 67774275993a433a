//! `pause`: the server stands still, with all its connections, and then goes on as if nothing had been.

use super::held::FaultError;
use crate::host::service;
use nix::sys::signal::Signal;

/// Stops this process in the middle of what it does, and no other one: it is what was noted, and what goes on at the end.
pub async fn act(noted: i32) -> Result<(), FaultError> {
    match service::signal(Signal::SIGSTOP).await {
        Some(pid) if pid == noted => Ok(()),
        Some(other) => {
            service::go_on(other);
            Err(FaultError::Refused(
                "mongod was started anew meanwhile; try again".to_owned(),
            ))
        }
        None => Err(FaultError::Refused("mongod does not run here".to_owned())),
    }
}

//! `stop-node`: the server is shut down in order, and started again after a while.

use super::held::FaultError;
use crate::host::service;

/// Shuts it down.
pub async fn act() -> Result<(), FaultError> {
    service::hold_down(true).await?;
    Ok(service::stop().await?)
}

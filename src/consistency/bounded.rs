//! A deadline around a driver's future that never drops it.
//!
//! Dropping a future of the driver in the middle of a command leaves the driver's inside in an
//! unknown state (its own documentation says so), so it goes on as a task of its own, and only the
//! waiting ends.

use std::time::Duration;

use tokio::time::timeout;

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfinished {
    /// The deadline passed; the future goes on behind it.
    #[error("no answer within {:.1} s", .0.as_secs_f64())]
    Late(Duration),
    /// The task panicked or its runtime ended.
    #[error("the task ended without an answer: {0}")]
    Broken(String),
}

/// Runs `future` as a task and waits for it, at most `limit`.
///
/// # Errors
/// [`Unfinished`]; the client that made the future should then not be used again.
pub async fn bounded<T, F>(limit: Duration, future: F) -> Result<T, Unfinished>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    match timeout(limit, tokio::spawn(future)).await {
        Ok(Ok(output)) => Ok(output),
        Ok(Err(broken)) => Err(Unfinished::Broken(broken.to_string())),
        Err(_) => Err(Unfinished::Late(limit)),
    }
}

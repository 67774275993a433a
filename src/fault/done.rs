//! What came of a fault on this machine.

use super::held::FaultError;
use crate::model::fault::Outcome;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Whether it is in place.
    pub outcome: Outcome,
    /// Why it is not, or why that is not known; empty when it is.
    pub reason: String,
    /// When the kernel, or the watchdog, ends the last of it (milliseconds since 1970, by this machine's clock).
    pub ends_ms: Option<u64>,
}

impl Done {
    /// In place, until a moment.
    pub fn installed(ends_ms: Option<u64>) -> Self {
        Self {
            outcome: Outcome::Installed,
            reason: String::new(),
            ends_ms,
        }
    }

    /// Known not to be in place.
    pub fn skipped(reason: impl ToString) -> Self {
        Self {
            outcome: Outcome::Skipped,
            reason: reason.to_string(),
            ends_ms: None,
        }
    }

    /// It failed, and what was begun of it was undone, unless the reason says otherwise.
    pub fn failed(error: FaultError) -> Self {
        match error {
            FaultError::Left { .. } => Self::unsure(error),
            error => Self::skipped(error),
        }
    }

    /// Nobody knows.
    pub fn unsure(reason: impl ToString) -> Self {
        Self {
            outcome: Outcome::Unsure,
            reason: reason.to_string(),
            ends_ms: None,
        }
    }
}

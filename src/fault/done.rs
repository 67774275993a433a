//! What came of a fault on this machine.

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

    /// Nobody knows.
    pub fn unsure(reason: impl ToString) -> Self {
        Self {
            outcome: Outcome::Unsure,
            reason: reason.to_string(),
            ends_ms: None,
        }
    }
}

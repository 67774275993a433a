//! Workload status: one word and one sentence that a tired operator understands.

use std::fmt;

/// The status of the unit, as `status-set` takes it. Ordered by how much a person must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// All is as it should be.
    Active(String),
    /// The agent waits for something that comes by itself.
    Waiting(String),
    /// The agent is at work.
    Maintenance(String),
    /// A person must do something; the message says what.
    Blocked(String),
}

impl Status {
    /// Juju's word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Active(_) => "active",
            Self::Waiting(_) => "waiting",
            Self::Maintenance(_) => "maintenance",
            Self::Blocked(_) => "blocked",
        }
    }

    /// The sentence.
    pub fn message(&self) -> &str {
        match self {
            Self::Active(text)
            | Self::Waiting(text)
            | Self::Maintenance(text)
            | Self::Blocked(text) => text,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.word(), self.message())
    }
}

//! `mongod`'s refusals.

use std::fmt;

/// Its error codes, by its own names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Code {
    /// No node of the config is the one that was asked, or too few of its voters answer.
    NodeNotFound = 74,
    /// The document is no config.
    InvalidReplicaSetConfig = 93,
    /// There is no set yet.
    NotYetInitialized = 94,
    /// A config, but not one that may follow the one in force; also what is wrong with the config as a whole.
    NewReplicaSetConfigurationIncompatible = 103,
    /// The primary would not be electable any more.
    NodeNotElectable = 104,
    /// One reconfig at a time.
    ConfigurationInProgress = 109,
    /// The config in force has not reached a majority.
    CurrentConfigNotCommittedYet = 308,
    /// It is not the primary.
    NotWritablePrimary = 10107,
    /// Since 5.0 `settings.getLastErrorDefaults` must be what it is by default.
    CustomizedGetLastErrorDefaults = 5_624_102,
}

/// A refusal: its code and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Its code.
    pub code: Code,
    /// Why, in our words.
    pub why: String,
}

impl Refusal {
    /// The code as the client sees it.
    pub fn number(&self) -> i32 {
        self.code as i32
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ({}): {}", self.code, self.number(), self.why)
    }
}

/// Refuses.
pub fn refuse<T>(code: Code, why: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal {
        code,
        why: why.into(),
    })
}

/// Refuses what is no config.
pub fn malformed<T>(why: impl Into<String>) -> Result<T, Refusal> {
    refuse(Code::InvalidReplicaSetConfig, why)
}

/// Refuses what is a config, but not one that this set may have.
pub fn unfit<T>(why: impl Into<String>) -> Result<T, Refusal> {
    refuse(Code::NewReplicaSetConfigurationIncompatible, why)
}

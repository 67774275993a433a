//! What the clients of a test do.

pub mod execute;
pub mod generator;
mod gridfs;
pub mod list_append;
pub mod operation;
pub mod settings;
pub mod setup;
mod transactions;

pub use operation::Operation;
pub use settings::Settings;

use settings::ReadLevel;

/// The kinds of tests.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Workload {
    /// Numbers are appended to one list (jupsen's first test).
    #[default]
    ListAppend,
    /// Numbers are put into a set, a document each, and read now and then.
    Set,
    /// Registers are read, written, and written where they hold what is expected.
    Register,
    /// A counter is raised and read.
    Counter,
    /// Money is moved between accounts in transactions, and all balances are read.
    Bank,
    /// Lists are read and appended to in transactions (Elle's).
    TxnAppend,
    /// A number in a file is read and raised without any protection (jupsen's second test; a negative control).
    Gridfs,
}

impl Workload {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::ListAppend,
        Self::Set,
        Self::Register,
        Self::Counter,
        Self::Bank,
        Self::TxnAppend,
        Self::Gridfs,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ListAppend => "list-append",
            Self::Set => "set",
            Self::Register => "register",
            Self::Counter => "counter",
            Self::Bank => "bank",
            Self::TxnAppend => "txn-append",
            Self::Gridfs => "gridfs",
        }
    }

    /// The read concern at which it must hold, with write concern majority.
    #[must_use]
    pub fn default_read(self) -> ReadLevel {
        match self {
            // What a majority has may be old on a primary that was cut off: nothing may be asked of such a read but that
            // it comes from nowhere. A counter is held to what was acknowledged, and a number to be raised must be new.
            Self::Register | Self::Counter | Self::Gridfs => ReadLevel::Linearizable,
            Self::Bank | Self::TxnAppend => ReadLevel::Snapshot,
            Self::ListAppend | Self::Set => ReadLevel::Majority,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_to_the_newest_state_is_read_so() {
        let levels =
            Workload::ALL.map(|workload| (workload.name(), workload.default_read().name()));
        let expected = [
            ("list-append", "majority"),
            ("set", "majority"),
            ("register", "linearizable"),
            ("counter", "linearizable"),
            ("bank", "snapshot"),
            ("txn-append", "snapshot"),
            ("gridfs", "linearizable"),
        ];
        assert_eq!(levels, expected);
    }
}

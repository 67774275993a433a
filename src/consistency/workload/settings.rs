//! Where and how a workload reads and writes.

use super::super::error::Error;
use mongodb::bson::Document;
use mongodb::options::{
    Acknowledgment, ReadConcern, ReadPreference, SelectionCriteria, TransactionOptions,
    WriteConcern,
};
use mongodb::{Client, Collection, Database};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// How many members must have a write before it is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// More than half of those that vote.
    Majority,
    /// So many of them:
    /// 1 to 50.
    Members(u32),
}

/// MongoDB's read concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum ReadLevel {
    /// The newest that this member has.
    Local,
    /// What this member knows a majority to have.
    Majority,
    /// The newest state, confirmed by a majority; primary only.
    Linearizable,
    /// One moment of what a majority has; in transactions.
    Snapshot,
}

/// Which member is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Preference {
    /// The primary alone.
    Primary,
    /// A secondary where there is no primary.
    PrimaryPreferred,
    /// A secondary alone.
    Secondary,
    /// The primary where there is no secondary.
    SecondaryPreferred,
    /// Whoever answers soonest.
    Nearest,
}

/// Whom a client knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The whole set: it finds the new primary.
    #[default]
    Set,
    /// One member, client by client in turn: it stays with a primary that is none any more.
    Pinned,
}

/// Everything that an operation needs to know beside itself.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The database.
    pub database: String,
    /// The collection, which holds nothing else.
    pub collection: String,
    /// The write concern.
    pub written: Written,
    /// Whether an acknowledged write is in the journal; none: the set's default.
    pub journal: Option<bool>,
    /// The read concern.
    pub read: ReadLevel,
    /// The read preference; none where a client knows one member only.
    pub preference: Option<Preference>,
    /// How long a server may take.
    pub timeout: Duration,
}

impl Settings {
    /// The collection, with nothing set on it: every operation says itself how it reads and writes.
    #[must_use]
    pub fn documents(&self, client: &Client) -> Collection<Document> {
        self.database(client).collection(&self.collection)
    }

    /// The database.
    #[must_use]
    pub fn database(&self, client: &Client) -> Database {
        client.database(&self.database)
    }

    /// For writes; with a time-out for the wait, or a server without a majority would never answer.
    #[must_use]
    pub fn write_concern(&self) -> WriteConcern {
        let w = match self.written {
            Written::Majority => Acknowledgment::Majority,
            Written::Members(count) => Acknowledgment::Nodes(count),
        };
        let mut concern = WriteConcern::builder().w(w).build();
        if !matches!(self.written, Written::Members(0..=1)) {
            concern.w_timeout = Some(self.timeout);
        }
        concern.journal = self.journal;
        concern
    }

    /// For reads without a transaction; there a snapshot is a majority's state.
    #[must_use]
    pub fn read_concern(&self) -> ReadConcern {
        match self.read {
            ReadLevel::Local => ReadConcern::local(),
            ReadLevel::Majority | ReadLevel::Snapshot => ReadConcern::majority(),
            ReadLevel::Linearizable => ReadConcern::linearizable(),
        }
    }

    /// For reads without a transaction.
    #[must_use]
    pub fn selection(&self) -> Option<SelectionCriteria> {
        let preference = match self.preference? {
            Preference::Primary => ReadPreference::Primary,
            Preference::PrimaryPreferred => ReadPreference::PrimaryPreferred { options: None },
            Preference::Secondary => ReadPreference::Secondary { options: None },
            Preference::SecondaryPreferred => ReadPreference::SecondaryPreferred { options: None },
            Preference::Nearest => ReadPreference::Nearest { options: None },
        };
        Some(SelectionCriteria::ReadPreference(preference))
    }

    /// For transactions, where the concerns of databases and collections do not count.
    #[must_use]
    pub fn transaction(&self) -> TransactionOptions {
        let read = match self.read {
            ReadLevel::Local => ReadConcern::local(),
            ReadLevel::Majority => ReadConcern::majority(),
            // A transaction knows no linearizable reads; its commit waits for the majority instead.
            ReadLevel::Snapshot | ReadLevel::Linearizable => ReadConcern::snapshot(),
        };
        TransactionOptions::builder()
            .read_concern(read)
            .write_concern(self.write_concern())
            .selection_criteria(SelectionCriteria::ReadPreference(ReadPreference::Primary))
            .max_commit_time(self.timeout)
            .build()
    }

    /// `database.collection`.
    #[must_use]
    pub fn namespace(&self) -> String {
        format!("{}.{}", self.database, self.collection)
    }
}

impl ReadLevel {
    /// MongoDB's word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Majority => "majority",
            Self::Linearizable => "linearizable",
            Self::Snapshot => "snapshot",
        }
    }
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Majority => f.write_str("majority"),
            Self::Members(count) => write!(f, "{count}"),
        }
    }
}

impl FromStr for Written {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = || Error::Option {
            option: "write-concern",
            value: text.to_owned(),
            allowed: "majority, or a number of members from 1 to 50",
        };
        match text {
            "majority" => Ok(Self::Majority),
            _ => match text.parse() {
                Ok(count) if (1..=50).contains(&count) => Ok(Self::Members(count)),
                _ => Err(refused()),
            },
        }
    }
}

//! Why a write test could not be made. One sentence each, with what to do next.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use crate::model::connection_url::{ConnectionUrlError, Seed};

/// Why a write test could not be made. A test that was made has a
/// [`Verdict`](super::report::Verdict) instead, also when it could find nothing out.
#[derive(Debug, Error)]
pub enum Error {
    /// A value out of range.
    #[error("{option} is {value}: allowed is {allowed}")]
    Option {
        /// The option's name.
        option: &'static str,
        /// The value given.
        value: String,
        /// What is allowed.
        allowed: &'static str,
    },
    /// Nobody said where.
    #[error(
        "where is the set? give --url: host, host:port, a:1,b:2 or mongodb://…; one live member is enough"
    )]
    NoUrl,
    /// A text that is no connection URL.
    #[error("the URL cannot be used: {0}")]
    Url(#[from] ConnectionUrlError),
    /// No seed could be reached.
    #[error("nothing is reachable at {}: check that mongod runs there and that the addresses and ports are right", reasons(.0))]
    Unreachable(Vec<(Seed, String)>),
    /// Something accepts connections and does not answer.
    #[error("{seed} accepts connections but says nothing within {} s: check that a mongod listens there and is not frozen, and whether it needs tls=true", .after.as_secs())]
    Silent {
        /// Who is silent.
        seed: Seed,
        /// How long it was waited for.
        after: Duration,
    },
    /// Started with `--replSet`, and no `replSetInitiate` was made, or the member was removed.
    #[error(
        "the mongod at {0} has no replica set configuration: initiate the set (rs.initiate()), or add this member to it, and try again"
    )]
    NotInitiated(Seed),
    /// Started without `--replSet`.
    #[error(
        "the mongod at {0} is not a member of a replica set: start it with --replSet and initiate the set"
    )]
    Standalone(Seed),
    /// A router of a sharded cluster.
    #[error("{0} is a mongos: give the address of a member of the replica set itself")]
    Router(Seed),
    /// Another set than the one asked for.
    #[error(
        "{seed} belongs to the replica set {found:?}, not to {asked:?}: correct replicaSet in the URL or leave it out"
    )]
    WrongSetName {
        /// Who said it.
        seed: Seed,
        /// The name in the URL.
        asked: String,
        /// The name of the set.
        found: String,
    },
    /// The server refused the user or the password.
    #[error("{seed} refuses the log-in: {why}; check user, password and authSource in the URL")]
    Authentication {
        /// Who refused.
        seed: Seed,
        /// In the server's words.
        why: String,
    },
    /// The set is known, and no member is primary.
    #[error(
        "the replica set {set_name:?} has no primary now: {members}; bring a majority of the members back, or wait for the election, and try again"
    )]
    NoPrimary {
        /// The name of the set.
        set_name: String,
        /// Every member and its state.
        members: String,
    },
    /// An option of the URL that the driver refuses.
    #[error("the URL cannot be used: {0}")]
    Driver(String),
    /// The empty list could not be made.
    #[error("the list {namespace} could not be created within {} s: {why}; check that a majority of the members is up and that the user may write", .after.as_secs())]
    Setup {
        /// Database and collection.
        namespace: String,
        /// The last reason.
        why: String,
        /// How long it was tried.
        after: Duration,
    },
    /// The history could not be created.
    #[error("the history {path} could not be created: {source}; name another file with --history")]
    History {
        /// Where it should be.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A history of another run would be lost.
    #[error(
        "the history {path} is there already, with {size} bytes: name another file with --history, or say --overwrite"
    )]
    HistoryThere {
        /// Where it is.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
    },
    /// The results could not be written.
    #[error("the results could not be written: {0}")]
    Output(#[from] io::Error),
}

impl Error {
    /// The exit status of a command that ends so; 0 to 2 are verdicts.
    pub const EXIT_STATUS: u8 = 3;
}

fn reasons(seeds: &[(Seed, String)]) -> String {
    let texts: Vec<String> = seeds
        .iter()
        .map(|(seed, why)| format!("{seed} ({why})"))
        .collect();
    texts.join(", ")
}

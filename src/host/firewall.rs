//! Faults in the kernel's firewall: tables of our own, whose set elements carry a time-out, so that the kernel ends the
//! fault by itself whatever becomes of the agent. No other table is ever read or touched.

mod text;

use super::clock;
use super::program::{self, ProgramError};
use crate::model::fault::network::Network;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(10);

/// Our tables, one for each that asks: neither takes away what the other put in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// What the charm's actions asked for; every hook brings it to what is wanted now.
    Charm,
    /// What a person asked for on this machine, by command.
    Person,
}

impl Table {
    fn name(self) -> &'static str {
        match self {
            Self::Charm => "mongo_rs_fault",
            Self::Person => "mongo_rs_fault_by_hand",
        }
    }
}

/// What the kernel holds now in one of our tables; none when the table is not there.
///
/// # Errors
/// When `nft` is not installed, or refuses.
pub async fn network(table: Table) -> Result<Option<Network>, ProgramError> {
    let nft = program::find("nft")?;
    let arguments = ["--json", "list", "table", "inet", table.name()];
    match program::run(&nft, &arguments, None, LIMIT).await {
        Ok(json) => Ok(Some(text::parse(&json, clock::now_ms()))),
        Err(ProgramError::Failed { stderr, .. })
            if stderr.contains("No such file or directory") =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Puts exactly this in place: one transaction, all or nothing. Nothing takes the table away.
pub async fn set(table: Table, network: &Network) -> Result<(), ProgramError> {
    let nft = program::find("nft")?;
    let script = script(table, network, clock::now_ms());
    program::run(&nft, &["-f", "-"], Some(&script), LIMIT)
        .await
        .map(drop)
}

/// The transaction that [`set`] hands to `nft` at this moment.
pub fn script(table: Table, network: &Network, now_ms: u64) -> String {
    text::script(table.name(), network, now_ms)
}

/// Takes a table of ours away with all that is in it; one that is not there is as good, and without `nft` none was made.
pub async fn clear(table: Table) -> Result<(), ProgramError> {
    match set(table, &Network::default()).await {
        Err(ProgramError::Missing(_)) => Ok(()),
        done => done,
    }
}

/// What the kernel holds in both tables; without `nft` none was made.
///
/// # Errors
/// When `nft` refuses.
pub async fn networks() -> Result<Vec<(Table, Network)>, ProgramError> {
    let mut there = Vec::new();
    for table in [Table::Person, Table::Charm] {
        match network(table).await {
            Ok(network) => there.extend(network.map(|network| (table, network))),
            Err(ProgramError::Missing(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(there)
}

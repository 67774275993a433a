//! Faults in the firewall: putting them into the kernel and reading them back.

use super::done::Done;
use super::held::{self, FaultError};
use crate::host::firewall::{self, Table};
use crate::host::held as notes;
use crate::host::program::ProgramError;
use crate::model::fault::Kind;
use crate::model::fault::held::{Held, What};
use crate::model::fault::network::Network;

/// The kernel looks for elements whose time is over about once a second.
const LATE_MS: u64 = 1500;

/// Makes the kernel hold exactly this in one of our tables. The kernel ends each element itself; a watchdog takes the
/// empty table away.
pub async fn put(table: Table, network: &Network, now_ms: u64) -> Result<(), FaultError> {
    let tables = notes::all()?
        .into_iter()
        .filter(|held| held.what == What::Table);
    let tables: Vec<Held> = tables.collect();
    let Some(last_ms) = network.last_ms() else {
        firewall::clear(table).await?;
        // With nothing left to take away nobody needs to wait for the time to do it.
        if firewall::networks().await?.is_empty() {
            let ids = tables.into_iter().map(|held| held.id).collect();
            held::end_all(now_ms, &ids).await?;
        }
        return Ok(());
    };
    let until_ms = last_ms + LATE_MS;
    if tables.iter().any(|held| held.until_ms >= until_ms) {
        return Ok(firewall::set(table, network).await?);
    }
    let held = Held {
        id: format!("table-{until_ms}"),
        kind: Kind::Partition,
        asked_at_ms: now_ms,
        noted_ms: 0,
        until_ms,
        what: What::Table,
        watchdog: None,
    };
    set_noted(held, table, network).await
}

/// A transaction that was not answered in time may hold: then its note and its watchdog stay.
async fn set_noted(held: Held, table: Table, network: &Network) -> Result<(), FaultError> {
    let mut unanswered = None;
    let set = async {
        match firewall::set(table, network).await {
            Err(error @ ProgramError::TooSlow { .. }) => unanswered = Some(error),
            answered => answered?,
        }
        Ok(())
    };
    held::begin(held, set).await?;
    unanswered.map_or(Ok(()), |error| Err(error.into()))
}

/// Makes the kernel hold exactly this in the charm's table, and checks that all of `added` is there.
pub async fn install(whole: &Network, added: &Network, now_ms: u64) -> Done {
    let done = put(Table::Charm, whole, now_ms).await;
    checked(Table::Charm, done, added).await
}

/// The same for what a person asks for on this machine, in the table for that; what was there before and is over is ended
/// first. It ends by itself, or by a heal that is later than `healed_ms`.
pub async fn install_by_hand(network: &Network, now_ms: u64, healed_ms: u64) -> Done {
    let done = put_by_hand(network, now_ms, healed_ms).await;
    checked(Table::Person, done, network).await
}

async fn put_by_hand(network: &Network, now_ms: u64, healed_ms: u64) -> Result<(), FaultError> {
    let before = notes::all()?.into_iter();
    let before = before.filter(|held| held.what == What::ByHand);
    let before = before.map(|held| held.id).collect();
    held::end_all(now_ms, &before).await?;
    let until_ms = network.last_ms().unwrap_or(now_ms) + LATE_MS;
    let held = Held {
        id: format!("by-hand-{until_ms}"),
        kind: Kind::Partition,
        asked_at_ms: healed_ms,
        noted_ms: 0,
        until_ms,
        what: What::ByHand,
        watchdog: None,
    };
    set_noted(held, Table::Person, network).await
}

/// What came of it, as the kernel shows it.
async fn checked(table: Table, done: Result<(), FaultError>, added: &Network) -> Done {
    match done {
        Ok(()) => {}
        // nft takes a transaction whole or not at all; one that was not answered in time may be either.
        Err(error @ FaultError::Program(ProgramError::TooSlow { .. })) => {
            return Done::unsure(error);
        }
        // Also where its note could not be taken away again.
        Err(error) => return Done::skipped(error),
    }
    match firewall::network(table).await {
        Ok(Some(there)) if there.covers(added) => Done::installed(there.end_of(added)),
        Ok(_) => Done::unsure("the kernel does not show what was put in place"),
        Err(error) => Done::unsure(error),
    }
}

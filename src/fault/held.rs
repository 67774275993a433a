//! Beginning and ending what a fault holds on this machine, so that it can be cut off anywhere: first the note, then the
//! watchdog, then the fault itself; undone in any order, twice if need be.

use super::moment::{calendar, utc};
use crate::host::account::{self, Account};
use crate::host::file::{self, FileError};
use crate::host::firewall::{self, Table};
use crate::host::held as notes;
use crate::host::program::ProgramError;
use crate::host::service::{self, ServiceError};
use crate::host::traffic;
use crate::host::watchdog::{self, WatchdogError};
use crate::model::fault::held::{Held, What};
use std::collections::BTreeSet;
use tracing::info;

/// Why a fault was not begun or ended.
#[derive(Debug, thiserror::Error)]
pub enum FaultError {
    /// A file.
    #[error("{0}")]
    File(#[from] FileError),
    /// A program.
    #[error("{0}")]
    Program(#[from] ProgramError),
    /// The server.
    #[error("{0}")]
    Service(#[from] ServiceError),
    /// Nobody would end it.
    #[error("{0}")]
    Watchdog(#[from] WatchdogError),
    /// It makes no sense here.
    #[error("{0}")]
    Refused(String),
}

/// Begins it. What was begun of a fault that fails is undone.
pub async fn begin(
    mut held: Held,
    act: impl Future<Output = Result<(), FaultError>>,
) -> Result<(), FaultError> {
    let _turn = notes::turn()?;
    info!(
        "{}: note a {} until {}",
        held.id,
        held.kind,
        utc(held.until_ms)
    );
    notes::note(&held)?;
    let done = async {
        info!("{}: set its watchdog", held.id);
        held.watchdog = watchdog::set(&held.id, held.until_ms, &calendar(held.until_ms)).await?;
        notes::note(&held)?;
        info!("{}: begin", held.id);
        act.await?;
        info!("{}: is in place", held.id);
        Ok(())
    }
    .await;
    if done.is_err() {
        // The reason why it was not begun is worth more than the one why something of it stays noted.
        let _ = end_one(&held).await;
    }
    done
}

/// Ends everything whose time is over, and what is named. What cannot be ended stays noted, and is tried again by the
/// watchdog and by the next hook.
pub async fn end_due(now_ms: u64, named: &BTreeSet<String>) -> Vec<(Held, Option<FaultError>)> {
    let Ok(_turn) = notes::turn() else {
        return Vec::new();
    };
    let mut ended = Vec::new();
    for held in notes::all().unwrap_or_default() {
        // Whoever named a table may have looked before somebody put another fault into it.
        let due = held.until_ms <= now_ms
            || named.contains(&held.id) && (held.what != What::Table || tables_are_gone().await);
        if due {
            let failure = end_one(&held).await.err();
            ended.push((held, failure));
        }
    }
    ended
}

async fn tables_are_gone() -> bool {
    for table in [Table::Charm, Table::Person] {
        match firewall::network(table).await {
            Ok(None) | Err(ProgramError::Missing(_)) => {}
            Ok(Some(_)) | Err(_) => return false,
        }
    }
    true
}

async fn end_one(held: &Held) -> Result<(), FaultError> {
    info!("{}: undo", held.id);
    undo(&held.what).await?;
    info!("{}: forget", held.id);
    notes::forget(&held.id)?;
    watchdog::cancel(&held.id, held.watchdog).await;
    Ok(())
}

async fn undo(what: &What) -> Result<(), FaultError> {
    match what {
        What::Table => {
            for table in [Table::Charm, Table::Person] {
                match firewall::network(table).await {
                    // Elements that another fault has put there meanwhile stay.
                    Ok(Some(network)) if network.is_empty() => firewall::clear(table).await?,
                    Ok(_) | Err(ProgramError::Missing(_)) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        What::ByHand => match firewall::clear(Table::Person).await {
            Ok(()) | Err(ProgramError::Missing(_)) => {}
            Err(error) => return Err(error.into()),
        },
        What::Down => {
            service::hold_down(false).await?;
            let account: Option<Account> = account::for_server()
                .await
                .map_err(|error| FaultError::Refused(error.to_string()))?;
            service::start(account.as_ref()).await?;
        }
        What::Still(pid) => service::go_on(*pid),
        What::Filler(path) => file::remove(path)?,
        What::Late(cards) => {
            for card in cards {
                traffic::end(card).await?;
            }
        }
    }
    Ok(())
}

/// Sets watchdogs again for what has lost its own: a reboot takes them away.
pub async fn guard() -> Result<(), FaultError> {
    let _turn = notes::turn()?;
    for mut held in notes::all()? {
        if !watchdog::is_set(&held.id, held.watchdog).await {
            held.watchdog =
                watchdog::set(&held.id, held.until_ms, &calendar(held.until_ms)).await?;
            notes::note(&held)?;
        }
    }
    Ok(())
}

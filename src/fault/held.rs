//! Beginning and ending what a fault holds on this machine, so that it can be cut off anywhere: first the note, then the
//! watchdog, then the fault itself; undone in any order, twice if need be.

use super::fill_disk;
use super::moment::{calendar, utc};
use crate::host::account::{self, Account};
use crate::host::clock;
use crate::host::file::FileError;
use crate::host::firewall::{self, Table};
use crate::host::held as notes;
use crate::host::program::ProgramError;
use crate::host::service::{self, ServiceError};
use crate::host::state;
use crate::host::traffic;
use crate::host::watchdog::{self, WatchdogError};
use crate::model::fault::held::{Held, What};
use std::collections::BTreeSet;
use tracing::{info, warn};

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
    /// It was not begun as it should be, and something of it may be in place.
    #[error("{why}; and it could not be undone: {left}")]
    Left {
        /// Why it was not begun.
        why: String,
        /// Why something of it stays.
        left: String,
    },
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
    if held.until_ms <= clock::now_ms() {
        // Whoever had the turn before kept it for long: a server was being started, say.
        let why = "its time was over before its turn came";
        return Err(FaultError::Refused(why.to_owned()));
    }
    held.noted_ms = clock::now_ms();
    info!(
        "{}: note a {} until {}",
        held.id,
        held.kind,
        utc(held.until_ms)
    );
    notes::note(&held)?;
    let done = async {
        info!("{}: set its watchdog", held.id);
        watch(&mut held).await?;
        notes::note(&held)?;
        info!("{}: begin", held.id);
        act.await?;
        info!("{}: is in place", held.id);
        Ok(())
    }
    .await;
    match done {
        Ok(()) => Ok(()),
        Err(why) => Err(match end_one(&held).await {
            Ok(()) => why,
            Err(left) => FaultError::Left {
                why: why.to_string(),
                left: left.to_string(),
            },
        }),
    }
}

/// Ends everything whose time is over, and what is named. What cannot be ended stays noted, and is tried again by the
/// watchdog and by the next hook.
///
/// # Errors
/// When it is not known what is held here. Why something of it was not ended is told beside it.
pub async fn end_due(
    now_ms: u64,
    named: &BTreeSet<String>,
) -> Result<Vec<(Held, Option<FaultError>)>, FaultError> {
    let _turn = notes::turn()?;
    let mut ended = Vec::new();
    let mut noted = notes::all()?;
    noted.sort_by_key(|held| held.what.turn_to_end());
    for held in noted {
        // Whoever named a table may have looked before somebody put another fault into it.
        let due = held.is_over(now_ms)
            || named.contains(&held.id) && (held.what != What::Table || tables_are_gone().await);
        if due {
            let failure = end_one(&held).await.err();
            ended.push((held, failure));
        }
    }
    Ok(ended)
}

/// [`end_due`] for those who want all of it to end.
///
/// # Errors
/// The first reason why something is still held.
pub async fn end_all(now_ms: u64, named: &BTreeSet<String>) -> Result<(), FaultError> {
    let mut ended = end_due(now_ms, named).await?.into_iter();
    ended.find_map(|(_, failure)| failure).map_or(Ok(()), Err)
}

async fn tables_are_gone() -> bool {
    firewall::networks()
        .await
        .is_ok_and(|there| there.is_empty())
}

async fn end_one(held: &Held) -> Result<(), FaultError> {
    info!("{}: undo", held.id);
    undo(&held.what).await?;
    info!("{}: forget", held.id);
    // The note last: what is noted nowhere nobody takes away.
    watchdog::cancel(&held.id, held.watchdog).await;
    Ok(notes::forget(&held.id)?)
}

async fn undo(what: &What) -> Result<(), FaultError> {
    match what {
        What::Table => {
            for (table, network) in firewall::networks().await? {
                // Elements that another fault has put there meanwhile stay.
                if network.is_empty() {
                    firewall::clear(table).await?;
                }
            }
        }
        What::ByHand => firewall::clear(Table::Person).await?,
        What::Down => {
            service::hold_down(false).await?;
            start_server().await?;
        }
        What::Still(pid) => service::go_on(*pid),
        What::Filler(path) => {
            fill_disk::undo(path)?;
            // One that ran out of space has died, and nobody else starts it before the next hook.
            let meant = state::load()?;
            let down = notes::all()?.iter().any(|held| held.what == What::Down);
            if meant.started.is_some()
                && !meant.leaving
                && !down
                && let Err(error) = start_server().await
            {
                // The disk is given back; what else keeps the server down the next hook tells.
                warn!("the server does not start: {error}");
            }
        }
        What::Late(cards) => {
            // One that cannot be asked keeps no other late.
            let mut first = Ok(());
            for card in cards {
                let done = traffic::end(card).await;
                first = first.and(done);
            }
            first?;
        }
    }
    Ok(())
}

async fn start_server() -> Result<(), FaultError> {
    let account: Option<Account> = account::for_server()
        .await
        .map_err(|error| FaultError::Refused(error.to_string()))?;
    Ok(service::start(account.as_ref()).await?)
}

/// Sets watchdogs again for what has lost its own: a reboot takes them away.
pub async fn guard() -> Result<(), FaultError> {
    let _turn = notes::turn()?;
    let mut first = Ok(());
    for held in notes::all()? {
        // One that cannot be watched keeps no other from it.
        let done = guard_one(held).await;
        first = first.and(done);
    }
    first
}

async fn guard_one(mut held: Held) -> Result<(), FaultError> {
    if watchdog::is_set(&held.id, held.watchdog).await {
        return Ok(());
    }
    watch(&mut held).await?;
    Ok(notes::note(&held)?)
}

async fn watch(held: &mut Held) -> Result<(), WatchdogError> {
    let (until_ms, left_ms) = (held.until_ms, held.until_ms.saturating_sub(clock::now_ms()));
    held.watchdog = watchdog::set(&held.id, until_ms, &calendar(until_ms), left_ms).await?;
    Ok(())
}

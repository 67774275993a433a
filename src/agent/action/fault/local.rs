//! `kill`, `pause`, `stop-node`, `fill-disk`: faults of this unit alone.

use super::{Planned, Situation, request};
use crate::fault::done::Done;
use crate::fault::held::{self, FaultError};
use crate::fault::{fill_disk, kill, pause, stop_node};
use crate::host::service;
use crate::model::address::HostPort;
use crate::model::fault::held::{Held, What};
use crate::model::fault::{Fault, Kind};
use crate::mongo::command;
use crate::mongo::connection::Connection;

/// What is going to be done.
pub fn plan(kind: Kind, situation: &Situation, now_ms: u64) -> Result<Planned, String> {
    let unit = situation.juju.me.clone();
    let mut results = vec![("unit".to_owned(), unit.to_string())];
    if kind != Kind::FillDisk && !situation.host.running {
        return Err("mongod does not run here".to_owned());
    }
    let mut seconds = situation.number("delay", 60);
    let (fault, commands) = match kind {
        Kind::Kill => {
            seconds = situation.number("restart-after", seconds);
            (Fault::Kill { unit }, "kill -9 mongod".to_owned())
        }
        Kind::Pause => (Fault::Pause { unit }, "kill -STOP mongod".to_owned()),
        Kind::StopNode => (Fault::StopNode { unit }, "shut mongod down".to_owned()),
        _ => {
            let free = situation.number("free", 0);
            let size = filler(situation, free)?;
            results.push(("filled".to_owned(), format!("{size} bytes")));
            let path = data(situation).map(|data| fill_disk::path(&data));
            let path = path.unwrap_or_default();
            let commands = format!("fallocate -l {size} {}", path.display());
            (Fault::FillDisk { unit, free }, commands)
        }
    };
    Ok(Planned {
        request: request(situation, now_ms, seconds, fault),
        results,
        commands,
    })
}

fn data(situation: &Situation) -> Option<std::path::PathBuf> {
    situation
        .host
        .data_directory
        .clone()
        .filter(|_| situation.host.data_there)
}

fn filler(situation: &Situation, free: u64) -> Result<u64, String> {
    let data = data(situation).ok_or("there is no data directory here yet")?;
    let available = fill_disk::available(&data).map_err(|error| error.to_string())?;
    fill_disk::size(available, free)
        .ok_or_else(|| format!("only {available} bytes are free in {}", data.display()))
}

/// Does it.
pub async fn begin(situation: &Situation, planned: &Planned) -> Done {
    match try_begin(situation, planned).await {
        Ok(()) => Done::installed(Some(planned.request.until_ms)),
        Err(error) => Done::failed(error),
    }
}

async fn try_begin(situation: &Situation, planned: &Planned) -> Result<(), FaultError> {
    let request = &planned.request;
    let gone = || FaultError::Refused("mongod does not run here".to_owned());
    let data = data(situation).unwrap_or_default();
    let pid = service::process().await;
    let what = match &request.fault {
        Fault::Pause { .. } => What::Still(pid.ok_or_else(gone)?),
        Fault::FillDisk { .. } => What::Filler(fill_disk::path(&data)),
        _ => What::Down,
    };
    let held = Held {
        id: request.id.clone(),
        kind: request.fault.kind(),
        asked_at_ms: request.asked_at_ms,
        noted_ms: 0,
        until_ms: request.until_ms,
        what,
        watchdog: None,
    };
    match &request.fault {
        Fault::Kill { .. } => held::begin(held, kill::act()).await,
        Fault::Pause { .. } => held::begin(held, pause::act(pid.ok_or_else(gone)?)).await,
        Fault::FillDisk { free, .. } => held::begin(held, fill_disk::act(&data, *free)).await,
        _ => {
            let stop = async {
                // First, so that systemd does not take the end for a failure; a signal alone would wait for the clients.
                service::hold_down(true).await?;
                let own = HostPort::new("127.0.0.1", situation.port());
                if let Ok(connection) = Connection::to(&own) {
                    command::shut_down(&connection).await;
                }
                stop_node::act().await
            };
            held::begin(held, stop).await
        }
    }
}

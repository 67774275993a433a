//! The observer: a small service beside `mongod` that watches the set from this unit and has the agent woken when something
//! that matters has changed, so that nobody waits for `update-status`. It decides nothing about the set, holds no lock of
//! the agent's, and without it everything still converges at `update-status`.

pub mod glimpse;
pub mod pace;
pub mod wake;

use crate::host::{held, observer, state, watchdog};
use crate::model::address::HostPort;
use crate::model::set_view::{SetView, State};
use crate::model::unit::UnitName;
use crate::mongo::connection::Connection;
use crate::mongo::error::{Class, MongoError};
use crate::mongo::query;
use glimpse::{Glimpse, Server, Set, worth};
use mongodb::bson::Document;
use pace::Pace;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

/// Between two looks, unless the server says at once that something has changed.
const LOOK: Duration = Duration::from_secs(1);
/// The least between two looks.
const BREATH: Duration = Duration::from_millis(200);

/// Watches until this unit is gone or somebody ends it.
///
/// # Errors
/// When the signals of this process cannot be listened to, or its file cannot be written.
pub async fn run(unit: &UnitName, charm: PathBuf) -> Result<(), String> {
    // Whoever started this may end, or be ended with all that it started.
    let _ = nix::unistd::setsid();
    let Some(_only) = observer::claim().map_err(|error| error.to_string())? else {
        info!("another one watches already");
        return Ok(());
    };
    // After a reboot nobody else does while Juju is away.
    match watchdog::look_after() {
        // It is over within moments; one that nobody waits for stays in the process table as long as this one runs.
        Ok(mut child) => drop(tokio::spawn(async move { child.wait().await })),
        Err(error) => warn!("nobody watches over a fault that a reboot has left: {error}"),
    }
    let mut end = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    // Whatever it waits for: nothing here needs to be brought to an end.
    tokio::select! {
        _ = end.recv() => {}
        () = watch(unit, &charm) => info!("{} is gone, and with it the unit", charm.display()),
    }
    Ok(())
}

async fn watch(unit: &UnitName, charm: &Path) {
    let mut watch = Watch::new();
    let begun = Instant::now();
    let now = || u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let mut pace = Pace::default();
    let mut before: Option<Glimpse> = None;
    let mut wake_up: Option<JoinHandle<Result<(), wake::NotWoken>>> = None;
    // A unit that was taken away by force runs no last hook that would end this.
    while charm.is_dir() {
        let state = state::load().unwrap_or_default();
        let after = watch.look(state.port).await;
        if let Some(why) = worth(before.as_ref(), &after) {
            info!("{why}");
            pace.changed(now());
        }
        before = Some(after);
        let due = pace.due(state.unfinished);
        if due.is_some_and(|due| due <= now()) {
            pace.begun(now());
            let unit = unit.clone();
            wake_up = Some(tokio::spawn(async move { wake::up(&unit).await }));
        }
        let rest = due.map_or(LOOK, |due| Duration::from_millis(due.saturating_sub(now())));
        let rest = rest.clamp(BREATH, LOOK);
        tokio::select! {
            () = sleep(rest) => {}
            () = watch.news() => sleep(BREATH).await,
            ended = ended(&mut wake_up) => {
                wake_up = None;
                if let Err(why) = &ended {
                    warn!("{why}");
                }
                pace.ended(now(), ended.is_ok());
            }
        }
    }
}

/// Until the wake-up that is under way ends; for ever if none is.
async fn ended(
    wake_up: &mut Option<JoinHandle<Result<(), wake::NotWoken>>>,
) -> Result<(), wake::NotWoken> {
    match wake_up {
        None => std::future::pending().await,
        Some(task) => task
            .await
            .unwrap_or_else(|gone| Err(wake::NotWoken::Gone(gone.to_string()))),
    }
}

/// The server here, watched over one connection as long as it answers.
struct Watch {
    connection: Option<Connection>,
    /// What the server said of the set when it was last asked to wait for news.
    topology: Option<Document>,
    news: Option<JoinHandle<Result<Document, MongoError>>>,
}

impl Watch {
    fn new() -> Self {
        Self {
            connection: None,
            topology: None,
            news: None,
        }
    }

    async fn look(&mut self, port: Option<u16>) -> Glimpse {
        let faults = held::all().unwrap_or_default();
        let server = match port {
            Some(port) => self.ask(HostPort::new("127.0.0.1", port)).await,
            None => Server::Silent,
        };
        Glimpse {
            server,
            faults: faults.into_iter().map(|held| held.id).collect(),
        }
    }

    async fn ask(&mut self, own: HostPort) -> Server {
        if self
            .connection
            .as_ref()
            .is_none_or(|it| *it.server() != own)
        {
            self.forget();
            self.connection = Connection::to(&own).ok();
        }
        let Some(connection) = self.connection.clone() else {
            return Server::Silent;
        };
        match ask(&connection).await {
            Ok(server) => {
                self.listen(connection);
                server
            }
            Err(_) => {
                // After a time-out a connection is not used again.
                self.forget();
                Server::Silent
            }
        }
    }

    fn forget(&mut self) {
        *self = Self::new();
    }

    /// Has the server say at once when the set changes, as drivers do.
    fn listen(&mut self, connection: Connection) {
        if self.news.is_none() {
            let known = self.topology.clone();
            let listening = async move { query::news(&connection, known).await };
            self.news = Some(tokio::spawn(listening));
        }
    }

    /// Until the server says that something has changed; for ever if it cannot be asked.
    async fn news(&mut self) {
        loop {
            let Some(task) = &mut self.news else {
                return std::future::pending().await;
            };
            let heard = task.await;
            self.news = None;
            let Ok(Ok(topology)) = heard else {
                // The next look finds out what is the matter.
                self.topology = None;
                return std::future::pending().await;
            };
            if self.topology.replace(topology.clone()) != Some(topology) {
                return;
            }
            // Nothing has changed in the time that the server waited.
            if let Some(connection) = self.connection.clone() {
                self.listen(connection);
            }
        }
    }
}

/// What the server here shows.
async fn ask(connection: &Connection) -> Result<Server, MongoError> {
    let config = match query::config(connection, false).await {
        Ok((config, _)) => config,
        Err(MongoError {
            class: Class::NotInitiated | Class::NoReplication,
            ..
        }) => return Ok(Server::NoSet),
        Err(error) => return Err(error),
    };
    // A member that was taken out of its config has no status.
    let status = match query::status(connection).await {
        Ok(status) => status,
        Err(MongoError {
            class: Class::Unreachable(_) | Class::NoAnswer(_),
            ..
        }) => return Ok(Server::Silent),
        Err(_) => return Ok(Server::NoSet),
    };
    let mut members = status.members.iter();
    let primary = members.find(|(_, seen)| seen.state == State::Primary);
    let view = SetView {
        seen_from: connection.server().clone(),
        config,
        committed: false,
        primary: primary.map(|(id, _)| *id),
        term: status.term,
        members: status.members.clone(),
        has_default_write_concern: None,
        doors: BTreeMap::new(),
    };
    Ok(Server::Member(Set::of(&view)))
}

//! What a command and the controller say to each other: one JSON document a line, over a socket in the lab's folder.

use super::controller::Controller;
use super::model::{Model, TaskKind};
use super::requests;
use super::site::socket;
use crate::model::unit::UnitName;
use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};

const SOCKET: &str = "controller.sock";
/// How long a request for news waits for some.
const NEWS: Duration = Duration::from_secs(1);

/// What a command asks for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Request {
    /// The whole model, once it differs from the version that the command has.
    Model(Option<u64>),
    /// A new application.
    Deploy(Box<Deployment>),
    /// More units.
    AddUnits(String, u32),
    /// Units to remove; `true`: without waiting for their hooks.
    RemoveUnits(Vec<UnitName>, bool),
    /// An application to remove with all its units.
    RemoveApplication(String, bool),
    /// Options to set and options to put back to their defaults.
    Configure(String, BTreeMap<String, String>, Vec<String>),
    /// An action or command on units.
    Run(Vec<UnitName>, TaskKind),
    /// A task to end.
    Cancel(u64),
    /// A failed hook: try it again (`true`) or take it as done.
    Resolve(UnitName, bool),
    /// A new revision of the charm, packed.
    Refresh(String, PathBuf),
    /// A file for a resource.
    Attach(String, String, PathBuf),
    /// Power loss; the power comes back after so many seconds, or only by [`Request::Boot`].
    Crash(UnitName, Option<u32>),
    /// Power back.
    Boot(UnitName),
    /// Power loss of these units' machines, and power back with other addresses.
    Readdress(Vec<UnitName>),
    /// Another leader.
    Lead(UnitName),
    /// `update-status` now.
    UpdateStatus(UnitName),
}

/// A new application.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Deployment {
    /// The packed charm.
    pub charm: PathBuf,
    /// Its name, if not the charm's.
    pub name: Option<String>,
    /// How many units.
    pub units: u32,
    /// Options.
    pub config: BTreeMap<String, String>,
    /// Files for resources.
    pub resources: BTreeMap<String, PathBuf>,
    /// Storage for each unit: how many of each name.
    pub storage: BTreeMap<String, u32>,
    /// What holds for the whole model; taken with the first application only.
    pub settings: ModelSettings,
}

/// What a lab is told when it is made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ModelSettings {
    /// The Juju that is stood in for.
    pub profile: super::profile::Profile,
    /// Milliseconds between two `update-status` hooks.
    pub update_status_interval: i64,
    /// Milliseconds that a silent leader keeps its lease.
    pub lease: i64,
    /// Whether machines are booted with systemd.
    pub booted: bool,
    /// The zones that machines are in, in turn.
    pub zones: Vec<String>,
}

/// The model as a command sees it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    /// Counts the changes since the controller started.
    pub version: u64,
    /// The model.
    pub model: Model,
}

/// Opens the controller's socket.
pub fn listen(home: &Path) -> Result<UnixListener> {
    let _ = std::fs::remove_file(home.join(SOCKET));
    socket::bind_in(home, SOCKET).context("failed to open the controller's socket")
}

/// Answers commands for ever.
pub async fn serve(controller: Arc<Controller>, listener: UnixListener) {
    while let Ok((stream, _)) = listener.accept().await {
        let controller = Arc::clone(&controller);
        // A command that went away is its own affair.
        tokio::spawn(async move { drop(converse(stream, &controller).await) });
    }
}

async fn converse(stream: UnixStream, controller: &Arc<Controller>) -> Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    while let Some(line) = lines.next_line().await? {
        let answer: std::result::Result<Value, String> = match serde_json::from_str(&line) {
            Err(error) => Err(format!(
                "the command is from another version of the lab: {error}"
            )),
            Ok(Request::Model(known)) => {
                Ok(serde_json::to_value(snapshot(controller, known).await)?)
            }
            Ok(request) => requests::handle(controller, request)
                .await
                .map_err(|error| format!("{error:#}")),
        };
        let mut line = serde_json::to_vec(&answer)?;
        line.push(b'\n');
        writer.write_all(&line).await?;
    }
    Ok(())
}

async fn snapshot(controller: &Arc<Controller>, known: Option<u64>) -> Snapshot {
    let mut changed = controller.subscribe();
    if known == Some(*changed.borrow_and_update()) {
        let _ = tokio::time::timeout(NEWS, changed.changed()).await;
    }
    let version = *changed.borrow();
    Snapshot {
        version,
        model: Model::clone(&controller.model()),
    }
}

/// A command's connection to the controller.
pub struct Line {
    reader: BufReader<tokio::net::unix::OwnedReadHalf>,
    writer: tokio::net::unix::OwnedWriteHalf,
}

impl Line {
    /// Calls the controller of the lab at `home`.
    ///
    /// # Errors
    /// Nobody answers.
    pub async fn open(home: &Path) -> Result<Self> {
        let stream = socket::connect_in(home, SOCKET).await?;
        let (reader, writer) = stream.into_split();
        Ok(Self {
            reader: BufReader::new(reader),
            writer,
        })
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// The controller refuses, with its reason; or it went away.
    pub async fn ask(&mut self, request: &Request) -> Result<Value> {
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        self.writer
            .write_all(&line)
            .await
            .context("the controller went away")?;
        let mut answer = String::new();
        if self
            .reader
            .read_line(&mut answer)
            .await
            .context("the controller went away")?
            == 0
        {
            bail!("the controller went away before it answered; run the command again");
        }
        let answer: std::result::Result<Value, String> = serde_json::from_str(&answer)?;
        answer.map_err(anyhow::Error::msg)
    }

    /// The model, once it differs from the version `known`.
    ///
    /// # Errors
    /// As for [`Self::ask`].
    pub async fn model(&mut self, known: Option<u64>) -> Result<Snapshot> {
        Ok(serde_json::from_value(
            self.ask(&Request::Model(known)).await?,
        )?)
    }
}

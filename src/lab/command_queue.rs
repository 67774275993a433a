//! Commands that programs on a unit's machine ask its agent to run (`juju-exec`): taken at a socket, kept in the order
//! they came in, run by the agent between its other operations. Nothing is written down: with the agent they are gone.

use super::juju_exec::{Answer, Request, SOCKET};
use super::paths::Paths;
use super::site::socket;
use crate::model::unit::UnitName;
use anyhow::{Context as _, Result};
use fs_err as fs;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::sync::{Notify, oneshot};

/// A command that waits for its turn.
pub struct Waiting {
    /// What is asked.
    pub request: Request,
    /// Who asks; dropped, it is told that the agent went away.
    pub caller: oneshot::Sender<Answer>,
}

#[derive(Default)]
struct Queue {
    waiting: Mutex<VecDeque<Waiting>>,
    come: Notify,
}

impl Queue {
    fn hold(&self) -> MutexGuard<'_, VecDeque<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The commands of one unit. Dropped, the socket is closed.
pub struct CommandQueue {
    queue: Arc<Queue>,
    task: tokio::task::JoinHandle<()>,
}

impl CommandQueue {
    /// Opens the socket in the unit's agent directory.
    ///
    /// # Errors
    /// The directory or the socket cannot be made.
    pub fn open(paths: &Paths, unit: &UnitName) -> Result<Self> {
        let folder = paths.agent(unit);
        fs::create_dir_all(&folder)?;
        let listener = socket::bind_in(&folder, SOCKET)
            .context("failed to open the agent's socket for commands")?;
        let queue = Arc::<Queue>::default();
        let shared = Arc::clone(&queue);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                // A caller that went away is its own affair.
                tokio::spawn(async move { drop(talk(stream, &shared).await) });
            }
        });
        Ok(Self { queue, task })
    }

    /// Whether a command waits.
    pub fn any(&self) -> bool {
        !self.queue.hold().is_empty()
    }

    /// The command whose turn it is.
    pub fn take(&self) -> Option<Waiting> {
        self.queue.hold().pop_front()
    }

    /// Forgets all, as an agent does that ends.
    pub fn clear(&self) {
        self.queue.hold().clear();
    }

    /// Until a command has come, if none has since this was last asked.
    pub async fn come(&self) {
        self.queue.come.notified().await;
    }
}

impl Drop for CommandQueue {
    fn drop(&mut self) {
        self.task.abort();
        self.clear();
    }
}

async fn talk(stream: UnixStream, queue: &Queue) -> Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    let Some(line) = lines.next_line().await? else {
        return Ok(());
    };
    let request: Request = serde_json::from_str(&line)?;
    let (caller, answer) = oneshot::channel();
    queue.hold().push_back(Waiting { request, caller });
    queue.come.notify_one();
    // Dropped unanswered: the stream closes, which the caller understands.
    let answer = answer.await?;
    let mut line = serde_json::to_vec(&answer)?;
    line.push(b'\n');
    Ok(writer.write_all(&line).await?)
}

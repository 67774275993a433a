//! The agent's socket: hook tools call it, and it answers from the context of the hook that runs.

use super::context::HookContext;
use super::controller::Controller;
use super::debug_log::Level;
use super::hooktools::protocol::{Reply, Request, Supply};
use super::hooktools::{self, Call, Failure, World};
use super::model::Model;
use super::moment::Moment;
use super::paths;
use super::site::socket;
use crate::model::unit::UnitName;
use anyhow::{Context as _, Result};
use fs_err as fs;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;

/// The context of the hook that runs, if one does. Its lock is Juju's: one tool at a time.
type Current = Arc<Mutex<Option<HookContext>>>;

/// The socket of one unit's agent. Dropped, it is closed.
pub struct ToolServer {
    current: Current,
    task: tokio::task::JoinHandle<()>,
}

fn hold(current: &Current) -> MutexGuard<'_, Option<HookContext>> {
    current.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ToolServer {
    /// Opens the socket in the unit's agent directory.
    pub fn start(controller: &Arc<Controller>, unit: &UnitName) -> Result<Self> {
        let folder = controller.paths.agent(unit);
        fs::create_dir_all(&folder)?;
        let _ = std::fs::remove_file(folder.join("agent.socket"));
        let listener = socket::bind_in(&folder, "agent.socket")
            .context("failed to open the agent's socket")?;
        let current: Current = Arc::default();
        let (shared, controller) = (Arc::clone(&current), Arc::clone(controller));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (shared, controller) = (Arc::clone(&shared), Arc::clone(&controller));
                // A tool that went away is its own affair.
                tokio::spawn(async move { drop(talk(stream, &shared, &controller).await) });
            }
        });
        Ok(Self { current, task })
    }

    /// From now on tools belong to this context.
    pub fn open(&self, context: HookContext) {
        *hold(&self.current) = Some(context);
    }

    /// Ends the context and gives it back; tools that come later are refused.
    pub fn close(&self) -> Option<HookContext> {
        hold(&self.current).take()
    }
}

impl Drop for ToolServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn talk(stream: UnixStream, current: &Current, controller: &Arc<Controller>) -> Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    let Some(line) = lines.next_line().await? else {
        return Ok(());
    };
    let request: Request = serde_json::from_str(&line)?;
    let mut files = BTreeMap::new();
    loop {
        let reply = call(&request, &files, current, controller);
        let mut line = serde_json::to_vec(&reply)?;
        line.push(b'\n');
        writer.write_all(&line).await?;
        let Reply::NeedFile(name) = reply else {
            return Ok(());
        };
        let Some(line) = lines.next_line().await? else {
            return Ok(());
        };
        let supply: Supply = serde_json::from_str(&line)?;
        match supply.content {
            Ok(content) => {
                files.insert(name, content);
            }
            Err(why) => {
                let done = Reply::Done {
                    code: 1,
                    stdout: String::new(),
                    stderr: format!("ERROR {why}\n"),
                    file: None,
                };
                let mut line = serde_json::to_vec(&done)?;
                line.push(b'\n');
                return Ok(writer.write_all(&line).await?);
            }
        }
    }
}

fn call(
    request: &Request,
    files: &BTreeMap<String, Vec<u8>>,
    current: &Current,
    controller: &Arc<Controller>,
) -> Reply {
    let mut current = hold(current);
    let refused = |text: String| Reply::Done {
        code: 1,
        stdout: String::new(),
        stderr: format!("ERROR {text}\n"),
        file: None,
    };
    let Some(context) = current.as_mut() else {
        return refused(format!(
            "bad request: expected no context, got {:?}",
            request.context
        ));
    };
    if context.id != request.context {
        let text = format!(
            "bad request: expected context id {:?}, got {:?}",
            context.id, request.context
        );
        return refused(text);
    }
    if files.is_empty() {
        context.tools += 1;
    }
    let unit = context.unit.clone();
    let mut world = Seen { controller, unit };
    let mut call = Call {
        context,
        world: &mut world,
        arguments: &request.arguments,
        files,
    };
    match hooktools::run(&request.tool, &mut call) {
        Ok(output) => Reply::Done {
            code: 0,
            stdout: output.text,
            stderr: String::new(),
            file: output.file,
        },
        Err(Failure::NeedFile(name)) => Reply::NeedFile(name),
        Err(failure) => {
            let (code, stderr) = hooktools::exit(&failure);
            Reply::Done {
                code,
                stdout: String::new(),
                stderr,
                file: None,
            }
        }
    }
}

struct Seen<'a> {
    controller: &'a Arc<Controller>,
    unit: UnitName,
}

impl World for Seen<'_> {
    fn model(&self) -> Arc<Model> {
        self.controller.model()
    }

    fn change(&mut self, change: &mut dyn FnMut(&mut Model)) -> Result<(), String> {
        let done = self.controller.change(|model| {
            change(model);
            Ok(())
        });
        done.map_err(|error| format!("{error:#}"))
    }

    fn log(&mut self, level: Level, module: &str, message: &str) {
        self.controller
            .log
            .write(&paths::tag(&self.unit), level, module, message);
    }

    fn now(&self) -> Moment {
        Moment::now()
    }

    fn chance(&mut self) -> u128 {
        rand::random()
    }
}

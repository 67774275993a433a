//! One program of a charm: started in its machine, watched, its output logged line by line.

use super::controller::Controller;
use super::debug_log::Level;
use super::paths;
use crate::model::unit::UnitName;
use anyhow::{Context as _, Result};
use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

/// How long the agent goes on reading after the program ended: children may hold its pipes (`charmrunner/logger.go`).
const AFTERWARDS: Duration = Duration::from_millis(100);

/// What to run.
pub struct Job<'a> {
    /// For which unit.
    pub unit: &'a UnitName,
    /// In which machine.
    pub machine: u32,
    /// The hook's or action's name, for the log.
    pub name: &'a str,
    /// The program, inside the machine.
    pub path: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Where it starts, inside the machine.
    pub charm: PathBuf,
    /// Its whole environment.
    pub variables: BTreeMap<String, String>,
    /// Whether what it prints goes to the debug log.
    pub logged: bool,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// The charm has no such program.
    Missing,
    /// The machine lost its power meanwhile.
    PowerLost,
    /// It ended.
    Code {
        /// Exit code; 128 + signal after a signal.
        code: i32,
        /// Whether it was killed on demand.
        killed: bool,
        /// What it printed.
        stdout: Vec<u8>,
        /// What it printed on standard error.
        stderr: Vec<u8>,
        /// How long it ran.
        seconds: f64,
    },
}

/// A task's number, the demands to kill one, and its limit.
pub type Watched<'a> = (u64, &'a mut watch::Receiver<u64>, Option<Duration>);

/// Runs it to its end.
pub async fn run(
    controller: &Arc<Controller>,
    job: Job<'_>,
    task: Option<Watched<'_>>,
) -> Result<Ended> {
    let mut command = {
        let machines = controller.machines.lock().await;
        let Some(machine) = machines.get(&job.machine) else {
            return Ok(Ended::PowerLost);
        };
        machine.command(&job.path, &job.charm)
    };
    command
        .args(&job.arguments)
        .env_clear()
        .envs(&job.variables);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let begun = Instant::now();
    let mut child = command
        .spawn()
        .with_context(|| format!("failed to start {}", job.path.display()))?;
    let outputs = [
        drain(controller, &job, Level::Debug, child.stdout.take()),
        drain(controller, &job, Level::Warning, child.stderr.take()),
    ];
    let mut killed = false;
    let status = match task {
        None => child.wait().await,
        Some((id, demands, limit)) => loop {
            tokio::select! {
                status = child.wait() => break status,
                demand = demands.changed() => {
                    if demand.is_ok() && *demands.borrow() == id {
                        killed = true;
                        child.start_kill().context("failed to kill the task's program")?;
                    }
                }
                () = sleep(limit.unwrap_or(Duration::MAX).saturating_sub(begun.elapsed())), if limit.is_some() && !killed => {
                    killed = true;
                    child.start_kill().context("failed to kill the task's program")?;
                }
            }
        },
    }
    .context("failed to wait for the program")?;
    let mut texts = Vec::new();
    for (task, text) in outputs {
        let _ = timeout(AFTERWARDS, task).await;
        texts.push(text.lock().unwrap_or_else(PoisonError::into_inner).clone());
    }
    let running = controller
        .model()
        .machines
        .get(&job.machine)
        .is_some_and(|machine| machine.running);
    if !running {
        return Ok(Ended::PowerLost);
    }
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .unwrap_or(-1);
    let stderr = texts.pop().unwrap_or_default();
    let stdout = texts.pop().unwrap_or_default();
    Ok(Ended::Code {
        code,
        killed,
        stdout,
        stderr,
        seconds: begun.elapsed().as_secs_f64(),
    })
}

type Output = (tokio::task::JoinHandle<()>, Arc<Mutex<Vec<u8>>>);

fn drain<R>(controller: &Arc<Controller>, job: &Job<'_>, level: Level, pipe: Option<R>) -> Output
where
    R: AsyncRead + Unpin + Send + 'static,
{
    let text = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&text);
    let log = job.logged.then(|| controller.log.clone());
    let (tag, module) = (
        paths::tag(job.unit),
        format!("unit.{}.{}", job.unit, job.name),
    );
    let task = tokio::spawn(async move {
        let Some(pipe) = pipe else { return };
        let mut reader = BufReader::new(pipe);
        let mut line = Vec::new();
        while matches!(reader.read_until(b'\n', &mut line).await, Ok(read) if read > 0) {
            if let Some(log) = &log {
                let line = String::from_utf8_lossy(&line);
                log.write(&tag, level, &module, line.trim_end());
            }
            kept.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .append(&mut line);
        }
    });
    (task, text)
}

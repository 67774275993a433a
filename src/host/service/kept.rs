//! What all programs of ours that are kept running have in common, whoever keeps them: the service manager or the agent.

use super::ServiceError;
use super::systemd;
use crate::host::paths;
use crate::host::program::ProgramError;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::path::Path;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How often a process that is to come or go is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// A program that is kept running.
#[derive(Debug)]
pub struct Kept {
    /// What it is called in messages.
    pub name: &'static str,
    /// The file that it runs from.
    pub program: &'static str,
    /// A word of its command line, where the same file is run for other things too.
    pub word: Option<&'static str>,
    /// Where its process id is.
    pub pid: &'static str,
    /// The service manager's unit file.
    pub unit: &'static str,
    /// The service manager's name for it.
    pub unit_name: &'static str,
    /// Where it says what is the matter with it.
    pub log: &'static str,
}

/// The server.
pub static SERVER: Kept = Kept {
    name: "mongod",
    program: paths::PROGRAM,
    word: None,
    pid: paths::PID,
    unit: paths::SERVICE,
    unit_name: paths::SERVICE_NAME,
    log: paths::LOG,
};

/// The observer.
pub static OBSERVER: Kept = Kept {
    name: "the observer",
    program: paths::OWN_PROGRAM,
    word: Some("observe"),
    pid: paths::OBSERVER_PID,
    unit: paths::OBSERVER_SERVICE,
    unit_name: paths::OBSERVER_SERVICE_NAME,
    log: "journalctl -u mongo-rs-observer",
};

impl Kept {
    /// Its process by the file that holds the id.
    pub fn noted(&self) -> Option<i32> {
        let text = std::fs::read_to_string(self.pid).ok()?;
        let pid = text.trim().parse().ok()?;
        self.is(pid).then_some(pid)
    }

    /// True when this process runs our program: a process id in a file may have passed to somebody else since.
    pub fn is(&self, pid: i32) -> bool {
        let program = std::fs::read_link(format!("/proc/{pid}/exe"));
        let ours = program.is_ok_and(|path| path.to_string_lossy().starts_with(self.program));
        ours && self.word.is_none_or(|word| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            line.split(|byte| *byte == 0)
                .any(|part| part == word.as_bytes())
        })
    }

    /// Stops it and waits until it is gone. One that does not run is as good as stopped.
    pub async fn stop(&self, process: Option<i32>, limit: Duration) -> Result<(), ServiceError> {
        if systemd::is_there() && Path::new(self.unit).exists() {
            // Also one that systemd is just about to start again.
            systemd::stop(self.unit_name, limit).await?;
        } else if let Some(pid) = process {
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
        match process {
            Some(pid) => self.wait_until_gone(pid, limit).await,
            None => Ok(()),
        }
    }

    /// Waits until this process of ours is gone.
    pub async fn wait_until_gone(&self, pid: i32, limit: Duration) -> Result<(), ServiceError> {
        let deadline = Instant::now() + limit;
        while self.is(pid) {
            if Instant::now() > deadline {
                let log = self.log;
                return Err(ServiceError::NotStopped {
                    name: self.name,
                    pid,
                    log,
                });
            }
            sleep(LOOK).await;
        }
        Ok(())
    }

    /// Waits until the file names a process for which this holds.
    pub async fn wait_until_noted(&self, limit: Duration, holds: impl Fn(i32) -> bool) -> bool {
        let deadline = Instant::now() + limit;
        while !self.noted().is_some_and(&holds) {
            if Instant::now() > deadline {
                return false;
            }
            sleep(LOOK).await;
        }
        true
    }

    /// Takes away what its start left with the service manager.
    pub async fn forget(&self) -> Result<(), ServiceError> {
        if systemd::is_there() {
            systemd::forget(Path::new(self.unit), self.unit_name).await?;
        }
        Ok(())
    }

    /// Hands it to the service manager with this unit file, to `start` or `restart` it, and waits until that calls it started.
    pub async fn hand_over(&self, verb: &str, text: &str, limit: Duration) -> Result<(), HandOver> {
        systemd::start(self, verb, text, limit).await
    }
}

/// Why the service manager did not start it.
#[derive(Debug, thiserror::Error)]
pub enum HandOver {
    /// It could not be asked to.
    #[error("{0}")]
    NotAsked(#[from] ServiceError),
    /// It was, and failed.
    #[error("{0}")]
    Failed(ProgramError),
}

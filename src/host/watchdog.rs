//! Somebody who ends a fault at its deadline whatever becomes of the agent: a transient timer of systemd where there is
//! one, else a process of our own.

use super::file;
use super::own_program;
use super::paths;
use super::program::{self, ProgramError};
use super::service;
use std::process::Stdio;
use std::time::Duration;

const SHORT: Duration = Duration::from_secs(30);
/// The command that a watchdog runs.
pub const COMMAND: &str = "end-faults";

/// A watchdog that could not be set.
#[derive(Debug, thiserror::Error)]
pub enum WatchdogError {
    /// A copy of this program, or its file.
    #[error("{0}")]
    File(#[from] file::FileError),
    /// systemd said no.
    #[error("{0}")]
    Program(#[from] ProgramError),
    /// The process could not be started.
    #[error("failed to start a process that ends the fault: {0}")]
    NotStarted(#[from] std::io::Error),
}

/// Sets one for this deadline: milliseconds since 1970, the same for systemd, and how many are left. The process, where it
/// is one of our own.
pub async fn set(
    id: &str,
    until_ms: u64,
    at: &str,
    left_ms: u64,
) -> Result<Option<u32>, WatchdogError> {
    let own = own_program::install()?;
    let until = until_ms.to_string();
    if service::under_systemd() {
        let unit = format!("--unit={}", timer(id));
        // In whole seconds, so it may come a second late; the kernel's own time-outs do not.
        let when = format!("--on-calendar={at}");
        // A moment that is past by the time systemd hears of it never comes, nor soon one of a clock that is set back.
        let after = format!("--on-active={left_ms}ms");
        let arguments = [
            "--collect",
            "--quiet",
            &unit,
            &when,
            &after,
            "--timer-property=AccuracySec=100ms",
            paths::OWN_PROGRAM,
            COMMAND,
            "--at",
            &until,
            "--id",
            id,
        ];
        program::run(&program::find("systemd-run")?, &arguments, None, SHORT).await?;
        return Ok(None);
    }
    let child = std::process::Command::new(own)
        .args([COMMAND, "--at", &until, "--id", id])
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    Ok(Some(child.id()))
}

/// Ends what is over and sets again what a reboot took away, in a process of its own: whoever asks for it lives long, and
/// a watchdog must be no child of it.
pub fn look_after() -> std::io::Result<tokio::process::Child> {
    tokio::process::Command::new(paths::OWN_PROGRAM)
        .arg(COMMAND)
        .stdin(Stdio::null())
        .spawn()
}

fn timer(id: &str) -> String {
    format!("mongo-rs-fault-{id}")
}

/// Whether the one that was set is still there.
pub async fn is_set(id: &str, process: Option<u32>) -> bool {
    match process {
        Some(pid) => {
            let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let command = String::from_utf8_lossy(&command);
            // The number may be another process's by now, and that one the watchdog of another fault.
            command.contains(COMMAND) && command.split('\0').any(|word| word == id)
        }
        None => service::under_systemd() && systemctl(&["is-active", "--quiet", &unit(id)]).await,
    }
}

fn unit(id: &str) -> String {
    format!("{}.timer", timer(id))
}

/// Takes one away whose work is done. One that is just ending the fault itself is left to end.
pub async fn cancel(id: &str, process: Option<u32>) {
    match process {
        Some(pid) if pid != std::process::id() && is_set(id, process).await => {
            if let Ok(pid) = i32::try_from(pid) {
                let pid = nix::unistd::Pid::from_raw(pid);
                let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
            }
        }
        Some(_) => {}
        None if service::under_systemd() => {
            systemctl(&["stop", &unit(id)]).await;
        }
        None => {}
    }
}

async fn systemctl(arguments: &[&str]) -> bool {
    let Ok(systemctl) = program::find("systemctl") else {
        return false;
    };
    program::run(&systemctl, arguments, None, SHORT)
        .await
        .is_ok()
}

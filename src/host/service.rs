//! The server's process: under systemd where the machine was booted with it, else supervised by the agent itself.
//! Which of the two is found by looking (`sd_booted(3)`), not by configuration.

mod last_words;
mod systemd;

use super::account::Account;
use super::file;
use super::paths;
use super::program::ProgramError;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::path::Path;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// What MongoDB asks for in "UNIX ulimit Settings".
const OPEN_FILES: u64 = 64_000;
/// A server that must recover from a crash first may need long; a hook has no limit of its own.
const START_LIMIT: Duration = Duration::from_secs(300);
const STOP_LIMIT: Duration = Duration::from_secs(90);

/// A failure to start or stop the server.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// A program that was needed failed.
    #[error("{0}")]
    Program(#[from] ProgramError),
    /// A file that was needed could not be written.
    #[error("{0}")]
    File(#[from] file::FileError),
    /// It did not come up.
    #[error("mongod did not start: {0}")]
    NotStarted(String),
    /// It does not go.
    #[error("mongod (process {0}) does not stop; look at {log}", log = paths::LOG)]
    NotStopped(i32),
}

/// In the background once it listens; a start that cannot come to it fails with the reason in the log.
fn server_arguments() -> [&'static str; 5] {
    [
        "--config",
        paths::CONFIG,
        "--fork",
        "--pidfilepath",
        paths::PID,
    ]
}

/// Whether systemd runs the server and timers here.
pub fn under_systemd() -> bool {
    systemd::is_there()
}

/// Keeps the service manager from starting the server again by itself, or lets it again.
pub async fn hold_down(hold: bool) -> Result<(), ServiceError> {
    if systemd::is_there() {
        systemd::hold_down(hold).await?;
    }
    Ok(())
}

/// Sends the server a signal. One that does not run needs none.
pub async fn signal(signal: Signal) -> Option<i32> {
    let pid = process().await?;
    kill(Pid::from_raw(pid), signal).ok().map(|()| pid)
}

/// Lets a server go on that stands still; a process that is no longer ours is left alone.
pub fn go_on(pid: i32) {
    if is_ours(pid) {
        let _ = kill(Pid::from_raw(pid), Signal::SIGCONT);
    }
}

/// The server's process id while it runs.
pub async fn process() -> Option<i32> {
    if systemd::is_there() {
        return systemd::process().await;
    }
    let pid = std::fs::read_to_string(paths::PID)
        .ok()?
        .trim()
        .parse()
        .ok()?;
    is_ours(pid).then_some(pid)
}

/// True when this process runs our program: a process id in a file may have passed to somebody else since.
fn is_ours(pid: i32) -> bool {
    let program = std::fs::read_link(format!("/proc/{pid}/exe"));
    program.is_ok_and(|path| path.to_string_lossy().starts_with(paths::PROGRAM))
}

/// Starts the server and waits until it listens.
pub async fn start(account: Option<&Account>) -> Result<(), ServiceError> {
    if process().await.is_some() {
        return Ok(());
    }
    if systemd::is_there() {
        systemd::start(account).await
    } else {
        start_plain(account).await
    }
}

async fn start_plain(account: Option<&Account>) -> Result<(), ServiceError> {
    let pid_file = Path::new(paths::PID);
    if let Some(directory) = pid_file.parent() {
        file::make_directory(directory, 0o755, account)?;
    }
    file::remove(pid_file)?;
    // Children inherit it. Where the hard limit is lower, the server warns in its log and runs.
    let hard = getrlimit(Resource::RLIMIT_NOFILE).map_or(OPEN_FILES, |(_, hard)| hard);
    let _ = setrlimit(Resource::RLIMIT_NOFILE, OPEN_FILES.min(hard), hard);
    let mut command = tokio::process::Command::new(paths::PROGRAM);
    command.args(server_arguments());
    // The server must not look like part of a hook to anything it starts or that inspects it.
    command
        .env_clear()
        .current_dir("/")
        .stdin(std::process::Stdio::null());
    if let Some(account) = account {
        command.uid(account.uid).gid(account.gid);
    }
    let failed = |why: String| ServiceError::NotStarted(why);
    match tokio::time::timeout(START_LIMIT, command.output()).await {
        Err(_) => Err(failed(format!("not within {} s", START_LIMIT.as_secs()))),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Ok(Ok(output)) if output.status.success() => Ok(()),
        Ok(Ok(output)) => Err(failed(last_words::of_server().unwrap_or_else(|| {
            let printed = String::from_utf8_lossy(&output.stdout);
            printed
                .lines()
                .last()
                .unwrap_or("no reason given")
                .to_owned()
        }))),
    }
}

/// Stops the server and waits until it is gone. One that does not run is as good as stopped.
pub async fn stop() -> Result<(), ServiceError> {
    let Some(pid) = process().await else {
        return Ok(());
    };
    if systemd::is_there() {
        return systemd::stop().await;
    }
    let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
    wait_until_gone(pid, STOP_LIMIT).await
}

/// Waits until this process of ours is gone.
pub async fn wait_until_gone(pid: i32, limit: Duration) -> Result<(), ServiceError> {
    let deadline = Instant::now() + limit;
    while is_ours(pid) {
        if Instant::now() > deadline {
            return Err(ServiceError::NotStopped(pid));
        }
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// Takes away what [`start`] left with the service manager.
pub async fn forget() -> Result<(), ServiceError> {
    if systemd::is_there() {
        systemd::forget().await?;
    }
    Ok(())
}

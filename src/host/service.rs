//! The server's process: under systemd where the machine was booted with it, else supervised by the agent itself.
//! Which of the two is found by looking (`sd_booted(3)`), not by configuration.

use super::account::Account;
use super::file;
use super::paths;
use super::program::{self, ProgramError};
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
/// What systemd answers at once.
const SHORT: Duration = Duration::from_secs(30);
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

fn systemd() -> bool {
    Path::new("/run/systemd/system").is_dir()
}

async fn systemctl(arguments: &[&str], limit: Duration) -> Result<String, ProgramError> {
    program::run(&program::find("systemctl")?, arguments, None, limit).await
}

/// The server's process id while it runs.
pub async fn process() -> Option<i32> {
    if systemd() {
        let arguments = ["show", "--property=MainPID", "--value", paths::SERVICE_NAME];
        let printed = systemctl(&arguments, SHORT).await.ok()?;
        return printed.trim().parse().ok().filter(|pid| *pid > 0);
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
    if systemd() {
        start_with_systemd(account).await
    } else {
        start_plain(account).await
    }
}

async fn start_with_systemd(account: Option<&Account>) -> Result<(), ServiceError> {
    let user = if account.is_some() {
        "User=mongodb\nGroup=mongodb\n"
    } else {
        ""
    };
    let unit = format!(
        "[Unit]\nDescription=MongoDB server of the charm mongo-rs\nAfter=network-online.target\n\
         Wants=network-online.target\n\n[Service]\nType=exec\n{user}\
         ExecStart={} --config {}\nRestart=on-failure\nRestartSec=2\nLimitNOFILE={OPEN_FILES}\n\
         TimeoutStopSec={}\n\n[Install]\nWantedBy=multi-user.target\n",
        paths::PROGRAM,
        paths::CONFIG,
        STOP_LIMIT.as_secs(),
    );
    file::write(Path::new(paths::SERVICE), unit.as_bytes(), 0o644, None)?;
    systemctl(&["daemon-reload"], SHORT).await?;
    systemctl(&["enable", paths::SERVICE_NAME], SHORT).await?;
    systemctl(&["start", paths::SERVICE_NAME], START_LIMIT).await?;
    Ok(())
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
    command.args([
        "--config",
        paths::CONFIG,
        "--fork",
        "--pidfilepath",
        paths::PID,
    ]);
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
        Ok(Ok(output)) => Err(failed(last_words(&String::from_utf8_lossy(&output.stdout)))),
    }
}

/// What the server wrote to its log before it went, or else what it printed.
fn last_words(printed: &str) -> String {
    let log = std::fs::read_to_string(paths::LOG).unwrap_or_default();
    let lines: Vec<&str> = log.lines().rev().take(60).collect();
    let severe = |line: &&&str| line.contains(r#""s":"F""#) || line.contains(r#""s":"E""#);
    let message = |line: &str| -> String {
        let parsed: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
        let (message, attributes) = (parsed["msg"].as_str().unwrap_or(line), &parsed["attr"]);
        let detail = ["error", "message", "reason"]
            .iter()
            .find_map(|key| attributes.get(*key));
        let text = detail.map_or_else(
            || message.to_owned(),
            |detail| format!("{message}: {detail}"),
        );
        text.chars().take(300).collect()
    };
    match lines.iter().find(severe) {
        Some(line) => message(line),
        None => printed
            .lines()
            .last()
            .unwrap_or("no reason given")
            .chars()
            .take(300)
            .collect(),
    }
}

/// Stops the server and waits until it is gone. One that does not run is as good as stopped.
pub async fn stop() -> Result<(), ServiceError> {
    let Some(pid) = process().await else {
        return Ok(());
    };
    if systemd() {
        systemctl(&["stop", paths::SERVICE_NAME], STOP_LIMIT).await?;
        return Ok(());
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
    if systemd() && Path::new(paths::SERVICE).exists() {
        // A unit that is not enabled is as good as disabled.
        let _ = systemctl(&["disable", paths::SERVICE_NAME], SHORT).await;
        file::remove(Path::new(paths::SERVICE))?;
        systemctl(&["daemon-reload"], SHORT).await?;
    }
    Ok(())
}

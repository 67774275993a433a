//! The server's process: under systemd where the machine was booted with it, else supervised by the agent itself.
//! Which of the two is found by looking (`sd_booted(3)`), not by configuration.

pub mod kept;
mod last_words;
mod systemd;

use kept::{HandOver, SERVER};

use super::account::Account;
use super::file;
use super::paths;
use super::program::ProgramError;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::path::Path;
use std::time::Duration;

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
    #[error("{name} did not start: {why}")]
    NotStarted {
        /// What.
        name: &'static str,
        /// What is known of the reason.
        why: String,
    },
    /// It does not go.
    #[error("{name} (process {pid}) does not stop; look at {log}")]
    NotStopped {
        /// What.
        name: &'static str,
        /// Its process.
        pid: i32,
        /// Where it says more.
        log: &'static str,
    },
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
    if SERVER.is(pid) {
        let _ = kill(Pid::from_raw(pid), Signal::SIGCONT);
    }
}

/// The server's process id while it runs.
pub async fn process() -> Option<i32> {
    if systemd::is_there() {
        return systemd::process(paths::SERVICE_NAME).await;
    }
    SERVER.noted()
}

/// Starts the server and waits until it listens.
pub async fn start(account: Option<&Account>) -> Result<(), ServiceError> {
    if process().await.is_some() {
        return Ok(());
    }
    if !systemd::is_there() {
        return start_plain(account).await;
    }
    let limit = START_LIMIT + systemd::SHORT;
    // Not anew: systemd may just be starting one again that has died, and that recovers.
    match SERVER
        .hand_over("start", &unit(account.is_some()), limit)
        .await
    {
        Ok(()) => Ok(()),
        Err(HandOver::NotAsked(error)) => Err(error),
        Err(HandOver::Failed(error)) => match last_words::of_server() {
            Some(cause) => Err(not_started(cause)),
            None => Err(not_started(error.to_string())),
        },
    }
}

fn not_started(why: String) -> ServiceError {
    let name = SERVER.name;
    ServiceError::NotStarted { name, why }
}

/// The server forks when it listens, so that `start` waits for that, and fails if it does not come to it.
fn unit(as_account: bool) -> String {
    let user = if as_account {
        "User=mongodb\nGroup=mongodb\n"
    } else {
        ""
    };
    format!(
        "[Unit]\nDescription=MongoDB server of the charm mongo-rs\nAfter=network-online.target\n\
         Wants=network-online.target\n\n\
         [Service]\nType=forking\nPIDFile={pid}\nRuntimeDirectory=mongo-rs\n{user}\
         ExecStart={program} {arguments}\nRestart=on-failure\nRestartSec=2\n\
         LimitNOFILE={OPEN_FILES}\nTimeoutStartSec={start}\nTimeoutStopSec={stop}\n\n\
         [Install]\nWantedBy=multi-user.target\n",
        pid = paths::PID,
        program = paths::PROGRAM,
        arguments = server_arguments().join(" "),
        start = START_LIMIT.as_secs(),
        stop = STOP_LIMIT.as_secs(),
    )
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
    match tokio::time::timeout(START_LIMIT, command.output()).await {
        Err(_) => Err(not_started(format!(
            "not within {} s",
            START_LIMIT.as_secs()
        ))),
        Ok(Err(error)) => Err(not_started(error.to_string())),
        Ok(Ok(output)) if output.status.success() => Ok(()),
        Ok(Ok(output)) => Err(not_started(last_words::of_server().unwrap_or_else(|| {
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
    match process().await {
        None => Ok(()),
        running => SERVER.stop(running, STOP_LIMIT).await,
    }
}

/// Waits until this process of the server's is gone.
pub async fn wait_until_gone(pid: i32, limit: Duration) -> Result<(), ServiceError> {
    SERVER.wait_until_gone(pid, limit).await
}

/// Takes away what [`start`] left with the service manager.
pub async fn forget() -> Result<(), ServiceError> {
    SERVER.forget().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_says_who_runs_it_only_where_there_is_an_account() {
        assert!(unit(true).contains("\nUser=mongodb\n") && !unit(false).contains("User="));
        assert!(unit(true).contains("mongod --config "));
    }
}

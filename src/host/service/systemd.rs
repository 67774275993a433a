//! The server as a unit of systemd.

use super::super::account::Account;
use super::super::file;
use super::super::paths;
use super::super::program::{self, ProgramError};
use super::{OPEN_FILES, START_LIMIT, STOP_LIMIT, ServiceError, last_words, server_arguments};
use std::path::Path;
use std::time::Duration;

/// What systemd answers at once.
const SHORT: Duration = Duration::from_secs(30);

/// Whether this machine was booted with it (`sd_booted(3)`).
pub fn is_there() -> bool {
    Path::new("/run/systemd/system").is_dir()
}

async fn systemctl(arguments: &[&str], limit: Duration) -> Result<String, ProgramError> {
    program::run(&program::find("systemctl")?, arguments, None, limit).await
}

/// The server's process id while it runs.
pub async fn process() -> Option<i32> {
    let arguments = ["show", "--property=MainPID", "--value", paths::SERVICE_NAME];
    let printed = systemctl(&arguments, SHORT).await.ok()?;
    printed.trim().parse().ok().filter(|pid| *pid > 0)
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

/// Starts the server and waits until it listens.
pub async fn start(account: Option<&Account>) -> Result<(), ServiceError> {
    let text = unit(account.is_some());
    file::write(Path::new(paths::SERVICE), text.as_bytes(), 0o644, None)?;
    systemctl(&["daemon-reload"], SHORT).await?;
    systemctl(&["enable", paths::SERVICE_NAME], SHORT).await?;
    // One that failed too often lately would not be started again otherwise.
    let _ = systemctl(&["reset-failed", paths::SERVICE_NAME], SHORT).await;
    let started = systemctl(&["start", paths::SERVICE_NAME], START_LIMIT + SHORT).await;
    match (started, last_words::of_server()) {
        (Ok(_), _) => Ok(()),
        (Err(_), Some(cause)) => Err(ServiceError::NotStarted(cause)),
        (Err(error), None) => Err(error.into()),
    }
}

/// Stops it and waits until it is gone.
pub async fn stop() -> Result<(), ServiceError> {
    systemctl(&["stop", paths::SERVICE_NAME], STOP_LIMIT + SHORT).await?;
    Ok(())
}

/// Keeps it from being started again by itself, until the next boot at the latest; or lets it again.
pub async fn hold_down(hold: bool) -> Result<(), ServiceError> {
    let path = Path::new(paths::HOLD);
    if hold {
        if let Some(directory) = path.parent() {
            file::make_directory(directory, 0o755, None)?;
        }
        file::write(path, b"[Service]\nRestart=no\n", 0o644, None)?;
    } else if path.exists() {
        file::remove(path)?;
        if let Some(directory) = path.parent() {
            // It is there for this only; a person's own file in it keeps it.
            let _ = std::fs::remove_dir(directory);
        }
    } else {
        return Ok(());
    }
    systemctl(&["daemon-reload"], SHORT).await?;
    Ok(())
}

/// Takes away what [`start`] left.
pub async fn forget() -> Result<(), ServiceError> {
    if Path::new(paths::SERVICE).exists() {
        // A unit that is not enabled is as good as disabled.
        let _ = systemctl(&["disable", paths::SERVICE_NAME], SHORT).await;
        file::remove(Path::new(paths::SERVICE))?;
        systemctl(&["daemon-reload"], SHORT).await?;
    }
    Ok(())
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

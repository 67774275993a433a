//! Programs of ours as units of systemd.

use super::super::file;
use super::super::paths;
use super::super::program::{self, ProgramError};
use super::ServiceError;
use super::kept::{HandOver, Kept};
use std::path::Path;
use std::time::Duration;

/// What systemd answers at once.
pub const SHORT: Duration = Duration::from_secs(30);

/// Whether this machine was booted with it (`sd_booted(3)`).
pub fn is_there() -> bool {
    Path::new("/run/systemd/system").is_dir()
}

async fn systemctl(arguments: &[&str], limit: Duration) -> Result<String, ProgramError> {
    program::run(&program::find("systemctl")?, arguments, None, limit).await
}

/// The process id of a unit while it runs.
pub async fn process(unit: &str) -> Option<i32> {
    let arguments = ["show", "--property=MainPID", "--value", unit];
    let printed = systemctl(&arguments, SHORT).await.ok()?;
    printed.trim().parse().ok().filter(|pid| *pid > 0)
}

/// Writes a unit's file and starts the unit, or starts it anew; waits until systemd calls it started.
pub async fn start(kept: &Kept, verb: &str, text: &str, limit: Duration) -> Result<(), HandOver> {
    let unit = kept.unit_name;
    let asked = async {
        file::write(Path::new(kept.unit), text.as_bytes(), 0o644, None)?;
        systemctl(&["daemon-reload"], SHORT).await?;
        systemctl(&["enable", unit], SHORT).await?;
        // One that failed too often lately would not be started again otherwise.
        let _ = systemctl(&["reset-failed", unit], SHORT).await;
        Ok::<(), ServiceError>(())
    };
    asked.await?;
    let started = systemctl(&[verb, unit], limit).await;
    started.map(drop).map_err(HandOver::Failed)
}

/// Stops it and waits until it is gone.
pub async fn stop(unit: &str, limit: Duration) -> Result<(), ServiceError> {
    systemctl(&["stop", unit], limit + SHORT).await?;
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
pub async fn forget(file: &Path, unit: &str) -> Result<(), ServiceError> {
    if file.exists() {
        // A unit that is not enabled is as good as disabled.
        let _ = systemctl(&["disable", unit], SHORT).await;
        file::remove(file)?;
        systemctl(&["daemon-reload"], SHORT).await?;
    }
    Ok(())
}

//! Process 1 of a site: `lab site-init HOME -- PROGRAM ARGUMENTS…`.
//!
//! It holds the site's lock, starts the controller as its only child and reaps what others leave behind. When the
//! controller ends, for whatever reason, it ends too; the kernel then ends every process, mount and interface of the
//! site. The controller itself cannot be process 1: a runtime that waits for its own children would leave the orphans
//! of others as zombies.

use super::lock::Held;
use super::reaper::{Reaper, Turn, reap};
use anyhow::Context;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// Runs the controller until it ends and returns its exit code (128 + signal if it was killed).
///
/// # Errors
/// Another site holds the home, or the program cannot be started.
pub fn run(home: &Path, command: &[OsString]) -> anyhow::Result<i32> {
    let _held = Held::take(home)?;
    let (program, arguments) = command
        .split_first()
        .context("no controller was named after `--`")?;
    let controller = Command::new(program)
        .args(arguments)
        .spawn()
        .with_context(|| {
            format!(
                "failed to start the controller {}",
                Path::new(program).display()
            )
        })?;
    let controller = i32::try_from(controller.id())
        .context("the controller's process number is out of range")?;
    let reaper = Reaper::new().context("failed to block the signals of process 1")?;
    // One that ended before the signals were blocked sent its signal to nobody.
    let mut ended = reap();
    loop {
        if let Some((_, code)) = ended.iter().find(|(pid, _)| *pid == controller) {
            return Ok(*code);
        }
        ended = match reaper.turn().context("failed to wait for the controller")? {
            Turn::Ended(ended) => ended,
            Turn::Terminate => {
                // Already gone is as good.
                let pid = nix::unistd::Pid::from_raw(controller);
                let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
                reap()
            }
        };
    }
}

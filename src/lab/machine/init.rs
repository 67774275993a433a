//! Process 1 of a machine: `lab machine-init FILE`.
//!
//! In: the file that [`Machine::boot`](super::Machine::boot) wrote, and fresh namespaces around the process. It mounts
//! the machine's file systems, waits for the cable, brings the network up, and from then on reaps orphans. It says how
//! far it is in lines on its standard output. Single-threaded, without a runtime: mounts and namespaces belong to
//! threads.

use super::booted;
use super::disk;
use super::spec::Boot;
use crate::lab::network::configure_machine;
use crate::lab::site::reaper::{Reaper, Turn, reap};
use anyhow::{Context, bail};
use std::io::{BufRead, Write};
use std::path::Path;
use std::time::Duration;

/// The namespaces are there: the cable can be plugged in.
pub(super) const STARTED: &str = "started";
/// The machine is up.
pub(super) const READY: &str = "ready";
/// The boot failed; the reason follows.
pub(super) const FAILED: &str = "failed";
/// Something is otherwise than usual; what follows.
pub(super) const NOTE: &str = "note";

/// Boots the machine and is its process 1 until an orderly shutdown, or hands that on to systemd. Returns the exit code.
///
/// # Errors
/// The boot failed. The controller has been told; the error is for the machine's console log.
pub fn run(file: &Path) -> anyhow::Result<i32> {
    if std::process::id() != 1 {
        bail!(
            "machine-init is process 1 of a new machine; it is started by the lab's controller only"
        );
    }
    let say = |word: &str, text: &str| {
        let line = format!(
            "{word}{}{}\n",
            if text.is_empty() { "" } else { " " },
            text.replace('\n', "; ")
        );
        let mut stdout = std::io::stdout();
        stdout
            .write_all(line.as_bytes())
            .and_then(|()| stdout.flush())
            .context("the controller is gone")
    };
    say(STARTED, "")?;
    let boot = Boot::read(file)?;
    match bring_up(&boot) {
        Ok(notes) => {
            for note in notes {
                say(NOTE, &note)?;
            }
            if boot.machine.booted {
                say(READY, "")?;
                match booted::become_systemd()? {}
            }
            let reaper = Reaper::new().context("failed to block the signals of process 1")?;
            say(READY, "")?;
            live(&reaper)
        }
        Err(error) => {
            say(FAILED, &format!("{error:#}"))?;
            Err(error)
        }
    }
}

fn bring_up(boot: &Boot) -> anyhow::Result<Vec<String>> {
    let name = &boot.machine.hostname;
    nix::unistd::sethostname(name)
        .with_context(|| format!("failed to name the machine {name:?}"))?;
    if boot.machine.booted {
        booted::enter_cgroup(&boot.machine.dir)?;
    }
    let notes = disk::assemble(boot)?;
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .context("failed to wait for the network")?;
    if line.trim() != "connected" {
        bail!("the controller ended before the network was there");
    }
    configure_machine(&boot.addresses).context("failed to bring the machine's network up")?;
    Ok(notes)
}

/// Reaps until asked to end; then asks all others to, and ends after the last of them.
fn live(reaper: &Reaper) -> anyhow::Result<i32> {
    reap();
    while reaper.turn().context("failed to wait as process 1")? != Turn::Terminate {}
    // Everybody but process 1 itself; nobody there is as good.
    let _ = nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(-1),
        nix::sys::signal::Signal::SIGTERM,
    );
    // Processes that entered from outside are not this process's children and announce nothing, hence the looking.
    // There is no deadline here: the controller has one.
    while others() {
        reap();
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(0)
}

/// Whether the machine has a process besides this one.
fn others() -> bool {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return false;
    };
    entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .any(|pid| pid != 1)
}

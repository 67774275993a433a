//! Processes that only the site's network has in common with it: `lab client` starts them outside of all its other
//! namespaces, so that they do not end with its process 1.

use super::process;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long they have to end in order: a write test writes what it knows.
const PATIENCE: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(50);

/// The network of a process, by which those in it are known; none where it is this process's own.
pub fn network_of(process: u32) -> Option<PathBuf> {
    let network = |process: &str| std::fs::read_link(format!("/proc/{process}/ns/net")).ok();
    let of_process = network(&process.to_string())?;
    (network("self")? != of_process).then_some(of_process)
}

/// Ends whoever is in this network and may be ended, and waits until they are gone.
pub async fn end(network: &Path) {
    let deadline = Instant::now() + PATIENCE;
    signal_all(network, Signal::SIGTERM);
    while !members(network).is_empty() && Instant::now() < deadline {
        tokio::time::sleep(LOOK).await;
    }
    signal_all(network, Signal::SIGKILL);
}

fn signal_all(network: &Path, signal: Signal) {
    for process in members(network) {
        let _ = kill(process, signal);
    }
}

fn members(network: &Path) -> Vec<Pid> {
    let numbers = process::all().into_iter().map(|status| status.pid);
    let there = |number: &u32| {
        std::fs::read_link(format!("/proc/{number}/ns/net")).is_ok_and(|it| it == network)
    };
    let numbers = numbers
        .filter(there)
        .filter_map(|number| i32::try_from(number).ok());
    numbers.map(Pid::from_raw).collect()
}

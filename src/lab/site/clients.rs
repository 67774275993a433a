//! Processes that only the site's network has in common with it: `lab client` starts them outside of all its other
//! namespaces, so that they do not end with its process 1.

use super::process;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

/// How long they have to end in order: a write test writes what it knows.
const PATIENCE: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(50);

/// A network, kept as long as somebody looks for those in it: its number is not given again meanwhile.
#[derive(Debug)]
pub struct Network(File);

/// The network of a process; none where it is this process's own.
pub fn network_of(process: u32) -> Option<Network> {
    let network = Network(File::open(path(process)).ok()?);
    (!network.has(std::process::id())).then_some(network)
}

fn path(process: u32) -> String {
    format!("/proc/{process}/ns/net")
}

impl Network {
    fn has(&self, process: u32) -> bool {
        let (Ok(own), Ok(other)) = (self.0.metadata(), std::fs::metadata(path(process))) else {
            return false;
        };
        (own.dev(), own.ino()) == (other.dev(), other.ino())
    }

    fn members(&self) -> Vec<Pid> {
        let numbers = process::all().into_iter().map(|status| status.pid);
        let numbers = numbers.filter(|number| self.has(*number));
        let numbers = numbers.filter_map(|number| i32::try_from(number).ok());
        numbers.map(Pid::from_raw).collect()
    }

    fn signal(&self, signal: Signal) {
        for process in self.members() {
            let _ = kill(process, signal);
        }
    }

    /// Ends whoever is in it and may be ended, and waits until they are gone.
    pub async fn end(self) {
        let deadline = Instant::now() + PATIENCE;
        self.signal(Signal::SIGTERM);
        while !self.members().is_empty() && Instant::now() < deadline {
            tokio::time::sleep(LOOK).await;
        }
        self.signal(Signal::SIGKILL);
    }
}

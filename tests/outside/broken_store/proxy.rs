//! A proxy between the clients of a lab and its servers, which nobody notices.
//!
//! It runs on the lab's network, which is its own: there a rule of the firewall leads whoever calls a server to it. It is
//! this test program itself, told by its environment what to do.

mod inside;

use super::deceit::Conduct;
use crate::support::{Lab, said};
use serde_json::Value;
use std::path::PathBuf;
use std::process::Child;
use std::time::{Duration, Instant};

/// The conduct, for the program on the lab's network.
const CONDUCT: &str = "BROKEN_STORE_CONDUCT";
/// A folder for what it has to tell.
const FOLDER: &str = "BROKEN_STORE_FOLDER";
/// In the folder: where it listens.
const PORT: &str = "port";
/// In the folder: what it lied about, a line each.
const LIES: &str = "lies";
/// On the proxy's own connections, which would otherwise be led back to it.
const MARK: u32 = 0x6c69_6172;
/// The firewall's table.
const TABLE: &str = "broken_store";

/// A proxy that runs; dropping it ends it.
pub struct Proxy<'a> {
    lab: &'a Lab,
    child: Child,
    folder: tempfile::TempDir,
}

impl<'a> Proxy<'a> {
    /// Puts a proxy before all servers of a lab.
    pub fn start(lab: &'a Lab, conduct: Conduct) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = std::env::current_exe().unwrap();
        let conduct = match conduct {
            Conduct::Honest => "honest".to_owned(),
            Conduct::Lossy(every) => format!("lossy {every}"),
            Conduct::Stale(every) => format!("stale {every}"),
        };
        let child = lab.start(&[
            "client",
            "--",
            "env",
            &format!("{CONDUCT}={conduct}"),
            &format!("{FOLDER}={}", folder.path().display()),
            &program.display().to_string(),
            "broken_store::proxy::inside::serve",
            "--exact",
            "--nocapture",
            "--test-threads=1",
        ]);
        let proxy = Self { lab, child, folder };
        let deadline = Instant::now() + Duration::from_secs(20);
        let port = loop {
            if let Ok(port) = std::fs::read_to_string(proxy.path(PORT)) {
                break port;
            }
            assert!(Instant::now() < deadline, "the proxy does not listen");
            std::thread::sleep(Duration::from_millis(50));
        };
        proxy.firewall(&format!(
            "add table ip {TABLE}; \
             add chain ip {TABLE} out {{ type nat hook output priority -100; }}; \
             add rule ip {TABLE} out meta mark != {MARK} tcp dport 27017 redirect to :{port}"
        ));
        proxy
    }

    /// What it lied about so far.
    pub fn lies(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.path(LIES)).unwrap_or_default();
        let lines = text.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn firewall(&self, rules: &str) {
        // Ordinary users have no nft on their PATH.
        let line = "PATH=$PATH:/usr/sbin:/sbin exec nft \"$1\"";
        let output = self
            .lab
            .run(&["client", "--", "sh", "-c", line, "sh", rules]);
        // Another panic may be under way when the rule is taken away.
        if !output.status.success() && !std::thread::panicking() {
            panic!("{rules}: {}", said(&output));
        }
    }
}

impl Drop for Proxy<'_> {
    fn drop(&mut self) {
        self.firewall(&format!("delete table ip {TABLE}"));
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

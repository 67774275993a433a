//! A run of `mongo-rs write-test`, and what its history says.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::mongods::{PATIENCE, wait};

/// A `mongo-rs write-test` that runs.
pub struct Running {
    pub child: Child,
    pub history: PathBuf,
    pub directory: tempfile::TempDir,
}

/// One that ended.
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
    pub history: PathBuf,
    pub took: Duration,
    _directory: tempfile::TempDir,
}

impl Running {
    pub fn start(url: &str, arguments: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let history = directory.path().join("history.jsonl");
        let file = |name: &str| std::fs::File::create(directory.path().join(name)).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_mongo-rs"))
            .args(["write-test", "--url", url, "--format", "json", "--history"])
            .arg(&history)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(file("stdout"))
            .stderr(file("stderr"))
            .spawn()
            .unwrap();
        Self {
            child,
            history,
            directory,
        }
    }

    /// Waits until so many appends are acknowledged.
    pub fn wait_for_acknowledged(&self, count: usize) {
        wait("acknowledged", || {
            acknowledged(&self.history).len() >= count
        });
    }

    pub fn end(mut self) -> Ended {
        let start = Instant::now();
        let mut status = None;
        while status.is_none() && start.elapsed() < PATIENCE * 3 {
            status = self.child.try_wait().unwrap();
            std::thread::sleep(Duration::from_millis(20));
        }
        if status.is_none() {
            self.child.kill().unwrap();
            self.child.wait().unwrap();
        }
        let read = |name: &str| std::fs::read_to_string(self.directory.path().join(name)).unwrap();
        let (stdout, stderr) = (read("stdout"), read("stderr"));
        let status = status.unwrap_or_else(|| panic!("it hangs:\n{stderr}"));
        Ended {
            status,
            stdout,
            stderr,
            history: self.history,
            took: start.elapsed(),
            _directory: self.directory,
        }
    }
}

impl Ended {
    pub fn report(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.stdout, self.stderr))
    }
}

pub fn lines(history: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(history).unwrap_or_default();
    // The last line may be half written.
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

pub fn values(history: &Path, kind: &str) -> BTreeSet<i64> {
    let appends = lines(history)
        .into_iter()
        .filter(|line| line["f"] == "append" && line["type"] == kind);
    appends.filter_map(|line| line["value"].as_i64()).collect()
}

pub fn acknowledged(history: &Path) -> BTreeSet<i64> {
    values(history, "ok")
}

/// `1-3,5` as numbers.
pub fn numbers(ranges: &str) -> BTreeSet<i64> {
    let run = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        first.parse::<i64>().unwrap()..=last.parse::<i64>().unwrap()
    };
    ranges
        .split(',')
        .filter(|part| !part.is_empty())
        .flat_map(run)
        .collect()
}

pub fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

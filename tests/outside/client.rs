//! A client of the set: the charm's own write test, run from outside.

use super::support::{Lab, checkout, said, text};
use super::write_test::running::acknowledged;
use serde_json::Value;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

/// A write test from outside the set that has begun to be acknowledged.
pub fn client(lab: &Lab, history: &Path, more: &[&str]) -> Child {
    let url = lab.action("mongo-rs/leader", &["primary"]);
    let program = checkout().join("bin/mongo-rs").display().to_string();
    let path = history.display().to_string();
    let words = [
        "client",
        "--",
        &program,
        "write-test",
        "--url",
        text(&url, "url"),
        "--format",
        "json",
        "--history",
        &path,
        "--count",
        "100000",
        "--rate",
        "60",
    ];
    let mut client = lab.start(&[&words[..], more].concat());
    let deadline = Instant::now() + Duration::from_secs(30);
    while acknowledged(history).len() < 50 {
        let ended = client.try_wait().unwrap();
        assert!(
            ended.is_none() && Instant::now() < deadline,
            "the write test does not begin: {ended:?}"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    client
}

/// Asks a write test to end its appends now, and gives what it reports.
pub fn stop(client: Child) -> (Option<i32>, Value) {
    let pid = nix::unistd::Pid::from_raw(client.id().cast_signed());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    report(client)
}

/// What the write test reports, and its exit status.
pub fn report(client: Child) -> (Option<i32>, Value) {
    let output = client.wait_with_output().unwrap();
    let report = serde_json::from_slice(&output.stdout);
    let report = report.unwrap_or_else(|error| panic!("{error}: {}", said(&output)));
    (output.status.code(), report)
}

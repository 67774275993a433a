//! The two programs that are compared, each in a process of its own. Each says how many appends a second it made.

use super::Outcome;
use serde_json::Value;
use std::collections::HashSet;
use std::process::{Command, Stdio};

/// pymongo's loop.
pub fn append_py(url: &str, count: u32) -> Outcome<f64> {
    #[expect(clippy::disallowed_methods, reason = "the benchmark's own switch")]
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let ended = Command::new(&python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/append.py"))
        .args([url, &count.to_string()])
        .output()
        .map_err(|error| format!("{python}: {error}"))?;
    if !ended.status.success() {
        let said = String::from_utf8_lossy(&ended.stderr);
        return Err(format!(
            "{python}: {}",
            said.trim().lines().last().unwrap_or("failed")
        )
        .into());
    }
    let seconds: f64 = String::from_utf8_lossy(&ended.stdout).trim().parse()?;
    Ok(f64::from(count - 1) / seconds)
}

/// The tester, as it is called by hand. Its history tells when each append was acknowledged; it counts from when every
/// client has one behind it, as pymongo's loop does.
pub fn write_test(url: &str, clients: u32, count: u32) -> Outcome<f64> {
    let directory = tempfile::tempdir()?;
    let history = directory.path().join("history.jsonl");
    let ended = Command::new(env!("CARGO_BIN_EXE_mongo-rs"))
        .args(["write-test", "--format", "json", "--url", url])
        .args([
            "--clients",
            &clients.to_string(),
            "--count",
            &count.to_string(),
        ])
        .arg("--history")
        .arg(&history)
        .stderr(Stdio::null())
        .output()?;
    let report: Value = serde_json::from_slice(&ended.stdout)?;
    if report["verdict"] != "valid" || report["pass"] != count {
        return Err(format!("the run is no measure: {report}").into());
    }
    let text = std::fs::read_to_string(history)?;
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let acknowledged: Vec<(u64, u64)> = lines
        .filter(|line| line["type"] == "ok" && line["f"] == "append")
        .filter_map(|line| line["process"].as_u64().zip(line["time"].as_u64()))
        .collect();
    let mut connected = HashSet::new();
    let begin = acknowledged.iter().position(|(process, _)| {
        connected.insert(*process);
        connected.len() == clients as usize
    });
    let begin = begin.ok_or("not every client had its turn")?;
    let counted = &acknowledged[begin..];
    let (first, last) = counted.first().zip(counted.last()).ok_or("too short")?;
    Ok((counted.len() - 1) as f64 / ((last.1 - first.1) as f64 / 1e9))
}

//! Histories as tables, and Jepsen's cases from their file, for tests.

use super::finding::Finding;
use super::operation::{History, Names, OPEN, Operation};
use crate::consistency::outcome::OutcomeType;
use crate::consistency::report::Verdict;
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;

/// A history from lines `process type f value`; the place of a line is its number from 0 on, its time that many
/// milliseconds. What was done is told by the completion where there is one, else by the invocation.
pub fn history<A>(lines: &[String], action: impl Fn(&str, &str, &mut Names) -> A) -> History<A> {
    let mut history = empty();
    let mut open: HashMap<u64, usize> = HashMap::new();
    for (place, line) in lines.iter().enumerate() {
        let fields: Vec<&str> = line.splitn(4, ' ').map(str::trim).collect();
        let [process, kind, f, value] = fields[..] else {
            panic!("{line}")
        };
        let (process, place) = (process.parse().unwrap(), place as u32);
        history.times.push(u64::from(place) * 1_000_000);
        let action = action(f, value, &mut history.names);
        if kind == "invoke" {
            open.insert(process, history.operations.len());
            history.operations.push(Operation {
                process,
                invoked: place,
                completed: OPEN,
                outcome: OutcomeType::Info,
                action,
            });
            continue;
        }
        let operation = &mut history.operations[open.remove(&process).unwrap()];
        (operation.completed, operation.outcome) = match kind {
            "ok" => (place, OutcomeType::Ok),
            "fail" => (place, OutcomeType::Fail),
            _ => (OPEN, OutcomeType::Info),
        };
        operation.action = action;
    }
    history
}

/// A history of nothing.
pub fn empty<A>() -> History<A> {
    History {
        operations: Vec::new(),
        names: Names::default(),
        times: Vec::new(),
    }
}

/// A history from a text of such lines.
pub fn table<A>(text: &str, action: impl Fn(&str, &str, &mut Names) -> A) -> History<A> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    history(&lines.map(str::to_owned).collect::<Vec<_>>(), action)
}

/// The elements of a finding under a name, joined by commas.
pub fn elements(finding: &Finding, name: &str) -> String {
    finding
        .elements
        .get(name)
        .map(|lines| lines.join(","))
        .unwrap_or_default()
}

/// The names of the anomalies of a finding.
pub fn anomalies(finding: &Finding) -> Vec<String> {
    finding
        .anomalies
        .iter()
        .map(|anomaly| anomaly.name.clone())
        .collect()
}

/// A verdict as Jepsen writes it.
pub fn verdict(expected: &Value) -> Verdict {
    match expected {
        Value::Bool(true) => Verdict::Valid,
        Value::Bool(false) => Verdict::Invalid,
        _ => Verdict::Unknown,
    }
}

/// Tells that a test passes without having been made: not by a macro, whose text a passing test keeps to itself.
pub fn skipped(why: impl std::fmt::Display) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}

/// The lines and expectations of Jepsen's own cases for a checker, by name; none where the file is not there.
pub fn jepsen_cases(checker: &str) -> Vec<(String, Vec<String>, Value)> {
    let directory = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/research/data"
    ));
    let text = match std::fs::read_to_string(directory.join("jepsen-checker-cases.json")) {
        Ok(text) => text,
        Err(error) => {
            skipped(format!("{}: {error}", directory.display()));
            return Vec::new();
        }
    };
    let file: Value = serde_json::from_str(&text).unwrap();
    let mut cases = Vec::new();
    for case in file["cases"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|case| case["checker"] == checker)
    {
        let lines = case["ops"].as_array().unwrap().iter().map(|op| {
            let text = |field: &str| op[field].as_str().unwrap().to_owned();
            let value = match &op["value"] {
                Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(","),
                value => plain(value),
            };
            let value = if op["type"] == "ok" && value.is_empty() {
                "[]"
            } else {
                &value
            };
            format!("{} {} {} {value}", op["process"], text("type"), text("f"))
        });
        cases.push((
            case["name"].as_str().unwrap().to_owned(),
            lines.collect(),
            case["expect"].clone(),
        ));
    }
    assert!(!cases.is_empty(), "no case for {checker}");
    cases
}

/// A value without quotes.
fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

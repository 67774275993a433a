//! Stores that lie must be caught by a trial: a proxy before a healthy set throws acknowledged writes away, or shows
//! what was overwritten. The same proxy, when it does neither, must not be noticed.

mod commands;
mod deceit;
mod frames;
mod proxy;

use self::deceit::Conduct;
use self::proxy::Proxy;
use super::support::{Lab, QUICK, said};
use super::write_test::running::{lines, numbers};
use serde_json::Value;
use std::collections::BTreeSet;

/// What a trial said, and what the proxy did meanwhile.
struct Tried {
    status: Option<i32>,
    report: Value,
    lies: Vec<Value>,
    history: Vec<Value>,
}

impl Tried {
    fn assert_verdict(&self, verdict: &str, status: i32) {
        assert_eq!(
            (self.status, &self.report["verdict"]),
            (Some(status), &verdict.into()),
            "{:#} {:?}",
            self.report,
            self.lies
        );
        // The set itself is not to blame, and the trial was one.
        assert_eq!(self.report["report"]["members-agree"], true);
        assert!(self.report["coverage"]["bit"].as_u64() > Some(0));
    }

    /// The lines of the history, by their indices.
    fn line(&self, index: &Value) -> &Value {
        let line = self.history.iter().find(|line| line["index"] == *index);
        line.unwrap_or_else(|| panic!("no line {index}"))
    }
}

/// Makes a trial on a lab, through a proxy.
fn trial(lab: &Lab, conduct: Conduct, words: &[&str]) -> Tried {
    lab.settled(3, 3);
    let proxy = Proxy::start(lab, conduct);
    let directory = tempfile::tempdir().unwrap();
    let history = directory.path().join("history.jsonl");
    let path = history.display().to_string();
    let common = [
        "trial",
        "--format",
        "json",
        "--faults",
        "kill,partition",
        "--hold",
        "3-5",
        "--rest",
        "6-10",
        "--seed",
        "5",
        "--history",
        &path,
    ];
    let output = lab.control_node(&[&common, words].concat());
    let report = serde_json::from_slice(&output.stdout);
    let report: Value = report.unwrap_or_else(|_| panic!("{words:?}: {}", said(&output)));
    println!(
        "{conduct:?} {words:?}: {}, {} acknowledged, {} not, lied about {:?}",
        report["reason"],
        report["report"]["pass"],
        report["report"]["info"],
        proxy.lies()
    );
    Tried {
        status: output.status.code(),
        report,
        lies: proxy.lies(),
        history: lines(&history),
    }
}

/// The values behind the lies about writes.
fn thrown_away(tried: &Tried) -> BTreeSet<i64> {
    assert!(!tried.lies.is_empty(), "too few writes: {:#}", tried.report);
    tried
        .lies
        .iter()
        .map(|value| value.as_i64().unwrap())
        .collect()
}

#[test]
fn an_acknowledged_write_that_is_thrown_away_is_named() {
    writes_thrown_away_are_named(&[("set", "30", 1000)]);
}

#[test]
#[ignore = "seven minutes, so that there are ten thousand writes"]
fn one_acknowledged_write_of_ten_thousand_that_is_thrown_away_is_named() {
    writes_thrown_away_are_named(&[("list-append", "150", 10_000)]);
}

/// Workloads, seconds, and of how many writes one is thrown away.
fn writes_thrown_away_are_named(trials: &[(&str, &str, u64)]) {
    let Some(lab) = Lab::new() else { return };
    lab.deploy("3", QUICK);
    for &(workload, seconds, every) in trials {
        let words = [
            "--workload",
            workload,
            "--clients",
            "48",
            "--time-limit",
            seconds,
        ];
        let honest = trial(&lab, Conduct::Honest, &words);
        honest.assert_verdict("valid", 0);
        assert!(honest.lies.is_empty());
        let lossy = trial(&lab, Conduct::Lossy(every), &words);
        lossy.assert_verdict("invalid", 1);
        let report = &lossy.report["report"];
        let lost = match workload {
            "list-append" => report["lost-range"].as_str().unwrap().to_owned(),
            _ => {
                let runs = report["finding"]["elements"]["lost"].as_array();
                let runs = runs.unwrap_or_else(|| panic!("{report:#}")).iter();
                let runs: Vec<&str> = runs.map(|run| run.as_str().unwrap()).collect();
                runs.join(",")
            }
        };
        assert_eq!(numbers(&lost), thrown_away(&lossy), "{report:#}");
    }
}

#[test]
fn a_read_of_what_was_overwritten_is_named() {
    let Some(lab) = Lab::new() else { return };
    lab.deploy("3", QUICK);
    let words = [
        "--workload",
        "register",
        "--clients",
        "8",
        "--rate",
        "200",
        "--time-limit",
        "30",
    ];
    let honest = trial(&lab, Conduct::Honest, &words);
    honest.assert_verdict("valid", 0);
    assert!(honest.lies.is_empty());
    let stale = trial(&lab, Conduct::Stale(500), &words);
    stale.assert_verdict("invalid", 1);
    let anomalies = stale.report["report"]["finding"]["anomalies"]
        .as_array()
        .unwrap();
    // The same was shown before, when it was true; the lies are the last of these reads.
    let is_lie = |index: &Value| {
        let value = &stale.line(index)["value"];
        let lies = stale.lies.iter().filter(|lie| *lie == value).count();
        let of_it =
            |line: &&Value| line["type"] == "ok" && line["f"] == "read" && line["value"] == *value;
        let reads = stale.history.iter().rev().filter(of_it);
        reads.take(lies).any(|line| line["index"] == *index)
    };
    // Nothing else is blamed, and each lie is, once.
    let mut named = BTreeSet::new();
    for anomaly in anomalies {
        let operations = anomaly["operations"].as_array().unwrap();
        let lies: Vec<&Value> = operations.iter().filter(|index| is_lie(index)).collect();
        assert!(!lies.is_empty(), "{anomaly:#}");
        named.extend(
            lies.iter()
                .map(|index| stale.line(index)["value"].to_string()),
        );
    }
    assert_eq!(anomalies.len(), stale.lies.len(), "{anomalies:#?}");
    let lies: BTreeSet<String> = stale.lies.iter().map(Value::to_string).collect();
    assert!(!lies.is_empty());
    assert_eq!(named, lies, "{anomalies:#?}");
}

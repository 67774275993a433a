//! `mongo-rs trial`: clients work, faults strike whoever is primary, and what was acknowledged must be there.

use super::support::{Lab, QUICK, said};
use super::write_test::running::{lines, numbers};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// What a trial says of itself.
fn trial(lab: &Lab, words: &[&str]) -> (Option<i32>, Value) {
    let words = [
        &[
            "trial",
            "--format",
            "json",
            "--rate",
            "200",
            "--clients",
            "8",
        ],
        words,
    ]
    .concat();
    let output = lab.control_node(&words);
    let report = serde_json::from_slice(&output.stdout);
    let report = report.unwrap_or_else(|_| panic!("{words:?}: {}", said(&output)));
    (output.status.code(), report)
}

#[test]
fn a_majority_keeps_what_a_single_server_loses() {
    let Some(lab) = Lab::new() else { return };
    lab.deploy("5", QUICK);
    lab.settled(5, 5);
    let directory = tempfile::tempdir().unwrap();
    let history = directory.path().join("history.jsonl").display().to_string();
    for (workload, faults) in [("register", "partition,kill"), ("txn-append", "pause,kill")] {
        let words = [
            "--workload",
            workload,
            "--faults",
            faults,
            "--time-limit",
            "30",
            "--hold",
            "4-8",
            "--rest",
            "1-3",
            "--seed",
            "11",
            "--overwrite",
            "--history",
            &history,
        ];
        let (status, report) = trial(&lab, &words);
        assert_eq!(
            (status, &report["verdict"]),
            (Some(0), &"valid".into()),
            "{report:#}"
        );
        let number = |name: &str| report["coverage"][name].as_u64().unwrap();
        assert!(number("bit") >= 1 && number("elections") >= 1, "{report:#}");
        assert_eq!(report["report"]["members-agree"], true, "{report:#}");
        lab.settled(5, 5);
    }
    // The same without a majority must be caught, or the verdicts above mean nothing.
    let report = without_majority(&lab, "list-append", &history, |report| {
        report["verdict"] == "invalid" && report["report"]["lost"].as_u64() > Some(0)
    });
    every_lost_element_is_in_the_rollback_file_of_a_unit(&report["report"]);
    // A register does not show what it has lost; its rollback files do.
    let report = without_majority(&lab, "register", &history, |report| {
        lost_by_unit(&report["report"]).iter().any(|lost| *lost > 0)
    });
    what_a_register_lost_was_acknowledged_and_is_gone(&report["report"]);
}

/// Trials at write concern 1, until one is as it must be once in a while.
fn without_majority(lab: &Lab, workload: &str, history: &str, is_it: fn(&Value) -> bool) -> Value {
    let caught = (1..=4).find_map(|seed: u64| {
        let seed = seed.to_string();
        let words = [
            "--workload",
            workload,
            "--write-concern",
            "1",
            "--faults",
            "partition",
            "--time-limit",
            "30",
            "--hold",
            "8-8",
            "--rest",
            "1-2",
            "--seed",
            &seed,
            "--overwrite",
            "--history",
            history,
        ];
        let (_, report) = trial(lab, &words);
        lab.settled(5, 5);
        is_it(&report).then_some(report)
    });
    caught.unwrap_or_else(|| panic!("{workload}: write concern 1 lost nothing in four trials"))
}

fn rolled_back(report: &Value) -> &Vec<Value> {
    let units = report["rolled-back"]["units"].as_array();
    units.unwrap_or_else(|| panic!("{report:#}"))
}

fn lost_by_unit(report: &Value) -> Vec<u64> {
    let units = rolled_back(report).iter();
    units.map(|it| it["lost"].as_u64().unwrap()).collect()
}

fn every_lost_element_is_in_the_rollback_file_of_a_unit(report: &Value) {
    let units = rolled_back(report).iter();
    let in_files = units.flat_map(|it| numbers(it["elements"].as_str().unwrap()));
    let in_files: BTreeSet<i64> = in_files.collect();
    let lost = numbers(report["lost-range"].as_str().unwrap());
    assert_eq!(in_files, lost, "{report:#}");
    assert_eq!(report["rolled-back"]["in-no-file"], "", "{report:#}");
    // The page and results.json tell the same.
    let page = Path::new(report["page"].as_str().unwrap());
    let html = std::fs::read_to_string(page).unwrap();
    assert!(html.contains("What servers rolled back"), "{report:#}");
    let results = std::fs::read(page.with_file_name("results.json")).unwrap();
    let results: Value = serde_json::from_slice(&results).unwrap();
    assert_eq!(results["rolled-back"], report["rolled-back"]);
}

fn what_a_register_lost_was_acknowledged_and_is_gone(report: &Value) {
    let lines = lines(Path::new(report["history"].as_str().unwrap()));
    let ok = |line: &&Value| line["type"] == "ok";
    let mut acknowledged = BTreeSet::new();
    let mut there = BTreeSet::new();
    for line in lines.iter().filter(ok) {
        let (key, value) = (&line["value"][0], &line["value"][1]);
        match line["f"].as_str() {
            Some("write") => drop(acknowledged.insert(format!("{key}: {value}"))),
            Some("cas") => drop(acknowledged.insert(format!("{key}: {}", value[1]))),
            // The reader's, at the end.
            Some("read") if line["process"] == 1_000_000_000 => {
                there.insert(format!("{key}: {value}"));
            }
            _ => {}
        }
    }
    for unit in rolled_back(report) {
        for register in unit["elements"].as_str().unwrap().split("; ") {
            let Some((key, values)) = register.split_once(": ") else {
                continue;
            };
            for value in numbers(values) {
                let write = format!("{key}: {value}");
                assert!(acknowledged.contains(&write), "{write}: {report:#}");
                assert!(!there.contains(&write), "{write}: {report:#}");
            }
        }
    }
}

#[test]
fn a_trial_that_cannot_be_made_says_why_and_one_without_faults_proves_nothing() {
    let Some(lab) = Lab::new() else { return };
    lab.deploy("1", QUICK);
    lab.settled(1, 1);
    let directory = tempfile::tempdir().unwrap();
    let history = directory.path().join("history.jsonl").display().to_string();
    let nobody = lab.control_node(&["trial", "--app", "nothing", "--history", &history]);
    assert_eq!(nobody.status.code(), Some(3));
    assert!(
        said(&nobody).contains("juju run nothing/leader primary"),
        "{}",
        said(&nobody)
    );
    // One unit cannot be cut off from anybody: no fault is in place, so nothing was tried.
    let words = [
        "--faults",
        "partition",
        "--time-limit",
        "6",
        "--rest",
        "1-1",
        "--history",
        &history,
    ];
    let (status, report) = trial(&lab, &words);
    assert_eq!(
        (status, &report["verdict"]),
        (Some(2), &"unknown".into()),
        "{report:#}"
    );
    let found = report["found"].as_str().unwrap();
    assert!(found.starts_with("all "), "{report:#}");
    assert!(
        report["coverage"]["faults"].as_u64() > Some(0),
        "{report:#}"
    );
    // Who reads the history, or what is made of it, learns no better verdict.
    let page = Path::new(report["report"]["page"].as_str().unwrap());
    let results = std::fs::read(page.with_file_name("results.json")).unwrap();
    let results: Value = serde_json::from_slice(&results).unwrap();
    let last = lines(Path::new(&history)).pop().unwrap();
    for told in [&report["report"], &results, &last] {
        assert_eq!(told["verdict"], report["verdict"], "{told:#}");
        assert_eq!(told["coverage"], report["coverage"], "{told:#}");
    }
}

#[test]
fn a_trial_without_a_juju_that_works_says_what_is_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let said_with = |juju: Option<&str>| {
        let program = directory.path().join("juju");
        if let Some(script) = juju {
            std::fs::write(&program, script).unwrap();
            std::fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        }
        let output = Command::new(env!("CARGO_BIN_EXE_mongo-rs"))
            .arg("trial")
            .env("PATH", directory.path())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(3), "{}", said(&output));
        String::from_utf8(output.stderr).unwrap()
    };
    let missing = said_with(None);
    assert!(
        missing.starts_with("error: there is no program juju on PATH")
            && missing.lines().count() == 1,
        "{missing}"
    );
    let noisy = said_with(Some(
        "#!/bin/sh\necho 'WARNING: noise' >&2\n[ $1 = version ] && echo 3.6.1 && exit\n\
         echo 'ERROR No controllers registered.\n\nPlease create one.' >&2\nexit 1\n",
    ));
    assert_eq!(
        noisy,
        "error: juju run mongo-rs/leader primary --wait=2m --format json: No controllers registered. Please create one.\n"
    );
    let silent = said_with(Some("#!/bin/sh\nexit 7\n"));
    assert_eq!(
        silent,
        "error: juju version: it says nothing (exit status: 7)\n"
    );
}

//! `mongo-rs trial`: clients work, faults strike whoever is primary, and what was acknowledged must be there.

use super::support::{Lab, QUICK, said};
use serde_json::Value;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
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
    let caught = (1..=4).any(|seed: u64| {
        let seed = seed.to_string();
        let words = [
            "--workload",
            "list-append",
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
            &history,
        ];
        let (status, report) = trial(&lab, &words);
        lab.settled(5, 5);
        status == Some(1) && report["report"]["lost"].as_u64() > Some(0)
    });
    assert!(caught, "write concern 1 lost nothing in four trials");
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
    assert_eq!(report["report"]["verdict"], "valid", "{report:#}");
    assert!(
        report["coverage"]["faults"].as_u64() > Some(0),
        "{report:#}"
    );
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

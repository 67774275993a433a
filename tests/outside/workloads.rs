//! Every workload against real servers: what a whole set keeps, and what is caught.

use crate::mongods::ReplicaSet;
use crate::support::said;
use crate::write_test::running::{Running, run};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

#[test]
fn every_workload_holds_on_a_whole_set() {
    run(async {
        let set = ReplicaSet::start().await;
        for workload in [
            "list-append",
            "set",
            "register",
            "counter",
            "bank",
            "txn-append",
        ] {
            let ended = Running::start(
                &set.url(),
                &[
                    "--workload",
                    workload,
                    "--clients",
                    "8",
                    "--count",
                    "1200",
                    "--seed",
                    "7",
                ],
            )
            .end();
            let report = ended.report();
            assert_eq!(ended.status.code(), Some(0), "{workload}: {report:#}");
            assert_eq!(report["verdict"], "valid", "{workload}: {report:#}");
            assert_eq!(report["workload"], workload);
            let pass = report["pass"].as_u64().unwrap();
            assert!(pass > 600, "{workload}: {report:#}");
            assert_eq!(report["info"], 0, "{workload}: {report:#}");
            a_history_and_its_exports_say_the_same(workload, &ended.history);
        }
    });
}

fn a_history_and_its_exports_say_the_same(workload: &str, history: &Path) {
    let model = match workload {
        "set" => "set-full",
        "register" => "cas-register",
        "txn-append" => "list-append",
        other => other,
    };
    let folder = tempfile::tempdir().unwrap();
    let exported = mongo_rs()
        .arg("export")
        .arg(history)
        .arg("--to")
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(exported.status.success(), "{workload}: {}", said(&exported));
    let mut files: Vec<PathBuf> = text(&exported).lines().map(PathBuf::from).collect();
    assert!(files.len() >= 3, "{workload}: {files:?}");
    files.push(history.to_owned());
    let mut check = mongo_rs();
    check.args(["check", "--model", model]);
    if workload == "txn-append" {
        check.args(["--consistency-model", "strong-snapshot-isolation"]);
    }
    let checked = check.args(&files).output().unwrap();
    let verdicts = text(&checked);
    assert!(
        checked.status.success() && verdicts.lines().all(|line| line.ends_with("\ttrue")),
        "{workload}: {}",
        said(&checked)
    );
}

fn mongo_rs() -> Command {
    Command::new(env!("CARGO_BIN_EXE_mongo-rs"))
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Two clients that read the same number both store the next one: without any fault, steps are lost.
#[test]
fn what_is_not_protected_is_found_broken_without_any_fault() {
    run(async {
        let set = ReplicaSet::start().await;
        let options = ["--workload", "gridfs", "--clients", "6", "--count", "120"];
        let ended = Running::start(&set.url(), &options).end();
        let report = ended.report();
        assert_eq!(ended.status.code(), Some(1), "{report:#}");
        let anomalies = report["finding"]["anomalies"].as_array().unwrap();
        assert!(
            anomalies.iter().any(|it| it["name"] == "lost-update"),
            "{report:#}"
        );
        // One client alone has nobody to race with.
        let alone = Running::start(&set.url(), &["--workload", "gridfs", "--count", "40"]).end();
        assert_eq!(alone.status.code(), Some(0), "{:#}", alone.report());
    });
}

/// What is there at the end is read, and is right, but no client has seen anything.
#[test]
fn registers_that_no_client_could_read_prove_nothing() {
    run(async {
        let set = ReplicaSet::start().await;
        // Only a primary answers a linearizable read.
        let options = [
            "--workload",
            "register",
            "--clients",
            "4",
            "--count",
            "80",
            "--read-preference",
            "secondary",
        ];
        let ended = Running::start(&set.url(), &options).end();
        let report = ended.report();
        assert_eq!(ended.status.code(), Some(2), "{report:#}");
        assert_eq!(report["verdict"], "unknown");
        assert!(report["pass"].as_u64() > Some(0), "{report:#}");
        let reason = report["reason"].as_str().unwrap();
        assert!(
            reason.starts_with("no read of a client was acknowledged"),
            "{reason}"
        );
    });
}

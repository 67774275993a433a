//! Every workload against real servers: what a whole set keeps, and what is caught.

use crate::mongods::ReplicaSet;
use crate::write_test::running::{Running, run};

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
        }
    });
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

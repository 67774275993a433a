//! `mongo-rs write-test` against real servers: what is right, what is lost, and what cannot be done.

mod refused;
pub mod running;

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use mongo_rs::consistency::checker::ranges::ranges;
use mongo_rs::consistency::trial::lost::{Lost, told};
use mongo_rs::consistency::workload::Workload;
use mongo_rs::host::rollback;
use mongo_rs::mongo::rolled_back::RolledBack;
use mongodb::bson::doc;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use self::refused::refused;
use self::running::{Running, acknowledged, lines, numbers, run, values};
use crate::mongods::{ReplicaSet, free_port, wait};

#[test]
fn a_healthy_set_keeps_everything_and_is_counted_exactly() {
    run(async {
        let set = ReplicaSet::start().await;
        // One live seed is enough, and the set name is found.
        let url = format!("127.0.0.1:{},{}", free_port(), set.members[1].address());
        for (majority, clients, count) in [
            ("--majority", "1", 200),
            ("--majority=false", "1", 300),
            ("--majority=true", "40", 1000),
        ] {
            let text = count.to_string();
            let ended =
                Running::start(&url, &[majority, "--clients", clients, "--count", &text]).end();
            let report = ended.report();
            assert_eq!(ended.status.code(), Some(0), "{report:#}");
            for (name, expected) in [
                ("pass", count),
                ("fail", 0),
                ("info", 0),
                ("expected-len", count),
                ("actual-len", count),
                ("lost", 0),
                ("recovered", 0),
                ("duplicated", 0),
                ("unexpected", 0),
                ("reordered", 0),
            ] {
                assert_eq!(report[name], expected, "{name} of {report:#}");
            }
            assert_eq!(report["verdict"], "valid");
            assert_eq!(report["read-concern"], "linearizable");
            assert_eq!(report["primaries"], serde_json::json!([report["primary"]]));
            // The history tells the same.
            assert_eq!(values(&ended.history, "invoke"), (0..count).collect());
            assert_eq!(acknowledged(&ended.history), (0..count).collect());
            let lines = lines(&ended.history);
            assert_eq!(
                (&lines[0]["type"], &lines[0]["set-name"]),
                (&"header".into(), &"rs".into())
            );
            assert_eq!(lines.last().unwrap()["type"], "result");
            let processes: BTreeSet<u64> = lines
                .iter()
                .filter_map(|line| line["process"].as_u64())
                .collect();
            assert_eq!(processes.len(), clients.parse::<usize>().unwrap());
        }
        let left = set.members[set.primary().await]
            .run(doc! {"listDatabases": 1, "nameOnly": true})
            .await
            .unwrap();
        assert!(!left.to_string().contains("mongo_rs_test"), "{left}");
    });
}

#[test]
fn a_majority_run_survives_the_death_of_the_primary() {
    run(async {
        let mut set = ReplicaSet::start().await;
        let running = Running::start(
            &set.url(),
            &[
                "--clients",
                "5",
                "--count",
                "100000",
                "--rate",
                "200",
                "--duration",
                "12",
            ],
        );
        running.wait_for_acknowledged(300);
        let old = set.primary().await;
        let old_address = set.members[old].address();
        set.members[old].kill();
        let new = set.primary().await;
        let before = acknowledged(&running.history).len();
        running.wait_for_acknowledged(before + 100);
        set.members[old].restart();
        let ended = running.end();
        let report = ended.report();
        assert_eq!(ended.status.code(), Some(0), "{report:#}");
        assert_eq!(report["lost"], 0);
        let seen = report["primaries"].as_array().unwrap();
        assert_eq!(
            seen[..2],
            [
                Value::from(old_address),
                Value::from(set.members[new].address())
            ],
            "{report:#}"
        );
        let sum = |names: [&str; 2]| {
            names
                .iter()
                .map(|name| report[*name].as_i64().unwrap())
                .sum::<i64>()
        };
        assert_eq!(report["actual-len"], sum(["pass", "recovered"]));
        let fail_and_info = sum(["fail", "info"]);
        assert!(fail_and_info > 0, "the fault was not noticed: {report:#}");
        // After an ambiguous error the process is replaced by a new one.
        let processes: BTreeSet<u64> = lines(&ended.history)
            .iter()
            .filter_map(|line| line["process"].as_u64())
            .collect();
        assert_eq!(processes.len() as i64, 5 + report["info"].as_i64().unwrap());
    });
}

#[test]
fn a_store_that_loses_acknowledged_writes_is_caught() {
    run(async {
        let mut set = ReplicaSet::start().await;
        let arguments = [
            "--majority=false",
            "--clients",
            "3",
            "--count",
            "100000",
            "--rate",
            "200",
            "--duration",
            "20",
        ];
        let running = Running::start(&set.url(), &arguments);
        running.wait_for_acknowledged(100);
        let namespace = lines(&running.history)[0]["namespace"]
            .as_str()
            .unwrap()
            .to_owned();
        // Nothing reaches the secondaries any more, and the primary goes on acknowledging alone.
        let old = set.primary().await;
        let others: Vec<usize> = (0..3).filter(|position| *position != old).collect();
        for other in &others {
            let stop = doc! {"configureFailPoint": "stopReplProducer", "mode": "alwaysOn"};
            set.members[*other].run(stop).await.unwrap();
            // Nobody else may acknowledge anything before it has been noted what is unsafe.
            set.members[*other]
                .run(doc! {"replSetFreeze": 600})
                .await
                .unwrap();
        }
        let replicated_at_most = acknowledged(&running.history).len() + 200;
        running.wait_for_acknowledged(replicated_at_most);
        set.members[old].kill();
        // Whatever the secondaries have now is all that can survive of the past.
        let mut survivors = BTreeSet::new();
        for other in &others {
            survivors.extend(set.members[*other].list(&namespace).await);
        }
        // Each client has heard all that it will hear of the dead primary, and has noticed.
        wait("all clients notice", || {
            let lines = lines(&running.history);
            let ended = lines
                .iter()
                .filter(|line| line["type"] == "fail" || line["type"] == "info");
            let clients = ended
                .filter_map(|line| line["process"].as_u64())
                .map(|process| process % 3);
            clients.collect::<BTreeSet<u64>>().len() == 3
        });
        let before = acknowledged(&running.history);
        for other in &others {
            let go_on = doc! {"configureFailPoint": "stopReplProducer", "mode": "off"};
            set.members[*other].run(go_on).await.unwrap();
            set.members[*other]
                .run(doc! {"replSetFreeze": 0})
                .await
                .unwrap();
        }
        let expected: BTreeSet<i64> = before.difference(&survivors).copied().collect();
        assert!(
            expected.len() >= 100,
            "only {} writes were made unsafe",
            expected.len()
        );
        set.primary().await;
        set.members[old].restart();
        let ended = running.end();
        let report = ended.report();
        assert_eq!(ended.status.code(), Some(1), "{report:#}\n{}", ended.stderr);
        assert_eq!(report["verdict"], "invalid");
        assert_eq!(
            numbers(report["lost-range"].as_str().unwrap()),
            expected,
            "{report:#}"
        );
        assert_eq!(report["lost"], expected.len());
        for name in ["duplicated", "unexpected", "reordered"] {
            assert_eq!(report[name], 0, "{name} of {report:#}");
        }
        assert!(
            report["reason"]
                .as_str()
                .unwrap()
                .contains("write concern 1 acknowledges before a majority")
        );
        // What the old primary took back is where they went.
        let mut taken_back = RolledBack::default();
        for file in rollback::files(set.members[old].data()).unwrap() {
            taken_back.read(&std::fs::read(file.path).unwrap());
        }
        let in_file: Vec<i64> = taken_back.numbers.into_iter().collect();
        let lost = report["lost-range"].as_str().unwrap();
        let looked_for = Lost::of(Workload::ListAppend, lost, &mut &b""[..]).unwrap();
        let found = looked_for.in_file(&ranges(&in_file), "none");
        let beside = looked_for.beside(&found).unwrap();
        // Only the last ones can be missing: they were acknowledged without the journal, and died with the server.
        let (found, beside) = (numbers(&told(&found)), numbers(&told(&beside)));
        assert!(found.len() >= 100, "{found:?}");
        assert!(
            beside.iter().all(|last| found.iter().all(|it| it < last)),
            "{beside:?}"
        );
        assert_eq!(
            found.union(&beside).copied().collect::<BTreeSet<_>>(),
            expected
        );
    });
}

#[test]
fn a_frozen_primary_loses_nothing_of_a_majority() {
    run(async {
        let set = ReplicaSet::start().await;
        let running = Running::start(
            &set.url(),
            &[
                "--clients",
                "4",
                "--count",
                "100000",
                "--rate",
                "100",
                "--duration",
                "20",
                "--timeout",
                "2",
            ],
        );
        running.wait_for_acknowledged(100);
        let old = set.primary().await;
        set.members[old].signal(Signal::SIGSTOP);
        // Whoever is elected now may acknowledge nothing yet, as long as its follower still waits for
        // the frozen one as its source.
        wait("a second primary is seen", || {
            lines(&running.history)
                .iter()
                .filter(|line| line["f"] == "primary")
                .count()
                >= 2
        });
        set.members[old].signal(Signal::SIGCONT);
        let before = acknowledged(&running.history).len();
        running.wait_for_acknowledged(before + 50);
        let ended = running.end();
        let report = ended.report();
        assert_eq!(ended.status.code(), Some(0), "{report:#}\n{}", ended.stderr);
        assert!(report["info"].as_i64().unwrap() > 0, "{report:#}");
        assert!(
            report["primaries"].as_array().unwrap().len() >= 2,
            "{report:#}"
        );
    });
}

#[test]
fn a_set_that_is_not_whole_at_the_end_is_unknown() {
    run(async {
        let mut set = ReplicaSet::start().await;
        let primary = set.primary().await;
        set.members[(primary + 1) % 3].kill();
        let ended = Running::start(&set.url(), &["--count", "50", "--settle", "2"]).end();
        let report = ended.report();
        assert_eq!(ended.status.code(), Some(2), "{report:#}");
        assert_eq!(
            (&report["verdict"], &report["pass"], &report["lost"]),
            (&"unknown".into(), &50.into(), &0.into())
        );
        let reason = report["reason"].as_str().unwrap();
        assert!(
            reason.contains(&format!(
                "{} does not answer",
                set.members[(primary + 1) % 3].address()
            )),
            "{reason}"
        );
        // Two signals end the wait for the member that stays away.
        let running = Running::start(&set.url(), &["--count", "5"]);
        let stderr = running.directory.path().join("stderr");
        wait("it waits for the set", || {
            std::fs::read_to_string(&stderr)
                .unwrap()
                .contains("waiting until the set is whole")
        });
        let process = Pid::from_raw(i32::try_from(running.child.id()).unwrap());
        kill(process, Signal::SIGTERM).unwrap();
        std::thread::sleep(Duration::from_millis(200));
        kill(process, Signal::SIGTERM).unwrap();
        let ended = running.end();
        assert_eq!(ended.status.code(), Some(2), "{}", ended.stderr);
        assert!(ended.took < Duration::from_secs(20), "{:?}", ended.took);
        // Without a majority there is no primary, and that is said at once instead of waited for.
        set.members[(primary + 2) % 3].kill();
        wait("the primary steps down", || {
            let hello = std::thread::scope(|scope| {
                let member = &set.members[primary];
                scope
                    .spawn(|| run(member.run(doc! {"hello": 1})))
                    .join()
                    .unwrap()
            });
            !hello.unwrap().get_bool("isWritablePrimary").unwrap()
        });
        refused(
            &set.members[primary].address(),
            "the replica set \"rs\" has no primary now: ",
        );
    });
}

#[test]
fn a_signal_ends_it_with_a_report() {
    run(async {
        let set = ReplicaSet::start().await;
        let running = Running::start(&set.url(), &["--rate", "50", "--count", "100000"]);
        running.wait_for_acknowledged(20);
        kill(
            Pid::from_raw(i32::try_from(running.child.id()).unwrap()),
            Signal::SIGINT,
        )
        .unwrap();
        let ended = running.end();
        let report = ended.report();
        assert_eq!(ended.status.code(), Some(0), "{report:#}");
        assert!(report["pass"].as_i64().unwrap() >= 20);
        assert!(ended.took < Duration::from_secs(15), "{:?}", ended.took);
    });
}

#[test]
fn a_history_that_cannot_be_written_makes_no_verdict() {
    run(async {
        let set = ReplicaSet::start().await;
        for path in ["/dev/full", "/no/such/directory/history"] {
            let started = Command::new(env!("CARGO_BIN_EXE_mongo-rs"))
                .args([
                    "write-test",
                    "--count",
                    "1",
                    "--url",
                    &set.url(),
                    "--history",
                    path,
                ])
                .output()
                .unwrap();
            let stderr = String::from_utf8_lossy(&started.stderr);
            assert_eq!(started.status.code(), Some(3), "{stderr}");
            assert!(
                stderr.contains(&format!("error: the history {path} could not be created: ")),
                "{stderr}"
            );
        }
        // A limit of the file's size stands in for a disk that fills up in the middle.
        let directory = tempfile::tempdir().unwrap();
        let script = "trap '' XFSZ; ulimit -f 32; exec \"$0\" write-test --url \"$1\" --format json --history \"$2\"";
        let started = Command::new("sh")
            .args(["-c", script, env!("CARGO_BIN_EXE_mongo-rs"), &set.url()])
            .arg(directory.path().join("history.jsonl"))
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&started.stdout).unwrap();
        assert_eq!(started.status.code(), Some(2), "{report:#}");
        let reason = report["reason"].as_str().unwrap();
        assert!(
            reason.starts_with("the history could not be written to its end: "),
            "{reason}"
        );
        assert!(
            report["pass"].as_u64().unwrap() < 6000,
            "it went on without a history: {report:#}"
        );
    });
}

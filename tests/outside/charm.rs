//! The charm on the lab, from outside: the set forms, the actions do what they say, units come and go.

use super::client::{client, report};
use super::faults::until_heard_of;
use super::support::{Lab, QUICK, checkout, message, said, text, units_of};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

#[test]
fn five_units_one_set_and_the_four_actions() {
    let Some(lab) = Lab::new() else { return };
    lab.deploy("5", QUICK);
    lab.settled(5, 5);
    primary_tells_everything(&lab);
    bad_parameters_are_refused_by_name(&lab);
    an_early_heal_ends_the_cut_everywhere(&lab);
    a_partition_heals_by_itself_and_majority_writes_are_kept(&lab);
    a_write_test_runs_as_an_action(&lab);
    bad_options_block_and_leave_the_server_alone(&lab);
    a_machine_without_power_comes_back(&lab);
    units_leave_the_primary_and_the_leader_among_them(&lab);
}

fn number(results: &Value, key: &str) -> u64 {
    text(results, key).parse().unwrap()
}

fn primary_tells_everything(lab: &Lab) {
    let results = lab.action("mongo-rs/0", &["primary"]);
    let primary = text(&results, "primary");
    assert!(text(&results, "unit").starts_with("mongo-rs/"), "{results}");
    assert!(number(&results, "term") >= 1);
    assert_eq!(text(&results, "set-name"), "mongo-rs");
    assert_eq!(text(&results, "members").split(',').count(), 5);
    assert!(
        text(&results, "url").starts_with("mongodb://")
            && text(&results, "url").ends_with("/?replicaSet=mongo-rs")
    );
    assert!(text(&results, "claimants").starts_with(primary));
}

fn bad_parameters_are_refused_by_name(lab: &Lab) {
    for (words, named) in [
        (&["partition", "delay=0"][..], "delay"),
        (&["partition", "delay=86401"], "delay"),
        (&["partition", "delay=soon"], "delay"),
        (&["partition", "scope=all"], "scope"),
        (&["partition", "dellay=1"], "dellay"),
        (&["write-test", "count=0"], "count"),
        (&["write-test", "majority=perhaps"], "majority"),
        (&["nothing"], "nothing"),
    ] {
        let why = lab.refused("mongo-rs/0", words);
        assert!(why.contains(named), "{words:?}: {why}");
    }
}

/// What our firewall tables hold on all units.
fn cuts(lab: &Lab) -> String {
    (0..5)
        .map(|n| lab.lab(&["ssh", &format!("mongo-rs/{n}"), "nft", "list", "ruleset"]))
        .collect()
}

fn until_no_cut_is_left(lab: &Lab) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !cuts(lab).is_empty() {
        assert!(Instant::now() < deadline, "cuts are left: {}", cuts(lab));
        std::thread::sleep(Duration::from_millis(500));
    }
}

fn an_early_heal_ends_the_cut_everywhere(lab: &Lab) {
    let nothing = lab.action("mongo-rs/1", &["heal"]);
    assert_eq!(text(&nothing, "was-in-place"), "nothing");
    let alone = lab.action("mongo-rs/1", &["partition", "delay=600", "scope=unit"]);
    assert_eq!(
        (text(&alone, "group-1"), text(&alone, "outcome")),
        ("mongo-rs/1", "installed")
    );
    until_heard_of(lab, 0, &alone);
    let again = lab.refused("mongo-rs/0", &["partition"]);
    assert!(again.contains("s more"), "{again}");
    until_heard_of(lab, 3, &alone);
    let healed = lab.action("mongo-rs/3", &["heal"]);
    assert!(
        text(&healed, "asked-of-others").contains(text(&alone, "id")),
        "{healed}"
    );
    until_no_cut_is_left(lab);
    lab.settled(5, 5);
}

fn a_partition_heals_by_itself_and_majority_writes_are_kept(lab: &Lab) {
    let before = lab.action("mongo-rs/leader", &["primary"]);
    let directory = tempfile::tempdir().unwrap();
    let client = client(
        lab,
        &directory.path().join("history.jsonl"),
        &["--duration", "45"],
    );
    let cut = lab.action("mongo-rs/leader", &["partition", "delay=30"]);
    let pair: Vec<&str> = text(&cut, "group-1").split(',').collect();
    assert!(
        pair.len() == 2 && pair.contains(&text(&before, "unit")),
        "{cut}"
    );
    assert_eq!(text(&cut, "group-2").split(',').count(), 3);
    assert_eq!(text(&cut, "outcome"), "installed");
    // The three elect one of their own, while the cut holds.
    let program = checkout().join("bin/mongo-rs").display().to_string();
    let deadline = Instant::now() + Duration::from_secs(29);
    let far = text(&cut, "group-2").split(',').next().unwrap().to_owned();
    loop {
        let output = lab.run(&[
            "client",
            "--",
            &program,
            "primary",
            "--url",
            text(&before, "url"),
            "--format",
            "json",
        ]);
        let seen: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        if seen["primary"].is_string() && seen["primary"] != before["primary"] {
            break;
        }
        assert!(
            Instant::now() < deadline,
            "no new primary on the side of {far}: {seen}"
        );
        std::thread::sleep(Duration::from_millis(300));
    }
    let (code, report) = report(client);
    assert_eq!(code, Some(0), "{report}");
    assert_eq!(
        (report["verdict"].as_str(), report["lost"].as_u64()),
        (Some("valid"), Some(0)),
        "{report}"
    );
    assert!(
        report["primaries"].as_array().unwrap().len() >= 2,
        "the partition did not bite: {report}"
    );
    until_no_cut_is_left(lab);
    lab.settled(5, 5);
}

fn a_write_test_runs_as_an_action(lab: &Lab) {
    let results = lab.action("mongo-rs/2", &["write-test", "count=300", "clients=3"]);
    for key in [
        "pass",
        "fail",
        "info",
        "expected-len",
        "actual-len",
        "lost",
        "recovered",
        "duplicated",
        "unexpected",
    ] {
        number(&results, key);
    }
    assert_eq!(
        (number(&results, "pass"), number(&results, "lost")),
        (300, 0),
        "{results}"
    );
    assert_eq!(text(&results, "verdict"), "valid");
    assert_eq!(text(&results, "primaries"), text(&results, "primary"));
    text(&results, "duration");
    // The page comes here by the line that is told, and is made again from the history.
    let line = text(&results, "copy").strip_prefix("juju ").unwrap();
    let here = tempfile::tempdir().unwrap();
    let mut words: Vec<&str> = line.split(' ').collect();
    let to = here.path().display().to_string();
    assert_eq!(words.pop(), Some("."));
    lab.lab(&[&words[..], &[&to]].concat());
    let run = here.path().join(
        Path::new(text(&results, "page"))
            .parent()
            .unwrap()
            .file_name()
            .unwrap(),
    );
    let page = std::fs::read_to_string(run.join("index.html")).unwrap();
    assert!(page.contains("all 300 acknowledged appends"), "{results}");
    std::fs::remove_file(run.join("index.html")).unwrap();
    let again = Command::new(env!("CARGO_BIN_EXE_mongo-rs"))
        .arg("report")
        .arg(&run)
        .output()
        .unwrap();
    assert!(again.status.success(), "{}", said(&again));
    assert_eq!(
        std::fs::read_to_string(run.join("index.html")).unwrap(),
        page
    );
}

fn bad_options_block_and_leave_the_server_alone(lab: &Lab) {
    let process = || lab.lab(&["ssh", "mongo-rs/0", "cat", "/run/mongo-rs/mongod.pid"]);
    let before = process();
    for (setting, key, parts) in [
        (
            "cache-size=0.1",
            "cache-size",
            &["cache-size=0.1", "0.25"][..],
        ),
        (
            "replica-set-name=other",
            "replica-set-name",
            &["replica-set-name=other", "mongo-rs"],
        ),
        (
            "extra-config=net: {port: 1}",
            "extra-config",
            &["net.port", "the charm sets this key"],
        ),
    ] {
        lab.lab(&["config", "mongo-rs", setting]);
        lab.until(setting, 60, |status| {
            units_of(status).values().all(|unit| {
                unit["workload-status"]["current"] == "blocked"
                    && parts.iter().all(|part| message(unit).contains(part))
            })
        });
        // Back in one command: what was in between would be a right value, and restart the servers.
        let back = match key {
            "cache-size" => vec!["config", "mongo-rs", "cache-size=0.25"],
            key => vec!["config", "mongo-rs", "--reset", key],
        };
        lab.lab(&back);
        lab.settled(5, 5);
    }
    assert_eq!(process(), before, "the server was restarted");
}

fn a_machine_without_power_comes_back(lab: &Lab) {
    let leader = lab.lab(&["leader"]).trim().to_owned();
    lab.lab(&["crash", &leader]);
    let other = |status: &Value| {
        units_of(status)
            .iter()
            .any(|(name, unit)| *name != leader && unit["leader"] == true)
    };
    lab.until("another unit leads", 60, other);
    lab.lab(&["boot", &leader]);
    lab.settled(5, 5);
}

fn units_leave_the_primary_and_the_leader_among_them(lab: &Lab) {
    let primary = text(&lab.action("mongo-rs/leader", &["primary"]), "unit").to_owned();
    lab.lab(&["remove-unit", &primary, "--wait", "180"]);
    lab.settled(4, 3);
    lab.lab(&["add-unit", "mongo-rs"]);
    lab.settled(5, 5);
    // Three more at once: seven may vote, the eighth stands by.
    lab.lab(&["add-unit", "mongo-rs", "-n", "3"]);
    lab.settled(8, 7);
    // Several at once, the leader among them.
    let leader = lab.lab(&["leader"]).trim().to_owned();
    let status = lab.status();
    let leaving = units_of(&status)
        .keys()
        .filter(|name| **name != leader)
        .take(4)
        .cloned()
        .collect::<Vec<_>>();
    let mut words = vec!["remove-unit", &leader, "--wait", "180"];
    words.extend(leaving.iter().map(String::as_str));
    lab.lab(&words);
    lab.settled(3, 3);
    let results = lab.action("mongo-rs/leader", &["write-test", "count=100"]);
    assert_eq!(text(&results, "verdict"), "valid");
}

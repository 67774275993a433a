//! Figures, for a person to read: `cargo test --test outside -- --ignored --nocapture figures`. What they must show
//! (majority writes survive, others are lost) is asserted; how fast it was is printed.

use super::client::{client, report};
use super::support::{Lab, QUICK, charm_started_by, checkout, said, text};
use super::write_test::running::acknowledged;
use jiff::Timestamp;
use serde_json::Value;
use std::time::{Duration, Instant};

const ROUNDS: usize = 10;
const DEPLOYMENTS: usize = 5;
const MEASURED: &str = "#!/bin/sh\nexec /usr/bin/time -f 'peak %M kB' ./bin/mongo-rs\n";

#[test]
#[ignore = "a quarter of an hour of partitions"]
fn partitions_with_and_without_majority() {
    let Some(lab) = Lab::new() else { return };
    lab.deploy("5", QUICK);
    lab.settled(5, 5);
    println!("round  majority  acknowledged   lost  primaries  verdict   whole after heals-at");
    let mut lossy = 0;
    for round in 1..=ROUNDS {
        for majority in ["true", "false"] {
            let (report, whole) = one_partition(&lab, majority);
            let (lost, primaries) = (
                report["lost"].as_u64().unwrap(),
                report["primaries"].as_array().unwrap().len(),
            );
            println!(
                "{round:>5}  {majority:>8}  {:>12}  {lost:>5}  {primaries:>9}  {:<8}  {whole:>6.1} s",
                report["pass"],
                text(&report, "verdict")
            );
            assert!(primaries >= 2, "the cut did not bite: {report}");
            if majority == "true" {
                assert_eq!((lost, text(&report, "verdict")), (0, "valid"), "{report}");
            } else if lost > 0 {
                lossy += 1;
            }
            lab.settled(5, 5);
        }
    }
    assert!(
        lossy * 2 > ROUNDS,
        "writes were lost in {lossy} of {ROUNDS}"
    );
}

/// The report, and how long after the cut's end the set was whole and read, in seconds.
fn one_partition(lab: &Lab, majority: &str) -> (Value, f64) {
    let directory = tempfile::tempdir().unwrap();
    let words = [&format!("--majority={majority}")[..], "--duration", "16"];
    // It ends its appends while the cut holds, and then waits until the set is whole before it reads.
    let client = client(lab, &directory.path().join("history.jsonl"), &words);
    let cut = lab.action("mongo-rs/leader", &["partition", "delay=20"]);
    let heals: Timestamp = text(&cut, "heals-at").parse().unwrap();
    let (code, report) = report(client);
    assert!(matches!(code, Some(0 | 1)), "{report}");
    let whole = Timestamp::now().duration_since(heals).as_secs_f64();
    (report, whole)
}

#[test]
#[ignore = "five deployments"]
fn from_deploy_to_the_first_write_and_to_rest() {
    let mut settled = Vec::new();
    let mut written = Vec::new();
    for _ in 0..DEPLOYMENTS {
        let Some(lab) = Lab::new() else { return };
        let start = Instant::now();
        lab.deploy("5", &["--config", "election-timeout=2000"]);
        first_write(&lab);
        written.push(start.elapsed());
        lab.settled(5, 5);
        settled.push(start.elapsed());
    }
    println!("first acknowledged majority write: {}", told(&mut written));
    println!("settled, five votes of five: {}", told(&mut settled));
}

/// Until a client of its own has had one write acknowledged by a majority.
fn first_write(lab: &Lab) {
    let program = checkout().join("bin/mongo-rs").display().to_string();
    let url = "10.61.0.10,10.61.0.11,10.61.0.12,10.61.0.13,10.61.0.14";
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        let found = lab.run(&["client", "--", &program, "primary", "--url", url]);
        if found.status.success() {
            break;
        }
        assert!(Instant::now() < deadline, "{}", said(&found));
    }
    let history = lab.home().join("history.jsonl");
    let path = history.display().to_string();
    let words = [
        "client",
        "--",
        &program,
        "write-test",
        "--count",
        "1",
        "--url",
        url,
        "--history",
        &path,
    ];
    let mut client = lab.start(&words);
    while acknowledged(&history).is_empty() {
        assert!(Instant::now() < deadline, "no write is acknowledged");
        std::thread::sleep(Duration::from_millis(10));
    }
    client.kill().unwrap();
    client.wait().unwrap();
}

fn told(times: &mut [Duration]) -> String {
    times.sort();
    let all: Vec<String> = times
        .iter()
        .map(|time| format!("{:.1}", time.as_secs_f64()))
        .collect();
    format!("median {} s of {}", all[all.len() / 2], all.join(", "))
}

#[test]
#[ignore = "measures"]
fn a_hook_with_nothing_to_do() {
    let Some(lab) = Lab::new() else { return };
    let directory = tempfile::tempdir().unwrap();
    let charm = charm_started_by(MEASURED, directory.path());
    lab.deploy_from(&charm, "5", QUICK);
    lab.settled(5, 5);
    std::thread::sleep(Duration::from_secs(60));
    let log = lab.lab(&["debug-log", "-n", "400"]);
    let hooks = log
        .lines()
        .filter(|line| line.contains("update-status: exit 0"));
    let mut walls: Vec<Duration> = Vec::new();
    let mut tools = Vec::new();
    for line in hooks {
        let numbers = line.split("exit 0, ").nth(1).unwrap();
        let (wall, rest) = numbers.split_once(" s, ").unwrap();
        walls.push(Duration::from_secs_f64(wall.parse().unwrap()));
        tools.push(rest.split(' ').next().unwrap().parse::<u32>().unwrap());
    }
    walls.sort();
    tools.sort_unstable();
    let peaks = log
        .lines()
        .filter_map(|line| line.split("peak ").nth(1)?.split(' ').next());
    let mut peaks: Vec<u32> = peaks.map(|text| text.parse().unwrap()).collect();
    peaks.sort_unstable();
    println!(
        "{} hooks of update-status: median {} ms, {} hook tools, {} kB at their peak (most: {})",
        walls.len(),
        walls[walls.len() / 2].as_millis(),
        tools[tools.len() / 2],
        peaks[peaks.len() / 2],
        peaks[peaks.len() - 1],
    );
}

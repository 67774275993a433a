//! Figures, for a person to read: `cargo test --test outside -- --ignored --nocapture figures`. What they must show
//! (majority writes survive, others are lost) is asserted; how fast it was is printed.

use super::client::{client, report};
use super::faults::moments::{until_healed, until_its_time};
use super::faults::traffic::{Place, datagrams_lost};
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

/// By the servers' own logs: from the moment when the last of five accepts connections until one takes writes, and until
/// five vote.
#[test]
#[ignore = "ten deployments"]
fn from_the_last_server_to_five_votes() {
    let Some(lab) = Lab::new() else { return };
    for timeout in ["2000", "10000"] {
        let (mut writable, mut votes) = (Vec::new(), Vec::new());
        for _ in 0..DEPLOYMENTS {
            lab.deploy("5", &["--config", &format!("election-timeout={timeout}")]);
            lab.settled(5, 5);
            let logs = server_logs(&lab);
            let of = |id: u64| logs.iter().filter(move |line| line["id"] == id);
            let answers = of(WAITING_FOR_CONNECTIONS).map(moment).max().unwrap();
            let writes = of(TAKES_WRITES).map(moment).min().unwrap();
            let whole = of(NEW_CONFIG).filter(|line| voters(line) == 5).map(moment);
            writable.push((writes - answers) as f64 / 1000.0);
            votes.push((whole.min().unwrap() - answers) as f64 / 1000.0);
            lab.lab(&["destroy"]);
        }
        writable.sort_by(f64::total_cmp);
        votes.sort_by(f64::total_cmp);
        println!("election-timeout={timeout}: seconds after the last server accepts connections");
        println!("  writes are taken {writable:.2?}, five vote {votes:.2?}");
    }
}

const WAITING_FOR_CONNECTIONS: u64 = 23016;
const TAKES_WRITES: u64 = 21331;
const NEW_CONFIG: u64 = 21392;

const STATE_TRANSITION: u64 = 21358;

fn server_logs(lab: &Lab) -> Vec<Value> {
    let units = super::support::units_of(&lab.status());
    let logs = units.keys().map(|unit| log_of(lab, unit));
    logs.flatten().collect()
}

fn log_of(lab: &Lab, unit: &str) -> Vec<Value> {
    let text = lab.lab(&["ssh", unit, "cat /var/log/mongodb/mongod.log"]);
    let lines = text.lines();
    // The last line may be half written.
    lines
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

/// Milliseconds since 1970.
fn moment(line: &Value) -> i64 {
    let moment: Timestamp = text(&line["t"], "$date").parse().unwrap();
    moment.as_millisecond()
}

fn voters(line: &Value) -> usize {
    let members = line["attr"]["config"]["members"].as_array().unwrap();
    members.iter().filter(|member| member["votes"] == 1).count()
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

#[test]
#[ignore = "measures"]
fn how_soon_and_how_much_faults_bite() {
    let Some(lab) = Lab::new() else { return };
    lab.deploy("5", QUICK);
    lab.settled(5, 5);
    let [mut cut, mut hold, mut kernels, mut links, mut healed] = [const { Vec::new() }; 5];
    for _ in 0..DEPLOYMENTS {
        let ended = until_its_time(&lab, 20);
        lab.settled(5, 5);
        let early = until_healed(&lab);
        lab.settled(5, 5);
        for moments in [&ended, &early] {
            cut.push(moments.last_cut);
            hold.push(moments.all_hold);
        }
        kernels.push(ended.kernels_apart());
        links.push(ended.links_apart());
        healed.push(early.last_link());
    }
    for (what, figures) in [
        ("action's return to last link cut", &mut cut),
        ("action's return to every kernel's own cut", &mut hold),
        ("at its time: kernels apart", &mut kernels),
        ("at its time: first to last link open", &mut links),
        ("return of heal to last link open", &mut healed),
    ] {
        figures.sort_by(f64::total_cmp);
        let middle = figures[figures.len() / 2];
        println!("{what}: median {middle:.0} ms of {figures:.0?}");
    }
    let (mut stepped_down, mut elected) = (Vec::new(), Vec::new());
    for _ in 0..DEPLOYMENTS {
        let before = lab.action("mongo-rs/leader", &["primary"]);
        let shape = ["partition", "shape=primary-alone", "delay=15"];
        lab.action("mongo-rs/leader", &shape);
        let (start, cut) = (Instant::now(), Timestamp::now().as_millisecond());
        while primary_seen(&lab, text(&before, "url"))
            .is_none_or(|now| now == text(&before, "primary"))
        {}
        elected.push(start.elapsed());
        stepped_down.push(stood_down(&lab, text(&before, "unit"), cut));
        lab.action("mongo-rs/leader", &["heal"]);
        lab.settled(5, 5);
    }
    println!(
        "the old primary is none any more, by its own log: {}",
        told(&mut stepped_down)
    );
    println!("new primary after primary-alone: {}", told(&mut elected));
    for asked in [5.0, 20.0, 50.0] {
        let words = ["flaky", &format!("loss={asked}"), "delay=60"];
        lab.action("mongo-rs/1", &words);
        let got = datagrams_lost(&lab, Place::Unit(0), Place::Unit(1));
        println!("loss asked {asked} %, got {got:.1} % of 3000 datagrams");
        lab.action("mongo-rs/1", &["heal"]);
        lab.settled(5, 5);
    }
}

/// How long after this moment the server of a unit was primary no more, by its own log.
fn stood_down(lab: &Lab, unit: &str, after_ms: i64) -> Duration {
    let deadline = Instant::now() + Duration::from_secs(15);
    loop {
        let lines = log_of(lab, unit).into_iter();
        let mut changes = lines.filter(|line| line["id"] == STATE_TRANSITION);
        let down = |line: &Value| line["attr"]["oldState"] == "PRIMARY" && moment(line) >= after_ms;
        if let Some(line) = changes.find(down) {
            return Duration::from_millis((moment(&line) - after_ms).unsigned_abs());
        }
        assert!(Instant::now() < deadline, "{unit} is still primary");
    }
}

fn primary_seen(lab: &Lab, url: &str) -> Option<String> {
    let program = checkout().join("bin/mongo-rs").display().to_string();
    let words = [
        "client", "--", &program, "primary", "--url", url, "--format", "json",
    ];
    let seen: Value = serde_json::from_slice(&lab.run(&words).stdout).ok()?;
    Some(seen["primary"].as_str()?.to_owned())
}

//! A full disk under the data directory: said clearly, nothing acknowledged lost, and gone as soon as there is room.

use super::client::{client, stop};
use super::support::{Lab, QUICK, checkout, message, mongod, text, units_of};
use super::write_test::running::acknowledged;
use std::time::{Duration, Instant};

const DATA: &str = "/var/lib/mongodb";

#[test]
fn a_full_disk_is_told_and_room_mends_it() {
    let Some(lab) = Lab::new() else { return };
    // Something that is no server keeps the unit waiting until its disk is full.
    let words = [
        "deploy",
        &checkout().display().to_string(),
        "--resource",
        "mongod=/bin/true",
        "--config",
        "cache-size=0.25",
    ];
    lab.lab(&[&words[..], QUICK].concat());
    lab.until("no server yet", 60, |status| {
        units_of(status)
            .values()
            .any(|unit| message(unit).contains("not mongod"))
    });
    on(
        &lab,
        &format!("mkdir -p {DATA} && mount -t tmpfs -o size=1G,mode=0777 data {DATA}"),
    );
    fill(&lab);
    let resource = format!("mongod={}", mongod().unwrap().display());
    lab.lab(&["attach-resource", "mongo-rs", &resource]);
    // A server that runs needs no room before its next checkpoint, and drops old journals, which makes room again.
    let is_told = |what: &str| {
        lab.until(what, 240, |status| {
            fill(&lab);
            units_of(status)
                .values()
                .any(|unit| message(unit).contains("No space left on device"))
        });
    };
    is_told("a disk that is full from the beginning");
    on(&lab, &format!("rm {DATA}/filler"));
    lab.settled(1, 1);

    let history = lab.home().join("history.jsonl");
    let client = client(&lab, &history, &["--duration", "600"]);
    is_told("a disk that is full");
    on(&lab, &format!("rm {DATA}/filler"));
    lab.settled(1, 1);
    // Writes are acknowledged again; then nothing that was acknowledged may be missing.
    let (before, deadline) = (
        acknowledged(&history).len(),
        Instant::now() + Duration::from_secs(60),
    );
    while acknowledged(&history).len() <= before {
        assert!(
            Instant::now() < deadline,
            "no write is acknowledged any more"
        );
        std::thread::sleep(Duration::from_millis(200));
    }
    let (code, report) = stop(client);
    assert_eq!(
        (code, text(&report, "verdict")),
        (Some(0), "valid"),
        "{report}"
    );
    a_fault_that_keeps_the_agent_from_its_notes_is_ended(&lab);
}

/// Where the agent's notes are on the file system that a fault fills, and root has no share of its own in it, what the agent
/// would note comes after what gives it the room.
fn a_fault_that_keeps_the_agent_from_its_notes_is_ended(lab: &Lab) {
    let home = "/var/lib/mongo-rs";
    on(
        lab,
        &format!("cp -a {home} {DATA}/home && mount --bind {DATA}/home {home}"),
    );
    let filled = lab.action("mongo-rs/0", &["fill-disk", "free=0", "delay=3600"]);
    assert_eq!(text(&filled, "outcome"), "installed", "{filled}");
    fill(lab);
    let full = lab.run(&["ssh", "mongo-rs/0", &format!("echo x >{home}/x")]);
    assert!(!full.status.success(), "there is room for notes");
    lab.lab(&["config", "mongo-rs", "fault-injection=forbidden"]);
    let gone = format!("test ! -e {DATA}/mongo-rs-fill-disk");
    lab.until("the disk is given back", 60, |_| {
        lab.run(&["ssh", "mongo-rs/0", &gone]).status.success()
    });
    on(lab, &format!("rm {DATA}/filler"));
    lab.settled(1, 1);
    let refused = lab.run(&["ssh", "mongo-rs/0", "mongo-rs partition"]);
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(why.contains("fault-injection forbids"), "{why}");
}

/// Takes all the room that there is.
fn fill(lab: &Lab) {
    on(
        lab,
        &format!("cat /dev/zero >>{DATA}/filler 2>/dev/null || true"),
    );
}

fn on(lab: &Lab, command: &str) {
    lab.lab(&["ssh", "mongo-rs/0", command]);
}

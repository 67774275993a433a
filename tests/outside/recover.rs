//! The way back from a lost majority: units that are gone, and units that are all somewhere else.

use super::client::{client, stop};
use super::support::{Lab, message, text, units_of};
use super::write_test::running::acknowledged;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A standby grace of some seconds: whoever comes back gets its vote within the time of a test.
const SETTINGS: &[&str] = &[
    "--config",
    "election-timeout=2000",
    "--config",
    "standby-grace=5",
    "--update-status-interval",
    "10",
];

const LOST: [&str; 3] = ["mongo-rs/0", "mongo-rs/1", "mongo-rs/2"];

#[test]
fn a_majority_that_is_gone_is_given_up_by_a_persons_word_and_comes_back() {
    let Some(lab) = Lab::new() else { return };
    lab.deploy("5", SETTINGS);
    lab.settled(5, 5);
    let history = lab.home().join("history.jsonl");
    let writer = client(&lab, &history, &["--duration", "600"]);
    let kept = acknowledged(&history).len();
    // Two of five: a majority is there, and nothing is forced.
    lab.lab(&["crash", "mongo-rs/0"]);
    lab.lab(&["crash", "mongo-rs/1"]);
    a_primary_is_there(&lab);
    let refused = lab.refused("mongo-rs/3", &["recover-quorum"]);
    assert!(refused.contains("refused: "), "{refused}");
    // Three of five.
    lab.lab(&["crash", "mongo-rs/2"]);
    let before = acknowledged(&history).len();
    assert!(before >= kept);
    the_status_names_what_to_type(&lab);
    let dry = until_proposed(&lab, "mongo-rs/4", 2);
    println!("{dry:#}");
    let newest = text(&dry, "newest").to_owned();
    assert!(
        ["mongo-rs/3", "mongo-rs/4"].contains(&newest.as_str()),
        "{dry}"
    );
    assert_eq!(
        (text(&dry, "outcome"), text(&dry, "kind")),
        ("dry-run", "members are gone")
    );
    assert!(
        text(&dry, "warnings")
            .contains("make sure that mongo-rs/0, mongo-rs/1, mongo-rs/2 are off")
    );
    assert!(text(&dry, "lost-writes").contains("3 of 5 voters"));
    let wrong = lab.refused("mongo-rs/4", &["recover-quorum", "confirm=mongo-rs/0"]);
    assert!(wrong.contains("the newest survivor is"), "{wrong}");
    let word = format!("confirm={newest}");
    let forced = lab.action("mongo-rs/3", &["recover-quorum", &word]);
    println!("{forced:#}");
    assert_eq!(
        (text(&forced, "outcome"), text(&forced, "primary")),
        ("forced", newest.as_str())
    );
    let snapshot = lab.lab(&["ssh", "mongo-rs/3", "cat", text(&forced, "snapshot")]);
    let snapshot: Value = serde_json::from_str(&snapshot).unwrap();
    assert_eq!(snapshot.as_array().unwrap().len(), 5);
    // A second word finds the majority that the first one made.
    let again = lab.refused("mongo-rs/4", &["recover-quorum", &word]);
    assert!(again.contains("is primary"), "{again}");
    // The clients' writes are acknowledged again, while the three are still off.
    let deadline = Instant::now() + Duration::from_secs(60);
    while acknowledged(&history).len() < before + 50 {
        assert!(Instant::now() < deadline, "no write is acknowledged");
        std::thread::sleep(Duration::from_millis(200));
    }
    for unit in LOST {
        lab.lab(&["boot", unit]);
    }
    lab.settled(5, 5);
    // After the first two had gone a majority was three units, and two of those are left: they have all that was acknowledged.
    let (code, report) = stop(writer);
    assert_eq!(
        (code, &report["verdict"], &report["lost"]),
        (Some(0), &Value::from("valid"), &Value::from(0)),
        "{report}"
    );
    assert_eq!(report["members-agree"], true, "{report}");
}

#[test]
fn everybody_with_a_new_address_is_one_set_again_by_a_persons_word() {
    let Some(lab) = Lab::new() else { return };
    lab.deploy("3", SETTINGS);
    lab.settled(3, 3);
    it_takes_writes(&lab, "mongo-rs/0");
    let before = addresses(&lab);
    lab.lab(&["readdress", "--all"]);
    let status = lab.until("all have other addresses", 120, |_| {
        addresses(&lab)
            .iter()
            .all(|address| !before.contains(address))
    });
    assert_eq!(units_of(&status).len(), 3);
    the_status_names_what_to_type(&lab);
    let dry = until_proposed(&lab, "mongo-rs/1", 3);
    println!("{dry:#}");
    assert_eq!(text(&dry, "kind"), "addresses have changed");
    assert!(
        text(&dry, "lost-writes")
            .contains("every write that a majority has acknowledged has survived")
    );
    let word = format!("confirm={}", text(&dry, "newest"));
    let forced = lab.action("mongo-rs/1", &["recover-quorum", &word]);
    println!("{forced:#}");
    assert_eq!(text(&forced, "outcome"), "forced");
    lab.settled(3, 3);
    it_takes_writes(&lab, text(&dry, "newest"));
    // Servers that have just been started, and do not find themselves, are not taken for new ones.
    let log = lab.lab(&["debug-log", "-n", "100000"]);
    assert_eq!(
        log.matches("initiate the set mongo-rs: ").count(),
        1,
        "{log}"
    );
}

#[test]
fn a_secondary_and_then_the_primary_with_a_new_address_are_written_in_place() {
    let Some(lab) = Lab::new() else { return };
    lab.deploy("3", SETTINGS);
    lab.settled(3, 3);
    let ids = member_ids(&lab);
    let history = lab.home().join("history.jsonl");
    let writing = client(&lab, &history, &["--duration", "600"]);
    for leads in [false, true] {
        let primary = text(&lab.action("mongo-rs/leader", &["primary"]), "unit").to_owned();
        let units = units_of(&lab.status());
        let moved = units.keys().find(|unit| (**unit == primary) == leads);
        let moved = moved.unwrap();
        let before = address(&lab, moved);
        lab.lab(&["readdress", moved]);
        lab.until("it has another address", 60, |_| {
            address(&lab, moved) != before
        });
        lab.settled(3, 3);
        // Nobody was added or taken out, and nobody was asked for a word.
        assert_eq!(member_ids(&lab), ids, "{moved}");
        let now = format!("{}:27017", address(&lab, moved));
        assert_eq!(hosts(&lab)[moved], now);
    }
    let (code, report) = stop(writing);
    assert_eq!(
        (code, &report["verdict"], &report["lost"]),
        (Some(0), &Value::from("valid"), &Value::from(0)),
        "{report}"
    );
    it_takes_writes(&lab, "mongo-rs/1");
}

fn members(lab: &Lab) -> Vec<Value> {
    let results = lab.action("mongo-rs/leader", &["members"]);
    serde_json::from_str(text(&results, "members")).unwrap()
}

/// `_id` of each unit's member.
fn member_ids(lab: &Lab) -> BTreeMap<String, i64> {
    let rows = members(lab).into_iter();
    rows.map(|row| (text(&row, "unit").to_owned(), row["id"].as_i64().unwrap()))
        .collect()
}

/// The host of each unit's member.
fn hosts(lab: &Lab) -> BTreeMap<String, String> {
    let rows = members(lab).into_iter();
    rows.map(|row| (text(&row, "unit").to_owned(), text(&row, "host").to_owned()))
        .collect()
}

fn address(lab: &Lab, unit: &str) -> String {
    text(&units_of(&lab.status())[unit], "public-address").to_owned()
}

/// The dry run, once nobody takes a lost member for the primary any more and so many survivors answer: one that comes
/// later may be newer, and then the word that the first proposal asked for is refused.
fn until_proposed(lab: &Lab, unit: &str, survivors: usize) -> Value {
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        let output = lab.run(&["run", unit, "recover-quorum", "--format", "json"]);
        if output.status.success() {
            let tasks: Value = serde_json::from_slice(&output.stdout).unwrap();
            let results = &tasks.as_object().unwrap().values().next().unwrap()["results"];
            if text(results, "survivors").lines().count() == survivors {
                return results.clone();
            }
        }
        assert!(
            Instant::now() < deadline,
            "no proposal: {}",
            super::support::said(&output)
        );
        std::thread::sleep(Duration::from_secs(1));
    }
}

fn the_status_names_what_to_type(lab: &Lab) {
    lab.until("the status names recover-quorum", 90, |status| {
        units_of(status)
            .iter()
            .any(|(name, unit)| message(unit).contains(&format!("juju run {name} recover-quorum")))
    });
}

fn a_primary_is_there(lab: &Lab) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !lab.run(&["run", "mongo-rs/3", "primary"]).status.success() {
        assert!(Instant::now() < deadline, "nobody is elected");
        std::thread::sleep(Duration::from_millis(500));
    }
}

fn addresses(lab: &Lab) -> Vec<String> {
    let units = units_of(&lab.status());
    let said = units
        .values()
        .map(|unit| unit["public-address"].to_string());
    said.collect()
}

/// A short write test with majority, which must be valid: it compares all members by their `dbHash` too.
fn it_takes_writes(lab: &Lab, unit: &str) {
    let results = lab.action(unit, &["write-test", "count=200", "majority=true"]);
    assert_eq!(text(&results, "verdict"), "valid", "{results}");
}

//! Members come, go, die and are replaced while clients write; and what a person wants of them.

use super::client::{client, stop};
use super::support::{Lab, QUICK, text, units_of};
use serde_json::{Value, json};
use std::path::Path;

#[test]
fn a_set_grows_shrinks_and_is_replaced_unit_by_unit_and_loses_nothing() {
    let Some(lab) = Lab::new() else { return };
    lab.deploy("1", QUICK);
    lab.settled(1, 1);
    let history = lab.home().join("history.jsonl");
    let writing = client(&lab, &history, &[]);
    for (units, votes) in [(3, 3), (5, 5), (7, 7), (9, 7)] {
        lab.lab(&["add-unit", "mongo-rs", "-n", "2"]);
        lab.settled(units, votes);
    }
    // The leader and the primary go together, and three more with them; then all but one.
    for (remaining, votes) in [(4, 3), (1, 1)] {
        let leaving = leaving(&lab, units_of(&lab.status()).len() - remaining);
        lab.lab(&[&["remove-unit"], &words(&leaving)[..]].concat());
        lab.settled(remaining, votes);
    }
    // Nobody who was there at first is left in the end; the first to be replaced is alone.
    let first = names(&lab);
    lab.lab(&["add-unit", "mongo-rs"]);
    lab.settled(2, 1);
    lab.lab(&["remove-unit", &first[0]]);
    lab.settled(1, 1);
    lab.lab(&["add-unit", "mongo-rs", "-n", "2"]);
    lab.settled(3, 3);
    for old in names(&lab) {
        lab.lab(&["add-unit", "mongo-rs"]);
        lab.settled(4, 3);
        lab.lab(&["remove-unit", &old]);
        lab.settled(3, 3);
    }
    let (code, report) = stop(writing);
    assert_eq!(
        (code, &report["verdict"], &report["lost"]),
        (Some(0), &json!("valid"), &json!(0))
    );
    let (acknowledged, longest) = acknowledgements(&history);
    println!(
        "{acknowledged} appends acknowledged, none lost; the longest time without one: {longest:.1} s"
    );
}

#[test]
fn a_set_is_repaired_by_a_persons_word_and_keeps_what_was_said() {
    let Some(lab) = Lab::new() else { return };
    lab.deploy("5", &[QUICK, &["--config", "standby-grace=5"]].concat());
    lab.settled(5, 5);
    all_lose_power_at_once(&lab);
    the_lead_goes_to_whom_one_names(&lab);
    members_are_what_one_says(&lab);
    two_of_five_are_killed(&lab);
}

fn all_lose_power_at_once(lab: &Lab) {
    let units = names(lab);
    for command in ["crash", "boot"] {
        let children: Vec<_> = units
            .iter()
            .map(|unit| lab.start(&[command, unit]))
            .collect();
        for mut child in children {
            assert!(child.wait().unwrap().success(), "{command}");
        }
    }
    lab.settled(5, 5);
}

fn the_lead_goes_to_whom_one_names(lab: &Lab) {
    let primary = text(&lab.action("mongo-rs/0", &["primary"]), "unit").to_owned();
    let other = names(lab)
        .into_iter()
        .find(|unit| *unit != primary)
        .unwrap();
    let done = lab.action("mongo-rs/1", &["step-down", &format!("to={other}")]);
    assert_eq!(
        (text(&done, "from"), text(&done, "unit")),
        (&primary[..], &other[..])
    );
    let again = lab.action("mongo-rs/1", &["step-down", &format!("to={other}")]);
    assert_eq!(text(&again, "outcome"), "it is primary already");
    let anybody = lab.action("mongo-rs/1", &["step-down"]);
    assert_eq!(text(&anybody, "from"), other);
    let nobody = lab.refused("mongo-rs/1", &["step-down", "to=mongo-rs/77"]);
    assert!(
        nobody.contains("no member of the set; the members are mongo-rs/0"),
        "{nobody}"
    );
}

fn members_are_what_one_says(lab: &Lab) {
    for (wrong, said) in [
        (&["priority=3"][..], "give unit=NAME"),
        (&["unit=mongo-rs/0"], "give at least one of"),
        (
            &["unit=mongo-rs/9", "priority=3"],
            "the units are mongo-rs/0",
        ),
        (&["unit=mongo-rs/0", "priority=1001"], "from 0 to 1000"),
        (
            &["unit=mongo-rs/0", "priority=2", "hidden=true"],
            "its priority must be 0",
        ),
        (&["unit=mongo-rs/0", "tags=rack"], "has no ="),
        (
            &["member=10.9.9.9:1", "remove=true"],
            "no member of the set is there",
        ),
        (
            &["member=10.61.0.10:27017", "remove=true"],
            "is mongo-rs/0's",
        ),
    ] {
        let refused = lab.refused("mongo-rs/leader", &[&["set-member"], wrong].concat());
        assert!(refused.contains(said), "{wrong:?}: {refused}");
    }
    let set = [
        "set-member",
        "unit=mongo-rs/4",
        "hidden=true",
        "delay=30",
        "tags=use=backup",
    ];
    let follower = names(lab)
        .into_iter()
        .find(|unit| lab.lab(&["leader"]).trim() != unit)
        .unwrap();
    let refused = lab.refused(&follower, &set);
    assert!(
        refused.contains("juju run mongo-rs/leader set-member"),
        "{refused}"
    );
    lab.action("mongo-rs/leader", &set);
    // One that is kept behind has no vote, and another goes with it, so that an odd number votes.
    lab.settled(5, 3);
    let row = row(lab, 4);
    assert_eq!(
        (&row["hidden"], &row["has"]),
        (&json!(true), &json!("standby")),
        "{row}"
    );
    let dry = lab.action(
        "mongo-rs/1",
        &[
            "set-member",
            "unit=mongo-rs/4",
            "reset=true",
            "dry-run=true",
        ],
    );
    assert!(text(&dry, "steps").contains("set member"), "{dry}");
    lab.action(
        "mongo-rs/leader",
        &["set-member", "unit=mongo-rs/4", "reset=true"],
    );
    lab.settled(5, 5);
    lab.action(
        "mongo-rs/leader",
        &["set-member", "unit=mongo-rs/3", "priority=5"],
    );
    let leads = |_: &Value| text(&lab.action("mongo-rs/0", &["primary"]), "unit") == "mongo-rs/3";
    lab.until("the favourite leads", 60, leads);
    lab.action(
        "mongo-rs/leader",
        &["set-member", "unit=mongo-rs/3", "reset=true"],
    );
}

fn two_of_five_are_killed(lab: &Lab) {
    let leader = lab.lab(&["leader"]).trim().to_owned();
    let dead: Vec<String> = names(lab)
        .into_iter()
        .filter(|unit| *unit != leader)
        .take(2)
        .collect();
    for unit in &dead {
        lab.lab(&["crash", unit]);
    }
    let ensure = ["ensure-availability", "n=5", "dry-run=true"];
    let seen = |_: &Value| lab.action("mongo-rs/leader", &ensure)["demoted"] == dead.join(", ");
    lab.until("the primary misses them", 60, seen);
    let fewer = lab.refused("mongo-rs/leader", &["ensure-availability", "n=3"]);
    assert!(
        fewer.contains("cannot remove units with ensure-availability"),
        "{fewer}"
    );
    let even = lab.refused("mongo-rs/leader", &["ensure-availability", "n=4"]);
    assert!(
        even.contains("number of units must be odd and non-negative"),
        "{even}"
    );
    let done = lab.action("mongo-rs/leader", &["ensure-availability", "n=5"]);
    let commands = format!(
        "juju add-unit mongo-rs -n 2\njuju remove-unit {} --force\njuju remove-unit {} --force",
        dead[0], dead[1]
    );
    assert_eq!(text(&done, "commands"), commands);
    for command in text(&done, "commands").lines() {
        let words: Vec<&str> = command.split(' ').skip(1).collect();
        lab.lab(&words);
    }
    lab.settled(5, 5);
    let quiet = lab.action("mongo-rs/leader", &["ensure-availability", "n=0"]);
    assert_eq!(text(&quiet, "steps"), "nothing to do");
    assert!(
        quiet.get("demoted").is_none() && quiet.get("commands").is_none(),
        "{quiet}"
    );
}

/// What `members` says of one unit.
fn row(lab: &Lab, number: usize) -> Value {
    let said = lab.action("mongo-rs/0", &["members"]);
    let rows: Vec<Value> = serde_json::from_str(text(&said, "members")).unwrap();
    rows.into_iter()
        .find(|row| row["unit"] == format!("mongo-rs/{number}"))
        .unwrap()
}

fn names(lab: &Lab) -> Vec<String> {
    units_of(&lab.status())
        .into_iter()
        .map(|(name, _)| name)
        .collect()
}

fn words(units: &[String]) -> Vec<&str> {
    units.iter().map(String::as_str).collect()
}

/// So many units that are to go, the leader and the primary among them.
fn leaving(lab: &Lab, count: usize) -> Vec<String> {
    let leader = lab.lab(&["leader"]).trim().to_owned();
    let primary = text(&lab.action("mongo-rs/leader", &["primary"]), "unit").to_owned();
    let mut leaving = vec![leader];
    for unit in std::iter::once(primary).chain(names(lab)) {
        if !leaving.contains(&unit) && leaving.len() < count {
            leaving.push(unit);
        }
    }
    leaving
}

/// How many appends were acknowledged, and the longest time between two of them, in seconds.
fn acknowledgements(history: &Path) -> (usize, f64) {
    let text = std::fs::read_to_string(history).unwrap();
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let times: Vec<f64> = lines
        .filter(|line| line["type"] == "ok" && line["f"] == "append")
        .filter_map(|line| line["time"].as_f64())
        .collect();
    let gaps = times.windows(2).map(|pair| pair[1] - pair[0]);
    (times.len(), gaps.fold(0.0, f64::max) / 1e9)
}

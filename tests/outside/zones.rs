//! Zones as Juju tells them, and two voters of two.

use super::support::{Lab, QUICK, text};
use serde_json::Value;

#[test]
fn votes_are_spread_over_zones_and_both_of_two_vote_if_one_says_so() {
    let Some(lab) = Lab::new() else { return };
    // Five machines in turn: two in a, two in b, one in c.
    let in_zones = ["--constraints", "zones=a,b,c"];
    lab.deploy("2", &[QUICK, &in_zones].concat());
    lab.settled(2, 1);
    // Whoever led first votes, and the other one stands by.
    let told_of_two = told(&lab);
    let mut places: Vec<&str> = told_of_two.iter().map(|row| &row[2..]).collect();
    places.sort();
    assert_eq!(places, ["standby an odd number votes", "vote "]);
    lab.lab(&["config", "mongo-rs", "two-voters=true"]);
    lab.settled(2, 2);
    assert_eq!(told(&lab), ["a vote ", "b vote "]);
    lab.lab(&["config", "mongo-rs", "two-voters=false"]);
    lab.settled(2, 1);
    lab.lab(&["add-unit", "mongo-rs", "-n", "3"]);
    lab.settled(5, 5);
    assert_eq!(
        told(&lab),
        ["a vote ", "b vote ", "c vote ", "a vote ", "b vote "]
    );
    // Without the only one in c, four are left in two zones: three vote, and no zone has more than two of them.
    lab.lab(&["remove-unit", "mongo-rs/2"]);
    lab.settled(4, 3);
    let votes: Vec<String> = told(&lab);
    let of = |zone: &str| {
        votes
            .iter()
            .filter(|row| row.starts_with(&format!("{zone} vote")))
            .count()
    };
    assert!(
        of("a") <= 2 && of("b") <= 2 && of("a") + of("b") == 3,
        "{votes:?}"
    );
}

/// Zone, place and why of each unit.
fn told(lab: &Lab) -> Vec<String> {
    let members = lab.action("mongo-rs/leader", &["members"]);
    let rows: Vec<Value> = serde_json::from_str(text(&members, "members")).unwrap();
    let rows = rows.iter();
    rows.map(|row| {
        let place = if row["has"] == "voter" {
            "vote"
        } else {
            "standby"
        };
        format!("{} {place} {}", text(row, "zone"), text(row, "why"))
    })
    .collect()
}

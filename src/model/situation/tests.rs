use super::*;
use crate::model::address::HostPort;

/// The smallest that is one, with a field replaced, added or, by nothing, taken away.
fn file(path: &[&str], value: &str) -> String {
    let mut file: serde_json::Value = serde_json::from_str(
        r#"{"version": 1,
            "set": {"config": {"_id": "rs", "version": 3, "term": 2, "members": [
                {"_id": 0, "host": "10.0.0.1:27017", "tags": {"juju-unit": "m/0"}},
                {"_id": 4, "host": "[fd00::2]:27017", "votes": 0, "priority": 0}]},
            "members": {"0": {"state": "PRIMARY", "optime": 7}, "4": {"unknown": "no answer"}}}}"#,
    )
    .unwrap();
    if let Some((last, before)) = path.split_last() {
        let mut place = &mut file;
        for name in before {
            place = place
                .as_object_mut()
                .unwrap()
                .entry(*name)
                .or_insert(serde_json::json!({}));
        }
        let place = place.as_object_mut().unwrap();
        match value {
            "" => place.remove(*last),
            value => place.insert((*last).to_owned(), serde_json::from_str(value).unwrap()),
        };
    }
    file.to_string()
}

fn read(path: &[&str], value: &str) -> Situation {
    file(path, value).parse().unwrap()
}

#[test]
fn what_is_left_out_has_its_default() {
    let Situation { view, goal } = read(&[], "");
    assert_eq!(view.primary, Some(0));
    assert_eq!(view.seen_from.to_string(), "10.0.0.1:27017");
    assert!(view.committed && view.has_default_write_concern.is_none());
    assert_eq!((view.term, goal.now_ms, goal.grace_ms), (2, 0, 120_000));
    assert_eq!(goal.me.to_string(), "m/0");
    assert_eq!(goal.election_timeout_ms, 10_000);
    assert_eq!(view.state(4), State::Unknown("no answer".into()));
    // Only the tagged member is a unit's, and it stays.
    let units: Vec<String> = goal.units.keys().map(ToString::to_string).collect();
    assert_eq!(units, ["m/0"]);
    let of = |situation: &Situation, unit: &str| {
        let wanted = &situation.goal.units[&unit.parse().unwrap()];
        wanted.address.as_ref().map(ToString::to_string)
    };
    // A unit's address is its member's unless it is said; the server of a new one answers unless that is said.
    let new = read(
        &["units"],
        r#"{"m/0": {}, "m/1": {"address": "c:1"}, "m/2": {"life": "leaving"}, "m/3": {"address": null},
            "m/4": {"life": "dying"}}"#,
    );
    assert_eq!(new.goal.dying, ["m/4".parse().unwrap()].into());
    assert_eq!(of(&new, "m/0").as_deref(), Some("10.0.0.1:27017"));
    assert_eq!(of(&new, "m/3"), None);
    assert_eq!(new.goal.units.len(), 3);
    let doors: Vec<String> = new.view.doors.keys().map(ToString::to_string).collect();
    assert_eq!(doors, ["c:1"]);
    assert_eq!(read(&["set", "primary"], "null").view.primary, None);
}

#[test]
fn what_is_wrong_is_named_with_what_is_allowed() {
    for (path, value, said) in [
        (&["version"][..], "", "version is missing; it must be 1"),
        (&["version"], "2", "version is 2; it must be 1"),
        (
            &["when"],
            "1",
            "when is not a field; the fields of the file are version, unit, role",
        ),
        (&["set"], "", "set is missing"),
        (
            &["set"],
            "[]",
            "set is []; it must be an object with some of seen-from, config",
        ),
        (
            &["set", "config"],
            "",
            "set.config is missing; it must be the document of replSetGetConfig",
        ),
        (
            &["set", "config", "members"],
            "7",
            "set.config is refused (the replica set's config cannot be read: no members)",
        ),
        (
            &["set", "tern"],
            "3",
            "set.tern is not a field; the fields of set are seen-from",
        ),
        (
            &["set", "term"],
            "1.5",
            "set.term is 1.5; it must be a whole number",
        ),
        (
            &["set", "primary"],
            "3",
            "set.primary is 3; it must be null or the _id of a member: 0, 4",
        ),
        (
            &["set", "committed"],
            "\"yes\"",
            "set.committed is \"yes\"; it must be true or false",
        ),
        (
            &["set", "seen-from"],
            "\"a\"",
            "set.seen-from is \"a\"; it must be an address with a port",
        ),
        (
            &["set", "members", "x"],
            "{}",
            "set.members.x is no _id's; it must be under the _id of a member",
        ),
        (
            &["set", "members", "4"],
            "{}",
            "set.members.4 is {}; it must be an object with state, or with unknown",
        ),
        (
            &["set", "members", "4", "state"],
            "\"DOWN\"",
            "set.members.4.state is \"DOWN\"; it must be PRIMARY, SECONDARY",
        ),
        (
            &["set", "members", "0", "optime"],
            "-1",
            "set.members.0.optime is -1; it must be seconds since 1970",
        ),
        (
            &["set", "doors", "a:1"],
            "false",
            "set.doors.a:1 is false; it must be true, or a text",
        ),
        (&["set", "doors", "a"], "true", "set.doors.a is no address'"),
        (
            &["unit"],
            "\"m\"",
            "unit is \"m\"; it must be a unit, such as mongo-rs/0",
        ),
        (
            &["role"],
            "\"boss\"",
            "role is \"boss\"; it must be leader or leaver",
        ),
        (
            &["role"],
            "\"leaver\"",
            "unit is missing; it must be the unit that leaves",
        ),
        (
            &["units", "m"],
            "{}",
            "units.m is no unit's; it must be under a unit's name",
        ),
        (
            &["units", "m/1"],
            "7",
            "units.m/1 is 7; it must be an object with some of address, zone, life",
        ),
        (
            &["units", "m/1", "life"],
            "\"dead\"",
            "units.m/1.life is \"dead\"; it must be alive, dying or leaving",
        ),
        (
            &["units", "m/1", "rack"],
            "\"b\"",
            "units.m/1.rack is not a field; the fields of units.m/1 are address",
        ),
        (
            &["health", "m/0"],
            r#"{"up": true, "since-ms": 5}"#,
            "now-ms is missing",
        ),
        (
            &["health", "m/0"],
            r#"{"up": true}"#,
            "health.m/0.since-ms is missing",
        ),
        (
            &["policy", "voters"],
            "4",
            "policy.voters is 4; it must be 1, 3, 5 or 7",
        ),
        (
            &["policy", "demoted"],
            "[\"m/0\", 3]",
            "policy.demoted[1] is 3; it must be a unit",
        ),
        (
            &["policy", "dropped"],
            "\"a:1\"",
            "policy.dropped is \"a:1\"; it must be a list of addresses",
        ),
        (
            &["policy", "members", "m/0"],
            r#"{"prio": 3}"#,
            "policy.members.m/0.prio is not a field; the fields of",
        ),
        (
            &["policy", "members", "m/0", "priority"],
            "1001",
            "policy.members.m/0.priority is 1001; it must be a number from 0 to 1000",
        ),
        (
            &["policy", "members", "m/0", "tags"],
            r#"{"a": 1}"#,
            "policy.members.m/0.tags.a is 1; it must be a text",
        ),
        (
            &["two-voters"],
            "1",
            "two-voters is 1; it must be true or false",
        ),
        (
            &["grace-ms"],
            "-1",
            "grace-ms is -1; it must be a whole number of milliseconds",
        ),
        (
            &["election-timeout-ms"],
            "0",
            "election-timeout-ms is 0; it must be a whole number",
        ),
    ] {
        let refused = file(path, value).parse::<Situation>();
        let why = refused.expect_err("it was taken").to_string();
        assert!(why.starts_with(said), "{path:?} {value}: {why}");
    }
    for (text, said) in [
        ("", "it cannot be read as JSON: EOF"),
        ("[1]", "it cannot be read as JSON: it is not an object"),
        (
            "{\"version\": 1,}",
            "it cannot be read as JSON: trailing comma at line 1",
        ),
        (
            "{\"units\": {\"m/0\": {},\n \"m/0\": {}}}",
            "it cannot be read as JSON: the field \"m/0\" is there twice at line 2",
        ),
    ] {
        let why = text.parse::<Situation>().unwrap_err().to_string();
        assert!(why.starts_with(said), "{why}");
    }
    let long = file(&["role"], &format!("\"{}\"", "é".repeat(1000)));
    let why = long.parse::<Situation>().unwrap_err().to_string();
    assert!(why.chars().count() < 150, "{why}");
}

#[test]
fn a_set_that_is_no_charms_is_left_as_it_is() {
    let known = read(&[], "");
    let alone = Situation::as_it_is(known.view.clone(), 5);
    assert_eq!(alone.goal.units, known.goal.units);
    assert_eq!(alone.caveats().len(), 1);
    assert!(alone.caveats()[0].starts_with("[fd00::2]:27017 is no unit's: "));
    let strangers = r#"[{"_id": 0, "host": "a:1"}, {"_id": 4, "host": "b:1"}]"#;
    let strangers = read(&["set", "config", "members"], strangers);
    assert!(strangers.goal.units.is_empty());
    assert_eq!(strangers.goal.me, UnitName::nobody());
    assert!(strangers.caveats()[0].starts_with("no member is a unit's: "));
}

#[test]
fn fields_of_the_config_that_nobody_here_knows_are_kept() {
    let horizon = r#"[{"_id": 0, "host": "a:1", "horizons": {"out": "b:1"}, "priority": 2.5}]"#;
    let situation = read(&["set", "config", "members"], horizon);
    let again: Situation = situation.text().parse().unwrap();
    assert_eq!(again, situation);
    assert!(situation.text().contains("\"out\": \"b:1\""));
    assert_eq!(
        again.view.config.member(0).map(|member| member.priority),
        Some(2.5)
    );
    assert!(!again.view.doors.contains_key(&HostPort::new("a", 1)));
}

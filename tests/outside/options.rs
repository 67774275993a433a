//! Options that change while clients write: members restart one after the other, or not at all.

use super::client::{client, stop};
use super::support::{Lab, QUICK, message, servers, text, units_of};
use serde_json::Value;

#[test]
fn members_restart_in_turn_when_an_option_asks_for_it_and_writes_go_on() {
    let Some(lab) = Lab::new() else { return };
    lab.deploy("3", QUICK);
    lab.settled(3, 3);
    what_mongod_does_not_know_is_refused(&lab);
    a_changed_option_restarts_every_server_once(&lab);
    a_changed_port_is_known_to_everybody_in_the_end(&lab);
}

fn what_mongod_does_not_know_is_refused(lab: &Lab) {
    let before = servers(lab);
    for (value, why) in [
        ("nonsense: {a: 1}", "Unrecognized option: nonsense.a"),
        ("setParameter: {slowWater: 1}", "slowWater"),
    ] {
        lab.lab(&["config", "mongo-rs", &format!("extra-config={value}")]);
        lab.until(value, 60, |status| {
            units_of(status).values().all(|unit| {
                unit["workload-status"]["current"] == "blocked"
                    && message(unit).contains("extra-config")
                    && message(unit).contains(why)
            })
        });
        lab.lab(&["config", "mongo-rs", "--reset", "extra-config"]);
        lab.settled(3, 3);
    }
    assert_eq!(servers(lab), before, "a server was restarted");
}

/// Changes an option under a write test with `w: majority`, and gives the lines that the lab logged meanwhile.
fn change_under_writes(lab: &Lab, setting: &str, in_force: &dyn Fn(&Value) -> bool) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    let history = directory.path().join("history.jsonl");
    let before = (servers(lab), log(lab).len());
    let client = client(lab, &history, &["--duration", "600"]);
    lab.lab(&["config", "mongo-rs", setting]);
    lab.until(setting, 120, |status| {
        Lab::is_settled(status, 3, 3) && in_force(status) && restarted(&before.0, &servers(lab))
    });
    let (code, report) = stop(client);
    assert_eq!(
        (code, text(&report, "verdict")),
        (Some(0), "valid"),
        "{report}"
    );
    let lines = log(lab).split_off(before.1);
    let begun: Vec<usize> = (0..lines.len())
        .filter(|n| lines[*n].contains("INFO restart mongod"))
        .collect();
    assert_eq!(begun.len(), 3, "{begun:?} of {lines:#?}");
    for pair in begun.windows(2) {
        let unit = lines[pair[0]].split(':').next().unwrap();
        let ended = lines[pair[0]..pair[1]]
            .iter()
            .any(|line| line.starts_with(unit) && line.contains("exit 0"));
        assert!(ended, "two restarts at once: {lines:#?}");
    }
    lines
}

fn log(lab: &Lab) -> Vec<String> {
    let log = lab.lab(&["debug-log", "-n", "1000000"]);
    log.lines().map(str::to_owned).collect()
}

fn restarted(before: &[String], after: &[String]) -> bool {
    before
        .iter()
        .zip(after)
        .all(|(before, after)| before != after)
}

fn a_changed_option_restarts_every_server_once(lab: &Lab) {
    let lines = change_under_writes(lab, "cache-size=0.3", &|_| true);
    assert!(
        lines.iter().any(|line| line.contains(" hand over to ")),
        "the primary did not hand over: {lines:#?}"
    );
    for unit in units_of(&lab.status()).keys() {
        let written = lab.lab(&["ssh", unit, "grep", "cacheSizeGB", "/etc/mongod.conf"]);
        assert!(written.contains("0.3"), "{unit}: {written}");
    }
}

fn a_changed_port_is_known_to_everybody_in_the_end(lab: &Lab) {
    change_under_writes(lab, "port=27018", &|status| {
        units_of(status)
            .values()
            .all(|unit| unit["open-ports"] == serde_json::json!(["27018/tcp"]))
    });
    let results = lab.action("mongo-rs/leader", &["primary"]);
    let members: Vec<&str> = text(&results, "members").split(',').collect();
    assert!(
        members.len() == 3 && members.iter().all(|member| member.contains(":27018")),
        "{results}"
    );
}

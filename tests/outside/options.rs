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
    what_the_server_does_not_start_with_is_taken_back(&lab);
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
    // Nor where it could not listen, and the size of an oplog that exists is nothing to restart for.
    let listener = "nohup python3 -c 'import socket, time; s = socket.create_server((\"\", 27099)); time.sleep(3600)' \
        >/dev/null 2>&1 & echo $!";
    let pid = lab.lab(&["ssh", "mongo-rs/0", listener]);
    for (option, value, unit, why) in [
        (
            "bind-ip",
            "203.0.113.7",
            "mongo-rs/2",
            "no network card of this machine has",
        ),
        ("port", "27099", "mongo-rs/0", "another program listens"),
    ] {
        lab.lab(&["config", "mongo-rs", &format!("{option}={value}")]);
        lab.until(value, 60, |status| {
            let unit = &units_of(status)[unit];
            let told = message(unit);
            unit["workload-status"]["current"] == "blocked"
                && [option, value, why].iter().all(|part| told.contains(part))
        });
        if option == "bind-ip" {
            lab.lab(&["config", "mongo-rs", "--reset", option]);
            lab.settled(3, 3);
            assert_eq!(servers(lab), before, "a server was restarted");
            lab.lab(&["config", "mongo-rs", "oplog-size=1000"]);
            lab.settled(3, 3);
            assert_eq!(servers(lab), before, "a server was restarted");
        }
    }
    lab.lab(&["ssh", "mongo-rs/0", &format!("kill {}", pid.trim())]);
    lab.lab(&["config", "mongo-rs", "--reset", "port,oplog-size"]);
    lab.settled(3, 3);
    assert_eq!(servers(lab), before, "a server was restarted");
}

/// No look at the config shows that the data was made with another one: the servers go back to what they ran with.
fn what_the_server_does_not_start_with_is_taken_back(lab: &Lab) {
    let value = "extra-config=storage: {directoryPerDB: true}";
    lab.lab(&["config", "mongo-rs", value]);
    lab.until(value, 120, |status| {
        units_of(status).values().any(|unit| {
            unit["workload-status"]["current"] == "blocked"
                && message(unit)
                    .contains("extra-config=storage: {directoryPerDB: true}: mongod refuses it: ")
        })
    });
    lab.until("there is a primary", 120, |_| {
        lab.run(&["run", "mongo-rs/leader", "primary"])
            .status
            .success()
    });
    let history = lab.home().join("refused.jsonl");
    let client = client(lab, &history, &["--duration", "5"]);
    let (code, report) = stop(client);
    assert_eq!(code, Some(0), "{report}");
    lab.lab(&["config", "mongo-rs", "--reset", "extra-config"]);
    lab.settled(3, 3);
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

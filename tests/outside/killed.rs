//! Hooks that are killed, machines without power, a controller that dies: what was begun is done again, and there is one
//! set at the end.

use super::faults::traces_on;
use super::support::{
    Killed, Lab, QUICK, charm_started_by, killer, message, servers, text, units_of,
};
use serde_json::Value;
use std::collections::BTreeSet;

const UNITS: [&str; 3] = ["mongo-rs/0", "mongo-rs/1", "mongo-rs/2"];

#[test]
fn a_hook_that_is_killed_at_each_step_is_run_again_and_makes_one_set() {
    let Some(lab) = Lab::new() else { return };
    let directory = tempfile::tempdir().unwrap();
    let charm = charm_started_by(&killer(Killed::Hooks), directory.path());
    lab.deploy_from(&charm, "3", QUICK);
    lab.until("three votes, whatever was killed", 400, |status| {
        resolve_all(&lab, status);
        Lab::is_settled(status, 3, 3)
    });
    killed_at(
        &lab,
        &[
            "install mongod",
            "write mongod.conf",
            "start mongod",
            "claim the initiation",
            "initiate the set",
            "add mongo-rs/",
            "a vote",
        ],
    );
    one_primary_and_three_members(&lab);
    an_option_and_a_primary_that_hands_over(&lab);
    faults_that_hooks_carry_out(&lab);

    a_unit_that_leaves(&lab);
}

/// It is killed at each step of that, too. Its machine goes with it: the log tells.
fn a_unit_that_leaves(lab: &Lab) {
    let leader = lab.lab(&["leader"]).trim().to_owned();
    let log = || lab.lab(&["debug-log", "-n", "1000000"]);
    let before = log().lines().count();
    lab.lab(&["remove-unit", &leader]);
    lab.until("the leader has left", 300, |status| {
        resolve_all(lab, status);
        Lab::is_settled(status, 2, 1)
    });
    let (log, of_it) = (log(), format!("unit-{}: ", leader.replace('/', "-")));
    let lines = log.lines().skip(before);
    let lines: Vec<&str> = lines.filter(|line| line.starts_with(&of_it)).collect();
    for step in ["stop the observer: ", "stop mongod: "] {
        let begun = lines.iter().position(|line| line.contains(step));
        let rest = &lines[begun.unwrap_or(lines.len())..];
        let ended = rest.iter().find(|line| line.contains(": exit "));
        assert!(
            ended.is_some_and(|line| line.contains(": exit 137, ")),
            "it was not killed at {step:?}: {lines:#?}"
        );
    }
}

/// As a person does who resolves each error at once, so that nothing waits for Juju's next try.
fn resolve_all(lab: &Lab, status: &Value) {
    for (name, unit) in units_of(status) {
        if unit["workload-status"]["current"] == "error" {
            lab.run(&["resolve", &name]);
        }
    }
}

fn killed_at(lab: &Lab, steps: &[&str]) {
    let killed: String = UNITS
        .iter()
        .map(|unit| lab.lab(&["ssh", unit, "cat", "/var/tmp/killed"]))
        .collect();
    for step in steps {
        assert!(
            killed.lines().any(|line| line.contains(step)),
            "no hook was killed at {step:?}:\n{killed}"
        );
    }
}

/// What restarts the servers and what moves the primary.
fn an_option_and_a_primary_that_hands_over(lab: &Lab) {
    let before = servers(lab);
    lab.lab(&["config", "mongo-rs", "cache-size=0.3"]);
    lab.until("every server has started again", 300, |status| {
        resolve_all(lab, status);
        let all_new = || servers(lab).iter().zip(&before).all(|(now, it)| now != it);
        Lab::is_settled(status, 3, 3) && all_new()
    });
    let primary = lab.action("mongo-rs/leader", &["primary"]);
    let primary = text(&primary, "unit");
    let unit = format!("unit={primary}");
    lab.action("mongo-rs/leader", &["set-member", &unit, "priority=0"]);
    lab.until("another one is primary", 300, |status| {
        resolve_all(lab, status);
        let leads = message(&units_of(status)[primary]).starts_with("primary");
        Lab::is_settled(status, 3, 3) && !leads
    });
    lab.action("mongo-rs/leader", &["set-member", &unit, "reset=true"]);
    killed_at(lab, &["restart mongod", "hand over to"]);
}

/// What one unit is asked for the others begin and end in hooks, which are killed at each step of that, too: what was asked
/// for holds in the end, and after a heal nothing.
fn faults_that_hooks_carry_out(lab: &Lab) {
    let traces = || -> Vec<String> { (0..3).map(|n| traces_on(lab, n)).collect() };
    let before = traces();
    for words in [
        &["partition", "groups=1/2", "delay=3600"][..],
        &["flaky", "loss=1", "delay=3600"],
        &["slow", "latency=0", "rate=2000", "delay=3600"],
    ] {
        lab.action(UNITS[0], words);
    }
    lab.until("every unit does what was asked", 300, |status| {
        resolve_all(lab, status);
        let told = lab.action(UNITS[0], &["faults"]);
        let all = told.as_object().into_iter().flatten();
        let said = all.filter(|(key, _)| key.starts_with("acknowledged-"));
        let installed = said.filter(|(_, said)| {
            let said = said.as_str().unwrap_or_default();
            [1, 2]
                .iter()
                .all(|n| said.contains(&format!("mongo-rs/{n} installed")))
        });
        installed.count() == 3
    });
    lab.action(UNITS[0], &["heal"]);
    lab.until("nothing is left", 300, |status| {
        resolve_all(lab, status);
        traces() == before && Lab::is_settled(status, 3, 3)
    });
    killed_at(
        lab,
        &[
            ": note a partition",
            ": set its watchdog",
            ": begin",
            ": is in place",
            ": undo",
            ": forget",
        ],
    );
}

fn one_primary_and_three_members(lab: &Lab) {
    let results = lab.action("mongo-rs/leader", &["primary"]);
    let listed = |key: &str| -> BTreeSet<String> {
        let text = results[key].as_str().unwrap();
        text.split(',').map(str::to_owned).collect()
    };
    assert_eq!(listed("members").len(), 3, "{results}");
    assert_eq!(listed("claimants").len(), 1, "{results}");
    let test = lab.action("mongo-rs/leader", &["write-test", "count=100"]);
    assert_eq!(test["verdict"], "valid", "{test}");
}

#[test]
fn power_lost_in_a_hook_and_a_controller_killed_make_one_set_all_the_same() {
    let Some(lab) = Lab::new() else { return };
    lab.deploy("3", QUICK);
    for unit in ["mongo-rs/1", "mongo-rs/2"] {
        lab.until("a hook runs", 60, |status| {
            units_of(status)[unit]["juju-status"]["current"] == "executing"
        });
        lab.lab(&["crash", unit]);
        lab.lab(&["boot", unit]);
    }
    lab.until("a set is there", 120, |status| {
        units_of(status)
            .values()
            .any(|unit| unit["workload-status"]["current"] == "active")
    });
    lab.kill_controller();
    lab.settled(3, 3);
    one_primary_and_three_members(&lab);
    // All at rest now: everything loses its power at once, and comes back.
    lab.kill_controller();
    lab.settled(3, 3);
    one_primary_and_three_members(&lab);
}

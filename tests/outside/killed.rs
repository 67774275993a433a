//! Hooks that are killed, machines without power, a controller that dies: what was begun is done again, and there is one
//! set at the end.

use super::support::{Killed, Lab, QUICK, charm_started_by, killer, units_of};
use std::collections::BTreeSet;

const UNITS: [&str; 3] = ["mongo-rs/0", "mongo-rs/1", "mongo-rs/2"];

#[test]
fn a_hook_that_is_killed_at_each_step_is_run_again_and_makes_one_set() {
    let Some(lab) = Lab::new() else { return };
    let directory = tempfile::tempdir().unwrap();
    let charm = charm_started_by(&killer(Killed::Hooks), directory.path());
    lab.deploy_from(&charm, "3", QUICK);
    lab.until("three votes, whatever was killed", 400, |status| {
        // A person who resolves each error at once, so that nothing waits for Juju's next try.
        for (name, unit) in units_of(status) {
            if unit["workload-status"]["current"] == "error" {
                lab.run(&["resolve", &name]);
            }
        }
        Lab::is_settled(status, 3, 3)
    });
    let killed: String = UNITS
        .iter()
        .map(|unit| lab.lab(&["ssh", unit, "cat", "/var/tmp/killed"]))
        .collect();
    for step in [
        "install mongod",
        "write mongod.conf",
        "start mongod",
        "claim the initiation",
        "initiate the set",
        "add mongo-rs/",
        "a vote",
    ] {
        assert!(
            killed.lines().any(|line| line.contains(step)),
            "no hook was killed at {step:?}:\n{killed}"
        );
    }
    one_primary_and_three_members(&lab);

    // A unit that leaves is killed at each step of that, too.
    let leader = lab.lab(&["leader"]).trim().to_owned();
    lab.lab(&["remove-unit", &leader]);
    lab.until("the leader has left", 300, |status| {
        for (name, unit) in units_of(status) {
            if unit["workload-status"]["current"] == "error" {
                lab.run(&["resolve", &name]);
            }
        }
        Lab::is_settled(status, 2, 1)
    });
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

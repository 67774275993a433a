//! A unit that cannot run a hook: the others cut it off without it.

use super::super::support::{Lab, text, units_of};
use super::reach::until_reached;
use super::units::{heal, is_cut};
use serde_json::Value;

/// While a write test runs there as an action, its hooks wait.
pub fn a_unit_that_runs_a_write_test_is_cut_off_all_the_same(lab: &Lab) {
    let words = [
        "run",
        "mongo-rs/3",
        "write-test",
        "count=100000",
        "rate=20",
        "duration=30",
        "--wait",
        "5m",
        "--format",
        "json",
    ];
    let mut writes = lab.start(&words);
    lab.until("the write test runs", 60, |status| {
        units_of(status)["mongo-rs/3"]["juju-status"]["message"] == "running action write-test"
    });
    let words = ["partition", "groups=0,1/2,3,4", "delay=300"];
    let cut = lab.action("mongo-rs/0", &words);
    assert_eq!(text(&cut, "outcome"), "installed", "{cut}");
    until_reached(lab, "without the hooks of one", 27017, &|from, to| {
        (from < 2) == (to < 2)
    });
    assert!(!is_cut(lab, 3), "its hooks did not wait");
    let ended = writes.try_wait().unwrap();
    assert!(ended.is_none(), "the write test was over: {ended:?}");
    heal(lab);
    let output = writes.wait_with_output().unwrap();
    let tasks: Value = serde_json::from_slice(&output.stdout).unwrap();
    let task = tasks.as_object().unwrap().values().next().unwrap();
    assert_eq!(text(&task["results"], "verdict"), "valid", "{task}");
    // What was over before it could hear of it is not begun.
    lab.settled(5, 5);
    assert!(!is_cut(lab, 3));
}

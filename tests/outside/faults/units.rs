//! What the tests of faults ask of the units: commands there, whether they are cut, whether they have heard.

use super::super::support::{Lab, text};
use serde_json::Value;
use std::time::{Duration, Instant};

/// How many units there are.
pub const UNITS: usize = 5;

pub fn unit(n: usize) -> String {
    format!("mongo-rs/{n}")
}

pub fn on(lab: &Lab, n: usize, command: &str) -> String {
    lab.lab(&["ssh", &unit(n), command])
}

/// Bytes that are free where a unit's data is.
pub fn free_on(lab: &Lab, n: usize) -> u64 {
    let said = on(lab, n, "df -B1 --output=avail /var/lib/mongodb | tail -1");
    said.trim().parse().unwrap()
}

pub fn heal(lab: &Lab) {
    lab.action("mongo-rs/1", &["heal"]);
    until_nobody_is_cut(lab);
    // Of a fault that does not concern it the unit that asked for it, and is asked for the next one, hears in a hook of its
    // own, before which Juju may run an action.
    lab.until("the unit that asked has heard of it", 60, |_| {
        text(&lab.action(&unit(0), &["faults"]), "asked-for") == "nothing"
    });
}

pub fn is_cut(lab: &Lab, n: usize) -> bool {
    on(lab, n, "nft list tables").contains("mongo_rs")
}

pub fn until_cut(lab: &Lab, n: usize, cut: bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while is_cut(lab, n) != cut {
        assert!(Instant::now() < deadline, "mongo-rs/{n} cut: {}", !cut);
        std::thread::sleep(Duration::from_millis(200));
    }
}

pub fn until_nobody_is_cut(lab: &Lab) {
    for n in 0..UNITS {
        until_cut(lab, n, false);
    }
}

pub fn a_hook_runs(lab: &Lab, n: usize) {
    let hook = "JUJU_DISPATCH_PATH=hooks/update-status ./dispatch";
    lab.lab(&["exec", "--unit", &unit(n), hook]);
}

/// Waits until a unit knows of a fault that another one was asked for: Juju runs an action before the hook that tells of
/// another unit's databag.
pub fn until_heard_of(lab: &Lab, n: usize, asked: &Value) {
    let id = text(asked, "id");
    lab.until("another unit has heard of it", 60, |_| {
        text(&lab.action(&unit(n), &["faults"]), "asked-for").contains(id)
    });
}

//! Packets that are lost, and heals that name some of what holds.

use super::super::support::{Lab, text};
use super::reach::until_reached;
use super::units::{UNITS, a_hook_runs, heal, is_cut, on, until_cut, until_heard_of};

pub fn packets_are_lost_and_limited(lab: &Lab) {
    let lossy = lab.action(
        "mongo-rs/0",
        &["flaky", "loss=100", "scope=unit", "delay=120"],
    );
    until_reached(lab, "all is lost on the way in", 27017, &|from, to| {
        from != 0 && to != 0
    });
    until_heard_of(lab, 1, &lossy);
    let again = lab.refused("mongo-rs/1", &["flaky"]);
    assert!(
        again.contains("flaky") && again.contains("s more"),
        "{again}"
    );
    // Another kind composes with it.
    lab.action("mongo-rs/0", &["partition", "groups=1/2,3,4", "delay=120"]);
    until_reached(lab, "both", 27017, &|from, to| from > 1 && to > 1);
    lab.action("mongo-rs/0", &["heal", "faults=flaky"]);
    until_reached(lab, "the partition alone", 27017, &|from, to| {
        from == 0 || to == 0 || (from != 1 && to != 1)
    });
    // An earlier heal holds when a later one of the same unit names another kind.
    lab.action("mongo-rs/1", &["heal"]);
    lab.action("mongo-rs/1", &["heal", "faults=flaky"]);
    lab.settled(5, 5);
    for n in 0..UNITS {
        a_hook_runs(lab, n);
        assert!(!is_cut(lab, n), "it comes back on mongo-rs/{n}");
    }
    // Healed on one unit alone: it stays so there, and the others go on.
    // Hooks of a unit that hears nobody take long: the cut must outlast them.
    lab.action("mongo-rs/0", &["partition", "scope=unit", "delay=3600"]);
    until_cut(lab, 1, true);
    lab.action("mongo-rs/0", &["heal", "scope=unit"]);
    a_hook_runs(lab, 0);
    assert!(!is_cut(lab, 0));
    let there = lab.action("mongo-rs/1", &["faults"]);
    assert!(text(&there, "here").contains("cut off"), "{there}");
    heal(lab);
    let words = ["slow", "latency=0", "rate=200", "scope=unit", "delay=120"];
    let slow = lab.action("mongo-rs/0", &words);
    assert!(on(lab, 0, "nft list ruleset").contains("limit rate over 200 kbytes/second"));
    until_heard_of(lab, 3, &slow);
    heal(lab);
}

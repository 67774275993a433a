//! What is refused, and what must not come back.

use super::super::support::{Lab, said, text};
use super::units::{is_cut, on, unit, until_cut, until_nobody_is_cut};
use std::time::{Duration, Instant};

pub fn without_a_primary_there_is_nobody_to_cut_off(lab: &Lab) {
    for n in 0..3 {
        lab.action(&unit(n), &["stop-node", "delay=3600"]);
    }
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let output = lab.run(&["run", "mongo-rs/4", "partition", "dry-run=true"]);
        if !output.status.success() {
            let why = said(&output);
            assert!(
                why.contains("no primary to cut off") && why.contains("scope=unit"),
                "{why}"
            );
            break;
        }
        assert!(Instant::now() < deadline, "a primary without a majority");
    }
    let nobody = lab.refused("mongo-rs/4", &["primary"]);
    assert!(nobody.contains("10.61.0.14:27017 secondary"), "{nobody}");
    lab.action("mongo-rs/4", &["heal"]);
    lab.settled(5, 5);
}

pub fn what_makes_no_sense_or_is_forbidden_changes_nothing(lab: &Lab) {
    for (words, part) in [
        (&["partition", "groups=0/7"][..], "no unit mongo-rs/7"),
        (&["partition", "groups=0,1/1,2"], "named twice"),
        (&["partition", "groups=0,1"], "two groups"),
        (&["partition", "shape=custom"], "needs groups"),
        (
            &["partition", "shape=majorities-ring", "direction=in"],
            "direction=both",
        ),
        (&["partition", "from=mongo-rs/1"], "go together"),
        (
            &["partition", "from=mongo-rs/1", "to=mongo-rs/1"],
            "name two units",
        ),
        (&["flaky", "loss=101"], "loss"),
        (&["slow", "latency=0"], "slow nothing down"),
        (
            &["partition", "from=mongo-rs/1", "to=mongo-rs/9"],
            "to: there is no unit mongo-rs/9",
        ),
        (&["heal", "faults=fire"], "fire"),
        (&["heal", "from=mongo-rs/1"], "go together"),
        (&["rollbacks", "collection=list"], "its UUID"),
        (&["fill-disk", "free=9007199254740991"], "bytes are free"),
    ] {
        let why = lab.refused("mongo-rs/0", words);
        assert!(why.contains(part), "{words:?}: {why}");
    }
    for kind in [
        "partition",
        "flaky",
        "slow",
        "kill",
        "pause",
        "stop-node",
        "fill-disk",
    ] {
        let dry = lab.action("mongo-rs/0", &[kind, "dry-run=true"]);
        assert_eq!(
            (text(&dry, "outcome"), text(&dry, "reason")),
            ("skipped", "dry-run"),
            "{dry}"
        );
        assert!(!text(&dry, "plan").is_empty(), "{dry}");
    }
    let cut = lab.action("mongo-rs/0", &["partition", "delay=3600"]);
    let dry = lab.action("mongo-rs/0", &["heal", "dry-run=true"]);
    assert_eq!(text(&dry, "outcome"), "skipped", "{dry}");
    assert!(text(&dry, "was-in-place").contains("cut off"), "{dry}");
    assert!(text(&dry, "asked-of-others").contains(text(&cut, "id")));
    assert!(is_cut(lab, 0), "it was not to be healed");
    let again = lab.refused("mongo-rs/0", &["partition"]);
    assert!(again.contains("outcome: skipped"), "{again}");
    lab.lab(&["config", "mongo-rs", "fault-injection=forbidden"]);
    until_nobody_is_cut(lab);
    let forbidden = lab.refused("mongo-rs/0", &["partition"]);
    assert!(forbidden.contains("fault-injection"), "{forbidden}");
    // Nor by whoever is on the machine.
    lab.settled(5, 5);
    let by_hand = lab.run(&[
        "ssh",
        "mongo-rs/0",
        "/var/lib/juju/agents/unit-mongo-rs-0/charm/bin/mongo-rs partition",
    ]);
    assert!(
        said(&by_hand).contains("fault-injection"),
        "{}",
        said(&by_hand)
    );
    assert!(!is_cut(lab, 0));
    // What was ended so does not come back.
    lab.lab(&["config", "mongo-rs", "--reset", "fault-injection"]);
    lab.settled(5, 5);
    assert!((0..5).all(|n| !is_cut(lab, n)));
}

pub fn a_clock_that_is_ahead_is_said(lab: &Lab) {
    // What mongo-rs/3 would have written if its clock were an hour ahead; its next hook writes another.
    let ahead = r#"
relation=$(relation-ids replicas)
content=$(relation-get -r $relation content $JUJU_UNIT_NAME)
relation-set -r $relation "content=$(python3 -c '
import json, sys, time
data = json.loads(sys.argv[1])
data["acknowledged"] = {"x": {"outcome": "installed", "at-ms": int((time.time() + 3600) * 1000)}}
print(json.dumps(data))' "$content")""#;
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        lab.lab(&["exec", "--unit", "mongo-rs/3", ahead]);
        let seen = lab.action("mongo-rs/0", &["faults"]);
        let said = seen["clocks"].as_str().unwrap_or_default();
        if said.contains("mongo-rs/3 is at least 35") && said.contains("s ahead of mongo-rs/0") {
            return;
        }
        assert!(Instant::now() < deadline, "{seen}");
    }
}

pub fn what_is_healed_stays_healed_when_its_healer_leaves(lab: &Lab) {
    lab.action("mongo-rs/0", &["partition", "scope=unit", "delay=3600"]);
    lab.action("mongo-rs/4", &["heal"]);
    lab.settled(5, 5);
    lab.lab(&["remove-unit", "mongo-rs/4"]);
    lab.settled(4, 3);
    for n in 0..4 {
        assert!(!is_cut(lab, n), "mongo-rs/{n}");
    }
}

/// What was healed on one unit alone holds on the others still, and another one would be half in place.
pub fn what_holds_elsewhere_is_in_the_way_here(lab: &Lab) {
    lab.action("mongo-rs/0", &["partition", "scope=unit", "delay=3600"]);
    until_cut(lab, 3, true);
    lab.action("mongo-rs/0", &["heal", "scope=unit"]);
    assert!(!is_cut(lab, 0));
    let why = lab.refused("mongo-rs/0", &["partition", "scope=unit"]);
    assert!(why.contains("is in place for"), "{why}");
    let healed = lab.action("mongo-rs/0", &["heal"]);
    assert!(
        text(&healed, "asked-of-others").starts_with("to end mongo-rs-0-"),
        "{healed}"
    );
    until_nobody_is_cut(lab);
}

/// Neither unit knows of what the other one is asked for: both begin, and one gives way. Where one is just too late it is
/// refused, and they are asked once more.
pub fn of_two_that_are_asked_for_at_once_one_stays(lab: &Lab) {
    let both = (0..10).any(|_| {
        let both = begun_at_once(lab) == 2;
        lab.until("one of them stays", 60, |_| one_stays(lab));
        lab.action("mongo-rs/0", &["heal"]);
        until_nobody_is_cut(lab);
        both
    });
    assert!(both, "one of them was always too late");
}

fn begun_at_once(lab: &Lab) -> usize {
    let begun: Vec<_> = [unit(1), unit(2)]
        .iter()
        .map(|unit| lab.start(&["run", unit, "partition", "scope=unit", "delay=3600"]))
        .collect();
    let begun = begun.into_iter().map(|it| it.wait_with_output().unwrap());
    begun.filter(|output| output.status.success()).count()
}

fn one_stays(lab: &Lab) -> bool {
    let cut_off = |n: usize| {
        let set = "nft list set inet mongo_rs_fault drop_in_v4 || true";
        let set = on(lab, n, set);
        let of = |far: usize| set.contains(&format!("10.61.0.1{far} "));
        (of(1), of(2))
    };
    matches!(cut_off(3), (true, false) | (false, true))
        && cut_off(3) == cut_off(4)
        && is_cut(lab, 1)
        && is_cut(lab, 2)
}

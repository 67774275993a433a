//! An agent that is killed at any step of beginning or healing a fault leaves nothing behind, and a second try works.

use super::faults::{free_on, on, traces_on, unit, until_as_before};
use super::support::{Killed, Lab, QUICK, charm_started_by, killer, said};

const UNITS: usize = 3;

#[test]
fn an_agent_that_is_killed_at_each_step_of_a_fault_leaves_nothing() {
    let Some(lab) = Lab::new() else { return };
    let directory = tempfile::tempdir().unwrap();
    let charm = charm_started_by(&killer(Killed::Actions), directory.path());
    lab.deploy_from(&charm, "3", QUICK);
    lab.settled(3, 3);
    let (lab, before) = (&lab, &traces_on(&lab, 0));
    // Each on a unit of its own, side by side.
    std::thread::scope(|scope| {
        scope.spawn(|| tried_until_it_lives(lab, 0, &["kill", "restart-after=2"], before));
        scope.spawn(|| {
            tried_until_it_lives(lab, 1, &["pause", "delay=2"], before);
            // Servers that start again on the same disk take some of it meanwhile, a hundred megabytes of journal each.
            let now = free_on(lab, 1);
            let free = format!("free={}", now - (now / 2).min(1 << 30));
            tried_until_it_lives(lab, 1, &["fill-disk", &free, "delay=2"], before);
        });
        scope.spawn(|| tried_until_it_lives(lab, 2, &["stop-node", "delay=2"], before));
    });
    for words in [
        &["partition", "scope=unit", "delay=2"][..],
        &["flaky", "delay=2"],
        &["slow", "latency=0", "rate=200", "delay=2"],
    ] {
        tried_until_it_lives(lab, 0, words, before);
    }
    a_heal_that_is_killed_is_done_by_the_next(lab, before);
    let killed: String = (0..UNITS).map(|n| steps_killed(lab, n)).collect();
    for action in [
        "partition",
        "flaky",
        "slow",
        "kill",
        "pause",
        "stop-node",
        "fill-disk",
    ] {
        for step in [
            "tell the other units",
            "note a",
            "set its watchdog",
            "begin",
            "is in place",
        ] {
            let at_step = |line: &&str| line.starts_with(action) && line.contains(step);
            let times = killed.lines().filter(at_step).count();
            assert_eq!(
                times, 2,
                "{action} was not killed twice at {step:?}:\n{killed}"
            );
        }
    }
    assert!(
        killed.contains("heal ") && killed.contains(": undo"),
        "{killed}"
    );
    lab.settled(3, 3);
}

/// Runs an action again and again until it is let be; each time nothing of it is left. An agent that ended before the
/// blow fell went well, too, but was not let be.
fn tried_until_it_lives(lab: &Lab, n: usize, words: &[&str], before: &str) {
    let mut killed = steps_killed(lab, n);
    for _ in 0..30 {
        let output = lab.run(&[&["run", &unit(n)], words].concat());
        until_it_left_nothing(lab, before, words);
        let now = steps_killed(lab, n);
        if output.status.success() && now == killed {
            return;
        }
        killed = now;
        let why = said(&output);
        assert!(
            !why.contains("s more"),
            "{words:?} is in the way of itself: {why}"
        );
    }
    panic!("{words:?} is killed all the time");
}

fn steps_killed(lab: &Lab, n: usize) -> String {
    on(lab, n, "cat /var/tmp/killed 2>/dev/null || true")
}

fn until_it_left_nothing(lab: &Lab, before: &str, words: &[&str]) {
    let concerned = match words[0] {
        "kill" => 0..1,
        "pause" | "fill-disk" => 1..2,
        "stop-node" => 2..3,
        _ => 0..UNITS,
    };
    for n in concerned {
        until_as_before(lab, n, before, &format!("{words:?} left something"));
    }
}

fn a_heal_that_is_killed_is_done_by_the_next(lab: &Lab, before: &str) {
    // Each where it is not killed any more.
    let held = [
        (2, &["stop-node", "delay=3600"][..]),
        (0, &["partition", "scope=unit", "delay=3600"]),
        (1, &["pause", "delay=3600"]),
    ];
    for (n, words) in held {
        lab.action(&unit(n), words);
    }
    for _ in 0..30 {
        if lab.run(&["run", "mongo-rs/2", "heal"]).status.success() {
            return until_it_left_nothing(lab, before, &["heal"]);
        }
    }
    panic!("heal is killed all the time");
}

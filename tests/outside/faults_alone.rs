//! Faults that nobody but the kernel and their watchdogs ends: no hook of Juju's own comes for an hour, and no wake-up.

use super::faults::ipv6::what_is_meant_for_an_ipv6_address_bites_and_ends;
use super::faults::{free_on, on, traces_on, unit, until_nothing_is_left};
use super::support::{Lab, text};
use std::time::{Duration, Instant};

const UNITS: usize = 3;

#[test]
fn watchdogs_end_faults_without_any_hook_and_are_set_again_after_a_reboot() {
    let Some(lab) = Lab::new() else { return };
    lab.deploy(
        "3",
        &[
            "--config",
            "election-timeout=2000",
            "--update-status-interval",
            "3600",
        ],
    );
    lab.settled(3, 3);
    for n in 0..UNITS {
        on(&lab, n, "rm /usr/bin/juju-exec");
    }
    let before: Vec<String> = (0..UNITS).map(|n| traces_on(&lab, n)).collect();
    watchdogs_alone_end_what_holds(&lab, &before);
    a_start_ends_what_is_overdue_and_watches_over_the_rest(&lab, &before);
    an_observer_that_starts_brings_the_watchdogs_back(&lab, &before);
    what_is_meant_for_an_ipv6_address_bites_and_ends(&lab);
}

/// Takes all of the disk that is free but for half a gigabyte less: it is this computer's.
fn fill(lab: &Lab, n: usize, delay: &str) {
    let free = format!("free={}", free_on(lab, n) - (256 << 20));
    let filled = lab.action(&unit(n), &["fill-disk", &free, delay]);
    assert_eq!(text(&filled, "outcome"), "installed", "{filled}");
}

fn watchdogs_alone_end_what_holds(lab: &Lab, before: &[String]) {
    fill(lab, 1, "delay=10");
    for (n, words) in [
        (0, &["partition", "scope=unit", "delay=10"][..]),
        (0, &["kill", "restart-after=8"]),
        (1, &["pause", "delay=8"]),
        (2, &["stop-node", "delay=8"]),
    ] {
        let begun = lab.action(&unit(n), words);
        assert_eq!(text(&begun, "outcome"), "installed", "{begun}");
    }
    until_nothing_is_left(lab, before);
    assert_eq!(ended_by_hooks(lab), [""; 0]);
}

/// A hook that ends a fault says so; only an empty table may be one's that came by just then.
fn ended_by_hooks(lab: &Lab) -> Vec<String> {
    let log = lab.lab(&["debug-log", "-n", "100000"]);
    let ended = log
        .lines()
        .filter(|line| line.contains(": undo") && !line.contains("table-"));
    ended.map(str::to_owned).collect()
}

fn a_start_ends_what_is_overdue_and_watches_over_the_rest(lab: &Lab, before: &[String]) {
    let begun = Instant::now();
    fill(lab, 1, "delay=15");
    lab.lab(&["crash", "mongo-rs/1"]);
    fill(lab, 2, "delay=3600");
    lab.lab(&["crash", "mongo-rs/2"]);
    std::thread::sleep(Duration::from_secs(20).saturating_sub(begun.elapsed()));
    lab.lab(&["boot", "mongo-rs/1"]);
    lab.lab(&["boot", "mongo-rs/2"]);
    let says = |n: usize, command: &str| lab.run(&["ssh", &unit(n), command]).status.success();
    let filler = "test -e /var/lib/mongodb/mongo-rs-fill-disk";
    let watched = "pgrep -f '[e]nd-faults'";
    lab.until("what is overdue has ended", 90, |_| {
        !says(1, filler) && says(1, "true") && !says(1, watched)
    });
    lab.until("somebody watches again", 90, |_| says(2, watched));
    assert!(says(2, filler), "it is not due for an hour");
    lab.action("mongo-rs/0", &["heal"]);
    until_nothing_is_left(lab, before);
}

/// As after a reboot while there is no controller that would run a hook: the service manager starts the observer.
fn an_observer_that_starts_brings_the_watchdogs_back(lab: &Lab, before: &[String]) {
    let observe = "setsid /var/lib/mongo-rs/bin/mongo-rs observe --unit mongo-rs/2 --charm-dir /var/lib/juju \
         </dev/null >/dev/null 2>&1 &";
    let nobody = "pkill -9 -f '[e]nd-faults'; kill -9 $(cat /run/mongo-rs-observer.pid)";
    let filler = "test -e /var/lib/mongodb/mongo-rs-fill-disk";
    let says = |command: &str| lab.run(&["ssh", &unit(2), command]).status.success();
    until_no_hook_is_due(lab);
    let by_hooks = ended_by_hooks(lab);
    fill(lab, 2, "delay=15");
    on(lab, 2, nobody);
    on(lab, 2, observe);
    lab.until("somebody watches again", 10, |_| {
        says("pgrep -f '[e]nd-faults --at'")
    });
    assert!(says(filler), "its time is not over");
    lab.until("it ends at its time", 60, |_| !says(filler));

    until_no_hook_is_due(lab);
    let begun = Instant::now();
    fill(lab, 2, "delay=15");
    on(lab, 2, nobody);
    std::thread::sleep(Duration::from_secs(17).saturating_sub(begun.elapsed()));
    assert!(says(filler), "nobody was there to end it");
    on(lab, 2, observe);
    lab.until("what is overdue ends", 30, |_| !says(filler));
    until_nothing_is_left(lab, before);
    assert_eq!(ended_by_hooks(lab), by_hooks);
}

/// What a unit has to tell the others is told now, and not when the next action has one of them run a hook: they would
/// answer, and their answer is a hook of the unit that nobody is to look after.
fn until_no_hook_is_due(lab: &Lab) {
    for n in (0..UNITS).chain(0..UNITS) {
        lab.lab(&["update-status", &unit(n)]);
        lab.settled(3, 3);
    }
}

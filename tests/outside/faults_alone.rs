//! Faults that nobody but the kernel and their watchdogs ends: no hook of Juju's own comes for an hour, and no wake-up.

use super::faults::{free_on, on, traces_on, unit};
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
    until_as_before(lab, before);
    // A hook that ends a fault says so; only an empty table may be one's that came by just then.
    let log = lab.lab(&["debug-log", "-n", "100000"]);
    let ended_by_hooks: Vec<&str> = log
        .lines()
        .filter(|line| line.contains(": undo") && !line.contains("table-"))
        .collect();
    assert!(ended_by_hooks.is_empty(), "{ended_by_hooks:#?}");
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
    until_as_before(lab, before);
}

fn until_as_before(lab: &Lab, before: &[String]) {
    let deadline = Instant::now() + Duration::from_secs(90);
    for (n, before) in before.iter().enumerate() {
        while let now = traces_on(lab, n)
            && now != *before
        {
            assert!(Instant::now() < deadline, "mongo-rs/{n}: {now}\n{before}");
            std::thread::sleep(Duration::from_millis(500));
        }
    }
}

//! The observer: what changes in the set is in every unit's status within seconds, though no hook of Juju's own comes for
//! an hour; a set at rest wakes nobody; and without the observer all is as it is by hooks alone.

use super::support::{Lab, checkout, message, said, text, units_of};
use serde_json::Value;
use std::time::{Duration, Instant};

const UNITS: [&str; 3] = ["mongo-rs/0", "mongo-rs/1", "mongo-rs/2"];
/// An election takes its time-out of two seconds, and machines that are tested on are slow.
const SECONDS: u64 = 30;

#[test]
fn a_change_of_the_set_is_told_within_seconds_and_a_set_at_rest_wakes_nobody() {
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
    a_command_of_the_machine_runs_in_a_hook_context(&lab);
    a_set_at_rest_wakes_nobody(&lab);
    an_election_and_a_return_are_told(&lab);
    a_server_that_dies_is_started_again(&lab);
    a_cut_that_the_kernel_ends_is_not_told_any_more(&lab);
    an_observer_that_is_killed_comes_back_with_the_next_hook_and_runs_once(&lab);
    a_new_revision_of_the_charm_brings_a_new_observer(&lab);
    a_unit_that_leaves_is_not_woken_again(&lab);
    without_it_the_next_hook_of_jujus_own_does_it(&lab);
}

fn ssh(lab: &Lab, unit: &str, command: &str) -> String {
    lab.lab(&["ssh", unit, command]).trim().to_owned()
}

/// How many hooks, actions and commands have ended on all units.
fn ended(lab: &Lab) -> usize {
    let log = lab.lab(&["debug-log", "-n", "100000"]);
    log.lines()
        .filter(|line| line.contains(": exit ") && line.contains(" hook tools"))
        .count()
}

/// Waits until nothing has run for a while.
fn rest(lab: &Lab) -> usize {
    let deadline = Instant::now() + Duration::from_secs(180);
    let (mut known, mut since) = (ended(lab), Instant::now());
    while since.elapsed() < Duration::from_secs(20) {
        assert!(Instant::now() < deadline, "it never comes to rest");
        std::thread::sleep(Duration::from_secs(1));
        let now = ended(lab);
        if now != known {
            (known, since) = (now, Instant::now());
        }
    }
    known
}

fn primary(status: &Value) -> Option<String> {
    let units = units_of(status);
    let primary = units
        .iter()
        .find(|(_, unit)| message(unit).starts_with("primary; "))?;
    Some(primary.0.clone())
}

fn a_command_of_the_machine_runs_in_a_hook_context(lab: &Lab) {
    let told = ssh(
        lab,
        "mongo-rs/1",
        "juju-exec mongo-rs/1 'echo [$JUJU_UNIT_NAME] [$JUJU_HOOK_NAME] [$JUJU_DISPATCH_PATH] $PWD; relation-ids replicas'",
    );
    let expected = "[mongo-rs/1] [] [] /var/lib/juju/agents/unit-mongo-rs-1/charm\nreplicas:0";
    assert_eq!(told, expected);
    let failed = lab.run(&["ssh", "mongo-rs/1", "juju-exec -u mongo-rs/1 'exit 7'"]);
    assert_eq!(failed.status.code(), Some(7), "{}", said(&failed));
    // What it asked for is so when it has ended, and it waits for its turn.
    let port = "juju-exec mongo-rs/1 'open-port 9999'; juju-exec mongo-rs/1 'opened-ports; close-port 9999'";
    assert!(ssh(lab, "mongo-rs/1", port).contains("9999/tcp"));
    let elsewhere = lab.run(&["ssh", "mongo-rs/1", "juju-exec mongo-rs/0 true"]);
    assert!(
        said(&elsewhere).contains("not found on this machine"),
        "{}",
        said(&elsewhere)
    );
    // In a hook it would wait for itself.
    let nested = lab.run(&[
        "exec",
        "--unit",
        "mongo-rs/1",
        "--",
        "juju-exec mongo-rs/1 true",
    ]);
    assert!(
        said(&nested).contains("cannot be called from within a hook"),
        "{}",
        said(&nested)
    );
}

fn a_set_at_rest_wakes_nobody(lab: &Lab) {
    let before = rest(lab);
    std::thread::sleep(Duration::from_secs(60));
    assert_eq!(ended(lab), before, "something ran in a quiet minute");
}

fn an_election_and_a_return_are_told(lab: &Lab) {
    let lost = primary(&lab.status()).expect("a primary");
    lab.lab(&["crash", &lost]);
    let elected = lab.until("the others name another primary", SECONDS, |status| {
        let shown = units_of(status);
        let before = format!("secondary of {lost};");
        let names = |unit: &&str| {
            let sentence = message(&shown[*unit]);
            sentence.starts_with("primary; ")
                || sentence.starts_with("secondary of ") && !sentence.starts_with(&before)
        };
        let others: Vec<&str> = UNITS.into_iter().filter(|unit| *unit != lost).collect();
        others.iter().all(names) && primary(status).is_some_and(|primary| primary != lost)
    });
    assert!(primary(&elected).is_some());
    lab.lab(&["boot", &lost]);
    lab.settled(3, 3);
}

fn a_server_that_dies_is_started_again(lab: &Lab) {
    let unit = "mongo-rs/1";
    let before = ssh(lab, unit, "cat /run/mongo-rs/mongod.pid");
    ssh(lab, unit, "kill -9 $(cat /run/mongo-rs/mongod.pid)");
    lab.until("another process", 60, |_| {
        let now = lab.run(&["ssh", unit, "cat /run/mongo-rs/mongod.pid"]);
        now.status.success() && said(&now).trim() != before
    });
    lab.settled(3, 3);
}

fn a_cut_that_the_kernel_ends_is_not_told_any_more(lab: &Lab) {
    let unit = primary(&lab.status()).expect("a primary");
    let cut = lab.action(&unit, &["partition", "scope=unit", "delay=15"]);
    assert_eq!(text(&cut, "outcome"), "installed");
    let cut_off = |status: &Value| {
        let shown = units_of(status);
        shown
            .values()
            .any(|unit| message(unit).contains("cut off from"))
    };
    lab.until("the cut is told", SECONDS, cut_off);
    lab.until("its end is told", 15 + SECONDS, |status| {
        !cut_off(status) && Lab::is_settled(status, 3, 3)
    });
}

fn an_observer_that_is_killed_comes_back_with_the_next_hook_and_runs_once(lab: &Lab) {
    let unit = "mongo-rs/0";
    let pid = "cat /run/mongo-rs-observer.pid";
    let before = ssh(lab, unit, pid);
    // Started once more it leaves the first one alone.
    let again =
        "/var/lib/mongo-rs/bin/mongo-rs observe --unit mongo-rs/0 --charm-dir /var/lib/juju";
    ssh(lab, unit, again);
    assert_eq!(ssh(lab, unit, pid), before);
    ssh(lab, unit, &format!("kill -9 {before}"));
    lab.lab(&["update-status", unit]);
    lab.until("another observer", SECONDS, |_| {
        let now = ssh(lab, unit, pid);
        now != before
            && lab
                .run(&["ssh", unit, &format!("kill -0 {now}")])
                .status
                .success()
    });
    let count = ssh(lab, unit, "ps -eo args | grep -c '[m]ongo-rs observe '");
    assert_eq!(count, "1");
    // It belongs to no hook: neither its pipes, nor its session, nor its context.
    let ties = "p=$(cat /run/mongo-rs-observer.pid); readlink /proc/$p/fd/0 /proc/$p/fd/1 /proc/$p/fd/2; \
                ps -o sid= -p $p; tr '\\0' '\\n' </proc/$p/environ | grep -c ^JUJU; true";
    let ties = ssh(lab, unit, ties);
    let ties: Vec<&str> = ties.split_whitespace().collect();
    let own = ssh(lab, unit, pid);
    assert_eq!(ties, ["/dev/null", "/dev/null", "/dev/null", &own, "0"]);
}

fn a_new_revision_of_the_charm_brings_a_new_observer(lab: &Lab) {
    let pids = || UNITS.map(|unit| ssh(lab, unit, "cat /run/mongo-rs-observer.pid"));
    let before = pids();
    let packed = lab.home().join("again.charm").display().to_string();
    lab.lab(&["pack", &checkout().display().to_string(), &packed]);
    lab.lab(&["refresh", "mongo-rs", "--path", &packed]);
    lab.until("new observers", 120, |status| {
        let now = pids();
        Lab::is_settled(status, 3, 3) && (0..3).all(|n| now[n] != before[n])
    });
    for unit in UNITS {
        // The kernel would call a program that was replaced deleted.
        let program = ssh(
            lab,
            unit,
            "readlink /proc/$(cat /run/mongo-rs-observer.pid)/exe",
        );
        assert_eq!(program, "/var/lib/mongo-rs/bin/mongo-rs");
    }
}

fn a_unit_that_leaves_is_not_woken_again(lab: &Lab) {
    rest(lab);
    lab.lab(&["add-unit", "mongo-rs"]);
    lab.settled(4, 3);
    lab.lab(&["remove-unit", "mongo-rs/3", "--wait", "180"]);
    lab.settled(3, 3);
    let log = lab.lab(&["debug-log", "-n", "100000"]);
    let of_it = log.lines().filter(|line| line.contains("mongo-rs/3"));
    let mut stopped = of_it.skip_while(|line| !line.contains("stop the observer"));
    assert!(stopped.next().is_some(), "its observer was not stopped");
    let started: Vec<&str> = stopped
        .filter(|line| line.contains("start mongod") || line.contains("start the observer"))
        .collect();
    assert!(started.is_empty(), "{started:?}");
}

fn without_it_the_next_hook_of_jujus_own_does_it(lab: &Lab) {
    for unit in UNITS {
        ssh(lab, unit, "rm /usr/bin/juju-exec");
    }
    rest(lab);
    let unit = "mongo-rs/2";
    let before = ended(lab);
    ssh(lab, unit, "kill -9 $(cat /run/mongo-rs/mongod.pid)");
    std::thread::sleep(Duration::from_secs(10));
    assert_eq!(ended(lab), before, "who woke it?");
    for unit in UNITS {
        lab.lab(&["update-status", unit]);
    }
    lab.until("all as it was", 120, |status| {
        Lab::is_settled(status, 3, 3)
            && lab
                .run(&["ssh", unit, "kill -0 $(cat /run/mongo-rs/mongod.pid)"])
                .status
                .success()
    });
}

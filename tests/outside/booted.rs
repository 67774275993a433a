//! The charm under systemd, as on a real server.

use super::faults::{free_on, on, traces_on, until_as_before};
use super::support::{Lab, QUICK, message, servers, skip, text, units_of};
use mongo_rs::lab::machine::booted;

#[test]
fn systemd_runs_the_server_and_starts_it_again() {
    let Some(lab) = Lab::new() else { return };
    if let Some(missing) = booted::requirement() {
        return skip_unless_root(&missing);
    }
    lab.deploy("3", &[QUICK, &["--machines", "booted"]].concat());
    lab.settled(3, 3);
    let unit = "mongo-rs/1";
    let service = |words: &str| lab.lab(&["ssh", unit, "systemctl", words, "mongo-rs-mongod"]);
    assert_eq!(service("is-active").trim(), "active");
    assert_eq!(service("is-enabled").trim(), "enabled");

    // Killed, it is started again by systemd, without the charm.
    let before = servers(&lab);
    lab.lab(&["ssh", unit, "pkill -9 -x mongod"]);
    lab.until("another process", 60, |_| {
        let now = lab.run(&["ssh", unit, "cat", "/run/mongo-rs/mongod.pid"]);
        now.status.success() && now.stdout != before[1].as_bytes()
    });
    lab.settled(3, 3);

    // So is the observer, which is in the server's way as little as can be.
    let observer = |property: &str| {
        let show = format!("systemctl show mongo-rs-observer --value --property={property}");
        lab.lab(&["ssh", unit, &show]).trim().to_owned()
    };
    let watching = observer("MainPID");
    let of_observer = (observer("ActiveState"), observer("Nice"));
    assert_eq!(of_observer, ("active".to_owned(), "10".to_owned()));
    lab.lab(&["ssh", unit, &format!("kill -9 {watching}")]);
    lab.until("another observer", 30, |_| {
        let now = observer("MainPID");
        now != "0" && now != watching
    });

    // One that cannot start says why, to the charm too.
    let lock = "/var/lib/mongodb/mongod.lock";
    lab.lab(&[
        "ssh",
        unit,
        &format!("systemctl stop mongo-rs-mongod && chown root {lock}"),
    ]);
    lab.until("the reason", 90, |status| {
        let shown = units_of(status);
        message(&shown[unit]).contains("create a lock file")
    });
    lab.lab(&["ssh", unit, &format!("chown mongodb {lock}")]);
    lab.settled(3, 3);

    // A fault holds it down against systemd's own will to start it, and a timer of systemd ends the fault.
    lab.action(unit, &["kill", "restart-after=10"]);
    let timers = lab.lab(&["ssh", unit, "systemctl list-timers --all"]);
    assert!(timers.contains("mongo-rs-fault-mongo-rs-1-"), "{timers}");
    std::thread::sleep(std::time::Duration::from_secs(5));
    let state = lab.run(&["ssh", unit, "systemctl is-active mongo-rs-mongod"]);
    assert_ne!(state.stdout, b"active\n", "it was started before its time");
    lab.until("systemd started it again", 60, |_| {
        let state = lab.run(&["ssh", unit, "systemctl is-active mongo-rs-mongod"]);
        state.stdout == b"active\n"
    });
    lab.action(unit, &["pause", "delay=3600"]);
    lab.action("mongo-rs/0", &["heal"]);
    lab.settled(3, 3);
    let left = lab.lab(&[
        "ssh",
        unit,
        "ls /var/lib/mongo-rs/faults /run/systemd/system; systemctl list-timers --all",
    ]);
    assert!(
        !left.contains("fault-") && !left.contains("service.d"),
        "{left}"
    );

    timers_end_faults_of_every_kind(&lab);

    // An option restarts it by way of systemd.
    lab.lab(&["config", "mongo-rs", "cache-size=0.3"]);
    lab.until("all restarted", 120, |status| {
        Lab::is_settled(status, 3, 3)
            && servers(&lab)
                .iter()
                .zip(&before)
                .all(|(now, before)| now != before)
    });

    // It is there again after the power was lost, and goes with its unit.
    lab.lab(&["crash", unit]);
    lab.lab(&["boot", unit]);
    lab.settled(3, 3);
    assert_eq!(service("is-active").trim(), "active");
    lab.lab(&["remove-unit", unit, "--wait", "180"]);
    lab.settled(2, 1);
    assert_eq!(units_of(&lab.status()).len(), 2);
}

fn timers_end_faults_of_every_kind(lab: &Lab) {
    let before = traces_on(lab, 1);
    let free = format!("free={}", free_on(lab, 1) - (256 << 20));
    let begin = |words: &[&str]| {
        let begun = lab.action("mongo-rs/1", words);
        assert_eq!(text(&begun, "outcome"), "installed", "{begun}");
        // The firewall's table has one for all that is in it.
        let timer = match words[0] {
            "fill-disk" | "stop-node" => format!("mongo-rs-fault-{}", text(&begun, "id")),
            _ => "mongo-rs-fault-table-".to_owned(),
        };
        let timers = on(lab, 1, "systemctl list-timers --all");
        assert!(timers.contains(&timer), "{timer} is not in {timers}");
        timer
    };
    for words in [
        &["fill-disk", &free, "delay=10"][..],
        &["flaky", "delay=10"],
        &["slow", "latency=0", "rate=1000", "delay=10"],
        &["partition", "scope=unit", "delay=10"],
        &["stop-node", "delay=10"],
    ] {
        begin(words);
    }
    until_as_before(lab, 1, &before, "something is left");
    lab.settled(3, 3);

    // A reboot takes timers away, and the unit sets them again.
    let timer = begin(&["fill-disk", &free, "delay=3600"]);
    lab.lab(&["crash", "mongo-rs/1"]);
    lab.lab(&["boot", "mongo-rs/1"]);
    lab.until("the timer is there again", 90, |_| {
        let timers = lab.run(&["ssh", "mongo-rs/1", "systemctl list-timers --all"]);
        String::from_utf8_lossy(&timers.stdout).contains(&timer)
    });
    lab.action("mongo-rs/0", &["heal"]);
    until_as_before(lab, 1, &before, "something is left");
    lab.settled(3, 3);
}

/// Only root can have such machines; CI is root.
fn skip_unless_root(missing: &str) {
    if nix::unistd::geteuid().is_root() {
        skip(missing);
    } else {
        println!("skipped: {missing}");
    }
}

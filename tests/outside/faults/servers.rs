//! Servers that die, stand still or stop, and a disk that is full.

use super::super::support::{Lab, text};
use super::units::{free_on, on, unit};
use std::time::{Duration, Instant};

/// After each of them everything must be as before.
pub fn servers_die_stand_still_and_stop(lab: &Lab, as_before: &dyn Fn()) {
    for (words, meanwhile) in [
        (&["kill", "restart-after=15"][..], ""),
        (&["pause", "delay=15"], "T"),
        (&["stop-node", "delay=15"], ""),
    ] {
        let asked = Instant::now();
        let begun = lab.action("mongo-rs/2", words);
        assert_eq!(text(&begun, "outcome"), "installed", "{begun}");
        assert_eq!(state(lab, 2), meanwhile, "{words:?}");
        let again = lab.refused("mongo-rs/2", &["kill"]);
        assert!(again.contains("s more"), "{again}");
        until_state(lab, 2, "S");
        let held = asked.elapsed();
        println!(
            "{} for 15 s: over {held:.1?} after it was asked for",
            words[0]
        );
        assert!(held > Duration::from_secs(14), "{words:?}: {held:?}");
        as_before();
    }
    // Healed from another unit, long before its time.
    lab.action("mongo-rs/3", &["pause", "delay=3600"]);
    lab.action("mongo-rs/0", &["heal"]);
    until_state(lab, 3, "S");
    // The power goes and comes: a server that was down is up again.
    lab.action("mongo-rs/3", &["kill", "restart-after=3600"]);
    whoever_is_asked_finds_the_primary(lab, 3);
    lab.lab(&["crash", "mongo-rs/3"]);
    lab.lab(&["boot", "mongo-rs/3"]);
    lab.settled(5, 5);
}

fn state(lab: &Lab, n: usize) -> String {
    on(lab, n, "ps -o stat= -C mongod | cut -c1 || true")
        .trim()
        .to_owned()
}

fn until_state(lab: &Lab, n: usize, wanted: &str) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while state(lab, n) != wanted {
        assert!(
            Instant::now() < deadline,
            "mongod of {n} is {:?}, not {wanted:?}",
            state(lab, n)
        );
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// On a unit whose own server is down, too, once the others have elected somebody.
fn whoever_is_asked_finds_the_primary(lab: &Lab, n: usize) {
    let asked = || lab.run(&["run", &unit(n), "primary", "--format", "json"]);
    lab.until("the primary is found", 60, |_| asked().status.success());
    let found = lab.action(&unit(n), &["primary"]);
    assert!(text(&found, "unit") != unit(n), "{found}");
    let url = lab.action(&unit(n), &["connection-url"]);
    assert!(text(&url, "url").starts_with("mongodb://"), "{url}");
    let planned = lab.action(&unit(n), &["partition", "dry-run=true"]);
    assert_eq!(text(&planned, "primary"), text(&found, "unit"), "{planned}");
    assert_eq!(state(lab, n), "", "its server is down all the while");
}

pub fn a_disk_is_filled_and_given_back(lab: &Lab) {
    // Not this computer's whole disk: all but what is free above 512 MB; others write to it meanwhile.
    const HALF: u64 = 512 << 20;
    let keep = free_on(lab, 1) - HALF;
    let asked = Instant::now();
    let begun = lab.action(
        "mongo-rs/1",
        &["fill-disk", &format!("free={keep}"), "delay=5"],
    );
    assert_eq!(text(&begun, "outcome"), "installed");
    let size: u64 = on(lab, 1, "stat -c %s /var/lib/mongodb/mongo-rs-fill-disk")
        .trim()
        .parse()
        .unwrap();
    assert!(size > 64 << 20, "{begun}");
    let left = free_on(lab, 1).abs_diff(keep);
    assert!(left < HALF / 2, "{left} bytes off: {begun}");
    let deadline = Instant::now() + Duration::from_secs(30);
    while on(lab, 1, "ls /var/lib/mongodb").contains("fill-disk") {
        assert!(Instant::now() < deadline, "the space is not given back");
        std::thread::sleep(Duration::from_millis(200));
    }
    let held = asked.elapsed();
    println!("fill-disk for 5 s: over {held:.1?} after it was asked for");
    assert!(held > Duration::from_secs(4), "{held:?}");
    assert!(free_on(lab, 1) > keep + HALF / 2, "it is still full");
}

//! Faults that a person makes on a unit, by command: they cut off units and nobody else, the actions know of them, and end
//! them.

use super::faults::{on, unit};
use super::support::{Lab, QUICK, said, text};
use std::time::{Duration, Instant};

/// Types a command on a unit; what it said, and whether it went well.
fn typed(lab: &Lab, n: usize, command: &str) -> (bool, String) {
    let output = lab.run(&["ssh", &unit(n), command]);
    (output.status.success(), said(&output))
}

fn table(lab: &Lab, n: usize) -> String {
    on(
        lab,
        n,
        "nft list table inet mongo_rs_fault_by_hand 2>/dev/null || true",
    )
}

/// Looks without a pause: what is typed right after this comes while the hook that ended the cut still runs.
fn until_gone(lab: &Lab, n: usize) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !table(lab, n).is_empty() {
        assert!(Instant::now() < deadline, "mongo-rs/{n}: {}", table(lab, n));
    }
}

fn is_a_command(lab: &Lab, n: usize) -> bool {
    let link = "readlink /usr/local/bin/mongo-rs || true";
    on(lab, n, link).trim() == "/var/lib/mongo-rs/bin/mongo-rs"
}

#[test]
fn what_a_person_cuts_by_command_is_known_to_the_actions_and_ended_by_them() {
    let Some(lab) = Lab::new() else { return };
    lab.deploy("3", QUICK);
    lab.settled(3, 3);
    let program = "mongo-rs";
    assert!(is_a_command(&lab, 2));
    for (peers, part) in [
        ("127.0.0.1", "it is no other unit of this application"),
        ("10.61.0.12", "it is no other unit of this application"),
        (
            "10.61.0.10,192.0.2.1",
            "allowed: 10.61.0.10 (mongo-rs/0), 10.61.0.11 (mongo-rs/1)",
        ),
        ("10.61.0.1", "a Juju controller is there"),
    ] {
        let (well, why) = typed(&lab, 2, &format!("{program} partition --peers {peers}"));
        assert!(!well && why.contains(part), "{peers}: {why}");
    }
    assert_eq!(table(&lab, 2), "");
    // Both others, for an hour; hooks that know of no heal leave it alone.
    let cut = format!("{program} partition --delay 3600");
    let (well, said) = typed(&lab, 2, &cut);
    assert!(
        well && said.contains("cut-off:  10.61.0.10, 10.61.0.11\n"),
        "{said}"
    );
    let hook = "JUJU_DISPATCH_PATH=hooks/update-status ./dispatch";
    lab.lab(&["exec", "--unit", "mongo-rs/2", hook]);
    assert!(table(&lab, 2).contains("10.61.0.11 timeout"));
    let shown = lab.action("mongo-rs/2", &["faults"]);
    let here = text(&shown, "here");
    assert!(
        here.contains("10.61.0.10 cut off for") && here.contains("(by command)"),
        "{shown}"
    );
    let refused = lab.refused("mongo-rs/2", &["partition", "scope=unit"]);
    assert!(refused.contains("made by command"), "{refused}");
    let (well, again) = typed(&lab, 2, &cut);
    assert!(!well && again.contains("s more"), "{again}");
    // Ended on this unit, and made again at once: what was healed is over, what comes after it is not.
    let healed = lab.action("mongo-rs/2", &["heal", "scope=unit"]);
    assert!(
        text(&healed, "was-in-place").contains("(by command)"),
        "{healed}"
    );
    assert_eq!(table(&lab, 2), "");
    let one = format!("{cut} --peers 10.61.0.11");
    assert!(typed(&lab, 2, &one).0);
    lab.lab(&["exec", "--unit", "mongo-rs/2", hook]);
    assert!(table(&lab, 2).contains("10.61.0.11 timeout"));
    // Ended from another unit, and by a site that wants no faults.
    lab.action("mongo-rs/0", &["heal"]);
    until_gone(&lab, 2);
    lab.settled(3, 3);
    lab.lab(&["exec", "--unit", "mongo-rs/2", hook]);
    let (well, said) = typed(&lab, 2, &cut);
    assert!(well, "{said}");
    lab.lab(&["config", "mongo-rs", "fault-injection=forbidden"]);
    until_gone(&lab, 2);
    let (well, why) = typed(&lab, 2, &cut);
    assert!(!well && why.contains("fault-injection"), "{why}");
    let left = on(
        &lab,
        2,
        "ls /var/lib/mongo-rs/faults | grep -v lock; pgrep -af end-faults | grep -v pgrep; true",
    );
    assert_eq!(left.trim(), "", "{left}");
    // A unit that goes takes its command with it.
    let remove = "JUJU_DISPATCH_PATH=hooks/remove ./dispatch";
    lab.lab(&["exec", "--unit", "mongo-rs/1", remove]);
    assert!(!is_a_command(&lab, 1));
}

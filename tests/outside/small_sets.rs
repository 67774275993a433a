//! One unit and two; a resource that is no server; a firewall that is not there.

use super::support::{Lab, message, mongod, units_of};

#[test]
fn what_is_no_mongod_is_refused_and_the_right_one_mends_it() {
    let Some(lab) = Lab::new() else { return };
    let charm = env!("CARGO_MANIFEST_DIR");
    for (file, reason) in [
        ("/etc/hostname", "not an executable"),
        ("/bin/true", "it is not mongod"),
    ] {
        if file == "/etc/hostname" {
            lab.lab(&[
                "deploy",
                charm,
                "--resource",
                &format!("mongod={file}"),
                "--config",
                "cache-size=0.25",
            ]);
        } else {
            lab.lab(&["attach-resource", "mongo-rs", &format!("mongod={file}")]);
        }
        lab.until(reason, 60, |status| {
            units_of(status).values().all(|unit| {
                unit["workload-status"]["current"] == "blocked" && message(unit).contains(reason)
            })
        });
    }
    lab.lab(&[
        "attach-resource",
        "mongo-rs",
        &format!("mongod={}", mongod().unwrap().display()),
    ]);
    lab.settled(1, 1);
    let alone = lab.refused("mongo-rs/0", &["partition"]);
    assert!(alone.contains("no other unit"), "{alone}");
    lab.lab(&["add-unit", "mongo-rs"]);
    lab.settled(2, 1);
    let two = lab.refused("mongo-rs/0", &["partition"]);
    assert!(
        two.contains("scope=unit") && two.contains("outcome: skipped"),
        "{two}"
    );
    // Covered, not moved: an ordinary user may not rename what is root's.
    let cover = |with: &str| {
        let command = format!("mount --bind {with} /usr/sbin/nft");
        lab.lab(&["ssh", "mongo-rs/0", &command])
    };
    let uncover = || lab.lab(&["ssh", "mongo-rs/0", "umount /usr/sbin/nft"]);
    cover("/dev/null");
    let missing = lab.refused("mongo-rs/0", &["partition", "scope=unit"]);
    assert!(
        missing.contains("nft is not installed") && missing.contains("skipped"),
        "{missing}"
    );
    uncover();
    let refuses = r"printf '#!/bin/sh\necho Operation not permitted >&2; exit 1\n' > /tmp/nft; chmod 755 /tmp/nft";
    lab.lab(&["ssh", "mongo-rs/0", refuses]);
    cover("/tmp/nft");
    let refused = lab.refused("mongo-rs/0", &["partition", "scope=unit"]);
    assert!(
        refused.contains("Operation not permitted") && refused.contains("skipped"),
        "{refused}"
    );
    uncover();
    let cut = lab.action("mongo-rs/0", &["partition", "scope=unit", "delay=5"]);
    assert_eq!(cut["outcome"], "installed");
    // The only voter leaves: the other takes the set over.
    lab.lab(&["remove-unit", "mongo-rs/0", "--wait", "180"]);
    lab.settled(1, 1);
}

//! The data on storage of its own.

use super::client::{client, stop};
use super::faults::{on, unit};
use super::support::{Lab, QUICK, text};
use serde_json::json;

/// Where the server of a unit has its data, as it says itself, and what is there.
fn data(lab: &Lab, n: usize) -> (String, String) {
    let path = on(lab, n, "sed -n 's/^ *dbPath: *//p' /etc/mongod.conf");
    let path = path.trim().to_owned();
    let files = on(
        lab,
        n,
        &format!("ls {path}; ls -d /var/lib/mongodb 2>/dev/null || true"),
    );
    (path, files)
}

#[test]
fn data_is_on_storage_and_goes_with_its_unit_only() {
    let Some(lab) = Lab::new() else { return };
    lab.deploy("3", &[QUICK, &["--storage", "data=1G"]].concat());
    lab.settled(3, 3);
    let mut places = Vec::new();
    for n in 0..3 {
        let (path, files) = data(&lab, n);
        assert!(
            path.ends_with("/mongodb") && path != "/var/lib/mongodb",
            "{path}"
        );
        assert!(
            files.contains("WiredTiger\n") && !files.contains("/var/lib/mongodb"),
            "{files}"
        );
        places.push(path);
    }
    let history = lab.home().join("history.jsonl");
    let writing = client(&lab, &history, &[]);
    // What is on it is there after a loss of power.
    lab.lab(&["crash", &unit(1)]);
    lab.lab(&["boot", &unit(1)]);
    lab.settled(3, 3);
    assert_eq!(data(&lab, 1).0, places[1]);
    // The storage is told to go before anything else: the primary hands over first, and stops before its disk is gone.
    let primary = text(&lab.action(&unit(0), &["primary"]), "unit").to_owned();
    lab.lab(&["add-unit", "mongo-rs"]);
    lab.settled(4, 3);
    lab.lab(&["remove-unit", &primary]);
    lab.settled(3, 3);
    let log = lab.lab(&["debug-log", "--replay", "--include", &primary]);
    assert!(log.contains("data-storage-detaching"), "{log}");
    let (path, files) = data(&lab, 3);
    assert!(
        path.ends_with("/mongodb") && files.contains("WiredTiger\n"),
        "{path}: {files}"
    );
    let (code, report) = stop(writing);
    assert_eq!(
        (code, &report["verdict"], &report["lost"]),
        (Some(0), &json!("valid"), &json!(0))
    );
}

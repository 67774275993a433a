//! One unit and two; a server that is none, or is there already; a firewall that is not there.

use super::support::{Lab, message, mongod, said, servers, text, units_of};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

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

#[test]
fn a_server_that_is_on_the_machine_runs_as_the_options_say() {
    let Some(lab) = Lab::new() else { return };
    let charm = env!("CARGO_MANIFEST_DIR");
    let options = ["cache-size=0.25", "oplog-size=1000", "bind-ip=127.0.0.2"];
    let options = options.iter().flat_map(|option| ["--config", option]);
    let quick = ["--update-status-interval", "2"];
    let words: Vec<&str> = ["deploy", charm].into_iter().chain(options).collect();
    lab.lab(&[&words[..], &quick].concat());
    if !Path::new("/usr/bin/mongod").exists() {
        lab.until("there is none yet", 60, |status| {
            units_of(status).values().all(|unit| {
                unit["workload-status"]["current"] == "blocked"
                    && message(unit).starts_with("there is no mongod on this machine; give one")
            })
        });
    }
    let server = mongod().unwrap().display().to_string();
    let mut watching = lab.start(&["status", "--watch"]);
    lab.lab(&["scp", &server, "mongo-rs/0:/usr/local/bin/mongod"]);
    let status = lab.settled(1, 1);
    let on = |line: &str| lab.lab(&["ssh", "mongo-rs/0", line]);
    let of_the_server = on("mongod --version");
    let version = text(&status["applications"]["mongo-rs"], "version");
    assert!(
        of_the_server.starts_with(&format!("db version v{version}\n")),
        "{version}: {of_the_server}"
    );
    // The same in YAML, and as it came about for whoever watched.
    lab.until("both say the same", 30, |status| {
        let yaml = lab.lab(&["status", "--format", "yaml"]);
        let yaml: Value = serde_yaml::from_str(&yaml).unwrap();
        yaml["applications"] == status["applications"]
    });
    watching.kill().unwrap();
    let seen = said(&watching.wait_with_output().unwrap());
    let (blocked, active) = (seen.find("blocked"), seen.find("1 of 1 vote"));
    assert!(blocked.is_some() && blocked < active, "{seen}");

    let log = on("grep -c 'oplogSizeMB\":1000' /var/log/mongodb/mongod.log");
    assert_ne!(log.trim(), "0");
    let listens = || -> BTreeSet<String> {
        let table = on("ss -Hltn sport = 27017");
        let lines = table
            .lines()
            .filter_map(|line| line.split_whitespace().nth(3));
        lines.map(str::to_owned).collect()
    };
    let at = |all: &[&str]| all.iter().map(|it| format!("{it}:27017")).collect();
    assert_eq!(listens(), at(&["10.61.0.10", "127.0.0.1", "127.0.0.2"]));
    lab.lab(&["config", "mongo-rs", "bind-ip=*"]);
    lab.settled(1, 1);
    assert_eq!(listens(), at(&["0.0.0.0", "[::]"]));
    // This one no server is started again for.
    let before = servers(&lab);
    lab.lab(&["config", "mongo-rs", "election-timeout=3000"]);
    lab.settled(1, 1);
    let look = lab.lab(&[
        "exec",
        "--unit",
        "mongo-rs/0",
        "--",
        "./bin/mongo-rs observe --once",
    ]);
    let look: Value = serde_json::from_str(&look).unwrap();
    let settings = &look["set"]["config"]["settings"];
    assert_eq!(settings["electionTimeoutMillis"], 3000, "{look}");
    assert_eq!(servers(&lab), before, "the server was restarted");
}

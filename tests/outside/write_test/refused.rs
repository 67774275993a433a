//! What cannot be done is refused with one sentence, soon, and changes nothing.

use std::io::Read;
use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use super::running::{Running, run};
use crate::mongods::{Mongod, ReplicaSet, free_port};

/// Checks that a URL is refused with status 3 and this sentence, and soon.
pub fn refused(url: &str, sentence: &str) {
    let start = Instant::now();
    let ended = Running::start(url, &["--count", "1"]).end();
    assert_eq!(ended.status.code(), Some(3), "{url}: {}", ended.stderr);
    assert!(
        ended.stderr.starts_with(&format!("error: {sentence}")),
        "{url}: {}",
        ended.stderr
    );
    assert_eq!(ended.stderr.lines().count(), 1, "{url}: {}", ended.stderr);
    assert!(
        start.elapsed() < Duration::from_secs(15),
        "{url}: {:?}",
        start.elapsed()
    );
    assert!(!ended.history.exists(), "{url} left a history");
}

#[test]
fn urls_that_cannot_work_are_refused_with_what_to_do() {
    refused(
        "not a url",
        "the URL cannot be used: the URL has a blank or a control character in it: write it without",
    );
    refused(
        "mongodb+srv://db.example/",
        "the URL cannot be used: mongodb+srv:// is not supported",
    );
    refused(
        "no-such-host.invalid",
        "nothing is reachable at no-such-host.invalid:27017 (",
    );
    let closed = format!("127.0.0.1:{}", free_port());
    refused(
        &closed,
        &format!(
            "nothing is reachable at {closed} (connection refused): check that mongod runs there"
        ),
    );

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = listener.local_addr().unwrap();
    refused(
        &silent.to_string(),
        &format!("{silent} accepts connections but says nothing within 3 s: check"),
    );
    drop(listener);

    let babbler = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = babbler.local_addr().unwrap();
    std::thread::spawn(move || {
        for connection in babbler.incoming().flatten() {
            let mut connection = connection;
            let _ = connection.read(&mut [0; 64]);
            let _ = std::io::Write::write_all(&mut connection, b"HTTP/1.0 400 Bad Request\r\n\r\n");
        }
    });
    refused(
        &address.to_string(),
        &format!(
            "nothing is reachable at {address} (it accepts connections but does not answer like a mongod: "
        ),
    );

    let standalone = Mongod::standalone();
    let sentence = format!(
        "the mongod at {} is not a member of a replica set: start it with --replSet",
        standalone.address()
    );
    refused(&standalone.address(), &sentence);
    refused(
        &format!("mongodb://me:pw@{}/", standalone.address()),
        &format!("{} refuses the log-in: ", standalone.address()),
    );

    let alone = Mongod::not_initiated();
    refused(
        &alone.address(),
        &format!(
            "the mongod at {} has no replica set configuration: initiate the set",
            alone.address()
        ),
    );
}

#[test]
fn a_wrong_set_name_is_said() {
    run(async {
        let set = ReplicaSet::start().await;
        let address = set.members[2].address();
        refused(
            &format!("{address}?replicaSet=other"),
            &format!(
                "{address} belongs to the replica set \"rs\", not to \"other\": correct replicaSet"
            ),
        );
    });
}

#[test]
fn bad_numbers_are_refused_by_the_command_line() {
    for arguments in [["--count", "0"], ["--count", "many"], ["--clients", "0"]] {
        let ended = Running::start("127.0.0.1:1", &arguments).end();
        assert_eq!(ended.status.code(), Some(3), "{arguments:?}");
        assert!(ended.stderr.contains(arguments[0]), "{}", ended.stderr);
    }
}

#[test]
fn a_history_that_is_there_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let history = directory.path().join("history.jsonl");
    std::fs::write(&history, "of another run\n").unwrap();
    let said = |more: &[&str]| {
        let ended = Command::new(env!("CARGO_BIN_EXE_mongo-rs"))
            .args(["write-test", "--url", "127.0.0.1:1", "--history"])
            .arg(&history)
            .args(more)
            .output()
            .unwrap();
        assert_eq!(ended.status.code(), Some(3));
        String::from_utf8(ended.stderr).unwrap()
    };
    assert_eq!(
        said(&[]),
        format!(
            "error: the history {} is there already, with 15 bytes: name another file with --history, or say --overwrite\n",
            history.display()
        )
    );
    // It is not touched before there is something to write, either.
    let unreachable = said(&["--overwrite"]);
    assert!(
        unreachable.starts_with("error: nothing is reachable at 127.0.0.1:1"),
        "{unreachable}"
    );
    let kept = std::fs::read_to_string(&history).unwrap();
    assert_eq!(kept, "of another run\n");
}

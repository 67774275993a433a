//! What would be done in a live set, and how a set is found: the command line against real mongods.

use super::mongods::{Mongod, PATIENCE, ReplicaSet, free_port};
use super::support::said;
use mongodb::bson::{Bson, doc};
use serde_json::Value;
use std::io::Write as _;
use std::net::{Ipv6Addr, TcpListener};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Instant;

/// `mongo-rs`, with its state in this folder.
fn command(state: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mongo-rs"));
    command
        .args(words)
        .env("XDG_STATE_HOME", state)
        .env_remove("JUJU_UNIT_NAME")
        .env_remove("JUJU_CONTEXT_ID");
    command
}

fn run(state: &Path, words: &[&str]) -> Output {
    command(state, words).output().unwrap()
}

/// What it printed; it must go well.
fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", said(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn plan(state: &Path, situation: &str, words: &[&str]) -> Output {
    let words = [&["plan", "-"], words].concat();
    let mut child = command(state, &words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(situation.as_bytes()).unwrap();
    drop(input);
    child.wait_with_output().unwrap()
}

/// A server that takes connections and says nothing; how many came since the last look.
fn callers(listener: &TcpListener) -> usize {
    listener.set_nonblocking(true).unwrap();
    std::iter::from_fn(|| listener.accept().ok()).count()
}

/// Looks until the plan of what was seen is the one that is waited for.
fn until(state: &Path, seed: &str, wanted: impl Fn(&str) -> bool) -> Output {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let seen = run(state, &["observe", "--once", "--url", seed]);
        let planned = plan(state, &String::from_utf8_lossy(&seen.stdout), &[]);
        if planned.status.success() && wanted(&printed(&planned)) {
            return seen;
        }
        assert!(
            Instant::now() < deadline,
            "{}{}",
            said(&seen),
            said(&planned)
        );
    }
}

/// Has the primary write down the default write concern, and whose unit's each member is.
async fn mark(set: &ReplicaSet) -> mongodb::error::Result<()> {
    let leader = &set.members[set.primary().await];
    let concern = doc! {"setDefaultRWConcern": 1, "defaultWriteConcern": {"w": "majority"}};
    leader.run(concern).await?;
    let mut config = leader.run(doc! {"replSetGetConfig": 1}).await?;
    let config = config.get_document_mut("config").unwrap();
    let version = config.get_i32("version").unwrap();
    config.insert("version", version + 1);
    let members = config.get_array_mut("members").unwrap().iter_mut();
    for (number, member) in members.filter_map(Bson::as_document_mut).enumerate() {
        member.insert("tags", doc! {"juju-unit": format!("mongo-rs/{number}")});
    }
    leader
        .run(doc! {"replSetReconfig": config.clone()})
        .await
        .map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_set_is_written_to_a_file_and_planned_from_it() {
    let set = ReplicaSet::start().await;
    let state = tempfile::tempdir().unwrap();
    let (state, seed) = (state.path(), &set.members[2].address());
    // Nobody's members: they are left as they are, and that is said.
    let only = "1. make majority the default write concern, at ";
    let strangers = until(state, seed, |plan| plan.starts_with(only));
    assert!(said(&strangers).contains("note: no member is a unit's"));
    let file: Value = serde_json::from_str(&printed(&strangers)).unwrap();
    assert_eq!(file["units"], serde_json::json!({}));
    let planned = printed(&plan(state, &file.to_string(), &[]));
    assert_eq!(planned.lines().count(), 1, "{planned}");
    // The members of three units, as a charm would mark them.
    let deadline = Instant::now() + PATIENCE;
    while let Err(error) = mark(&set).await {
        assert!(Instant::now() < deadline, "{error}");
    }
    let marked = until(state, seed, |plan| plan == "nothing to do\n");
    assert_eq!(String::from_utf8_lossy(&marked.stderr), "");
    // What would it do with two units more, and without the primary's?
    let mut file: Value = serde_json::from_str(&printed(&marked)).unwrap();
    let primary = file["set"]["primary"].clone();
    let units = file["units"].as_object_mut().unwrap();
    units.remove(&format!("mongo-rs/{primary}"));
    for number in [3, 4] {
        let address = format!("127.0.0.1:{}", 40_000 + number);
        units.insert(
            format!("mongo-rs/{number}"),
            serde_json::json!({"address": address}),
        );
    }
    file["set"].as_object_mut().unwrap().remove("doors");
    let output = plan(state, &file.to_string(), &["--format", "json"]);
    let planned: Value = serde_json::from_str(&printed(&output)).unwrap();
    let kinds: Vec<&str> = planned["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds.first(), Some(&"hand-over"), "{planned}");
    assert!(planned.to_string().contains("add mongo-rs/3"), "{planned}");
    // A field that is misspelt is refused by its name.
    file["set"]["primry"] = 1.into();
    let refused = plan(state, &file.to_string(), &[]);
    assert_eq!(refused.status.code(), Some(3));
    assert!(
        said(&refused).contains("set.primry is not a field"),
        "{}",
        said(&refused)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_seed_that_answered_is_asked_first_the_next_time() {
    let set = ReplicaSet::start().await;
    let silent = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let dead: Vec<String> = silent
        .iter()
        .map(|listener| listener.local_addr().unwrap().to_string())
        .collect();
    let live = set.members[1].address();
    let seeds = [&dead[..], std::slice::from_ref(&live)].concat().join(",");
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let mut addresses: Vec<String> = set.members.iter().map(|it| it.address()).collect();
    addresses.sort_by_key(|address| address.rsplit(':').next().map(str::to_owned));
    let full = format!("mongodb://{}/?replicaSet=rs\n", addresses.join(","));
    let url = |state: &Path, words: &[&str]| {
        let words = [&["url", "--url", &seeds], words].concat();
        printed(&run(state, &words))
    };
    assert_eq!(url(&state, &[]), full);
    // As jupsen wrote it, without a scheme and with the set's name.
    let named = printed(&run(
        &state,
        &["url", "--url", &format!("{live}?replicaSet=rs")],
    ));
    assert_eq!(named, full);
    let kept = std::fs::read_to_string(state.join("mongo-rs/seeds.json")).unwrap();
    assert!(
        kept.contains(&format!("\"answered\": \"{live}\"")),
        "{kept}"
    );
    // What the first time cost does not count.
    for listener in &silent {
        callers(listener);
    }
    for _ in 0..5 {
        let any = format!("mongodb://{live}/?replicaSet=rs\n");
        assert_eq!(url(&state, &["--any"]), any);
        let primary = printed(&run(&state, &["primary", "--url", &seeds]));
        assert!(primary.contains("primary:"), "{primary}");
    }
    let asked: Vec<usize> = silent.iter().map(callers).collect();
    assert_eq!(asked, [0, 0], "a seed that is dead was asked again");
    // Without the memory, or with a damaged one, or where none can be kept: the same, and the dead ones are asked too.
    std::fs::write(state.join("mongo-rs/seeds.json"), "{").unwrap();
    assert_eq!(url(&state, &[]), full);
    for _ in 0..8 {
        assert_eq!(url(Path::new("/dev/null"), &[]), full);
    }
    let asked: usize = silent.iter().map(callers).sum();
    assert!(asked > 0, "of nine times no dead seed was ever the first");
    // Not in the clear where TLS was asked for.
    for words in [&["url"][..], &["primary"], &["observe", "--once"]] {
        let tls = format!("mongodb://{live}/?tls=true");
        let refused = run(&state, &[words, &["--url", &tls]].concat());
        assert!(!refused.status.success(), "{}", said(&refused));
        assert!(said(&refused).contains("without TLS"), "{}", said(&refused));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_on_ipv6_addresses_is_looked_at_planned_for_and_written_to() {
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        return super::support::skip("this machine has no IPv6");
    }
    let set = ReplicaSet::on(Ipv6Addr::LOCALHOST.into()).await;
    let state = tempfile::tempdir().unwrap();
    let seed = set.members[0].address();
    assert!(seed.starts_with("[::1]:"));
    let only = "1. make majority the default write concern, at [::1]:";
    let seen = until(state.path(), &seed, |plan| plan.starts_with(only));
    for member in &set.members {
        assert!(
            printed(&seen).contains(&member.address()),
            "{}",
            said(&seen)
        );
    }
    let deadline = Instant::now() + PATIENCE;
    while let Err(error) = mark(&set).await {
        assert!(Instant::now() < deadline, "{error}");
    }
    until(state.path(), &seed, |plan| plan == "nothing to do\n");
    let url = set.url();
    let words = ["write-test", "--url", &url, "--count", "50"];
    let written = printed(&run(state.path(), &words));
    assert!(
        written.contains("valid: all 50 acknowledged appends"),
        "{written}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_that_leads_to_no_set_is_refused_with_the_reason_and_what_to_do() {
    let set = ReplicaSet::start().await;
    let (alone, empty) = (Mongod::standalone(), Mongod::not_initiated());
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = silent.local_addr().unwrap().to_string();
    let closed = format!("127.0.0.1:{}", free_port());
    let other = format!("{}?replicaSet=other", set.members[0].address());
    let dead = format!("{closed},{silent}");
    let state = tempfile::tempdir().unwrap();
    for (url, parts) in [
        ("", &["the URL is empty"][..]),
        ("http://10.0.0.1", &["the scheme \"http\" is not known"]),
        ("10.0.0.1:99999", &["is not a port of 10.0.0.1"]),
        ("a,,b", &["a host is missing"]),
        ("no such host", &["error: "]),
        (
            &closed,
            &["nothing there can be reached", &closed, "refused"],
        ),
        (
            &silent,
            &["nothing there can be reached", &silent, "mongod runs"],
        ),
        (&dead, &["nothing there can be reached", &closed, &silent]),
        (&alone.address(), &["no replica set there", "--replSet"]),
        (&empty.address(), &["no replica set there", "initiate"]),
        (&other, &["is called rs, not other", "leave replicaSet out"]),
    ] {
        for words in [&["primary"][..], &["url"], &["url", "--any"]] {
            let begun = Instant::now();
            let refused = run(state.path(), &[words, &["--url", url]].concat());
            let (code, why) = (refused.status.code(), said(&refused));
            assert_eq!(code, Some(3), "{words:?} {url:?}: {why}");
            assert!(refused.stdout.is_empty(), "{words:?} {url:?}: {why}");
            for part in parts {
                assert!(why.contains(part), "{words:?} {url:?}: {why}");
            }
            assert!(begun.elapsed() < PATIENCE, "{words:?} {url:?}");
        }
    }
}

//! A write test that works while its server is told how to answer.

use super::row::Row;
use crate::mongods::{PATIENCE, ReplicaSet, wait};
use crate::write_test::running::{Ended, Running, lines};
use mongodb::Client;
use mongodb::bson::{Bson, Document, doc};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Only what says so at its log-in is answered by the fail points, so that the test itself is not.
const NAME: &str = "outcomes";

/// A write test under way.
pub struct Fire {
    running: Running,
    database: String,
    collection: String,
    client: Client,
    /// What was seen so far, and whether it must be stored.
    seen: Vec<(Value, Option<bool>)>,
}

/// One that ended.
pub struct Burnt(Ended);

/// The set as the tester is to know it; `login` is `user:password@`.
pub fn url_of(set: &ReplicaSet, login: &str) -> String {
    let addresses: Vec<String> = set.members.iter().map(|it| it.address()).collect();
    format!("mongodb://{login}{}/?replicaSet=rs", addresses.join(","))
}

impl Fire {
    pub async fn start(set: &ReplicaSet, options: &[&str]) -> Self {
        Self::start_at(&url_of(set, ""), options).await
    }

    /// Returns when the clients work.
    pub async fn start_at(url: &str, options: &[&str]) -> Self {
        let named = format!("{url}&appName={NAME}");
        let slowly = ["--count", "1000000", "--duration", "170"];
        let rate = match options.contains(&"--rate") {
            true => &[][..],
            false => &["--rate", "50"],
        };
        let running = Running::start(&named, &[&slowly, rate, options].concat());
        wait("the clients work", || newest_ok(&running).is_some());
        let header = lines(&running.history).remove(0);
        let namespace = header["namespace"].as_str().unwrap();
        let (database, collection) = namespace.split_once('.').unwrap();
        let fire = Self {
            database: database.to_owned(),
            collection: collection.to_owned(),
            client: Client::with_uri_str(url).await.unwrap(),
            running,
            seen: Vec::new(),
        };
        fire.goes_on().await;
        fire
    }

    pub fn collection(&self) -> String {
        self.collection.clone()
    }

    /// Runs a command on the tester's database.
    pub async fn run(&self, command: Document) {
        let database = self.client.database(&self.database);
        database.run_command(command).await.unwrap();
    }

    pub async fn run_on_admin(&self, command: Document) {
        let admin = self.client.database("admin");
        admin.run_command(command).await.unwrap();
    }

    /// The number that was last put in.
    pub fn newest(&self) -> i64 {
        newest_ok(&self.running).unwrap()
    }

    /// Has the server answer commands of the tester.
    pub async fn fails_by(&self, mode: Bson, command: &str, data: &Document) {
        self.configure(mode, &[command], data).await;
    }

    async fn configure(&self, mode: Bson, commands: &[&str], data: &Document) {
        let mut data = data.clone();
        data.insert("failCommands", commands);
        data.insert("appName", NAME);
        let point = doc! {"configureFailPoint": "failCommand", "mode": mode, "data": data};
        self.run_on_admin(point).await;
    }

    /// The answers to all first attempts are lost, after they have been stored. Has the server refuse, beside that, all
    /// but one attempt, until that one was the first of an operation. Each try begins while answers come: only first
    /// attempts are sent then, where in between a second one mostly is under way.
    pub async fn loses_answers(&mut self, row: Row) {
        for _ in 0..20 {
            let before = lines(&self.running.history).len();
            self.loses_first_answers(Bson::from("alwaysOn")).await;
            self.configure(row.mode.clone(), &row.commands, &row.data)
                .await;
            let line = self.next_of(&row, before, PATIENCE).unwrap();
            self.stops_failing().await;
            self.loses_first_answers(Bson::from("off")).await;
            self.goes_on().await;
            // Else both attempts were refused, and one before them was let through.
            if row.is_made_of(&line) {
                return self.seen.push((line, row.stored));
            }
            assert_eq!(line["type"], "fail", "{line}");
        }
        panic!("the attempt that was let through was never a first one");
    }

    async fn loses_first_answers(&self, mode: Bson) {
        let data = doc! {"closeConnection": true};
        let point = "onPrimaryTransactionalWrite";
        self.run_on_admin(doc! {"configureFailPoint": point, "mode": mode, "data": data})
            .await;
    }

    /// Has the server answer so until the tester has made of it what it must, and then no more.
    pub async fn answers(&mut self, row: Row) {
        self.answers_and_stays(row).await;
        self.goes_on().await;
    }

    /// The same where nothing is acknowledged afterwards either.
    pub async fn answers_and_stays(&mut self, row: Row) {
        // What was answered so may have been given up before, on a machine that is busy with other tests.
        for patience in [PATIENCE / 6, PATIENCE / 6, PATIENCE] {
            let before = lines(&self.running.history).len();
            self.configure(row.mode.clone(), &row.commands, &row.data)
                .await;
            let line = self.next_of(&row, before, patience);
            self.stops_failing().await;
            if let Some(line) = line {
                return self.has_seen(&row, line);
            }
        }
    }

    async fn stops_failing(&self) {
        self.run_on_admin(doc! {"configureFailPoint": "failCommand", "mode": "off"})
            .await;
    }

    /// Waits until the tester has come to that.
    pub async fn sees(&mut self, row: &Row) {
        let before = lines(&self.running.history).len();
        let line = self.next_of(row, before, PATIENCE).unwrap();
        self.has_seen(row, line);
    }

    fn has_seen(&mut self, row: &Row, line: Value) {
        assert!(row.is_made_of(&line), "{row:?}: {line}");
        self.seen.push((line, row.stored));
    }

    /// The first completion of an operation that was answered so, after so many lines; none, where an operation was given
    /// up meanwhile that may have been it, and nothing else came in this time.
    fn next_of(&self, row: &Row, before: usize, patience: Duration) -> Option<Value> {
        let start = Instant::now();
        loop {
            let mut lines = lines(&self.running.history);
            let new = lines.iter().skip(before);
            let mut ended = new.filter(|line| is_completion(line));
            if let Some(line) = ended.find(|line| row.is_of(line)) {
                return Some(line.clone());
            }
            let mut new = lines.iter().skip(before).filter(|line| is_completion(line));
            let given_up = new.any(|line| line["error"]["class"] == "timeout");
            if given_up && patience < PATIENCE && start.elapsed() > patience {
                return None;
            }
            if start.elapsed() > PATIENCE {
                let last = lines.split_off(lines.len().saturating_sub(10));
                panic!("{row:?} does not come: {last:#?}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until something that began from now on is acknowledged.
    pub async fn goes_on(&self) {
        let before = lines(&self.running.history).len();
        wait("the clients go on", || {
            let lines = lines(&self.running.history);
            let new = &lines[before.min(lines.len())..];
            let begun: BTreeSet<String> = new
                .iter()
                .filter(|line| line["type"] == "invoke")
                .map(|line| line["process"].to_string())
                .collect();
            new.iter().any(|line| {
                is_completion(line)
                    && line["type"] == "ok"
                    && begun.contains(&line["process"].to_string())
            })
        });
    }

    /// Waits until an operation has begun and does not end.
    pub fn is_under_way(&self) {
        let mut last = 0;
        wait("an operation is under way", || {
            let lines = lines(&self.running.history);
            let before = std::mem::replace(&mut last, lines.len());
            std::thread::sleep(Duration::from_millis(250));
            lines.len() == before && lines.last().unwrap()["type"] == "invoke"
        });
    }

    /// Ends it, and compares what it was said of each operation with what is there.
    pub async fn end(self) -> Burnt {
        let process = i32::try_from(self.running.child.id()).unwrap();
        let signal = nix::sys::signal::Signal::SIGINT;
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(process), signal).unwrap();
        let ended = self.running.end();
        let lines = lines(&ended.history);
        let stored = stored(&lines);
        for (line, expected) in self.seen {
            let written = written(&line);
            let there = written.iter().any(|number| stored.contains(number));
            if let (Some(expected), false) = (expected, written.is_empty()) {
                assert_eq!(there, expected, "{line}");
            }
        }
        let failed = lines.iter().filter(|line| line["type"] == "fail");
        for line in failed {
            let there = written(line).iter().any(|number| stored.contains(number));
            assert!(!there, "it is stored: {line}");
        }
        Burnt(ended)
    }
}

impl Burnt {
    /// Nothing that was said of any operation contradicts what is there.
    pub fn is_valid(&self) {
        let report = self.0.report();
        assert_eq!(report["verdict"], "valid", "{report:#}");
    }
}

fn is_completion(line: &Value) -> bool {
    line["process"].is_u64() && ["ok", "fail", "info"].contains(&line["type"].as_str().unwrap())
}

fn newest_ok(running: &Running) -> Option<i64> {
    let lines = lines(&running.history);
    let ok = lines
        .iter()
        .filter(|line| is_completion(line) && line["type"] == "ok");
    ok.filter_map(|line| written(line).last().copied()).max()
}

/// The numbers that an operation was to write: that of an element, or those of the appends of a transaction.
fn written(line: &Value) -> Vec<i64> {
    match (&line["f"], &line["value"]) {
        (f, Value::Number(number)) if f == "add" || f == "append" => {
            number.as_i64().into_iter().collect()
        }
        (f, Value::Array(steps)) if f == "txn" => steps
            .iter()
            .filter(|step| step[0] == "append")
            .filter_map(|step| step[2].as_i64())
            .collect(),
        _ => Vec::new(),
    }
}

/// All numbers that were read at the end.
fn stored(lines: &[Value]) -> BTreeSet<i64> {
    const READER: u64 = 1_000_000_000;
    let of_reader =
        |line: &&Value| line["process"] == "reader" || line["process"].as_u64() == Some(READER);
    let reads = lines
        .iter()
        .filter(|line| line["type"] == "ok")
        .filter(of_reader);
    let mut found = BTreeSet::new();
    for read in reads {
        match &read["value"] {
            Value::Object(list) => found.extend(numbers(&list["list"])),
            Value::Array(all) if read["f"] == "txn" => {
                found.extend(all.iter().flat_map(|step| numbers(&step[2])));
            }
            all => found.extend(numbers(all)),
        }
    }
    found
}

fn numbers(list: &Value) -> Vec<i64> {
    let all = list.as_array().into_iter().flatten();
    all.filter_map(Value::as_i64).collect()
}

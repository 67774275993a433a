//! A set of real servers, and what the reference is to know of it.

use super::edits::Edit;
use super::rules::{self, Doing, Node};
use crate::mongods::{PATIENCE, ReplicaSet};
use mongodb::bson::{Bson, Document, doc};
use mongodb::error::ErrorKind;
use nix::sys::signal::Signal;
use std::time::{Duration, Instant};

/// The set, and what the reference is to know of it.
pub struct Real {
    pub set: ReplicaSet,
    pub stopped: Vec<usize>,
    pub write_concern_set: bool,
    pub config_committed: bool,
    pub oplog_committed: bool,
}

/// The answer of one of the two: the code, or the members that are marked as new.
pub type Answer = Result<Vec<i32>, i32>;

impl Real {
    pub async fn start() -> Self {
        Self {
            set: ReplicaSet::start().await,
            stopped: Vec::new(),
            write_concern_set: false,
            config_committed: true,
            oplog_committed: true,
        }
    }

    /// Asks the server at a position and the reference; both answers.
    pub async fn propose(
        &self,
        at: usize,
        doing: Doing,
        force: bool,
        edit: &Edit,
    ) -> (Answer, Answer) {
        let server = &self.set.members[at];
        let shown = server.run(doc! { "replSetGetConfig": 1 }).await.unwrap();
        let mut proposed = shown.get_document("config").unwrap().clone();
        let version = i64::from(proposed.get_i32("version").unwrap());
        proposed.insert("version", version + 1);
        edit(&mut proposed, at);
        let status = server.run(doc! { "replSetGetStatus": 1 }).await.unwrap();
        let installed = server.stored_config().await;
        let node = Node {
            installed: Some(&installed),
            host: &server.address(),
            doing,
            term: status.get_i64("term").unwrap(),
            config_committed: self.config_committed,
            oplog_committed: self.oplog_committed,
            write_concern_set: self.write_concern_set,
            custom_write_concern: None,
            answers: &|host| {
                let there = self.set.members.iter().position(|m| m.address() == host);
                there.is_some_and(|position| !self.stopped.contains(&position))
            },
            jump: 10_000,
        };
        let expected = rules::reconfigure(&node, &proposed, force);
        let expected = expected.map(|config| marked(&config));
        let command = doc! { "replSetReconfig": proposed, "force": force, "maxTimeMS": 5000 };
        let deadline = Instant::now() + PATIENCE;
        let answer = loop {
            match server.run(command.clone()).await {
                Ok(_) => break Ok(marked(&server.stored_config().await)),
                // A member that takes over a config may close its connections, this one too: before or after it was asked.
                Err(error) if is_closed(&error) && Instant::now() < deadline => {
                    let stored = server.stored_config().await;
                    if stored != installed {
                        break Ok(marked(&stored));
                    }
                }
                Err(error) => break Err(code(&error)),
            }
        };
        (answer, expected.map_err(|refusal| refusal.number()))
    }

    /// Puts a config back by force, and waits until all have it.
    pub async fn restore(&self, base: &Document) {
        let primary = self.set.primary().await;
        let mut config = base.clone();
        config.insert("version", 1);
        let command = doc! { "replSetReconfig": config, "force": true };
        self.set.members[primary].run(command).await.unwrap();
        self.set.whole().await;
        self.committed(primary).await;
    }

    pub async fn committed(&self, primary: usize) {
        let deadline = Instant::now() + PATIENCE;
        let question = doc! { "replSetGetConfig": 1, "commitmentStatus": true };
        loop {
            let reply = self.set.members[primary].run(question.clone()).await;
            if reply.is_ok_and(|reply| reply.get_bool("commitmentStatus").unwrap_or(false)) {
                return;
            }
            assert!(Instant::now() < deadline, "the config is not committed");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Both must give this answer on the primary.
    pub async fn agree(&self, name: &str, force: bool, expected: Result<(), i32>, edit: Edit) {
        let primary = self.set.primary().await;
        self.agree_at(primary, name, force, expected, edit).await;
    }

    /// The same where members that stand still must not be asked who the primary is.
    pub async fn agree_at(
        &self,
        primary: usize,
        name: &str,
        force: bool,
        expected: Result<(), i32>,
        edit: Edit,
    ) {
        let (real, reference) = self.propose(primary, Doing::Primary, force, &edit).await;
        assert_eq!(real, reference, "{name}: mongod, and the reference");
        assert_eq!(real.map(drop), expected, "{name}");
    }

    pub fn stop(&mut self, position: usize) {
        self.set.members[position].signal(Signal::SIGSTOP);
        self.stopped.push(position);
    }
}

fn is_closed(error: &mongodb::error::Error) -> bool {
    matches!(&*error.kind, ErrorKind::Io(_))
}

pub fn code(error: &mongodb::error::Error) -> i32 {
    match &*error.kind {
        ErrorKind::Command(command) => command.code,
        _ => panic!("{error}"),
    }
}

pub fn marked(config: &Document) -> Vec<i32> {
    let members = config.get_array("members").unwrap().iter();
    let members = members.filter_map(Bson::as_document);
    let marked = members.filter(|member| member.get_bool("newlyAdded").unwrap_or(false));
    marked.map(id).collect()
}

pub fn id(member: &Document) -> i32 {
    match member.get("_id") {
        Some(Bson::Double(id)) => *id as i32,
        Some(Bson::Int64(id)) => *id as i32,
        other => other.and_then(Bson::as_i32).unwrap(),
    }
}

//! A real `mongod` and the reference model of its rules get the same proposals, and must give the same answers.

use crate::mongods::{PATIENCE, ReplicaSet};
use crate::write_test::running::run;
use mongodb::bson::{Bson, Document, doc};
use mongodb::error::ErrorKind;
use nix::sys::signal::Signal;
use rules::{Doing, Node};
use std::time::{Duration, Instant};

#[expect(dead_code, reason = "the explorer uses what is not used here")]
#[path = "../../src/agent/plan/reference/rules/mod.rs"]
mod rules;

/// A change of the proposal; the number is the primary's position.
type Edit = Box<dyn Fn(&mut Document, usize)>;

/// A set, and what the reference is to know of it.
struct Real {
    set: ReplicaSet,
    stopped: Vec<usize>,
    write_concern_set: bool,
    config_committed: bool,
    oplog_committed: bool,
}

/// The answer of one of the two: the code, or the members that are marked as new.
type Answer = Result<Vec<i32>, i32>;

impl Real {
    async fn start() -> Self {
        Self {
            set: ReplicaSet::start().await,
            stopped: Vec::new(),
            write_concern_set: false,
            config_committed: true,
            oplog_committed: true,
        }
    }

    /// Asks the server at a position and the reference; both answers.
    async fn propose(&self, at: usize, doing: Doing, force: bool, edit: &Edit) -> (Answer, Answer) {
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
        let answer = match server.run(command).await {
            Ok(_) => Ok(marked(&server.stored_config().await)),
            Err(error) => Err(code(&error)),
        };
        (answer, expected.map_err(|refusal| refusal.number()))
    }

    /// Puts a config back by force, and waits until all have it.
    async fn restore(&self, base: &Document) {
        let primary = self.set.primary().await;
        let mut config = base.clone();
        config.insert("version", 1);
        let command = doc! { "replSetReconfig": config, "force": true };
        self.set.members[primary].run(command).await.unwrap();
        self.set.whole().await;
        self.committed(primary).await;
    }

    async fn committed(&self, primary: usize) {
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
    async fn agree(&self, name: &str, force: bool, expected: Result<(), i32>, edit: Edit) {
        let primary = self.set.primary().await;
        self.agree_at(primary, name, force, expected, edit).await;
    }

    /// The same where members that stand still must not be asked who the primary is.
    async fn agree_at(
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

    fn stop(&mut self, position: usize) {
        self.set.members[position].signal(Signal::SIGSTOP);
        self.stopped.push(position);
    }
}

fn code(error: &mongodb::error::Error) -> i32 {
    match &*error.kind {
        ErrorKind::Command(command) => command.code,
        _ => panic!("{error}"),
    }
}

fn marked(config: &Document) -> Vec<i32> {
    let members = config.get_array("members").unwrap().iter();
    let members = members.filter_map(Bson::as_document);
    let marked = members.filter(|member| member.get_bool("newlyAdded").unwrap_or(false));
    marked.map(id).collect()
}

fn id(member: &Document) -> i32 {
    match member.get("_id") {
        Some(Bson::Double(id)) => *id as i32,
        Some(Bson::Int64(id)) => *id as i32,
        other => other.and_then(Bson::as_i32).unwrap(),
    }
}

fn list(config: &mut Document) -> &mut Vec<Bson> {
    config.get_array_mut("members").unwrap()
}

fn at(config: &mut Document, position: usize) -> &mut Document {
    list(config)[position % 3].as_document_mut().unwrap()
}

/// Changes the members after the primary: the next one, and the one after that where there is a second document.
fn others(first: Document, second: Document) -> Edit {
    Box::new(move |config, primary| {
        at(config, primary + 1).extend(first.clone());
        at(config, primary + 2).extend(second.clone());
    })
}

fn other(fields: Document) -> Edit {
    others(fields, doc! {})
}

fn own(fields: Document) -> Edit {
    Box::new(move |config, primary| at(config, primary).extend(fields.clone()))
}

fn top(fields: Document) -> Edit {
    Box::new(move |config, _| config.extend(fields.clone()))
}

fn settings(fields: Document) -> Edit {
    Box::new(move |config, _| {
        let settings = config.get_document_mut("settings").unwrap();
        settings.extend(fields.clone());
    })
}

fn without(field: &'static str) -> Edit {
    Box::new(move |config, _| {
        config.remove(field);
    })
}

/// New members with these `_id`s, at ports where nobody listens.
fn add(ids: std::ops::Range<i32>, fields: Document) -> Edit {
    Box::new(move |config, _| {
        for id in ids.clone() {
            let mut member = doc! { "_id": id, "host": format!("127.0.0.1:{}", 9000 + id) };
            member.extend(fields.clone());
            list(config).push(member.into());
        }
    })
}

fn both(first: Edit, second: Edit) -> Edit {
    Box::new(move |config, primary| {
        first(config, primary);
        second(config, primary);
    })
}

/// Takes the member out that comes so far after the primary.
fn out(after: usize) -> Edit {
    Box::new(move |config, primary| {
        list(config).remove((primary + after) % 3);
    })
}

fn nothing() -> Edit {
    Box::new(|_, _| {})
}

/// `host` of the other member, at another one.
fn host_of_another(id: i32, fields: Document) -> Edit {
    Box::new(move |config, primary| {
        let host = at(config, primary + 1).get_str("host").unwrap().to_owned();
        let mut member = doc! { "_id": id, "host": host, "votes": 0, "priority": 0 };
        member.extend(fields.clone());
        list(config).push(member.into());
    })
}

const STANDBY: fn() -> Document = || doc! { "votes": 0, "priority": 0 };

type Row = (&'static str, bool, Result<(), i32>, Edit);

/// What is refused leaves the set as it is, so these follow each other without waiting.
fn refused() -> Vec<Row> {
    let arbiter = || doc! { "arbiterOnly": true, "priority": 0 };
    let mut rows = vec![
        (
            "the same version",
            false,
            Err(103),
            Box::new(|config: &mut Document, _: usize| {
                let version = config.get_i64("version").unwrap();
                config.insert("version", version - 1);
            }) as Edit,
        ),
        ("version 0", false, Err(93), top(doc! {"version": 0})),
        (
            "version 2^31",
            false,
            Err(93),
            top(doc! {"version": 1_i64 << 31}),
        ),
        ("no version", false, Err(93), without("version")),
        (
            "version as text",
            false,
            Err(93),
            top(doc! {"version": "7"}),
        ),
        ("no name", false, Err(93), without("_id")),
        ("another name", false, Err(93), top(doc! {"_id": "other"})),
        (
            "another name by force",
            true,
            Err(93),
            top(doc! {"_id": "other"}),
        ),
        ("an unknown field", false, Err(93), top(doc! {"future": 1})),
        (
            "protocol version 0",
            false,
            Err(93),
            top(doc! {"protocolVersion": 0}),
        ),
        ("no members field", false, Err(93), without("members")),
        ("no members", false, Err(103), top(doc! {"members": []})),
        (
            "another set's id",
            false,
            Err(103),
            settings(doc! {"replicaSetId": mongodb::bson::oid::ObjectId::new()}),
        ),
        (
            "another set's id by force",
            true,
            Err(103),
            settings(doc! {"replicaSetId": mongodb::bson::oid::ObjectId::new()}),
        ),
        (
            "getLastErrorDefaults",
            false,
            Err(5_624_102),
            settings(doc! {"getLastErrorDefaults": {"w": "majority", "wtimeout": 0}}),
        ),
        (
            "a mode without its tag",
            false,
            Err(93),
            settings(doc! {"getLastErrorModes": {"x": {"nope": 2}}}),
        ),
        (
            "election timeout 0",
            false,
            Err(93),
            settings(doc! {"electionTimeoutMillis": 0}),
        ),
        (
            "config server",
            false,
            Err(103),
            top(doc! {"configsvr": true}),
        ),
        (
            "two votes less",
            false,
            Err(103),
            others(STANDBY(), STANDBY()),
        ),
        (
            "one out and one without its vote",
            false,
            Err(103),
            both(other(STANDBY()), out(2)),
        ),
        (
            "one host twice",
            false,
            Err(103),
            host_of_another(3, doc! {}),
        ),
        (
            "one host twice by force",
            true,
            Err(103),
            host_of_another(3, doc! {}),
        ),
        ("one _id twice", false, Err(103), add(1..2, STANDBY())),
        (
            "the same host under a new _id",
            false,
            Err(103),
            other(doc! {"_id": 9}),
        ),
        (
            "the same under force",
            true,
            Err(103),
            other(doc! {"_id": 9}),
        ),
        (
            "a name among loopbacks",
            false,
            Err(103),
            add(3..4, doc! {"host": "10.9.9.9:1", "votes": 0, "priority": 0}),
        ),
        (
            "0.0.0.0 is no loopback",
            false,
            Err(103),
            add(3..4, doc! {"host": "0.0.0.0:1", "votes": 0, "priority": 0}),
        ),
        (
            "LOCALHOST is none",
            false,
            Err(103),
            add(
                3..4,
                doc! {"host": "LOCALHOST:1", "votes": 0, "priority": 0},
            ),
        ),
        (
            "an empty host",
            false,
            Err(93),
            add(3..4, doc! {"host": "", "votes": 0, "priority": 0}),
        ),
        (
            "port 0",
            false,
            Err(93),
            add(
                3..4,
                doc! {"host": "localhost:0", "votes": 0, "priority": 0},
            ),
        ),
        (
            "IPv6 without brackets",
            false,
            Err(93),
            add(3..4, doc! {"host": "::1:9000", "votes": 0, "priority": 0}),
        ),
        ("a negative _id", false, Err(93), add(-1..0, STANDBY())),
        (
            "_id 2^31",
            false,
            Err(93),
            add(3..4, doc! {"_id": 1_i64 << 31, "votes": 0, "priority": 0}),
        ),
        (
            "_id as text",
            false,
            Err(93),
            add(3..4, doc! {"_id": "3", "votes": 0, "priority": 0}),
        ),
        ("votes 2", false, Err(93), other(doc! {"votes": 2})),
        ("votes 2 by force", true, Err(93), other(doc! {"votes": 2})),
        ("votes -1", false, Err(93), other(doc! {"votes": -1})),
        ("votes true", false, Err(93), other(doc! {"votes": true})),
        ("votes 0.5", false, Err(93), other(doc! {"votes": 0.5})),
        (
            "priority without a vote",
            false,
            Err(93),
            other(doc! {"votes": 0}),
        ),
        (
            "priority 1001",
            false,
            Err(93),
            other(doc! {"priority": 1001}),
        ),
        ("priority -1", false, Err(93), other(doc! {"priority": -1})),
        (
            "hidden with priority",
            false,
            Err(93),
            other(doc! {"hidden": true}),
        ),
        (
            "hidden as text",
            false,
            Err(93),
            other(doc! {"hidden": "yes", "priority": 0}),
        ),
        (
            "delayed with priority",
            false,
            Err(93),
            other(doc! {"secondaryDelaySecs": 9}),
        ),
        (
            "delayed too long",
            false,
            Err(93),
            other(doc! {"secondaryDelaySecs": 366 * 86_400 + 1, "priority": 0}),
        ),
        ("slaveDelay", false, Err(93), other(doc! {"slaveDelay": 0})),
        (
            "an unknown field of a member",
            false,
            Err(93),
            other(doc! {"future": 1}),
        ),
        (
            "newlyAdded",
            false,
            Err(93),
            other(doc! {"newlyAdded": true}),
        ),
        (
            "not newlyAdded",
            false,
            Err(93),
            other(doc! {"newlyAdded": false}),
        ),
        (
            "a tag that is no text",
            false,
            Err(93),
            other(doc! {"tags": {"a": 1}}),
        ),
        (
            "buildIndexes",
            false,
            Err(103),
            other(doc! {"buildIndexes": false, "priority": 0}),
        ),
        (
            "buildIndexes with priority",
            false,
            Err(93),
            add(3..4, doc! {"buildIndexes": false}),
        ),
        (
            "an arbiter without a vote",
            false,
            Err(93),
            add(3..4, doc! {"arbiterOnly": true, "votes": 0, "priority": 0}),
        ),
        (
            "an arbiter with tags",
            false,
            Err(93),
            add(
                3..4,
                doc! {"arbiterOnly": true, "priority": 0, "tags": {"a": "b"}},
            ),
        ),
        ("the first arbiter", false, Err(103), add(3..4, arbiter())),
        (
            "the first arbiter by force",
            true,
            Err(103),
            add(3..4, arbiter()),
        ),
        ("51 members", false, Err(103), add(3..51, STANDBY())),
        ("eight voters by force", true, Err(103), add(3..8, doc! {})),
        (
            "nobody electable",
            false,
            Err(103),
            both(
                own(doc! {"priority": 0}),
                others(doc! {"priority": 0}, doc! {"priority": 0}),
            ),
        ),
        (
            "nobody votes",
            false,
            Err(103),
            both(own(STANDBY()), others(STANDBY(), STANDBY())),
        ),
        (
            "horizons of some",
            false,
            Err(103),
            own(doc! {"horizons": {"a": "h:1"}}),
        ),
        (
            "an address as a horizon",
            false,
            Err(103),
            both(
                own(doc! {"horizons": {"a": "10.0.0.1:1"}}),
                others(
                    doc! {"horizons": {"a": "10.0.0.2:1"}},
                    doc! {"horizons": {"a": "10.0.0.3:1"}},
                ),
            ),
        ),
        (
            "one endpoint twice",
            false,
            Err(103),
            both(
                own(doc! {"horizons": {"a": "h:1"}}),
                others(
                    doc! {"horizons": {"a": "h:1"}},
                    doc! {"horizons": {"a": "h:1"}},
                ),
            ),
        ),
        (
            "a reserved horizon",
            false,
            Err(93),
            own(doc! {"horizons": {"__default": "h:1"}}),
        ),
        (
            "the primary without priority",
            false,
            Err(104),
            own(doc! {"priority": 0}),
        ),
        (
            "the primary without a vote",
            false,
            Err(104),
            own(STANDBY()),
        ),
        (
            "the primary hidden",
            false,
            Err(104),
            own(doc! {"hidden": true, "priority": 0}),
        ),
        ("the primary out", false, Err(74), out(0)),
        ("the primary out by force", true, Err(74), out(0)),
        (
            "the primary elsewhere",
            false,
            Err(74),
            own(doc! {"host": "127.0.0.1:9111"}),
        ),
    ];
    // Two things wrong: which one is said.
    rows.extend([
        (
            "not electable, two votes less",
            false,
            Err(103),
            both(own(doc! {"priority": 0}), both(other(STANDBY()), out(2))),
        ),
        (
            "not electable, 51 members",
            false,
            Err(103),
            both(own(doc! {"priority": 0}), add(3..51, STANDBY())),
        ),
        (
            "not electable, an arbiter",
            false,
            Err(103),
            both(own(doc! {"priority": 0}), add(3..4, arbiter())),
        ),
        (
            "not electable, another name",
            false,
            Err(93),
            both(own(doc! {"priority": 0}), top(doc! {"_id": "other"})),
        ),
        (
            "getLastErrorDefaults, an arbiter",
            false,
            Err(103),
            both(
                settings(doc! {"getLastErrorDefaults": {"w": 2, "wtimeout": 0}}),
                add(3..4, arbiter()),
            ),
        ),
    ]);
    rows
}

/// What is accepted; the set is put back after each.
fn accepted() -> Vec<Row> {
    vec![
        ("nothing new", false, Ok(()), nothing()),
        (
            "a version far ahead",
            false,
            Ok(()),
            Box::new(|config: &mut Document, _: usize| {
                let version = config.get_i64("version").unwrap();
                config.insert("version", version + 100);
            }) as Edit,
        ),
        ("a wrong term", false, Ok(()), top(doc! {"term": 99_i64})),
        (
            "an unknown setting",
            false,
            Ok(()),
            settings(doc! {"future": 1}),
        ),
        ("no settings", false, Ok(()), without("settings")),
        ("one vote less", false, Ok(()), other(STANDBY())),
        ("one voter less", false, Ok(()), out(1)),
        ("a new voter", false, Ok(()), add(3..4, doc! {})),
        (
            "two new voters, who do not count yet",
            false,
            Ok(()),
            add(3..5, doc! {}),
        ),
        (
            "eight voters, five of them new",
            false,
            Ok(()),
            add(3..8, doc! {}),
        ),
        (
            "a new voter for another",
            false,
            Ok(()),
            both(out(1), add(3..4, doc! {})),
        ),
        ("50 members", false, Ok(()), add(3..50, STANDBY())),
        (
            "another host",
            false,
            Ok(()),
            other(doc! {"host": "127.0.0.1:9112"}),
        ),
        (
            "a host without a port",
            false,
            Ok(()),
            add(3..4, doc! {"host": "localhost", "votes": 0, "priority": 0}),
        ),
        (
            "IPv6",
            false,
            Ok(()),
            add(3..4, doc! {"host": "[::1]:9000", "votes": 0, "priority": 0}),
        ),
        (
            "127.1.2.3 is a loopback",
            false,
            Ok(()),
            add(
                3..4,
                doc! {"host": "127.1.2.3:9000", "votes": 0, "priority": 0},
            ),
        ),
        (
            "votes null",
            false,
            Ok(()),
            other(doc! {"votes": Bson::Null}),
        ),
        (
            "_id 3.5",
            false,
            Ok(()),
            add(3..4, doc! {"_id": 3.5, "votes": 0, "priority": 0}),
        ),
        ("priority 0.5", false, Ok(()), other(doc! {"priority": 0.5})),
        (
            "hidden",
            false,
            Ok(()),
            other(doc! {"hidden": 1, "priority": 0}),
        ),
        (
            "delayed",
            false,
            Ok(()),
            other(doc! {"secondaryDelaySecs": 9, "priority": 0}),
        ),
        (
            "two new voters by force, unmarked",
            true,
            Ok(()),
            both(add(3..5, doc! {}), nothing()),
        ),
        (
            "the primary without priority, by force",
            true,
            Ok(()),
            own(doc! {"priority": 0}),
        ),
    ]
}

#[test]
fn mongod_answers_each_reconfig_as_the_reference_does() {
    run(async {
        let mut real = Real::start().await;
        let primary = real.set.primary().await;
        real.committed(primary).await;
        for (name, force, expected, edit) in refused() {
            real.agree(name, force, expected, edit).await;
        }
        let base = real.set.members[primary].stored_config().await;
        let follower = (primary + 1) % 3;
        for (force, expected) in [(false, Err(10107)), (true, Ok(Vec::new()))] {
            let edit = other(doc! { "tags": { "a": "b" } });
            let (answer, reference) = real.propose(follower, Doing::Other, force, &edit).await;
            assert_eq!(
                (&answer, &reference),
                (&expected, &expected),
                "on a secondary"
            );
        }
        for (name, force, expected, edit) in accepted() {
            real.restore(&base).await;
            real.agree(name, force, expected, edit).await;
        }
        real.restore(&base).await;
        arbiters(&mut real, &base).await;
    });
}

/// With a default write concern for the cluster, arbiters may come (M17); then their own rules are seen.
async fn arbiters(real: &mut Real, base: &Document) {
    let primary = real.set.primary().await;
    let command = doc! { "setDefaultRWConcern": 1, "defaultWriteConcern": { "w": "majority" } };
    real.set.members[primary].run(command).await.unwrap();
    real.write_concern_set = true;
    let arbiter = || doc! { "arbiterOnly": true, "priority": 0 };
    let rows: Vec<Row> = vec![
        ("arbiterOnly changed", false, Err(103), other(arbiter())),
        (
            "an arbiter with priority 2",
            false,
            Err(103),
            add(3..4, doc! {"arbiterOnly": true, "priority": 2}),
        ),
        ("two arbiters", false, Err(103), add(3..5, arbiter())),
        (
            "an arbiter and a vote less",
            false,
            Err(103),
            both(add(3..4, arbiter()), other(STANDBY())),
        ),
        (
            "an arbiter with priority 1",
            false,
            Ok(()),
            add(3..4, doc! {"arbiterOnly": true, "priority": 1}),
        ),
    ];
    for (name, force, expected, edit) in rows {
        real.agree(name, force, expected, edit).await;
    }
    real.restore(base).await;
    // M19, from a primary, a member without a vote and an arbiter.
    let psa = both(both(other(STANDBY()), out(2)), add(7..8, arbiter()));
    real.agree("P, a standby and A, by force", true, Ok(()), psa)
        .await;
    let electable = || -> Edit {
        Box::new(|config, _| {
            let standby = list(config).iter_mut().filter_map(Bson::as_document_mut);
            for member in
                standby.filter(|member| member.get_i32("votes").is_ok_and(|votes| votes == 0))
            {
                member.extend(doc! { "votes": 1, "priority": 1 });
            }
        })
    };
    real.agree("PSA electable at once", true, Err(103), electable())
        .await;
}

#[test]
fn a_majority_must_be_there_before_and_have_the_config_after() {
    run(async {
        let mut real = Real::start().await;
        // The primary stays primary although nobody answers it.
        let patient = doc! { "electionTimeoutMillis": 120_000, "heartbeatTimeoutSecs": 1 };
        real.agree("patience", false, Ok(()), settings(patient))
            .await;
        let primary = real.set.primary().await;
        real.stop((primary + 1) % 3);
        let weaker = others(doc! {}, STANDBY());
        real.agree_at(
            primary,
            "two voters, one of them stopped",
            false,
            Err(74),
            weaker,
        )
        .await;
        real.agree_at(primary, "the stopped one out", false, Ok(()), out(1))
            .await;
        real.stop((primary + 2) % 3);
        real.agree_at(
            primary,
            "nothing new, but nobody there",
            false,
            Err(74),
            nothing(),
        )
        .await;
        real.agree_at(primary, "nothing new, by force", true, Ok(()), nothing())
            .await;
        real.config_committed = false;
        for (name, edit) in [
            ("plain", nothing()),
            ("nonsense", top(doc! { "version": 0 })),
        ] {
            real.agree_at(primary, name, false, Err(308), edit).await;
        }
    });
}

#[test]
fn what_was_committed_before_must_be_committed_in_the_config_in_force() {
    run(async {
        let mut real = Real::start().await;
        let primary = real.set.primary().await;
        real.agree("a standby", false, Ok(()), others(doc! {}, STANDBY()))
            .await;
        let standby = &real.set.members[(primary + 2) % 3];
        let held = doc! { "configureFailPoint": "stopReplProducer", "mode": "alwaysOn" };
        standby.run(held).await.unwrap();
        let write = doc! { "setDefaultRWConcern": 1, "defaultWriteConcern": { "w": "majority" } };
        real.set.members[primary].run(write).await.unwrap();
        // A member that lags gets a vote (M15): nobody stops that. Then one that has the write goes.
        let vote = others(doc! {}, doc! { "votes": 1, "priority": 1 });
        real.agree("a vote for one that lags", false, Ok(()), vote)
            .await;
        real.committed(primary).await;
        real.agree("out goes one that does not", false, Ok(()), out(1))
            .await;
        real.oplog_committed = false;
        real.agree("and then nothing more", false, Err(308), nothing())
            .await;
    });
}

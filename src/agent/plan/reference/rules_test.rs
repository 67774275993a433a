//! The reference against known cases of `mongod`'s answers. What one server alone can show is asked of a real one too:
//! `tests/outside/reconfig.rs`.

use super::rules::refusal::Code::{self, *};
use super::rules::write_concern::{Implicit, implicit_default, write_majority};
use super::rules::{Doing, Node, reconfigure, shown};
use mongodb::bson::{Bson, Document, doc};

/// `V` votes with priority 1, `N` neither, `A` arbiter; `_id` and host from the position.
fn members(letters: &str) -> Vec<Document> {
    let member = |(id, letter): (i32, char)| {
        let host = format!("h{id}:27017");
        match letter {
            'V' => doc! { "_id": id, "host": host, "votes": 1, "priority": 1.0 },
            'N' => doc! { "_id": id, "host": host, "votes": 0, "priority": 0.0 },
            _ => doc! { "_id": id, "host": host, "votes": 1, "priority": 0.0, "arbiterOnly": true },
        }
    };
    (0..).zip(letters.chars()).map(member).collect()
}

fn config(version: i64, members: &[Document]) -> Document {
    doc! { "_id": "rs", "version": version, "term": 1, "members": members }
}

/// The code, and a part of why.
type Expected = Result<(), (Code, &'static str)>;

/// One question to the reference, changed from the plain one: member 0 is primary, everybody answers.
pub struct Case {
    pub old: Vec<Document>,
    pub new: Vec<Document>,
    pub version: i64,
    pub doing: Doing,
    pub committed: bool,
    pub write_concern_set: bool,
    pub custom: Option<&'static str>,
    pub own: &'static str,
    pub dead: &'static [&'static str],
    pub force: bool,
}

pub fn case(old: &str, new: &str) -> Case {
    Case {
        old: members(old),
        new: members(new),
        version: 6,
        doing: Doing::Primary,
        committed: true,
        write_concern_set: false,
        custom: None,
        own: "h0:27017",
        dead: &[],
        force: false,
    }
}

impl Case {
    pub fn with(mut self, position: usize, fields: Document) -> Self {
        self.new[position].extend(fields);
        self
    }

    pub fn but(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub fn ask(&self) -> Result<Document, (Code, String)> {
        let installed = config(5, &self.old);
        let node = Node {
            installed: Some(&installed),
            host: self.own,
            doing: self.doing,
            term: 1,
            config_committed: true,
            oplog_committed: self.committed,
            write_concern_set: self.write_concern_set,
            custom_write_concern: self.custom,
            answers: &|host| !self.dead.contains(&host),
            jump: 10_000,
        };
        reconfigure(&node, &config(self.version, &self.new), self.force)
            .map_err(|refusal| (refusal.code, refusal.why))
    }
}

#[test]
fn each_proposal_is_answered_as_mongod_does() {
    let unfit = NewReplicaSetConfigurationIncompatible;
    let table: Vec<(&str, Case, Expected)> = vec![
        ("a voter more", case("VVV", "VVVV"), Ok(())),
        // MongoDB 4.4 refuses this and the next but one; since 5.0 a new voter does not count yet (measured).
        ("two new voters", case("VVV", "VVVVV"), Ok(())),
        (
            "two new voters by force",
            case("VVV", "VVVVV").but(|c| c.force = true),
            Ok(()),
        ),
        (
            "one voter for another that is new",
            case("VVV", "VVV").with(2, doc! {"_id": 3, "host": "h3:27017"}),
            Ok(()),
        ),
        (
            "two votes more",
            case("VVVNN", "VVVVV"),
            Err((unfit, "at most 1 voting")),
        ),
        (
            "two votes less",
            case("VVVVV", "VVVNN"),
            Err((unfit, "at most 1 voting")),
        ),
        (
            "two voters less",
            case("VVV", "V"),
            Err((unfit, "at most 1 voting")),
        ),
        (
            "two voters less by force",
            case("VVV", "V").but(|c| c.force = true),
            Ok(()),
        ),
        (
            "a vote from one to another",
            case("VVVN", "VVNV"),
            Err((unfit, "at most 1 voting")),
        ),
        (
            "two new members without votes",
            case("VVV", "VVVNN"),
            Ok(()),
        ),
        (
            "the same host under a new _id",
            case("VVV", "VVV").with(2, doc! {"_id": 9}),
            Err((unfit, "had another _id")),
        ),
        (
            "a new host for the same _id",
            case("VVV", "VVV").with(2, doc! {"host": "x:27017"}),
            Ok(()),
        ),
        (
            "the same version",
            case("VVV", "VVV").but(|c| c.version = 5),
            Err((unfit, "must be greater")),
        ),
        (
            "the same version by force",
            case("VVV", "VVV").but(|c| {
                c.version = 5;
                c.force = true;
            }),
            Ok(()),
        ),
        (
            "an eighth vote",
            case("VVVVVVVN", "VVVVVVVV"),
            Err((unfit, "8 voting members")),
        ),
        // It does not vote yet; only the reconfig that is to let it will fail.
        (
            "an eighth voter that is new",
            case("VVVVVVV", "VVVVVVVV"),
            Ok(()),
        ),
        (
            "an eighth by force",
            case("VVVVVVV", "VVVVVVVV").but(|c| c.force = true),
            Err((unfit, "8 voting members")),
        ),
        (
            "one _id twice",
            case("VVV", "VVV").with(2, doc! {"_id": 1, "host": "y:1"}),
            Err((unfit, "with _id 1")),
        ),
        (
            "one host twice",
            case("VVV", "VVV").with(2, doc! {"host": "h1:27017"}),
            Err((unfit, "at host h1")),
        ),
        (
            "localhost among names",
            case("V", "VN").with(1, doc! {"host": "localhost:1"}),
            Err((unfit, "localhost")),
        ),
        (
            "horizons of some",
            case("VVV", "VVV").with(0, doc! {"horizons": {"e": "e0:1"}}),
            Err((unfit, "universally")),
        ),
        (
            "one endpoint twice",
            case("VV", "VV")
                .with(0, doc! {"horizons": {"e": "e:1"}})
                .with(1, doc! {"horizons": {"e": "e:1"}}),
            Err((unfit, "not unique")),
        ),
        (
            "horizons",
            case("VV", "VV")
                .with(0, doc! {"horizons": {"e": "e:1"}})
                .with(1, doc! {"horizons": {"e": "f:1"}}),
            Ok(()),
        ),
        (
            "the first arbiter",
            case("VV", "VVA"),
            Err((unfit, "implicit default write concern")),
        ),
        (
            "the first arbiter by force",
            case("VV", "VVA").but(|c| c.force = true),
            Err((unfit, "implicit default write concern")),
        ),
        (
            "the first arbiter, default set",
            case("VV", "VVA").but(|c| c.write_concern_set = true),
            Ok(()),
        ),
        (
            "a custom default loses its definition",
            case("V", "V").but(|c| c.custom = Some("mine")),
            Err((unfit, "no definition")),
        ),
        (
            "PSA electable at once",
            case("VNA", "VVA").but(|c| c.write_concern_set = true),
            Err((unfit, "PSA")),
        ),
        (
            "PSA electable at once by force",
            case("VNA", "VVA").but(|c| {
                c.write_concern_set = true;
                c.force = true;
            }),
            Err((unfit, "PSA")),
        ),
        (
            "PSA vote first",
            case("VNA", "VVA").with(1, doc! {"priority": 0}),
            Ok(()),
        ),
        (
            "in the middle of one",
            case("VVV", "VVVV").but(|c| c.doing = Doing::Reconfiguring),
            Err((ConfigurationInProgress, "updating")),
        ),
        (
            "the oplog not committed",
            case("VVV", "VVVV").but(|c| c.committed = false),
            Err((CurrentConfigNotCommittedYet, "not committed")),
        ),
        (
            "the oplog not committed, by force",
            case("VVV", "VVVV").but(|c| {
                c.committed = false;
                c.force = true;
            }),
            Ok(()),
        ),
        (
            "on a secondary",
            case("VVV", "VVVV").but(|c| c.doing = Doing::Other),
            Err((NotWritablePrimary, "PRIMARY")),
        ),
        (
            "on a secondary by force",
            case("VVV", "V").but(|c| {
                c.doing = Doing::Other;
                c.force = true;
            }),
            Ok(()),
        ),
        (
            "the primary without priority",
            case("VVV", "VVV").with(0, doc! {"priority": 0}),
            Err((NodeNotElectable, "not electable")),
        ),
        (
            "the primary without a vote",
            case("VVV", "NVV"),
            Err((NodeNotElectable, "not electable")),
        ),
        (
            "the primary without itself",
            case("VVV", "VVV").but(|c| {
                c.new.remove(0);
            }),
            Err((NodeNotFound, "maps to this node")),
        ),
        (
            "arbiterOnly",
            case("VVVV", "VVVA").but(|c| c.write_concern_set = true),
            Err((unfit, "arbiterOnly")),
        ),
        (
            "buildIndexes",
            case("VVN", "VVN").with(2, doc! {"buildIndexes": false}),
            Err((unfit, "buildIndexes")),
        ),
        (
            "nobody electable",
            case("VVV", "VVV")
                .with(0, doc! {"priority": 0})
                .with(1, doc! {"priority": 0})
                .with(2, doc! {"priority": 0}),
            Err((unfit, "priority > 0")),
        ),
        (
            "votes 2",
            case("VVV", "VVV").with(1, doc! {"votes": 2}),
            Err((InvalidReplicaSetConfig, "votes")),
        ),
        (
            "votes 2 by force",
            case("VVV", "VVV")
                .with(1, doc! {"votes": 2})
                .but(|c| c.force = true),
            Err((InvalidReplicaSetConfig, "votes")),
        ),
        (
            "hidden with priority",
            case("VVV", "VVV").with(1, doc! {"hidden": true}),
            Err((InvalidReplicaSetConfig, "hidden")),
        ),
        (
            "delayed with priority",
            case("VVV", "VVV").with(1, doc! {"secondaryDelaySecs": 9}),
            Err((InvalidReplicaSetConfig, "delayed")),
        ),
        (
            "priority without a vote",
            case("VVV", "VVV").with(1, doc! {"votes": 0}),
            Err((InvalidReplicaSetConfig, "non-voting")),
        ),
        (
            "an arbiter without a vote",
            case("VVV", "VVVA").with(3, doc! {"votes": 0}),
            Err((InvalidReplicaSetConfig, "arbiter must vote")),
        ),
        // The order of the checks.
        (
            "no primary, and nonsense",
            case("VVV", "V")
                .with(0, doc! {"votes": 2})
                .but(|c| c.doing = Doing::Other),
            Err((NotWritablePrimary, "")),
        ),
        (
            "not committed, and nonsense",
            case("VVV", "V")
                .with(0, doc! {"votes": 2})
                .but(|c| c.committed = false),
            Err((CurrentConfigNotCommittedYet, "")),
        ),
        (
            "no version, and not electable",
            case("VVV", "NVV").but(|c| c.version = 5),
            Err((unfit, "must be greater")),
        ),
        (
            "two voters less, and not there",
            case("VVV", "VVV").but(|c| {
                c.new.remove(0);
                c.new.remove(0);
            }),
            Err((unfit, "at most 1 voting")),
        ),
        (
            "an arbiter, and the same version",
            case("VV", "VVA").but(|c| c.version = 5),
            Err((unfit, "implicit default")),
        ),
        // Who is there.
        (
            "into one of two",
            case("VVV", "VVN").but(|c| c.dead = &["h1:27017"]),
            Err((NodeNotFound, "quorum check")),
        ),
        (
            "the dead one out",
            case("VVV", "VNV").but(|c| c.dead = &["h1:27017"]),
            Ok(()),
        ),
        (
            "into one of two by force",
            case("VVV", "VVN").but(|c| {
                c.dead = &["h1:27017"];
                c.force = true;
            }),
            Ok(()),
        ),
    ];
    for (name, case, expected) in table {
        match (case.ask(), expected) {
            (Ok(_), Ok(())) => {}
            (Err((code, why)), Err((wanted, part))) => {
                assert!(
                    code == wanted && why.contains(part),
                    "{name}: {code:?} {why}"
                );
            }
            (answer, _) => panic!("{name}: {answer:?}"),
        }
    }
}

#[test]
fn fifty_members_are_the_most() {
    for (count, fits) in [(50, true), (51, false)] {
        let letters = format!("VVV{}", "N".repeat(count - 3));
        assert_eq!(case("VVV", &letters).ask().is_ok(), fits, "{count}");
    }
}

#[test]
fn a_new_voter_is_marked_until_it_has_caught_up_and_force_marks_nobody() {
    let marked = |document: &Document| -> Vec<i32> {
        let members = document.get_array("members").unwrap().iter();
        let members = members.filter_map(Bson::as_document);
        let marked = members.filter(|member| member.contains_key("newlyAdded"));
        marked
            .map(|member| member.get_i32("_id").unwrap())
            .collect()
    };
    let stored = case("VVV", "VVVVN").ask().unwrap();
    assert_eq!(marked(&stored), [3]);
    assert_eq!(marked(&shown(&stored)), [0; 0]);
    // It stays marked when it loses the vote that it never had.
    let mut again = case("VVV", "VVVNN");
    again.old = members("VVVV");
    again.old[3].insert("newlyAdded", true);
    assert_eq!(marked(&again.ask().unwrap()), [3]);
    // A member that was added without a vote is not marked when it gets one (M15): nobody but us looks at how far it is.
    assert_eq!(marked(&case("VVVN", "VVVV").ask().unwrap()), [0; 0]);
    let forced = case("VVV", "VVVVA").but(|c| {
        c.force = true;
        c.write_concern_set = true;
    });
    assert_eq!(marked(&forced.ask().unwrap()), [0; 0]);
}

#[test]
fn force_jumps_far_and_forgets_the_term() {
    let forced = case("VVV", "V").but(|c| c.force = true).ask().unwrap();
    assert_eq!(forced.get_i64("version").unwrap(), 10_006);
    assert!(!forced.contains_key("term"));
    let plain = case("VVV", "VV").ask().unwrap();
    assert_eq!(plain.get_i64("term").unwrap(), 1);
}

#[test]
fn the_implicit_write_concern_and_the_write_majority_follow_from_voters_and_arbiters() {
    // With data, arbiters, the default, and how many acknowledge a majority write.
    for (with_data, arbiters, implicit, acknowledge) in [
        (1, 0, Implicit::Majority, 1),
        (2, 0, Implicit::Majority, 2),
        (3, 0, Implicit::Majority, 2),
        (4, 0, Implicit::Majority, 3),
        (7, 0, Implicit::Majority, 4),
        (1, 1, Implicit::One, 1),
        (2, 1, Implicit::One, 2),
        (3, 1, Implicit::One, 3),
        (4, 1, Implicit::Majority, 3),
        (5, 1, Implicit::Majority, 4),
        (3, 2, Implicit::One, 3),
        (1, 2, Implicit::One, 1),
        (4, 3, Implicit::One, 4),
        (5, 2, Implicit::Majority, 4),
        (6, 1, Implicit::Majority, 4),
    ] {
        let row = format!("{with_data} with data, {arbiters} arbiters");
        assert_eq!(implicit_default(with_data, arbiters), implicit, "{row}");
        assert_eq!(
            write_majority(with_data + arbiters, arbiters),
            acknowledge,
            "{row}"
        );
    }
}

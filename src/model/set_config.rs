//! The config of a replica set, held as the raw document that `replSetGetConfig` gives, so that fields which this code
//! does not know are kept through every change.

use crate::model::address::HostPort;
use crate::model::unit::UnitName;
use mongodb::bson::{Bson, Document, doc};
use std::collections::BTreeSet;
use std::fmt;

/// The member tag that holds the unit's name. Identity is this tag: addresses and `_id`s may change or be reused.
pub const UNIT_TAG: &str = "juju-unit";

/// A config document.
#[derive(Clone, Debug, PartialEq)]
pub struct SetConfig {
    raw: Document,
    members: Vec<Member>,
}

/// What this code reads of one member.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// `_id`, never changed.
    pub id: i32,
    /// Address.
    pub host: HostPort,
    /// True with `votes: 1`.
    pub votes: bool,
    /// Zero cannot be elected.
    pub priority: f64,
    /// The unit that it belongs to; none for a member that somebody else added.
    pub unit: Option<UnitName>,
    /// True for a member that clients do not see.
    pub hidden: bool,
    /// True for a member without data.
    pub arbiter: bool,
}

/// A document that is no config.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the replica set's config cannot be read: {0}")]
pub struct Malformed(String);

/// One change of a config. Every kind changes at most one vote (`mongod` refuses more, M8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A new member, without a vote.
    Add {
        /// Its `_id`.
        id: i32,
        /// Its address.
        host: HostPort,
        /// Its unit.
        unit: UnitName,
    },
    /// Takes a member out, with its vote if it has one.
    Remove(i32),
    /// `votes: 1` and `priority: 1`.
    GiveVote(i32),
    /// `votes: 0` and `priority: 0`.
    TakeVote(i32),
    /// A new address for the same member.
    SetHost(i32, HostPort),
    /// `settings.electionTimeoutMillis`, in milliseconds.
    SetElectionTimeout(u32),
}

fn integer(value: Option<&Bson>) -> Option<i64> {
    match value? {
        Bson::Int32(number) => Some(i64::from(*number)),
        Bson::Int64(number) => Some(*number),
        Bson::Double(number) if number.fract() == 0.0 => Some(*number as i64),
        Bson::Boolean(yes) => Some(i64::from(*yes)),
        _ => None,
    }
}

impl SetConfig {
    /// Takes the document of `replSetGetConfig` (its `config` field).
    pub fn read(raw: Document) -> Result<Self, Malformed> {
        let missing = |what: &str| Malformed(format!("no {what}"));
        raw.get_str("_id").map_err(|_| missing("_id"))?;
        integer(raw.get("version")).ok_or_else(|| missing("version"))?;
        let list = raw.get_array("members").map_err(|_| missing("members"))?;
        let mut members = Vec::with_capacity(list.len());
        for value in list {
            let document = value
                .as_document()
                .ok_or_else(|| missing("document for a member"))?;
            members.push(Member::read(document)?);
        }
        Ok(Self { raw, members })
    }

    /// The config that a new set is initiated with: one member that votes.
    pub fn initial(name: &str, host: &HostPort, unit: &UnitName, election_timeout_ms: u32) -> Self {
        let raw = doc! {
            "_id": name,
            "version": 1,
            "members": [{ "_id": 0, "host": host.to_string(), "tags": { UNIT_TAG: unit.to_string() } }],
            "settings": failure_detection(Document::new(), election_timeout_ms),
        };
        let member = Member {
            id: 0,
            host: host.clone(),
            votes: true,
            priority: 1.0,
            unit: Some(unit.clone()),
            hidden: false,
            arbiter: false,
        };
        Self {
            raw,
            members: vec![member],
        }
    }

    /// The document, as `replSetReconfig` and `replSetInitiate` take it.
    pub fn document(&self) -> &Document {
        &self.raw
    }

    /// The set's name.
    pub fn name(&self) -> &str {
        self.raw.get_str("_id").unwrap_or_default()
    }

    /// Counts up with every change.
    pub fn version(&self) -> i64 {
        integer(self.raw.get("version")).unwrap_or_default()
    }

    /// The term of the primary that wrote it.
    pub fn term(&self) -> i64 {
        integer(self.raw.get("term")).unwrap_or(-1)
    }

    /// All members, in the order of the document.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The member with this `_id`.
    pub fn member(&self, id: i32) -> Option<&Member> {
        self.members.iter().find(|member| member.id == id)
    }

    /// The member that belongs to a unit.
    pub fn of_unit(&self, unit: &UnitName) -> Option<&Member> {
        self.members
            .iter()
            .find(|member| member.unit.as_ref() == Some(unit))
    }

    /// The `_id`s of all members that vote.
    pub fn voters(&self) -> BTreeSet<i32> {
        self.members
            .iter()
            .filter(|member| member.votes)
            .map(|member| member.id)
            .collect()
    }

    /// How many voters make a majority.
    pub fn majority(&self) -> usize {
        self.voters().len() / 2 + 1
    }

    /// An `_id` above all that are in use (D6: the highest plus one, also counting members about to go).
    pub fn next_id(&self) -> i32 {
        self.members
            .iter()
            .map(|member| member.id)
            .max()
            .unwrap_or(-1)
            + 1
    }

    /// `settings.electionTimeoutMillis`, in milliseconds, where it is set.
    pub fn election_timeout_ms(&self) -> Option<u32> {
        let settings = self.raw.get_document("settings").ok()?;
        u32::try_from(integer(settings.get("electionTimeoutMillis"))?).ok()
    }

    /// This config with one change and the next version number; every other field stays as it was.
    ///
    /// # Errors
    /// When the change names a member that is not there, or the result would not be a config.
    pub fn with(&self, change: &Change) -> Result<Self, Malformed> {
        let mut raw = self.raw.clone();
        raw.insert("version", self.version() + 1);
        let mut members = raw.get_array("members").cloned().unwrap_or_default();
        match change {
            Change::Add { id, host, unit } => members.push(Bson::Document(doc! {
                "_id": *id, "host": host.to_string(), "votes": 0, "priority": 0,
                "tags": { UNIT_TAG: unit.to_string() },
            })),
            Change::Remove(id) => {
                members.remove(self.position(*id)?);
            }
            Change::GiveVote(id) => {
                let priority = if self.member(*id).is_some_and(|member| member.hidden) {
                    0
                } else {
                    1
                };
                set(
                    &mut members,
                    self.position(*id)?,
                    &[
                        ("votes", Bson::Int32(1)),
                        ("priority", Bson::Int32(priority)),
                    ],
                );
            }
            Change::TakeVote(id) => {
                set(
                    &mut members,
                    self.position(*id)?,
                    &[("votes", Bson::Int32(0)), ("priority", Bson::Int32(0))],
                );
            }
            Change::SetHost(id, host) => {
                set(
                    &mut members,
                    self.position(*id)?,
                    &[("host", Bson::String(host.to_string()))],
                );
            }
            Change::SetElectionTimeout(ms) => {
                let settings = raw.get_document("settings").cloned().unwrap_or_default();
                raw.insert("settings", failure_detection(settings, *ms));
            }
        }
        raw.insert("members", members);
        Self::read(raw)
    }

    fn position(&self, id: i32) -> Result<usize, Malformed> {
        self.members
            .iter()
            .position(|member| member.id == id)
            .ok_or_else(|| Malformed(format!("it has no member with _id {id}")))
    }
}

fn set(members: &mut [Bson], position: usize, fields: &[(&str, Bson)]) {
    if let Some(Bson::Document(member)) = members.get_mut(position) {
        for (name, value) in fields {
            member.insert(*name, value.clone());
        }
    }
}

impl Member {
    fn read(document: &Document) -> Result<Self, Malformed> {
        let missing = |what: &str| Malformed(format!("a member has no {what}"));
        let id = integer(document.get("_id"))
            .and_then(|id| i32::try_from(id).ok())
            .ok_or_else(|| missing("_id"))?;
        let host = document.get_str("host").map_err(|_| missing("host"))?;
        let host = host
            .parse()
            .map_err(|error| Malformed(format!("member {id}: {error}")))?;
        let unit = document
            .get_document("tags")
            .ok()
            .and_then(|tags| tags.get_str(UNIT_TAG).ok());
        let priority = match document.get("priority") {
            Some(Bson::Double(number)) => *number,
            other => integer(other).unwrap_or(1) as f64,
        };
        Ok(Self {
            id,
            host,
            // An absent field votes (D7).
            votes: integer(document.get("votes")).unwrap_or(1) > 0,
            priority,
            unit: unit.and_then(|name| name.parse().ok()),
            hidden: integer(document.get("hidden")).unwrap_or(0) != 0,
            arbiter: integer(document.get("arbiterOnly")).unwrap_or(0) != 0,
        })
    }

    /// True when it may become primary.
    pub fn electable(&self) -> bool {
        self.votes && self.priority > 0.0 && !self.arbiter
    }

    /// The unit's name, or the address of a member that is no unit.
    pub fn label(&self) -> String {
        self.unit
            .as_ref()
            .map_or_else(|| self.host.to_string(), ToString::to_string)
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add { id, host, unit } => {
                write!(f, "add {unit} as member {id} at {host}, without a vote")
            }
            Self::Remove(id) => write!(f, "take member {id} out"),
            Self::GiveVote(id) => write!(f, "give member {id} a vote"),
            Self::TakeVote(id) => write!(f, "take member {id}'s vote"),
            Self::SetHost(id, host) => write!(f, "move member {id} to {host}"),
            Self::SetElectionTimeout(ms) => write!(f, "set the election timeout to {ms} ms"),
        }
    }
}

/// The settings with an election timeout and heartbeats that fit it, in the proportions of `mongod`'s own defaults (10 s,
/// a heartbeat every 2 s that may take 10 s). A timeout as short as the interval makes members stand for election
/// although they have a primary (measured with MongoDB 6.0.5: three elections in a row after one cut).
fn failure_detection(mut settings: Document, election_timeout_ms: u32) -> Document {
    let (interval, limit) = (election_timeout_ms / 5, election_timeout_ms.div_ceil(1000));
    settings.insert("electionTimeoutMillis", i64::from(election_timeout_ms));
    settings.insert("heartbeatIntervalMillis", i64::from(interval.min(2000)));
    settings.insert("heartbeatTimeoutSecs", i64::from(limit.min(10)));
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> SetConfig {
        SetConfig::read(doc! {
            "_id": "rs", "version": 7_i64, "term": 3_i64, "protocolVersion": 1_i64,
            "writeConcernMajorityJournalDefault": true,
            "members": [
                { "_id": 0, "host": "10.0.0.1:27017", "votes": 1, "priority": 1.0, "tags": { UNIT_TAG: "m/0", "zone": "a" },
                  "horizons": { "outside": "db.example:1" }, "secondaryDelaySecs": 0_i64 },
                { "_id": 4, "host": "[fd00::2]:27017", "votes": 0, "priority": 0, "tags": { UNIT_TAG: "m/1" } },
                { "_id": 2, "host": "other:1", "futureField": [1, 2] },
            ],
            "settings": { "chainingAllowed": false, "replicaSetId": mongodb::bson::oid::ObjectId::new() },
        })
        .unwrap()
    }

    #[test]
    fn members_are_read_with_mongods_defaults() {
        let config = config();
        assert_eq!(config.voters(), BTreeSet::from([0, 2]));
        assert_eq!(config.next_id(), 5);
        assert_eq!(
            config.member(2).map(Member::label),
            Some("other:1".to_owned())
        );
        assert_eq!(
            config
                .of_unit(&"m/1".parse().unwrap())
                .map(|member| member.id),
            Some(4)
        );
    }

    #[test]
    fn a_change_touches_its_own_fields_only() {
        let before = config();
        let after = before.with(&Change::GiveVote(4)).unwrap();
        let mut expected = before.document().clone();
        expected.insert("version", 8_i64);
        let members = expected.get_array_mut("members").unwrap();
        let member = members[1].as_document_mut().unwrap();
        member.insert("votes", 1);
        member.insert("priority", 1);
        assert_eq!(after.document(), &expected);
    }

    #[test]
    fn every_change_does_what_it_says() {
        let unit: UnitName = "m/9".parse().unwrap();
        let host = HostPort::new("10.0.0.9", 27017);
        let added = config()
            .with(&Change::Add {
                id: 5,
                host: host.clone(),
                unit: unit.clone(),
            })
            .unwrap();
        let member = added.of_unit(&unit).unwrap();
        assert!(!member.votes && !member.electable() && member.host == host);
        assert!(
            config()
                .with(&Change::Remove(2))
                .unwrap()
                .member(2)
                .is_none()
        );
        assert!(
            !config()
                .with(&Change::TakeVote(0))
                .unwrap()
                .member(0)
                .unwrap()
                .electable()
        );
        assert_eq!(
            config()
                .with(&Change::SetHost(4, host.clone()))
                .unwrap()
                .member(4)
                .unwrap()
                .host,
            host
        );
        let slow = config().with(&Change::SetElectionTimeout(2000)).unwrap();
        assert_eq!(slow.election_timeout_ms(), Some(2000));
        let settings = slow.document().get_document("settings").unwrap();
        assert!(settings.contains_key("replicaSetId"));
        assert_eq!(settings.get_i64("heartbeatIntervalMillis").unwrap(), 400);
        assert_eq!(settings.get_i64("heartbeatTimeoutSecs").unwrap(), 2);
        assert!(config().with(&Change::GiveVote(77)).is_err());
    }

    #[test]
    fn what_is_no_config_is_refused() {
        for raw in [
            doc! {},
            doc! {"_id": "a"},
            doc! {"_id": "a", "version": 1, "members": [1]},
        ] {
            assert!(SetConfig::read(raw).is_err());
        }
    }
}

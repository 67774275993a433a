//! Changes of a config: what each does to the document, and to what is read of it.

use super::member::DELAY;
use super::{Member, UNIT_TAG};
use crate::model::address::HostPort;
use crate::model::unit::UnitName;
use mongodb::bson::{Bson, Document, doc};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// One change of a config. Of the changes of one reconfig at most one may touch a vote (`mongod` refuses more, M8).
#[derive(Clone, Debug, PartialEq)]
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
    /// The same for a member that no unit owns, because a person said so.
    Drop(i32),
    /// Says that a member which no unit owns is a unit's: its server is where that unit's is.
    Adopt(i32, UnitName),
    /// Says that a member is another unit's: units have changed places, and a host keeps its `_id`.
    SetUnit(i32, UnitName),
    /// `votes: 1`, and `priority: 1` unless it is hidden or delayed.
    GiveVote(i32),
    /// `votes: 0` and `priority: 0`.
    TakeVote(i32),
    /// A new address for the same member.
    SetHost(i32, HostPort),
    /// What a person wants of a member.
    SetFields(i32, Fields),
    /// `settings.electionTimeoutMillis`, in milliseconds.
    SetElectionTimeout(u32),
}

/// Fields of a member that a person may set.
#[derive(Clone, Debug, PartialEq)]
pub struct Fields {
    /// Zero cannot be elected.
    pub priority: f64,
    /// Not seen by clients.
    pub hidden: bool,
    /// How far behind it is kept, in seconds.
    pub delay_secs: u32,
    /// Tags, the unit's own left out.
    pub tags: BTreeMap<String, String>,
}

impl Fields {
    /// Those of a member as it is.
    pub fn of(member: &Member) -> Self {
        Self {
            priority: member.priority,
            hidden: member.hidden,
            delay_secs: member.delay_secs,
            tags: member.tags.clone(),
        }
    }
}

impl Change {
    /// What it touches; none for a change of the settings.
    pub fn member(&self) -> Option<i32> {
        match self {
            Self::Add { id, .. }
            | Self::Remove(id)
            | Self::Drop(id)
            | Self::Adopt(id, _)
            | Self::SetUnit(id, _)
            | Self::GiveVote(id)
            | Self::TakeVote(id)
            | Self::SetHost(id, _)
            | Self::SetFields(id, _) => Some(*id),
            Self::SetElectionTimeout(_) => None,
        }
    }

    /// Makes it in the list of members; the error is the `_id` that is not there.
    pub(super) fn change(&self, members: &mut Vec<Arc<Member>>) -> Result<(), i32> {
        if let Self::Add { id, host, unit } = self {
            members.push(Arc::new(Member::joining(*id, host, unit)));
            return Ok(());
        }
        let Some(id) = self.member() else {
            return Ok(());
        };
        let position = members.iter().position(|member| member.id == id);
        let position = position.ok_or(id)?;
        if matches!(self, Self::Remove(_) | Self::Drop(_)) {
            members.remove(position);
            return Ok(());
        }
        let member = Arc::make_mut(&mut members[position]);
        match self {
            Self::GiveVote(_) => {
                member.votes = true;
                member.priority = first_priority(member.hidden, member.delay_secs);
            }
            Self::TakeVote(_) => {
                member.votes = false;
                member.priority = 0.0;
            }
            Self::SetHost(_, host) => member.host = host.clone(),
            Self::Adopt(_, unit) | Self::SetUnit(_, unit) => member.unit = Some(unit.clone()),
            Self::SetFields(_, fields) => {
                member.priority = fields.priority;
                member.hidden = fields.hidden;
                member.delay_secs = fields.delay_secs;
                member.tags = fields.tags.clone();
            }
            _ => {}
        }
        Ok(())
    }

    /// Makes it in the document.
    pub(super) fn write(&self, raw: &mut Document) {
        if let Self::SetElectionTimeout(ms) = self {
            let settings = raw.get_document("settings").cloned().unwrap_or_default();
            raw.insert("settings", failure_detection(settings, *ms));
            return;
        }
        let Ok(members) = raw.get_array_mut("members") else {
            return;
        };
        let named = |value: &Bson| {
            let id = value.as_document().and_then(|member| member.get("_id"));
            super::integer(id) == self.member().map(i64::from)
        };
        match self {
            Self::Add { id, host, unit } => members.push(Bson::Document(doc! {
                "_id": *id, "host": host.to_string(), "votes": 0, "priority": 0,
                "tags": { UNIT_TAG: unit.to_string() },
            })),
            Self::Remove(_) | Self::Drop(_) => members.retain(|value| !named(value)),
            _ => {
                let member = members.iter_mut().find(|value| named(value));
                if let Some(member) = member.and_then(Bson::as_document_mut) {
                    self.write_member(member);
                }
            }
        }
    }

    fn write_member(&self, member: &mut Document) {
        match self {
            Self::GiveVote(_) => {
                let number = |name: &str| super::integer(member.get(name)).unwrap_or(0);
                let delay = DELAY.iter().map(|name| number(name)).max().unwrap_or(0);
                let priority =
                    first_priority(number("hidden") != 0, u32::try_from(delay).unwrap_or(0));
                member.insert("votes", 1);
                member.insert("priority", priority as i32);
            }
            Self::TakeVote(_) => {
                member.insert("votes", 0);
                member.insert("priority", 0);
            }
            Self::SetHost(_, host) => {
                member.insert("host", host.to_string());
            }
            Self::Adopt(_, unit) | Self::SetUnit(_, unit) => {
                let mut tags = member.get_document("tags").cloned().unwrap_or_default();
                tags.insert(UNIT_TAG, unit.to_string());
                member.insert("tags", tags);
            }
            Self::SetFields(_, fields) => fields.write(member),
            _ => {}
        }
    }
}

impl Fields {
    fn write(&self, member: &mut Document) {
        member.insert("priority", self.priority);
        member.insert("hidden", self.hidden);
        let old = member.contains_key(DELAY[1]);
        member.insert(DELAY[usize::from(old)], i64::from(self.delay_secs));
        let unit = member.get_document("tags").ok();
        let unit = unit.and_then(|tags| tags.get(UNIT_TAG).cloned());
        let mut tags: Document = self
            .tags
            .iter()
            .map(|(name, value)| (name.clone(), Bson::String(value.clone())))
            .collect();
        if let Some(unit) = unit {
            tags.insert(UNIT_TAG, unit);
        }
        member.insert("tags", tags);
    }
}

/// `mongod` refuses hidden or delayed members that could be elected (M2).
fn first_priority(hidden: bool, delay_secs: u32) -> f64 {
    if hidden || delay_secs > 0 { 0.0 } else { 1.0 }
}

/// Milliseconds between two heartbeats at most.
const HEARTBEAT_MS: u32 = 200;

/// The settings with an election timeout and heartbeats that fit it: a fifth of it apart, as by `mongod`'s own defaults
/// (10 s and 2 s), but at most a fifth of a second: a reconfig is committed with the heartbeat after it, and while a cut
/// keeps members from following each other it is heartbeats that tell the primary how far they are. A timeout as short as
/// the interval makes members stand for election although they have a primary (measured with MongoDB 6.0.5: three
/// elections in a row after one cut).
pub(super) fn failure_detection(mut settings: Document, election_timeout_ms: u32) -> Document {
    let (interval, limit) = (election_timeout_ms / 5, election_timeout_ms.div_ceil(1000));
    settings.insert("electionTimeoutMillis", i64::from(election_timeout_ms));
    settings.insert(
        "heartbeatIntervalMillis",
        i64::from(interval.min(HEARTBEAT_MS)),
    );
    settings.insert("heartbeatTimeoutSecs", i64::from(limit.min(10)));
    settings
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add { id, host, unit } => {
                write!(f, "add {unit} as member {id} at {host}, without a vote")
            }
            Self::Remove(id) => write!(f, "take member {id} out"),
            Self::Drop(id) => write!(f, "take member {id}, which no unit owns, out"),
            Self::Adopt(id, unit) | Self::SetUnit(id, unit) => {
                write!(f, "mark member {id} as {unit}'s")
            }
            Self::GiveVote(id) => write!(f, "give member {id} a vote"),
            Self::TakeVote(id) => write!(f, "take member {id}'s vote"),
            Self::SetHost(id, host) => write!(f, "move member {id} to {host}"),
            Self::SetFields(id, fields) => {
                write!(f, "set member {id} to priority {}", fields.priority)?;
                if fields.hidden {
                    f.write_str(", hidden")?;
                }
                if fields.delay_secs > 0 {
                    write!(f, ", {} s behind", fields.delay_secs)?;
                }
                for (name, value) in &fields.tags {
                    write!(f, ", {name}={value}")?;
                }
                Ok(())
            }
            Self::SetElectionTimeout(ms) => write!(f, "set the election timeout to {ms} ms"),
        }
    }
}

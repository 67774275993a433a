//! The config of a replica set, held as the raw document that `replSetGetConfig` gives, so that fields which this code
//! does not know are kept through every change.

mod change;
mod member;

pub use change::{Change, Fields};
pub use member::Member;

use crate::model::address::HostPort;
use crate::model::unit::UnitName;
use mongodb::bson::{Bson, Document, doc};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The member tag that holds the unit's name. Identity is this tag: addresses and `_id`s may change or be reused.
pub const UNIT_TAG: &str = "juju-unit";

/// A config: a document as it was read, and changes of it. What the planner asks for is held beside the document, so that
/// a plan of many steps does not copy it for each.
#[derive(Clone, Debug)]
pub struct SetConfig {
    raw: Arc<Document>,
    members: Vec<Arc<Member>>,
    changes: Vec<Change>,
    /// How many reconfigs the changes are.
    steps: i64,
}

/// A document that is no config.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the replica set's config cannot be read: {0}")]
pub struct Malformed(String);

impl PartialEq for SetConfig {
    fn eq(&self, other: &Self) -> bool {
        self.document() == other.document()
    }
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
    ///
    /// # Errors
    /// When it has no name, version or members, or a member no `_id` or address.
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
            members.push(Arc::new(Member::read(document)?));
        }
        Ok(Self {
            raw: Arc::new(raw),
            members,
            changes: Vec::new(),
            steps: 0,
        })
    }

    /// The config that a new set is initiated with: one member that votes.
    pub fn initial(name: &str, host: &HostPort, unit: &UnitName, election_timeout_ms: u32) -> Self {
        let raw = doc! {
            "_id": name,
            "version": 1,
            "members": [{ "_id": 0, "host": host.to_string(), "tags": { UNIT_TAG: unit.to_string() } }],
            "settings": change::failure_detection(Document::new(), election_timeout_ms),
        };
        Self {
            raw: Arc::new(raw),
            members: vec![Arc::new(Member::first(host, unit))],
            changes: Vec::new(),
            steps: 0,
        }
    }

    /// The document, as `replSetReconfig` and `replSetInitiate` take it.
    pub fn document(&self) -> Document {
        let mut raw = Document::clone(&self.raw);
        if self.steps > 0 {
            raw.insert("version", self.version());
        }
        for change in &self.changes {
            change.write(&mut raw);
        }
        raw
    }

    /// The set's name.
    pub fn name(&self) -> &str {
        self.raw.get_str("_id").unwrap_or_default()
    }

    /// True for configs of one and the same set: by name, and by the id that it was given when it was initiated.
    pub fn same_set(&self, other: &Self) -> bool {
        self.name() == other.name() && self.set_id() == other.set_id()
    }

    fn set_id(&self) -> Option<&Bson> {
        self.raw.get_document("settings").ok()?.get("replicaSetId")
    }

    /// Whether a server, of one of these units, that knows itself by an address may become a member at another one.
    ///
    /// # Errors
    /// It is a member already, which somebody added under another name: twice in a config, it would leave the set.
    pub fn may_be_at(&self, units: &[&UnitName], known_as: &HostPort) -> Result<(), String> {
        match self.at(known_as) {
            Some(member) if !units.iter().any(|unit| member.unit.as_ref() == Some(unit)) => {
                Err(format!(
                    "it is in the set already, as {known_as}{}",
                    match &member.unit {
                        Some(unit) => format!(", which is {unit}'s"),
                        None => format!(
                            ": take that member out with set-member member={known_as} remove=true"
                        ),
                    }
                ))
            }
            _ => Ok(()),
        }
    }

    /// False for a member that keeps no indexes: it can never be primary.
    pub fn builds_indexes(&self, id: i32) -> bool {
        let members = self.raw.get_array("members").ok();
        let documents = members.into_iter().flatten().filter_map(Bson::as_document);
        let named = |document: &&Document| integer(document.get("_id")) == Some(i64::from(id));
        let mut named = documents.filter(named);
        named.all(|document| integer(document.get("buildIndexes")).unwrap_or(1) != 0)
    }

    /// Counts up with every reconfig.
    pub fn version(&self) -> i64 {
        integer(self.raw.get("version")).unwrap_or_default() + self.steps
    }

    /// The term of the primary that wrote it.
    pub fn term(&self) -> i64 {
        integer(self.raw.get("term")).unwrap_or(-1)
    }

    /// All members, in the order of the document.
    pub fn members(&self) -> impl Iterator<Item = &Member> + Clone {
        self.members.iter().map(Arc::as_ref)
    }

    /// How many members there are.
    pub fn size(&self) -> usize {
        self.members.len()
    }

    /// The member with this `_id`.
    pub fn member(&self, id: i32) -> Option<&Member> {
        self.members().find(|member| member.id == id)
    }

    /// The member that belongs to a unit.
    pub fn of_unit(&self, unit: &UnitName) -> Option<&Member> {
        self.members()
            .find(|member| member.unit.as_ref() == Some(unit))
    }

    /// The member at an address.
    pub fn at(&self, host: &HostPort) -> Option<&Member> {
        self.members().find(|member| member.host == *host)
    }

    /// The `_id`s of all members that vote.
    pub fn voters(&self) -> BTreeSet<i32> {
        let voters = self.members().filter(|member| member.votes);
        voters.map(|member| member.id).collect()
    }

    /// How many voters make a majority.
    pub fn majority(&self) -> usize {
        self.members().filter(|member| member.votes).count() / 2 + 1
    }

    /// An `_id` above all that are in use (D6: the highest plus one, also counting members about to go), and above those
    /// that the changes since it was read have taken out.
    pub fn next_id(&self) -> i32 {
        let present = self.members().map(|member| member.id);
        let removed = self.changes.iter().filter_map(|change| match change {
            Change::Remove(id) | Change::Drop(id) => Some(*id),
            _ => None,
        });
        present.chain(removed).max().unwrap_or(-1).saturating_add(1)
    }

    /// `settings.electionTimeoutMillis`, in milliseconds, where it is set.
    pub fn election_timeout_ms(&self) -> Option<u32> {
        let changed = self.changes.iter().rev().find_map(|change| match change {
            Change::SetElectionTimeout(ms) => Some(*ms),
            _ => None,
        });
        changed.or_else(|| {
            let settings = self.raw.get_document("settings").ok()?;
            u32::try_from(integer(settings.get("electionTimeoutMillis"))?).ok()
        })
    }

    /// This config after one reconfig with these changes; every other field stays as it was.
    ///
    /// # Errors
    /// When a change names a member that is not there.
    pub fn with(&self, changes: &[Change]) -> Result<Self, Malformed> {
        let mut next = self.clone();
        next.steps += 1;
        for change in changes {
            change
                .change(&mut next.members)
                .map_err(|id| Malformed(format!("it has no member with _id {id}")))?;
            next.changes.push(change.clone());
        }
        Ok(next)
    }
}

#[cfg(test)]
mod tests;

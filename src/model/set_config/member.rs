//! What this code reads of one member of a config.

use super::{Malformed, UNIT_TAG, integer};
use crate::model::address::HostPort;
use crate::model::unit::UnitName;
use mongodb::bson::{Bson, Document};
use std::collections::BTreeMap;

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
    /// How far behind it is kept on purpose, in seconds.
    pub delay_secs: u32,
    /// Its tags, [`UNIT_TAG`] left out.
    pub tags: BTreeMap<String, String>,
}

/// The name of the delay's field; before MongoDB 5.0 it was the second (M25).
pub(super) const DELAY: [&str; 2] = ["secondaryDelaySecs", "slaveDelay"];

impl Member {
    pub(super) fn read(document: &Document) -> Result<Self, Malformed> {
        let missing = |what: &str| Malformed(format!("a member has no {what}"));
        let id = integer(document.get("_id"))
            .and_then(|id| i32::try_from(id).ok())
            .ok_or_else(|| missing("_id"))?;
        let host = document.get_str("host").map_err(|_| missing("host"))?;
        let host = host
            .parse()
            .map_err(|error| Malformed(format!("member {id}: {error}")))?;
        let mut tags: BTreeMap<String, String> = document
            .get_document("tags")
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .collect();
        let unit = tags.remove(UNIT_TAG);
        let priority = match document.get("priority") {
            Some(Bson::Double(number)) => *number,
            other => integer(other).unwrap_or(1) as f64,
        };
        let flag = |name: &str| integer(document.get(name)).unwrap_or(0) != 0;
        let delay = DELAY.iter().find_map(|name| integer(document.get(*name)));
        Ok(Self {
            id,
            host,
            // An absent field votes (D7).
            votes: integer(document.get("votes")).unwrap_or(1) > 0,
            priority,
            unit: unit.and_then(|name| name.parse().ok()),
            hidden: flag("hidden"),
            arbiter: flag("arbiterOnly"),
            delay_secs: u32::try_from(delay.unwrap_or(0)).unwrap_or(0),
            tags,
        })
    }

    /// A member as it joins: without a vote.
    pub(super) fn joining(id: i32, host: &HostPort, unit: &UnitName) -> Self {
        Self {
            id,
            host: host.clone(),
            votes: false,
            priority: 0.0,
            unit: Some(unit.clone()),
            hidden: false,
            arbiter: false,
            delay_secs: 0,
            tags: BTreeMap::new(),
        }
    }

    /// The only member of a new set.
    pub(super) fn first(host: &HostPort, unit: &UnitName) -> Self {
        Self {
            votes: true,
            priority: 1.0,
            ..Self::joining(0, host, unit)
        }
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

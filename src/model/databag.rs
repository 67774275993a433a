//! What the units tell each other over the peer relation. Versioned: old and new code run side by side during a refresh.

use crate::model::address::HostPort;
use crate::model::desired::Health;
use crate::model::fault::{Acknowledgement, HealRequest, Request};
use crate::model::policy::Policy;
use crate::model::unit::UnitName;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// The version of the databag that this code writes and reads.
pub const VERSION: &str = "1";
/// The key under which the version is kept.
pub const VERSION_KEY: &str = "version";
/// The key under which the content is kept, as JSON.
pub const CONTENT_KEY: &str = "content";

/// What one unit tells the others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct UnitData {
    /// Where this unit is, whether or not its server runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<IpAddr>,
    /// The zone of this unit's machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Where this unit's `mongod` is to be reached; set once it answers there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<HostPort>,
    /// Mark of the settings that its `mongod` was started with; a rolling restart goes by it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub settings: String,
    /// Faults that this unit was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Request>,
    /// What this unit was asked to heal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heal: Option<HealRequest>,
    /// What this unit was asked to heal on itself alone; not for the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heal_here: Option<HealRequest>,
    /// Requests for faults, still to be found in somebody's databag, that this unit knows to be healed: whoever was asked
    /// to heal may leave before the unit that asked for the fault has heard of it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub healed: BTreeSet<String>,
    /// What this unit did about each fault that concerns it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub acknowledged: BTreeMap<String, Acknowledgement>,
}

impl UnitData {
    /// Where this unit is: an older charm tells it with its server's address alone.
    pub fn present_ip(&self) -> Option<IpAddr> {
        self.ip.or_else(|| self.address.as_ref()?.ip())
    }
}

/// What the leader tells all units.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ApplicationData {
    /// The only unit that may initiate the set. Written one hook before it does, so that a change of leader in between
    /// cannot make two sets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initiator: Option<UnitName>,
    /// The name that the set was given; frozen from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_name: Option<String>,
    /// `version.term` of the last config that the leader saw settled: a change of it wakes every unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// The `_id` after the highest that any member ever had, as far as the leaders saw: none is given twice.
    #[serde(default, skip_serializing_if = "is_default")]
    pub first_id: i32,
    /// What a person wants of the members.
    #[serde(default, skip_serializing_if = "is_default")]
    pub policy: Policy,
    /// Since when each member has been up or away, as the leaders saw it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub health: BTreeMap<UnitName, Health>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Why a databag cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Written by another version of the charm.
    #[error("its databag has version {0:?}, this unit reads {VERSION:?}; refresh the older unit")]
    OtherVersion(String),
    /// Not what this version writes.
    #[error("its databag is damaged: {0}")]
    Garbage(String),
}

/// Reads a databag. A bag in which this charm has not written yet is `Ok(None)`.
pub fn read<T: DeserializeOwned>(bag: &BTreeMap<String, String>) -> Result<Option<T>, Unreadable> {
    let (version, content) = (bag.get(VERSION_KEY), bag.get(CONTENT_KEY));
    match (version.map(String::as_str), content) {
        (None, None) => Ok(None),
        // By way of a map: a struct could be read from a list of its fields too, an empty one even.
        (Some(VERSION), Some(content)) => serde_json::from_str::<Map<String, Value>>(content)
            .and_then(|map| serde_json::from_value(Value::Object(map)))
            .map(Some)
            .map_err(|error| Unreadable::Garbage(error.to_string())),
        (Some(VERSION), None) => Err(Unreadable::Garbage(format!("no {CONTENT_KEY:?}"))),
        (Some(other), _) => Err(Unreadable::OtherVersion(other.to_owned())),
        (None, Some(_)) => Err(Unreadable::Garbage(format!("no {VERSION_KEY:?}"))),
    }
}

/// Writes a databag: the keys and values to set.
pub fn write<T: Serialize>(data: &T) -> BTreeMap<String, String> {
    // Plain structs of strings, numbers and maps with string keys always serialize.
    let content = serde_json::to_string(data).unwrap_or_default();
    BTreeMap::from([
        (VERSION_KEY.to_owned(), VERSION.to_owned()),
        (CONTENT_KEY.to_owned(), content),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bag(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn what_is_written_is_read_back_among_jujus_own_keys() {
        let data = UnitData {
            address: Some(HostPort::new("10.0.0.1", 27017)),
            ..UnitData::default()
        };
        let mut written = write(&data);
        written.insert("egress-subnets".into(), "10.0.0.1/32".into());
        assert_eq!(read(&written), Ok(Some(data)));
        assert_eq!(
            read::<UnitData>(&bag(&[("ingress-address", "10.0.0.1")])),
            Ok(None)
        );
    }

    #[test]
    fn other_versions_and_garbage_are_told_apart() {
        let other = read::<UnitData>(&bag(&[("version", "2"), ("content", "{}")]));
        assert_eq!(other, Err(Unreadable::OtherVersion("2".into())));
        for pairs in [
            &[("version", "1"), ("content", "}")][..],
            &[("version", "1"), ("content", "[]")],
            &[("version", "1"), ("content", r#"{"address":7}"#)],
            &[("version", "1")],
            &[("content", "{}")],
        ] {
            assert!(
                matches!(read::<UnitData>(&bag(pairs)), Err(Unreadable::Garbage(_))),
                "{pairs:?}"
            );
        }
    }

    #[test]
    fn fields_of_a_later_minor_version_are_passed_over() {
        let later = bag(&[
            ("version", "1"),
            ("content", r#"{"address":"a:1","rack":"b"}"#),
        ]);
        assert_eq!(
            read::<UnitData>(&later).unwrap().unwrap().address,
            Some(HostPort::new("a", 1))
        );
    }

    #[test]
    fn acknowledgements_of_older_and_later_charms_are_read() {
        for (more, ends_ms) in [("", None), (r#","ends-ms":9,"later":[]"#, Some(9))] {
            let content =
                format!(r#"{{"acknowledged":{{"a":{{"outcome":"installed","at-ms":7{more}}}}}}}"#);
            let pairs: &[(&str, &str)] = &[(VERSION_KEY, VERSION), (CONTENT_KEY, &content)];
            let data: UnitData = read(&bag(pairs)).unwrap().unwrap();
            let outcome = crate::model::fault::Outcome::Installed;
            let at_ms = 7;
            let told = crate::model::fault::Acknowledgement {
                outcome,
                at_ms,
                ends_ms,
            };
            assert_eq!(data.acknowledged["a"], told);
        }
    }

    #[test]
    fn what_a_later_version_adds_to_a_persons_word_is_passed_over() {
        let content =
            r#"{"policy":{"voters":3,"later":1,"members":{"m/1":{"votes":false,"newer":[]}}}}"#;
        let pairs: &[(&str, &str)] = &[(VERSION_KEY, VERSION), (CONTENT_KEY, content)];
        let data: ApplicationData = read(&bag(pairs)).unwrap().unwrap();
        assert_eq!(data.policy.voters, Some(3));
        assert!(!data.policy.of(&"m/1".parse().unwrap()).may_vote());
    }
}

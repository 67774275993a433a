//! A config as a whole, and what makes a document none (93).

use super::member::Member;
use super::refusal::{Refusal, malformed};
use super::values::{number, only, present, set_id, truth, whole_number};
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, Document};
use std::collections::BTreeSet;

/// A config.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// `_id`: the set's name.
    pub name: String,
    /// `version`.
    pub version: i64,
    /// `term`; none after a forced reconfig.
    pub term: Option<i64>,
    /// `members`.
    pub members: Vec<Member>,
    /// `settings.replicaSetId`.
    pub set_id: Option<ObjectId>,
    /// `settings.getLastErrorDefaults` is not what it is by default.
    pub customized_defaults: bool,
    /// The names in `settings.getLastErrorModes`.
    pub modes: BTreeSet<String>,
    /// `configsvr`.
    pub config_server: bool,
}

const FIELDS: [&str; 8] = [
    "_id",
    "version",
    "term",
    "members",
    "protocolVersion",
    "configsvr",
    "writeConcernMajorityJournalDefault",
    "settings",
];

impl Config {
    /// Reads it.
    pub fn read(raw: &Document) -> Result<Self, Refusal> {
        only(raw, &FIELDS)?;
        let Some(name) = present(raw, "_id").and_then(Bson::as_str) else {
            return malformed("_id is missing");
        };
        let Some(version) = whole_number(raw, "version", 1..=i64::from(i32::MAX))? else {
            return malformed("version is missing");
        };
        whole_number(raw, "protocolVersion", 1..=1)?;
        truth(raw, "writeConcernMajorityJournalDefault")?;
        let Some(list) = present(raw, "members").and_then(Bson::as_array) else {
            return malformed("members is missing");
        };
        let mut members = Vec::with_capacity(list.len());
        for value in list {
            match value.as_document() {
                Some(member) => members.push(Member::read(member)?),
                None => return malformed("a member is no document"),
            }
        }
        if name.is_empty() {
            return malformed("_id is empty");
        }
        let term = number(raw, "term")?.map(|term| term as i64);
        let mut config = Self {
            name: name.to_owned(),
            version,
            term: term.filter(|term| *term >= 0),
            members,
            set_id: set_id(raw),
            customized_defaults: false,
            modes: BTreeSet::new(),
            config_server: truth(raw, "configsvr")?.unwrap_or(false),
        };
        match present(raw, "settings") {
            None => {}
            Some(Bson::Document(settings)) => config.read_settings(settings)?,
            Some(_) => return malformed("settings is no document"),
        }
        Ok(config)
    }

    /// Settings that nobody knows are taken (measured).
    fn read_settings(&mut self, settings: &Document) -> Result<(), Refusal> {
        for name in [
            "electionTimeoutMillis",
            "heartbeatIntervalMillis",
            "heartbeatTimeoutSecs",
        ] {
            whole_number(settings, name, 1..=i64::MAX)?;
        }
        truth(settings, "chainingAllowed")?;
        if let Some(Bson::Document(modes)) = present(settings, "getLastErrorModes") {
            for (name, wanted) in modes {
                let Some(wanted) = wanted.as_document() else {
                    return malformed("a write concern mode is no document");
                };
                let known = |key: &String| self.members.iter().any(|m| m.tags.contains_key(key));
                if let Some(key) = wanted.keys().find(|key| !known(key)) {
                    return malformed(format!("no tag {key} in the config"));
                }
                self.modes.insert(name.clone());
            }
        }
        if let Some(Bson::Document(defaults)) = present(settings, "getLastErrorDefaults") {
            let w = present(defaults, "w").cloned();
            let plain = matches!(w, None | Some(Bson::Int32(1) | Bson::Int64(1)));
            let unlimited = number(defaults, "wtimeout")?.unwrap_or(0.0) == 0.0;
            self.customized_defaults = !(plain && unlimited);
        }
        Ok(())
    }

    /// The member with this `_id`.
    pub fn member(&self, id: i32) -> Option<&Member> {
        self.members.iter().find(|member| member.id == id)
    }

    /// Those that count in elections.
    pub fn voters(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.is_voter())
    }

    /// How many of them elect.
    pub fn majority(&self) -> usize {
        self.voters().count() / 2 + 1
    }
}

//! A situation as the text of its file. The fields stand in the order of `docs/plan.md`; the same situation gives the same
//! text, byte for byte.

use super::{Situation, VERSION};
use crate::model::address::HostPort;
use crate::model::desired::{Health, Role, Wanted};
use crate::model::policy::Policy;
use crate::model::set_view::{Seen, State};
use crate::model::unit::UnitName;
use mongodb::bson::Document;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct File<'a> {
    version: i64,
    unit: &'a UnitName,
    role: &'static str,
    now_ms: u64,
    set: Set<'a>,
    units: BTreeMap<&'a UnitName, Unit<'a>>,
    health: BTreeMap<&'a UnitName, Since>,
    policy: &'a Policy,
    two_voters: bool,
    first_id: i32,
    grace_ms: u64,
    election_timeout_ms: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Set<'a> {
    seen_from: &'a HostPort,
    config: Document,
    committed: bool,
    primary: Option<i32>,
    term: i64,
    default_write_concern: Option<bool>,
    members: BTreeMap<i32, Member<'a>>,
    doors: BTreeMap<&'a HostPort, Door<'a>>,
}

#[derive(Serialize)]
struct Member<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    optime: Option<u32>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Door<'a> {
    Open(bool),
    Shut(&'a str),
}

#[derive(Serialize)]
struct Unit<'a> {
    address: Option<&'a HostPort>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    life: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Since {
    up: bool,
    since_ms: u64,
}

impl Situation {
    /// The text of its file.
    pub fn text(&self) -> String {
        let (view, goal) = (&self.view, &self.goal);
        let set = Set {
            seen_from: &view.seen_from,
            config: view.config.document(),
            committed: view.committed,
            primary: view.primary,
            term: view.term,
            default_write_concern: view.has_default_write_concern,
            members: view
                .members
                .iter()
                .map(|(id, it)| (*id, seen(it)))
                .collect(),
            doors: view.doors.iter().map(|(at, it)| (at, door(it))).collect(),
        };
        let leaves = |unit: &UnitName| goal.role == Role::Leaver && *unit == goal.me;
        let units = goal.units.iter();
        let units = units.map(|(name, wanted)| {
            let life = leaves(name).then_some("leaving");
            (name, unit(wanted, life))
        });
        let nowhere = Wanted::default();
        let dying = goal.dying.iter();
        let dying = dying.map(|name| (name, unit(&nowhere, Some("dying"))));
        let file = File {
            version: VERSION,
            unit: &goal.me,
            role: match goal.role {
                Role::Leader => "leader",
                Role::Leaver => "leaver",
            },
            now_ms: goal.now_ms,
            set,
            units: units.chain(dying).collect(),
            health: goal
                .health
                .iter()
                .map(|(name, it)| (name, since(it)))
                .collect(),
            policy: &goal.policy,
            two_voters: goal.two_voters,
            first_id: goal.first_id,
            grace_ms: goal.grace_ms,
            election_timeout_ms: goal.election_timeout_ms,
        };
        // Plain structs, and maps whose keys are texts or numbers, always serialize.
        let text = serde_json::to_string_pretty(&file).unwrap_or_default();
        format!("{text}\n")
    }
}

fn seen(seen: &Seen) -> Member<'_> {
    let (state, unknown) = match &seen.state {
        State::Unknown(why) => (None, Some(why.as_str())),
        known => (Some(known.to_string()), None),
    };
    Member {
        state,
        unknown,
        optime: seen.optime_secs,
    }
}

fn door(answer: &Result<(), String>) -> Door<'_> {
    match answer {
        Ok(()) => Door::Open(true),
        Err(why) => Door::Shut(why),
    }
}

fn unit<'a>(wanted: &'a Wanted, life: Option<&'static str>) -> Unit<'a> {
    Unit {
        address: wanted.address.as_ref(),
        zone: wanted.zone.as_deref(),
        life,
    }
}

fn since(health: &Health) -> Since {
    Since {
        up: health.up,
        since_ms: health.since_ms,
    }
}

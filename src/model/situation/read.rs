//! A situation from the text of its file. What is left out has the default that `docs/plan.md` tells.

use super::field::{Field, Object, Refused, or_null, parsed, text, whole};
use super::read_policy::{host, policy, unit_name, wrong_unit};
use super::twins::NoTwins;
use super::{GRACE_MS, Situation, VERSION};
use crate::model::address::HostPort;
use crate::model::desired::{Goal, Health, Role, Wanted};
use crate::model::set_config::SetConfig;
use crate::model::set_view::{Seen, SetView, State};
use crate::model::unit::UnitName;
use mongodb::bson::{Bson, Document};
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

const FILE: &[&str] = &[
    "version",
    "unit",
    "role",
    "now-ms",
    "set",
    "units",
    "health",
    "policy",
    "two-voters",
    "first-id",
    "grace-ms",
    "election-timeout-ms",
];
const SET: &[&str] = &[
    "seen-from",
    "config",
    "committed",
    "primary",
    "term",
    "default-write-concern",
    "members",
    "doors",
];
/// What `mongod` says a member's state is, when it is said.
const STATES: &str =
    "PRIMARY, SECONDARY, STARTUP, STARTUP2, RECOVERING, ROLLBACK, ARBITER or REMOVED";
const YES: &str = "true or false";
const MILLISECONDS: &str = "a whole number of milliseconds";

impl FromStr for Situation {
    type Err = Refused;

    fn from_str(file: &str) -> Result<Self, Refused> {
        let not_json = |error: serde_json::Error| Refused::NotJson(error.to_string());
        serde_json::from_str::<NoTwins>(file).map_err(not_json)?;
        let document: Bson = serde_json::from_str(file).map_err(not_json)?;
        let document = document
            .as_document()
            .ok_or_else(|| Refused::NotJson("it is not an object, {…}".to_owned()))?;
        read(document)
    }
}

fn read(document: &Document) -> Result<Situation, Refused> {
    let file = Object::outermost(document, FILE)?;
    let version = format!("{VERSION}, the version that this mongo-rs reads");
    let known = |value: &Bson| whole(value).filter(|version: &i64| *version == VERSION);
    file.field("version").required(&version, known)?;
    let set = file.field("set");
    let Some(set) = set.object(SET)? else {
        return Err(set.refused("an object with the set as it was seen"));
    };
    let mut view = view(&set)?;
    let role = file.field("role").optional("leader or leaver", role)?;
    let role = role.unwrap_or(Role::Leader);
    let me = file.field("unit");
    let me = me.value.map(|_| unit_name(&me)).transpose()?;
    let (units, dying) = units(&file.field("units"), &view.config, &role, me.as_ref())?;
    if set.field("doors").value.is_none() {
        view.doors = open_doors(&view.config, &units);
    }
    let health = health(&file.field("health"))?;
    let now = file.field("now-ms");
    let now_ms = match now.optional(MILLISECONDS, whole)? {
        None if !health.is_empty() => {
            return Err(now.refused("the milliseconds since 1970 at which health was so"));
        }
        now => now.unwrap_or(0),
    };
    let me = match me {
        Some(me) => me,
        None if role == Role::Leaver => {
            return Err(file.field("unit").refused("the unit that leaves"));
        }
        None => super::planner(&view, &units),
    };
    let election = file.field("election-timeout-ms");
    let positive = |value: &Bson| whole::<u32>(value).filter(|number| *number > 0);
    let goal = Goal {
        me,
        role,
        units,
        dying,
        policy: policy(&file.field("policy"))?,
        two_voters: file
            .field("two-voters")
            .optional(YES, Bson::as_bool)?
            .unwrap_or(false),
        first_id: file
            .field("first-id")
            .optional("a whole number from 0 on", |value| {
                whole(value).filter(|id: &i32| *id >= 0)
            })?
            .unwrap_or(0),
        health,
        now_ms,
        grace_ms: file
            .field("grace-ms")
            .optional(MILLISECONDS, whole)?
            .unwrap_or(GRACE_MS),
        election_timeout_ms: election
            .optional(MILLISECONDS, positive)?
            .unwrap_or_else(|| super::election_timeout_ms(&view.config)),
    };
    Ok(Situation { view, goal })
}

fn view(set: &Object) -> Result<SetView, Refused> {
    let config = set.field("config");
    let what = "the document of replSetGetConfig, in relaxed extended JSON";
    let raw = config.required(what, Bson::as_document)?;
    let malformed = |error: crate::model::set_config::Malformed| Refused::Value {
        field: config.path.clone(),
        found: format!("refused ({error})"),
        allowed: what.to_owned(),
    };
    let config = SetConfig::read(raw.clone()).map_err(malformed)?;
    let members = members(&set.field("members"))?;
    let primary = set.field("primary");
    let there = |id: &i32| config.member(*id).is_some();
    let ids: Vec<String> = config.members().map(|it| it.id.to_string()).collect();
    let allowed = format!("null or the _id of a member: {}", ids.join(", "));
    let id = or_null(|value| whole(value).filter(there));
    let said = primary.optional(&allowed, id)?;
    let states = members.iter().map(|(id, seen)| (*id, seen.state.clone()));
    let primary = said.unwrap_or_else(|| super::only_primary(states).filter(there));
    let seen_from = set.field("seen-from");
    let seen_from = seen_from.value.map(|_| host(&seen_from)).transpose()?;
    let asked = primary
        .and_then(|id| config.member(id))
        .or(config.members().next())
        .map(|member| member.host.clone());
    let seen_from = seen_from.or(asked);
    let term = set.field("term").optional("a whole number", whole)?;
    let concern = set.field("default-write-concern");
    Ok(SetView {
        seen_from: seen_from.ok_or_else(|| set.field("seen-from").refused("an address"))?,
        committed: set
            .field("committed")
            .optional(YES, Bson::as_bool)?
            .unwrap_or(true),
        primary,
        term: term.unwrap_or_else(|| config.term()),
        members,
        has_default_write_concern: concern
            .optional("true, false or null", or_null(Bson::as_bool))?
            .flatten(),
        doors: doors(&set.field("doors"))?,
        config,
    })
}

fn members(field: &Field) -> Result<BTreeMap<i32, Seen>, Refused> {
    let entries = field.entries("an object, a field for each member's _id")?;
    let read = |(id, field): (&str, Field)| {
        let what = "an object with state, or with unknown and why";
        let wrong_id = |_| Refused::Value {
            field: field.path.clone(),
            found: "no _id's".to_owned(),
            allowed: "under the _id of a member, such as \"0\"".to_owned(),
        };
        let id: i32 = id.parse().map_err(wrong_id)?;
        let Some(member) = field.object(&["state", "unknown", "optime"])? else {
            return Err(field.refused(what));
        };
        let known = member.field("state").optional(STATES, state)?;
        let unknown = member.field("unknown").optional("a text: why", |value| {
            Some(State::Unknown(value.as_str()?.to_owned()))
        })?;
        let state = match (known, unknown) {
            (Some(state), None) | (None, Some(state)) => state,
            _ => return Err(field.refused(what)),
        };
        let optime = member.field("optime");
        let optime_secs = optime.optional("seconds since 1970", or_null(whole))?;
        Ok((
            id,
            Seen {
                state,
                optime_secs: optime_secs.flatten(),
            },
        ))
    };
    entries.into_iter().map(read).collect()
}

/// `mongod`'s word for a state; one that is new in a later version is taken too.
fn state(value: &Bson) -> Option<State> {
    let word = value.as_str()?;
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    match word {
        "PRIMARY" => Some(State::Primary),
        "SECONDARY" => Some(State::Secondary),
        "UNKNOWN" | "DOWN" => None,
        _ => (!word.is_empty() && word.chars().all(plain)).then(|| State::Other(word.to_owned())),
    }
}

fn doors(field: &Field) -> Result<BTreeMap<HostPort, Result<(), String>>, Refused> {
    let entries = field.entries("an object, a field for each address")?;
    let read = |(at, field): (&str, Field)| {
        let wrong = |_| Refused::Value {
            field: field.path.clone(),
            found: "no address'".to_owned(),
            allowed: "under an address with a port, such as 10.0.0.1:27017".to_owned(),
        };
        let answer =
            field.required(
                "true, or a text: why nobody may join there",
                |value| match value {
                    Bson::Boolean(true) => Some(Ok(())),
                    other => Some(Err(text(other)?)),
                },
            )?;
        Ok((at.parse().map_err(wrong)?, answer))
    };
    entries.into_iter().map(read).collect()
}

/// Every unit that is in no config yet answers: the file asks what would be done.
fn open_doors(
    config: &SetConfig,
    units: &BTreeMap<UnitName, Wanted>,
) -> BTreeMap<HostPort, Result<(), String>> {
    let addresses = units.values().filter_map(|wanted| wanted.address.clone());
    let hosts: BTreeSet<&HostPort> = config.members().map(|member| &member.host).collect();
    let new = addresses.filter(|address| !hosts.contains(address));
    new.map(|address| (address, Ok(()))).collect()
}

fn role(value: &Bson) -> Option<Role> {
    match value.as_str()? {
        "leader" => Some(Role::Leader),
        "leaver" => Some(Role::Leaver),
        _ => None,
    }
}

/// What is to become of a unit.
#[derive(Clone, Copy)]
enum Life {
    Alive,
    /// It takes itself out.
    Dying,
    /// The leader is to take it out.
    Leaving,
}

/// The units that are to be members, and those that take themselves out. For a leader those that leave are not among them.
type Units = (BTreeMap<UnitName, Wanted>, BTreeSet<UnitName>);

fn units(
    field: &Field,
    config: &SetConfig,
    role: &Role,
    me: Option<&UnitName>,
) -> Result<Units, Refused> {
    if field.value.is_none() {
        return Ok((super::units_as_they_are(config), BTreeSet::new()));
    }
    let (mut units, mut dying) = (BTreeMap::new(), BTreeSet::new());
    for (name, field) in field.entries("an object, a field for each unit")? {
        let name: UnitName = name.parse().map_err(|_| wrong_unit(&field.path))?;
        let Some(unit) = field.object(&["address", "zone", "life"])? else {
            continue;
        };
        let what = "null or an address with a port, such as 10.0.0.1:27017";
        let address = unit.field("address").optional(what, or_null(parsed))?;
        let member = || config.of_unit(&name).map(|member| member.host.clone());
        let zone = unit.field("zone");
        let wanted = Wanted {
            address: address.unwrap_or_else(member),
            zone: zone.optional("null or a text", or_null(text))?.flatten(),
        };
        let life = unit
            .field("life")
            .optional("alive, dying or leaving", |value| match value.as_str()? {
                "alive" => Some(Life::Alive),
                "dying" => Some(Life::Dying),
                "leaving" => Some(Life::Leaving),
                _ => None,
            })?;
        let takes_itself_out = *role == Role::Leaver && me == Some(&name);
        match life.unwrap_or(Life::Alive) {
            _ if takes_itself_out => drop(units.insert(name, wanted)),
            Life::Alive => drop(units.insert(name, wanted)),
            Life::Dying => drop(dying.insert(name)),
            Life::Leaving => {}
        }
    }
    Ok((units, dying))
}

fn health(field: &Field) -> Result<BTreeMap<UnitName, Health>, Refused> {
    let entries = field.entries("an object, a field for each unit")?;
    let read = |(name, field): (&str, Field)| {
        let name = name.parse().map_err(|_| wrong_unit(&field.path))?;
        let Some(health) = field.object(&["up", "since-ms"])? else {
            return Err(field.refused("an object with up and since-ms"));
        };
        let health = Health {
            up: health.field("up").required(YES, Bson::as_bool)?,
            since_ms: health
                .field("since-ms")
                .required("milliseconds since 1970", whole)?,
        };
        Ok((name, health))
    };
    entries.into_iter().map(read).collect()
}

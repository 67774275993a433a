//! A situation: the set as it was seen and the goal, which is all that the members' planner goes by. As a file it is one
//! JSON object (`docs/plan.md`), so that anybody can ask what would be done in it.

mod field;
mod read;
mod read_policy;
mod twins;
mod write;

pub use field::Refused;

use crate::model::desired::{Goal, Role, Wanted};
use crate::model::set_config::{Member, SetConfig};
use crate::model::set_view::{SetView, State};
use crate::model::unit::UnitName;
use std::collections::BTreeMap;

/// The version of the file's fields. It changes when a file of before would be understood in another way.
pub const VERSION: i64 = 1;
/// `standby-grace` when nobody sets it, in milliseconds.
const GRACE_MS: u64 = 120_000;
/// `election-timeout` when nobody sets it, in milliseconds; `mongod`'s own default too.
const ELECTION_TIMEOUT_MS: u32 = 10_000;

/// What the planner of the members goes by.
#[derive(Clone, Debug, PartialEq)]
pub struct Situation {
    /// The set.
    pub view: SetView,
    /// What there is to be.
    pub goal: Goal,
}

impl Situation {
    /// A set of which only itself is known: every unit that a member's tag names is to stay as it is.
    pub fn as_it_is(view: SetView, now_ms: u64) -> Self {
        let units = units_as_they_are(&view.config);
        let goal = Goal {
            me: planner(&view, &units),
            role: Role::Leader,
            units,
            dying: std::collections::BTreeSet::new(),
            policy: crate::model::policy::Policy::default(),
            two_voters: false,
            first_id: 0,
            health: BTreeMap::new(),
            now_ms,
            grace_ms: GRACE_MS,
            election_timeout_ms: election_timeout_ms(&view.config),
        };
        Self { view, goal }
    }

    /// What a person should know before he takes the plan for the charm's, each as a sentence.
    pub fn caveats(&self) -> Vec<String> {
        let members = || self.view.config.members();
        let strangers: Vec<String> = members()
            .filter(|member| member.unit.is_none())
            .map(Member::label)
            .collect();
        let mut caveats = Vec::new();
        if !strangers.is_empty() {
            let which = match strangers.len() == self.view.config.size() {
                true => "no member is a unit's".to_owned(),
                false => format!("{} is no unit's", strangers.join(", ")),
            };
            caveats.push(format!(
                "{which}: without the tag juju-unit a member is counted and left alone; to plan for it, add the tag and \
                 its unit to the file"
            ));
        }
        if self.view.primary.is_none() {
            caveats.push("no member that answered is primary: nothing can be changed".to_owned());
        }
        caveats
    }
}

/// The units that the members' tags name, where their servers are.
fn units_as_they_are(config: &SetConfig) -> BTreeMap<UnitName, Wanted> {
    let tagged = config.members().filter_map(|member| {
        let wanted = Wanted {
            address: Some(member.host.clone()),
            zone: None,
        };
        Some((member.unit.clone()?, wanted))
    });
    tagged.collect()
}

/// Who plans when nobody says it: the primary's unit, else the first one; it makes no difference to a leader's plan.
fn planner(view: &SetView, units: &BTreeMap<UnitName, Wanted>) -> UnitName {
    let primary = view
        .primary_member()
        .and_then(|member| member.unit.clone())
        .filter(|unit| units.contains_key(unit));
    let first = || units.keys().next().cloned();
    primary.or_else(first).unwrap_or_else(UnitName::nobody)
}

fn election_timeout_ms(config: &SetConfig) -> u32 {
    config.election_timeout_ms().unwrap_or(ELECTION_TIMEOUT_MS)
}

/// The only member whose state is PRIMARY.
fn only_primary(states: impl Iterator<Item = (i32, State)>) -> Option<i32> {
    let mut primaries = states.filter(|(_, state)| *state == State::Primary);
    match (primaries.next(), primaries.next()) {
        (Some((id, _)), None) => Some(id),
        _ => None,
    }
}

#[cfg(test)]
mod tests;

//! What each unit is, has and wants, and why: the plan told member by member instead of step by step.

use super::members::plan;
use super::{reason, simulate};
use crate::model::address::HostPort;
use crate::model::desired::Goal;
use crate::model::plan::{Plan, Step};
use crate::model::set_config::{Change, Member};
use crate::model::set_view::SetView;
use crate::model::unit::UnitName;
use serde::Serialize;

/// A place in the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// No member.
    None,
    /// A member without a vote that gets one when a voter is gone.
    Standby,
    /// A member with a vote.
    Voter,
}

/// One unit, or one member that no unit owns.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Row {
    /// The unit; none for a member that no unit owns.
    pub unit: Option<UnitName>,
    /// Where it is in the config; none before it is a member.
    pub host: Option<HostPort>,
    /// `_id`.
    pub id: Option<i32>,
    /// What the primary sees of it.
    pub state: String,
    /// Seconds of oplog behind the primary, as far as known.
    pub lag: Option<u32>,
    /// Its zone.
    pub zone: Option<String>,
    /// Zero cannot be elected.
    pub priority: f64,
    /// Whether clients do not see it.
    pub hidden: bool,
    /// What it is in the config.
    pub has: Place,
    /// What it is to be once all that can be done now is done.
    pub wants: Place,
    /// The reason for the next step that concerns it, what it waits for, or why it has no vote; empty when all is well.
    pub why: String,
}

fn place(member: Option<&Member>) -> Place {
    match member {
        None => Place::None,
        Some(member) if member.votes => Place::Voter,
        Some(_) => Place::Standby,
    }
}

/// The plan, and the config once it is carried out.
pub fn foresee(view: &SetView, goal: &Goal) -> (Plan, SetView) {
    let plan = plan(view, goal);
    let mut ahead = view.clone();
    for planned in &plan.steps {
        if !simulate::advance(&mut ahead, &planned.step) {
            break;
        }
    }
    (plan, ahead)
}

/// All units and all members, the units first, in their order.
pub fn outlook(view: &SetView, goal: &Goal) -> Vec<Row> {
    let (plan, ahead) = foresee(view, goal);
    let units = goal.units.iter().map(|(unit, wanted)| {
        let member = view.config.of_unit(unit);
        let after = ahead.config.of_unit(unit);
        let mut row = row(view, member, after, &plan, (Some(unit), goal));
        row.zone.clone_from(&wanted.zone);
        if row.why.is_empty() && row.wants != Place::Voter {
            row.why = match member {
                Some(member) => reason::to_stand_by(view, &ahead, goal, unit, member),
                None => reason::to_be_no_member(view, wanted),
            };
        }
        row
    });
    let known = |member: &&Member| {
        let unit = member.unit.as_ref();
        unit.is_some_and(|unit| goal.units.contains_key(unit))
    };
    let others = view.config.members().filter(|member| !known(member));
    let others = others.map(|member| {
        let after = ahead.config.member(member.id);
        row(
            view,
            Some(member),
            after,
            &plan,
            (member.unit.as_ref(), goal),
        )
    });
    units.chain(others).collect()
}

fn row(
    view: &SetView,
    member: Option<&Member>,
    after: Option<&Member>,
    plan: &Plan,
    (unit, goal): (Option<&UnitName>, &Goal),
) -> Row {
    let optime = |id: i32| view.members.get(&id)?.optime_secs;
    let lag = member.and_then(|member| {
        let primary = optime(view.primary?)?;
        Some(primary.saturating_sub(optime(member.id)?))
    });
    let id = member.or(after).map(|member| member.id);
    let host = member.or(after).map(|member| &member.host);
    let step = plan.steps.iter().find(|planned| match &planned.step {
        Step::Reconfigure { changes, .. } => changes.iter().any(|change| concerns(change, id)),
        Step::HandOver { from, to } => host.is_some_and(|host| host == from || host == to),
        _ => false,
    });
    let name = unit.map(ToString::to_string);
    let awaited = plan
        .wait
        .iter()
        .map(|wait| format!("waits for {}", wait.why));
    let blocked = plan.blocker.iter().map(|blocker| blocker.0.clone());
    let mut said = blocked.chain(awaited);
    let named = said.find(|why| name.as_ref().is_some_and(|name| names(why, name)));
    let stranger = member.filter(|member| member.unit.is_none());
    let lost = unit.filter(|unit| goal.policy.demoted.contains(*unit));
    let lost = lost.map(|_| match after.is_some_and(|member| member.votes) {
        true => "taken for lost; its vote stays until another can have it".to_owned(),
        false => {
            let grace = goal.grace_ms / 1000;
            format!("taken for lost; it votes again once it has been back for {grace} s")
        }
    });
    Row {
        unit: unit.cloned(),
        host: member.map(|member| member.host.clone()),
        id: member.map(|member| member.id),
        state: member.map_or_else(
            || "no member".to_owned(),
            |member| view.state(member.id).to_string(),
        ),
        lag,
        zone: None,
        priority: member.map_or(0.0, |member| member.priority),
        hidden: member.is_some_and(|member| member.hidden),
        has: place(member),
        wants: place(after),
        why: step
            .map(|planned| planned.why.clone())
            .or(lost)
            .or(named)
            .or(stranger.map(|_| "no unit owns it; nothing is done about it".to_owned()))
            .unwrap_or_default(),
    }
}

fn concerns(change: &Change, id: Option<i32>) -> bool {
    change.member().is_some() && change.member() == id
}

/// True when a text names a unit, and not only one whose name begins alike.
fn names(text: &str, unit: &str) -> bool {
    text.match_indices(unit).any(|(at, _)| {
        let next = text[at + unit.len()..].chars().next();
        !next.is_some_and(|next| next.is_ascii_digit())
    })
}

#[cfg(test)]
#[path = "outlook_test.rs"]
mod tests;

//! Plans for the members of the set: who joins, who votes, who leaves, in which order.
//!
//! In: the set as it was seen from its primary, and the goal. Out: the steps in order, each of which can be committed
//! from the state before it; or what to wait for. The rules, by their numbers in MongoDB's safe reconfiguration:
//! one voter a step (M8), only from a committed config (M10), never into one whose majority is not there (M11).

mod fields;
mod here;
mod join;
mod leave;
mod votes;
mod zones;

pub use here::successor;
pub use zones::largest_that_spreads;

use super::simulate;
use crate::model::desired::{Goal, MOST_MEMBERS, Role};
use crate::model::plan::{Plan, Step};
use crate::model::set_config::Member;
use crate::model::set_view::SetView;
use crate::model::unit::UnitName;
use here::Here;

/// No plan is longer: each member can join, move, get a vote, lose it and leave.
const MOST_STEPS: usize = 5 * MOST_MEMBERS;

type Rule = fn(&Here) -> Option<Plan>;

/// What the leader sees to, first things first. A rule that only waits does not keep the later ones from acting.
const LEADER: &[Rule] = &[
    default_write_concern,
    leave::drop_the_gone,
    leave::await_the_dying,
    votes::take_from_the_unwanted,
    votes::replace_the_dead,
    join::move_hosts,
    join::adopt,
    join::add_members,
    votes::give,
    votes::keep_leaders,
    votes::take_surplus,
    votes::spread,
    votes::await_the_demoted,
    fields::let_the_secondary_lead,
    fields::set_members,
    fields::set_election_timeout,
];

/// The same while nobody knows what a person wants: who is in the set, and where; neither votes nor fields, which would be
/// brought to what they are by default.
const WORDLESS: &[Rule] = &[
    default_write_concern,
    join::move_hosts,
    join::adopt,
    join::add_members,
];

/// A unit on its way out takes itself out, so that nobody needs to know of it beforehand.
const LEAVER: &[Rule] = &[leave::leave];

/// What is to be done about the members, all steps that can be foreseen.
pub fn plan(view: &SetView, goal: &Goal) -> Plan {
    let rules = match goal.role {
        Role::Leaver => LEAVER,
        Role::Leader => LEADER,
    };
    plan_by(rules, view, goal)
}

/// What a leader does that cannot read what a person wants, and why it cannot.
pub fn plan_without_word(view: &SetView, goal: &Goal, why: &str) -> Plan {
    let mut plan = plan_by(WORDLESS, view, goal);
    let awaited = plan
        .wait
        .take()
        .map(|wait| format!("{}; and for ", wait.why));
    plan.wait = Plan::wait_long(format!(
        "{}the application's databag to be read ({why}): nobody's vote or fields are changed before",
        awaited.unwrap_or_default()
    ))
    .wait;
    plan
}

fn plan_by(rules: &[Rule], view: &SetView, goal: &Goal) -> Plan {
    let mut plan = Plan::default();
    let mut ahead = view.clone();
    while plan.steps.len() < MOST_STEPS {
        let next = next(rules, &ahead, goal);
        plan.wait = next.wait;
        plan.blocker = next.blocker;
        let Some(planned) = next.steps.into_iter().next() else {
            break;
        };
        let foreseen = simulate::advance(&mut ahead, &planned.step);
        plan.steps.push(planned);
        if !foreseen {
            break;
        }
    }
    if plan.steps.len() == MOST_STEPS {
        stop_before_the_circle(&mut plan, view);
    }
    plan
}

/// A plan that never ends goes in a circle, and a hook would go round with it. What comes before that is done.
fn stop_before_the_circle(plan: &mut Plan, view: &SetView) {
    let mut seen = vec![view.clone()];
    for planned in &plan.steps {
        let mut ahead = seen[seen.len() - 1].clone();
        simulate::advance(&mut ahead, &planned.step);
        seen.push(ahead);
    }
    let same = |one: &SetView, other: &SetView| {
        one.primary == other.primary && one.config.members().eq(other.config.members())
    };
    let again = |at: &usize| seen[at + 1..].iter().any(|later| same(&seen[*at], later));
    let Some(begins) = (0..seen.len()).find(again) else {
        return;
    };
    let step = plan
        .steps
        .get(begins)
        .map(|planned| planned.step.to_string());
    plan.steps.truncate(begins);
    plan.wait = None;
    plan.blocker = Plan::blocked(format!(
        "this is a bug in mongo-rs: its plan goes in a circle from here: {}",
        step.unwrap_or_default()
    ))
    .blocker;
}

/// The first step, or what to wait for.
fn next(rules: &[Rule], view: &SetView, goal: &Goal) -> Plan {
    let Some(here) = Here::new(view, goal) else {
        return without_primary(view, &goal.me);
    };
    if !view.can_commit() {
        let why = lost(view, &goal.me);
        return match view.torn() {
            true => Plan::wait_soon(why),
            false => Plan::wait_long(why),
        };
    }
    if !view.committed {
        let version = view.config.version();
        return Plan::wait_soon(format!("a majority to take config {version} over"));
    }
    let mut waiting = Plan::default();
    for rule in rules {
        let Some(found) = rule(&here) else { continue };
        if !found.steps.is_empty() {
            return found;
        }
        if waiting.is_done() {
            waiting = found;
        }
    }
    waiting
}

fn without_primary(view: &SetView, me: &UnitName) -> Plan {
    if !view.can_commit() {
        return Plan::wait_long(lost(view, me));
    }
    let mut voters = view
        .config
        .members()
        .filter(|member| view.healthy(member.id));
    if !voters.any(Member::electable) {
        return Plan::wait_long(format!(
            "a primary: nobody who is there can be elected; if the others do not come back: juju run {me} recover-quorum ({})",
            view.troubles().join(", ")
        ));
    }
    let states: Vec<String> = view
        .config
        .members()
        .map(|member| format!("{} {}", member.label(), view.state(member.id)))
        .collect();
    Plan::wait_soon(format!("a primary: {}", states.join(", ")))
}

/// What is said when no majority is there; a lost one is never forced alone.
pub fn lost(view: &SetView, me: &UnitName) -> String {
    format!(
        "a majority: {} of {} voters are there, {} are needed; if the others do not come back: juju run {me} recover-quorum \
         ({})",
        view.live_voters(&view.config),
        view.config.voters().len(),
        view.config.majority(),
        view.troubles().join(", ")
    )
}

/// Once, before any change of the members could be refused for want of it (M17).
fn default_write_concern(here: &Here) -> Option<Plan> {
    (here.view.has_default_write_concern == Some(false)).then(|| {
        Plan::step(
            Step::SetDefaultWriteConcern(here.primary.host.clone()),
            "it is only implied, and a change of the members could be refused for that",
        )
    })
}

#[cfg(test)]
pub(crate) mod tests;

//! Plans for the members of the set: who joins, who votes, who leaves, in which order.
//!
//! In: the set as it was seen from its primary, and the goal. Out: the steps in order, each of which can be committed
//! from the state before it; or what to wait for. The rules, by their numbers in MongoDB's safe reconfiguration:
//! one voter a step (M8), only from a committed config (M10), never into one whose majority is not there (M11).

use super::simulate;
use crate::model::desired::{Goal, MOST_MEMBERS, Role, odd_voters};
use crate::model::plan::{Plan, Planned, Step};
use crate::model::set_config::{Change, Member};
use crate::model::set_view::{SetView, State};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// No plan is longer: each member can join, move, get a vote, lose it and leave.
const MOST_STEPS: usize = 5 * MOST_MEMBERS;

/// What is to be done about the members, all steps that can be foreseen.
pub fn plan(view: &SetView, goal: &Goal) -> Plan {
    let mut plan = Plan::default();
    let mut ahead = view.clone();
    while plan.steps.len() < MOST_STEPS {
        let next = next(&ahead, goal);
        plan.wait = next.wait;
        plan.blocker = next.blocker;
        let Some(planned) = next.steps.into_iter().next() else {
            break;
        };
        let foreseen = simulate::after(&ahead, &planned.step);
        plan.steps.push(planned);
        match foreseen {
            Some(view) => ahead = view,
            // What follows depends on how the set takes this step: it is looked at again then.
            None => break,
        }
    }
    plan
}

/// The first step, or what to wait for.
fn next(view: &SetView, goal: &Goal) -> Plan {
    let Some(primary) = view.primary_member() else {
        return without_primary(view);
    };
    if !view.committed {
        return Plan::wait_soon(format!(
            "a majority to take config {} over",
            view.config.version()
        ));
    }
    if !view.could_commit(&view.config) {
        let why = format!("a majority of the voters: {}", view.troubles().join(", "));
        return match view.torn() {
            true => Plan::wait_soon(why),
            false => Plan::wait_long(why),
        };
    }
    let rules: &[Rule] = match goal.role {
        Role::Leaver => &[leave],
        Role::Leader => &[
            drop_the_gone,
            move_hosts,
            add_members,
            give_votes,
            take_votes,
            set_election_timeout,
        ],
    };
    let here = Here {
        view,
        goal,
        primary,
    };
    // A rule that only waits does not keep the later ones from acting.
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

struct Here<'a> {
    view: &'a SetView,
    goal: &'a Goal,
    primary: &'a Member,
}

type Rule = fn(&Here) -> Option<Plan>;

fn without_primary(view: &SetView) -> Plan {
    let states: Vec<String> = view
        .config
        .members()
        .iter()
        .map(|member| format!("{} {}", member.label(), view.state(member.id)))
        .collect();
    let why = format!("a primary: {}", states.join(", "));
    if view.could_commit(&view.config) {
        Plan::wait_soon(why)
    } else {
        Plan::wait_long(why)
    }
}

impl Here<'_> {
    fn change(&self, change: Change, why: impl Into<String>) -> Plan {
        let step = Step::Reconfigure {
            primary: self.primary.host.clone(),
            version: self.view.config.version(),
            term: self.view.config.term(),
            change,
        };
        Plan {
            steps: vec![Planned {
                step,
                why: why.into(),
            }],
            ..Plan::default()
        }
    }

    /// True when the config with this change has a live majority.
    fn is_safe(&self, change: &Change) -> bool {
        self.view.config.with(change).is_ok_and(|config| {
            config.voters().iter().any(|id| self.view.healthy(*id))
                && self.view.could_commit(&config)
        })
    }

    fn members(&self) -> impl Iterator<Item = &Member> {
        self.view.config.members().iter()
    }

    /// True for a member whose unit is to stay.
    fn stays(&self, member: &Member) -> bool {
        member
            .unit
            .as_ref()
            .is_some_and(|unit| self.goal.units.contains_key(unit))
    }

    /// Members without a vote that could have one now; the lowest unit first.
    fn ready(&self) -> Vec<&Member> {
        let mut ready: Vec<&Member> = self
            .members()
            .filter(|member| !member.votes && !member.arbiter && !member.hidden)
            .filter(|member| self.stays(member) && self.view.caught_up(member.id))
            .collect();
        ready.sort_by_key(|member| &member.unit);
        ready
    }

    /// Hand over the lead, if somebody else can take it.
    fn step_down(&self, why: &str) -> Plan {
        let successor = self
            .members()
            .find(|m| m.id != self.primary.id && m.electable() && self.view.caught_up(m.id));
        match successor {
            Some(_) => Plan::step(Step::StepDown(self.primary.host.clone()), why),
            None => Plan::wait_soon("another voter to catch up, so that the primary can hand over"),
        }
    }
}

/// Members whose unit does not exist any more, the dead first: they count against the majority (B2).
fn drop_the_gone(here: &Here) -> Option<Plan> {
    let gone = |member: &&Member| {
        member
            .unit
            .as_ref()
            .is_some_and(|unit| !here.goal.units.contains_key(unit) && *unit != here.goal.me)
    };
    let mut gone: Vec<&Member> = here.members().filter(gone).collect();
    gone.sort_by_key(|member| {
        (
            here.view.healthy(member.id),
            member.id == here.primary.id,
            member.votes,
            &member.unit,
        )
    });
    let member = gone.first()?;
    Some(take_out(here, member, "its unit is gone"))
}

/// Takes a member out: a primary hands over first, and the last voter passes its vote on first.
fn take_out(here: &Here, member: &Member, why: &str) -> Plan {
    let label = member.label();
    let other_voter = here
        .members()
        .any(|m| m.id != member.id && m.electable() && here.view.healthy(m.id));
    if member.votes && !other_voter {
        return match here.ready().into_iter().find(|ready| ready.id != member.id) {
            Some(heir) => {
                let why = format!("{} takes over from {label}, the only voter", heir.label());
                here.change(Change::GiveVote(heir.id), why)
            }
            None => Plan::wait_soon(format!(
                "another unit to catch up and take over from {label}"
            )),
        };
    }
    if member.id == here.primary.id {
        return here.step_down(&format!("{label} is primary and leaves"));
    }
    let change = Change::Remove(member.id);
    if here.is_safe(&change) {
        here.change(change, format!("{label}: {why}"))
    } else {
        Plan::wait_long(format!(
            "more voters to come back before {label} can be taken out"
        ))
    }
}

/// Members whose unit says that it has another address; the primary last.
fn move_hosts(here: &Here) -> Option<Plan> {
    let mut moved: Vec<(&Member, Change)> = Vec::new();
    for member in here.members() {
        let Some(unit) = &member.unit else { continue };
        let Some(Some(address)) = here.goal.units.get(unit) else {
            continue;
        };
        if *address != member.host {
            moved.push((member, Change::SetHost(member.id, address.clone())));
        }
    }
    moved.sort_by_key(|(member, _)| member.id == here.primary.id);
    let (member, change) = moved.into_iter().next()?;
    let Change::SetHost(_, address) = &change else {
        return None;
    };
    if let Some(other) = here.members().find(|other| other.host == *address) {
        return Some(Plan::wait_long(format!(
            "{} to leave {address}, where {} is now",
            other.label(),
            member.label()
        )));
    }
    let why = format!("{} says that it is there now", member.label());
    Some(here.change(change, why))
}

/// Units that are not members yet join without a vote.
fn add_members(here: &Here) -> Option<Plan> {
    let known: BTreeSet<_> = here
        .members()
        .filter_map(|member| member.unit.as_ref())
        .collect();
    let missing = here
        .goal
        .units
        .iter()
        .filter(|(unit, _)| !known.contains(unit));
    let mut silent = None;
    for (unit, address) in missing {
        let Some(host) = address else {
            silent.get_or_insert(unit);
            continue;
        };
        if here.view.config.members().len() >= MOST_MEMBERS {
            return Some(Plan::blocked(format!(
                "a replica set has at most {MOST_MEMBERS} members: remove {unit} or another unit"
            )));
        }
        if let Some(other) = here.members().find(|member| member.host == *host) {
            return Some(Plan::wait_long(format!(
                "{} to leave {host}, where {unit} is now",
                other.label()
            )));
        }
        let change = Change::Add {
            id: here.view.config.next_id(),
            host: host.clone(),
            unit: unit.clone(),
        };
        return Some(here.change(change, "it catches up before it votes"));
    }
    silent.map(|unit| Plan::wait_long(format!("{unit} to start its mongod")))
}

/// Votes for those who have caught up. They are given so that an odd number is at rest: with one ready member and an
/// odd number of voters it waits for a second one.
fn give_votes(here: &Here) -> Option<Plan> {
    let voters = here.view.config.voters().len();
    let foreign = here
        .members()
        .filter(|member| member.votes && !here.stays(member))
        .count();
    let target = odd_voters(here.members().filter(|member| here.stays(member)).count() + foreign);
    let ready = here.ready();
    let reachable = odd_voters(voters + ready.len()).min(target);
    let behind = || {
        let behind = here
            .members()
            .find(|m| !m.votes && here.stays(m) && !here.view.caught_up(m.id));
        behind.map(|member| {
            let state = here.view.state(member.id);
            let soon = !matches!(state, State::Unknown(_));
            let why = format!("{} to catch up (it is {state})", member.label());
            if soon {
                Plan::wait_soon(why)
            } else {
                Plan::wait_long(why)
            }
        })
    };
    if voters >= reachable {
        return if voters < target { behind() } else { None };
    }
    let member = ready.first()?;
    let change = Change::GiveVote(member.id);
    if !here.is_safe(&change) {
        return Some(Plan::wait_soon("a majority of the voters that are there"));
    }
    Some(here.change(
        change,
        format!("{} has caught up; {reachable} are to vote", member.label()),
    ))
}

/// Votes of members that are too many: the dead first, then the highest unit, never the primary.
fn take_votes(here: &Here) -> Option<Plan> {
    let voters = here.view.config.voters().len();
    let kept = here.members().filter(|member| here.stays(member)).count()
        + here
            .members()
            .filter(|member| member.votes && !here.stays(member))
            .count();
    if voters <= odd_voters(kept).max(1) && voters % 2 == 1 {
        return None;
    }
    let mut surplus: Vec<&Member> = here
        .members()
        .filter(|member| member.votes && member.id != here.primary.id && here.stays(member))
        .collect();
    surplus.sort_by_key(|member| (here.view.healthy(member.id), Reverse(&member.unit)));
    let change_of = |member: &&Member| Change::TakeVote(member.id);
    let member = surplus
        .into_iter()
        .find(|member| here.is_safe(&change_of(member)))?;
    let why = format!(
        "{} becomes a standby: an odd number votes, seven at most",
        member.label()
    );
    Some(here.change(Change::TakeVote(member.id), why))
}

fn set_election_timeout(here: &Here) -> Option<Plan> {
    let wanted = here.goal.election_timeout_ms;
    let now = here.view.config.election_timeout_ms();
    (now != Some(wanted)).then(|| here.change(Change::SetElectionTimeout(wanted), "as configured"))
}

/// A unit on its way out takes itself out, so that nobody needs to know of it beforehand.
fn leave(here: &Here) -> Option<Plan> {
    let me = here.view.config.of_unit(&here.goal.me)?;
    let alone = here.view.config.members().len() == 1;
    if alone {
        None
    } else {
        Some(take_out(here, me, "it is leaving"))
    }
}

#[cfg(test)]
#[path = "members_test.rs"]
mod tests;

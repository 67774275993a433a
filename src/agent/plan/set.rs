//! Plans for the set as a whole: made once, by one unit; its members from then on.

use super::super::desire::Desired;
use super::members;
use crate::model::desired::{Goal, Role};
use crate::model::observed::{Observed, SetFacts};
use crate::model::plan::{Plan, Step};
use crate::model::set_config::SetConfig;
use crate::model::set_view::{SetView, State};

/// Plans.
pub fn plan(observed: &Observed, desired: &Desired) -> Plan {
    let leaving = observed.juju.event.is_leaving();
    match &observed.set {
        SetFacts::NotAsked => Plan::default(),
        SetFacts::NotInitiated(_) if leaving && observed.host.joined => {
            Plan::wait_soon("mongod to read the config of its set")
        }
        // One answer that does not come in time is no reason to go with the vote and all.
        SetFacts::Unknown(why) if leaving && observed.host.joined && observed.host.running => {
            Plan::wait_soon(why.clone())
        }
        SetFacts::NotInitiated(_) | SetFacts::Unknown(_) if leaving => Plan::default(),
        SetFacts::Unknown(why) => Plan::wait_long(why.clone()),
        SetFacts::NotInitiated(silent) => initiate(observed, desired, silent),
        SetFacts::Seen(view) => {
            if let Some(step) = own_new_address(view, observed, desired) {
                return step;
            }
            let goal = desired.goal.as_ref();
            let plan = goal.map_or_else(Plan::default, |goal| members_plan(view, goal, observed));
            if plan.is_done() && !leaving {
                // A server that is not in its own config knows of nobody.
                let seen = view.members.is_empty() || !view.torn();
                if seen && view.primary.is_none() && !view.can_commit() {
                    // Every unit says it, not the leader alone: that one may be among the lost.
                    return Plan::wait_long(members::lost(view, &observed.juju.me));
                }
                joined(view, observed)
            } else {
                plan
            }
        }
    }
}

const TO_BE_ADDED: &str = "the leader to add this unit to the set";

/// A unit that leaves has to go whatever a person said; a leader waits until it can be read.
fn members_plan(view: &SetView, goal: &Goal, observed: &Observed) -> Plan {
    let relation = observed.juju.relation.as_ref();
    let unread = relation.and_then(|relation| relation.application.as_ref().err());
    match unread.filter(|_| goal.role == Role::Leader) {
        Some(why) => members::plan_without_word(view, goal, &why.to_string()),
        None => members::plan(view, goal),
    }
}

/// Only one unit may make the set, and everybody knows which before it does: the claim is written in one hook and acted
/// on in a later one, so that a hook that is cut off, or a leader that is replaced in between, cannot make two sets.
fn initiate(observed: &Observed, desired: &Desired, silent: &[String]) -> Plan {
    let juju = &observed.juju;
    // It has been in the set: its server has not read its config yet. Whatever was claimed, nothing is initiated again.
    if observed.host.joined {
        return Plan::wait_long("mongod to read the config of its set");
    }
    // The leader has seen it, and this unit is told of it before it can ask those who are in it.
    let exists = juju.application().is_some_and(|data| data.config.is_some());
    if exists && !juju.leader {
        return Plan::wait_long(TO_BE_ADDED);
    }
    let claim = juju.application().and_then(|data| data.initiator.as_ref());
    let known = |unit| {
        juju.relation
            .as_ref()
            .is_some_and(|relation| relation.peers.contains_key(unit))
    };
    match claim {
        Some(unit) if *unit == juju.me => {
            let Some((host, goal)) = desired.address.as_ref().zip(election_timeout(observed))
            else {
                return Plan::wait_long("an address of this unit");
            };
            let name = desired.set_name.as_deref().unwrap_or_default();
            let config = SetConfig::initial(name, host, &juju.me, goal);
            Plan::step(
                Step::Initiate(config),
                "this unit claimed it in an earlier hook",
            )
        }
        Some(unit) if known(unit) => Plan::wait_long(format!("{unit} to initiate the set")),
        _ if !juju.leader => Plan::wait_long("the leader to initiate the set"),
        _ if juju.relation.is_none() => Plan::wait_long("the peer relation"),
        // A unit that cannot be asked may be in a set that the others do not know of.
        _ if !silent.is_empty() => Plan::wait_long(format!("{} to answer", silent.join(", "))),
        _ => Plan::step(
            Step::ClaimInitiation,
            "no set exists and no unit there has claimed to make it",
        ),
    }
}

fn election_timeout(observed: &Observed) -> Option<u32> {
    observed
        .host
        .options
        .as_ref()
        .map(|options| options.election_timeout_ms)
}

/// A member for which nothing is left to plan only waits for its place.
fn joined(view: &SetView, observed: &Observed) -> Plan {
    match view.config.of_unit(&observed.juju.me) {
        None => Plan::wait_long(TO_BE_ADDED),
        // It copies the data, or replays what it missed; most often that is over in seconds.
        Some(me) => match view.state(me.id) {
            State::Other(word) => {
                Plan::wait_soon(format!("this member to be ready (it is {word})"))
            }
            // A server that has just been started is seen by the primary with the next heartbeat; until then it is not
            // the turn of the next one to restart. One that is cut off is waited for by the kernel.
            State::Unknown(why) if view.primary.is_some() && !is_cut_off(observed) => {
                Plan::wait_soon(format!("the primary to see this member ({why})"))
            }
            _ => Plan::default(),
        },
    }
}

fn is_cut_off(observed: &Observed) -> bool {
    let network = observed.host.network.as_ref().ok().and_then(Option::as_ref);
    network.is_some_and(|network| !network.is_empty())
}

/// The only voter of a set whose own address has changed does not find itself in its config and cannot be primary. It
/// has every acknowledged write, so it may take its new address by force.
fn own_new_address(view: &SetView, observed: &Observed, desired: &Desired) -> Option<Plan> {
    let me = view.config.of_unit(&observed.juju.me)?;
    let address = desired
        .address
        .as_ref()
        .filter(|address| **address != me.host)?;
    let alone = view.config.voters().iter().eq([&me.id]);
    (alone && view.primary.is_none() && observed.host.running).then(|| {
        let why = "its address has changed, and no other member votes";
        Plan::step(Step::ForceOwnHost(me.id, address.clone()), why)
    })
}

#[cfg(test)]
#[path = "set_test.rs"]
pub mod tests;

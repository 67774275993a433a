//! Why a member stands by, or a unit is no member yet, where neither a step nor a wait names it.

use crate::model::desired::{Goal, MOST_MEMBERS, MOST_VOTERS, Wanted, odd_voters};
use crate::model::set_config::Member;
use crate::model::set_view::{SetView, State};
use crate::model::unit::UnitName;

/// Why a member without a vote gets none yet. `ahead` is the set once everything is done that can be done now.
pub fn to_stand_by(
    view: &SetView,
    ahead: &SetView,
    goal: &Goal,
    unit: &UnitName,
    member: &Member,
) -> String {
    let policy = goal.policy.of(unit);
    if policy.votes == Some(false) {
        return "is kept without a vote by set-member".to_owned();
    }
    if !policy.may_have_vote(member) {
        let (delay, by) = match policy.delay {
            Some(delay) => (delay, "set-member"),
            None => (member.delay_secs, "hand"),
        };
        return format!("is kept {delay} s behind by {by}, and so without a vote");
    }
    if member.arbiter {
        return "an arbiter has no data; nobody gives it a vote".to_owned();
    }
    if view.primary.is_none() || !view.can_commit() {
        return "no vote can be given without a primary and a majority".to_owned();
    }
    if !view.caught_up(member.id) {
        return behind(view, member.id);
    }
    if !goal.steady(unit) {
        let grace = goal.grace_ms / 1000;
        return format!("votes once it has been back for {grace} s");
    }
    enough(ahead, goal)
}

fn behind(view: &SetView, id: i32) -> String {
    match view.state(id) {
        State::Unknown(why) => format!("is away ({why})"),
        State::Other(word) => format!("catches up first (it is {word})"),
        _ => "catches up first".to_owned(),
    }
}

/// Why those who vote are enough.
fn enough(ahead: &SetView, goal: &Goal) -> String {
    let voters = ahead.config.voters().len();
    if voters >= MOST_VOTERS {
        return "seven is the most that may vote".to_owned();
    }
    if goal.policy.voters == Some(voters) {
        return format!("ensure-availability asked for {voters} to vote");
    }
    let units = goal.units.keys();
    let may_vote = units.filter(|unit| goal.policy.of(unit).may_vote()).count();
    let ready = ahead.config.members().filter(|member| {
        member.votes
            || ahead.caught_up(member.id)
                && member
                    .unit
                    .as_ref()
                    .is_some_and(|unit| goal.steady(unit) && goal.policy.of(unit).may_vote())
    });
    if odd_voters(ready.count()) > voters {
        return format!("{voters} vote, so that the loss of one zone leaves a majority");
    }
    match odd_voters(may_vote) > voters {
        true => "an odd number votes: it gets its vote together with the next one".to_owned(),
        false => "an odd number votes".to_owned(),
    }
}

/// Why a unit is no member yet.
pub fn to_be_no_member(view: &SetView, wanted: &Wanted) -> String {
    let Some(host) = &wanted.address else {
        return "has not started its mongod yet".to_owned();
    };
    match view.doors.get(host) {
        Some(Err(why)) => format!("its server at {host}: {why}"),
        _ if view.config.size() >= MOST_MEMBERS => {
            format!("a replica set has at most {MOST_MEMBERS} members")
        }
        _ => format!("has not answered at {host} yet"),
    }
}

//! Fields that a person wants: of members, by `set-member`, and the election timeout. Whatever nobody spoke of stays.

use super::here::{Here, Seat};
use crate::model::plan::Plan;
use crate::model::policy::MemberPolicy;
use crate::model::set_config::{Change, Fields, Member};

/// Priority, hidden, delay and tags, all members in one reconfig; a primary that is not to lead hands over before its own
/// are set, and after the others' are: one of them may be who can take over.
pub fn set_members(here: &Here) -> Option<Plan> {
    let mut changes = Vec::new();
    let mut labels = Vec::new();
    let mut not_to_lead = None;
    for seat in here.seats.iter().filter(|seat| seat.unit().is_some()) {
        let wanted = wanted(seat.member, &seat.policy);
        if wanted == Fields::of(seat.member) {
            continue;
        }
        if here.leads(seat) && wanted.priority == 0.0 {
            not_to_lead = Some(seat.member.label());
            continue;
        }
        labels.push(seat.member.label());
        changes.push(Change::SetFields(seat.member.id, wanted));
    }
    if changes.is_empty() {
        let label = not_to_lead?;
        return Some(here.hand_over(format!("{label} is primary and is not to be")));
    }
    let why = format!("as set-member was told of {}", labels.join(", "));
    Some(here.change(changes, why))
}

/// A vote, and what a person wants of the member with it: one that is not to lead must not be able to for a moment either.
/// Beside a primary and an arbiter it gets its priority with the step after (`let_the_secondary_lead`).
pub fn give_vote(here: &Here, seat: &Seat) -> Vec<Change> {
    let id = seat.member.id;
    let mut voter = seat.member.clone();
    (voter.votes, voter.priority) = (true, priority(&voter, &MemberPolicy::default(), true));
    let mut wanted = wanted(&voter, &seat.policy);
    if is_of_three_with_an_arbiter(here, Some(id)) {
        wanted.priority = 0.0;
    }
    let fields = (wanted != Fields::of(&voter)).then_some(Change::SetFields(id, wanted));
    [Change::GiveVote(id)].into_iter().chain(fields).collect()
}

/// A primary, a secondary and an arbiter, all of which vote once this one does: `mongod` refuses to make the secondary a
/// voter that can be elected in one step (M19).
fn is_of_three_with_an_arbiter(here: &Here, won: Option<i32>) -> bool {
    let arbiters = here.seats.iter().filter(|seat| seat.member.arbiter).count();
    let votes = |seat: &Seat| seat.member.votes || Some(seat.member.id) == won;
    here.seats.len() == 3 && arbiters == 1 && here.seats.iter().all(votes)
}

/// The priority that the secondary's vote could not come with, beside a primary and an arbiter. Nobody can tell by the
/// config whether somebody took it away by hand: it stays away where `set-member` said so.
pub fn let_the_secondary_lead(here: &Here) -> Option<Plan> {
    if !is_of_three_with_an_arbiter(here, None) {
        return None;
    }
    let silent = |seat: &&Seat| seat.unit().is_some() && !seat.member.arbiter;
    let seat = here
        .seats
        .iter()
        .filter(silent)
        .find(|seat| seat.member.priority == 0.0)?;
    let mut standby = seat.member.clone();
    standby.votes = false;
    let fields = Fields {
        priority: priority(&standby, &seat.policy, true),
        ..wanted(&standby, &seat.policy)
    };
    let label = seat.member.label();
    let why = format!("{label} votes beside a primary and an arbiter, and may lead only now");
    (fields.priority > 0.0)
        .then(|| here.change(vec![Change::SetFields(seat.member.id, fields)], why))
}

/// What a person wants of a member, else what it has.
fn wanted(member: &Member, policy: &MemberPolicy) -> Fields {
    let now = Fields::of(member);
    Fields {
        priority: priority(member, policy, member.votes),
        hidden: policy.hidden.unwrap_or(now.hidden),
        delay_secs: policy.delay.unwrap_or(now.delay_secs),
        tags: policy.tags.clone().unwrap_or(now.tags),
    }
}

/// The priority that a member is to have with or without a vote: `mongod` refuses one without a vote, and one of members
/// that are hidden or kept behind (M2).
pub fn priority(now: &Member, policy: &MemberPolicy, votes: bool) -> f64 {
    let hidden = policy.hidden.unwrap_or(now.hidden);
    let delay_secs = policy.delay.unwrap_or(now.delay_secs);
    let seen_again = now.hidden || now.delay_secs > 0;
    match policy.priority {
        _ if !votes || hidden || delay_secs > 0 => 0.0,
        Some(priority) => priority,
        // A vote comes with a priority.
        None if seen_again || !now.votes => 1.0,
        None => now.priority,
    }
}

/// The option of that name.
pub fn set_election_timeout(here: &Here) -> Option<Plan> {
    let wanted = here.goal.election_timeout_ms;
    let now = here.view.config.election_timeout_ms();
    (now != Some(wanted))
        .then(|| here.change(vec![Change::SetElectionTimeout(wanted)], "as configured"))
}

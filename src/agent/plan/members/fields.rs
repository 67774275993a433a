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
pub fn give_vote(seat: &Seat) -> Vec<Change> {
    let id = seat.member.id;
    let mut voter = seat.member.clone();
    (voter.votes, voter.priority) = (true, priority(&voter, &MemberPolicy::default(), true));
    let wanted = wanted(&voter, &seat.policy);
    let fields = (wanted != Fields::of(&voter)).then_some(Change::SetFields(id, wanted));
    [Change::GiveVote(id)].into_iter().chain(fields).collect()
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

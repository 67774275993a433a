//! Who leaves, and how: the dead first, because they count against the majority (B2); a voter after its replacement;
//! the primary after it has handed over; the last voter after it has passed its vote on.

use super::fields;
use super::here::{Here, Owner, Seat};
use super::votes;
use crate::model::desired::MOST_VOTERS;
use crate::model::plan::Plan;
use crate::model::set_config::Change;

/// Members whose unit does not exist any more, and strangers that a person wants out.
pub fn drop_the_gone(here: &Here) -> Option<Plan> {
    let dropped = |seat: &Seat| {
        seat.owner == Owner::Stranger && here.goal.policy.dropped.contains(&seat.member.host)
    };
    let mut gone: Vec<&Seat> = here
        .seats
        .iter()
        .filter(|seat| seat.owner == Owner::Gone || dropped(seat))
        .collect();
    gone.sort_by_key(|seat| {
        (
            seat.healthy,
            here.leads(seat),
            seat.member.votes,
            &seat.member.unit,
        )
    });
    // All that do not vote may go at once, and one voter with them.
    let silent = gone.iter().filter(|seat| !seat.member.votes);
    let mut changes: Vec<Change> = silent.map(|seat| removal(seat)).collect();
    let Some(voter) = gone.iter().find(|seat| seat.member.votes) else {
        return (!changes.is_empty()).then(|| here.change(changes, reason(&gone)));
    };
    let found = take_out(here, voter, "its unit is gone");
    if let [only] = &found.steps[..]
        && let crate::model::plan::Step::Reconfigure {
            changes: removals, ..
        } = &only.step
    {
        changes.extend(removals.iter().cloned());
        return Some(here.change(changes, only.why.clone()));
    }
    if changes.is_empty() {
        Some(found)
    } else {
        Some(here.change(changes, reason(&gone)))
    }
}

/// Units on their way out take themselves out: each knows best what it still has to hand over, and two that do the same
/// thing at once undo each other's steps.
pub fn await_the_dying(here: &Here) -> Option<Plan> {
    let dying = here.seats.iter().filter_map(|seat| match seat.owner {
        Owner::Dying(unit) => Some(unit.to_string()),
        _ => None,
    });
    let dying: Vec<String> = dying.collect();
    (!dying.is_empty()).then(|| {
        let why = format!("{} to take itself out: it is leaving", dying.join(", "));
        Plan::wait_long(why)
    })
}

fn reason(gone: &[&Seat]) -> String {
    let silent = gone.iter().filter(|seat| !seat.member.votes);
    let labels: Vec<String> = silent.map(|seat| seat.member.label()).collect();
    format!("{}: gone, and without a vote", labels.join(", "))
}

/// A unit on its way out takes itself out.
pub fn leave(here: &Here) -> Option<Plan> {
    let me = here
        .seats
        .iter()
        .find(|seat| seat.member.unit.as_ref() == Some(&here.goal.me))?;
    (here.seats.len() > 1).then(|| take_out(here, me, "it is leaving"))
}

fn removal(seat: &Seat) -> Change {
    match seat.owner {
        Owner::Stranger => Change::Drop(seat.member.id),
        _ => Change::Remove(seat.member.id),
    }
}

fn take_out(here: &Here, seat: &Seat, why: &str) -> Plan {
    let member = seat.member;
    let label = member.label();
    if !member.votes {
        return here.change(vec![removal(seat)], format!("{label}: {why}"));
    }
    let other = here
        .seats
        .iter()
        .any(|other| other.member.id != member.id && other.member.electable() && other.healthy);
    if !other {
        return pass_on(here, seat);
    }
    if let Some(plan) = votes::replace_first(here, seat) {
        return plan;
    }
    // Asked before the lead is handed over: else two that both leave would hand it to and fro.
    if here.is_safe(Some(member.id), None) {
        return match here.leads(seat) {
            true => here.hand_over(format!("{label} is primary and leaves")),
            false => here.change(vec![removal(seat)], format!("{label}: {why}")),
        };
    }
    if let Some(plan) = votes::take_from_the_away(here, seat) {
        return plan;
    }
    let missing = here.view.troubles().join(", ");
    Plan::wait_long(format!(
        "more voters to come back before {label} can be taken out: without it no majority would be there ({missing}); \
         bring them back, or take them out first"
    ))
}

/// The only one who could be primary passes its vote on first.
fn pass_on(here: &Here, seat: &Seat) -> Plan {
    if let Some(plan) = fields::let_the_secondary_lead(here) {
        return plan;
    }
    let label = seat.member.label();
    let others = || {
        here.seats
            .iter()
            .filter(|other| other.unit().is_some() && other.member.id != seat.member.id)
    };
    let may_lead = |other: &Seat| {
        other.policy.may_lead() && fields::priority(other.member, &other.policy, true) > 0.0
    };
    let heirs = others().filter(|heir| !heir.member.votes && heir.caught_up && may_lead(heir));
    let best = heirs.min_by_key(|heir| (!heir.eligible, heir.unit()));
    if let Some(heir) = best
        && here.voters == MOST_VOTERS
        && let Some(goes) = votes::cannot_lead(here)
        && let Some(plan) = votes::make_room(here, goes, &heir.member.label())
    {
        return plan;
    }
    if let Some(heir) = best.filter(|heir| here.is_safe(None, Some(heir.member.id))) {
        let why = format!(
            "{} takes over from {label}, the only voter that can be primary",
            heir.member.label()
        );
        return here.change(fields::give_vote(here, heir), why);
    }
    // A voter that has caught up and could lead would have been handed the lead.
    let barred = others().find(|other| other.caught_up && (other.member.votes || !may_lead(other)));
    let coming = others().any(|other| {
        !other.member.votes && may_lead(other) && !other.caught_up && other.is_coming(here)
    });
    match barred.filter(|_| best.is_none() && !coming) {
        Some(other) => Plan::wait_long(format!(
            "a person: nobody but {label} may be primary, and it is leaving; let another one, as with: \
             juju run {}/leader set-member unit={} priority=1 hidden=false delay=0 votes=true",
            here.goal.me.application(),
            other.member.label()
        )),
        None => Plan::wait_soon(format!(
            "another unit to catch up and take over from {label}"
        )),
    }
}

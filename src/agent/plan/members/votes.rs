//! Who votes. Votes are given one at a time to those who have caught up, so that an odd number is at rest; a standby steps
//! in for a voter that has been away for the grace time; and nobody who comes back takes a vote from anybody.

use super::fields;
use super::here::{Here, Owner, Seat};
use crate::model::desired::MOST_VOTERS;
use crate::model::plan::Plan;
use crate::model::set_config::Change;
use crate::model::set_view::State;
use std::cmp::Reverse;

fn take(here: &Here, seat: &Seat, why: String) -> Plan {
    here.change(vec![Change::TakeVote(seat.member.id)], why)
}

fn give_to(here: &Here, seat: &Seat, why: String) -> Plan {
    here.change(fields::give_vote(here, seat), why)
}

/// A vote for a standby before a living voter goes: that keeps more to spare than the other way round. None when nobody is
/// there to step in, when the set is to be smaller anyway, or when it must go first because seven is the most.
pub fn replace_first(here: &Here, goes: &Seat) -> Option<Plan> {
    let odd = here.voters % 2 == 1;
    if !(goes.healthy && odd && here.voters < MOST_VOTERS && here.voters <= here.wanted) {
        return None;
    }
    // One that cannot lead is no help where nobody else could.
    let led = others_lead(here, goes);
    let ready = here.ready();
    let heir = ready
        .iter()
        .find(|heir| heir.member.id != goes.member.id && (led || heir.may_lead()))?;
    let why = format!(
        "{} steps in for {}",
        heir.member.label(),
        goes.member.label()
    );
    (here.is_safe(None, Some(heir.member.id))).then(|| give_to(here, heir, why))
}

/// Whether somebody who votes could be primary without this one.
fn others_lead(here: &Here, goes: &Seat) -> bool {
    here.voting()
        .any(|other| other.member.id != goes.member.id && other.member.electable() && other.healthy)
}

/// The vote of one that is away, so that a majority is left when a living voter has gone: whoever is away gets its vote
/// back when it has been back for the grace time. None when nobody is away, or when that leads nowhere.
pub fn take_from_the_away(here: &Here, goes: &Seat) -> Option<Plan> {
    let away = here.voting().filter(|seat| {
        !seat.live && seat.owner != Owner::Stranger && seat.member.id != goes.member.id
    });
    // Those who are to stay keep theirs for longest, and the lowest units for longer than the highest.
    let seat = away.min_by_key(|seat| {
        let known = !matches!(here.view.state(seat.member.id), State::Unknown(_));
        (seat.unit().is_some(), known, Reverse(seat.unit()))
    })?;
    let (label, goes) = (seat.member.label(), goes.member.label());
    let why = format!("{label} is away, and without its vote {goes} can go and leave a majority");
    here.is_safe(Some(seat.member.id), None)
        .then(|| take(here, seat, why))
}

/// Voters that a person does not want to vote; the dead first.
pub fn take_from_the_unwanted(here: &Here) -> Option<Plan> {
    let unwanted = here
        .voting()
        .filter(|seat| seat.unit().is_some() && !seat.eligible);
    let seat = unwanted.min_by_key(|seat| (seat.healthy, here.leads(seat), seat.unit()))?;
    let label = seat.member.label();
    if !others_lead(here, seat) && !here.ready().iter().any(|heir| heir.may_lead()) {
        return Some(Plan::wait_long(format!(
            "another unit that may lead to catch up: {label} is not to vote, and the only one who can be primary \
             (see set-member)"
        )));
    }
    if let Some(plan) = replace_first(here, seat) {
        return Some(plan);
    }
    here.is_safe(Some(seat.member.id), None)
        .then(|| match here.leads(seat) {
            true => here.hand_over(format!("{label} is primary and is not to vote")),
            false => take(here, seat, format!("{label} is not to vote")),
        })
}

/// A voter that has been away for the grace time loses its vote when a standby is ready. It goes first: both orders leave
/// the same to spare, and with seven voters there is no other.
pub fn replace_the_dead(here: &Here) -> Option<Plan> {
    if here.voters > here.wanted {
        return None;
    }
    let away = |seat: &&Seat| !seat.healthy && seat.unit().is_some();
    let long = |seat: &&Seat| seat.unit().is_some_and(|unit| here.goal.long_away(unit));
    let ready = here.ready();
    let Some(heir) = ready.first() else {
        return not_back_for_long(here, here.voting().find(away)?);
    };
    let Some(seat) = here.voting().filter(away).find(long) else {
        let seat = here.voting().find(away)?;
        return Some(Plan::wait_long(format!(
            "{} to come back; after {} s {} steps in",
            seat.member.label(),
            here.goal.grace_ms / 1000,
            heir.member.label()
        )));
    };
    let why = format!(
        "{} has been away for longer than the grace time, and {} is ready to step in",
        seat.member.label(),
        heir.member.label()
    );
    // With an even number a vote is missing already, and giving it comes first.
    (here.voters % 2 == 1 && here.is_safe(Some(seat.member.id), None))
        .then(|| take(here, seat, why))
}

/// A standby that is there, and is to step in once it has been for long enough: nothing that changes then tells anybody.
fn not_back_for_long(here: &Here, goes: &Seat) -> Option<Plan> {
    let without = here.seats.iter().filter(|seat| !seat.member.votes);
    let heir = without
        .filter(|seat| seat.eligible && seat.caught_up)
        .min_by_key(|seat| seat.unit())?;
    Some(Plan::wait_long(format!(
        "{} to have been back for {} s before it can step in for {}, which is away",
        heir.member.label(),
        here.goal.grace_ms / 1000,
        goes.member.label()
    )))
}

/// Those who were taken for lost and are back vote again once they have been for long enough.
pub fn await_the_demoted(here: &Here) -> Option<Plan> {
    let back = here.seats.iter().find(|seat| {
        let demoted = seat
            .unit()
            .is_some_and(|unit| here.goal.policy.demoted.contains(unit) && !here.goal.steady(unit));
        demoted
            && seat.healthy
            && !seat.member.votes
            && seat.policy.may_have_vote(seat.member)
            && !seat.member.arbiter
    })?;
    Some(Plan::wait_long(format!(
        "{} to have been back for {} s before it votes again: it was taken for lost",
        back.member.label(),
        here.goal.grace_ms / 1000
    )))
}

/// Votes for those who have caught up, as long as an odd number comes of it: with one ready member and an odd number of
/// voters it waits for a second one.
pub fn give(here: &Here) -> Option<Plan> {
    let wanted = here.wanted;
    if here.voters >= wanted {
        return None;
    }
    let ready = here.ready();
    let most = (here.voters + ready.len()).min(wanted);
    // An odd number, or the even one that a person wants of two.
    let reachable = if most % 2 == 1 || most == wanted {
        most
    } else {
        most - 1
    };
    if here.voters >= reachable {
        return awaited(here);
    }
    let seat = ready.first()?;
    if !here.is_safe(None, Some(seat.member.id)) {
        return Some(Plan::wait_soon("a majority of the voters that are there"));
    }
    let label = seat.member.label();
    Some(give_to(
        here,
        seat,
        format!("{label} has caught up; {reachable} are to vote"),
    ))
}

/// Who is to catch up before more votes can be given.
fn awaited(here: &Here) -> Option<Plan> {
    let mut without = here
        .seats
        .iter()
        .filter(|seat| !seat.member.votes && seat.eligible);
    let behind = without.clone().find(|seat| !seat.caught_up);
    if let Some(seat) = behind {
        let state = here.view.state(seat.member.id);
        let why = format!("{} to catch up (it is {state})", seat.member.label());
        return Some(match state {
            State::Unknown(_) => Plan::wait_long(why),
            _ => Plan::wait_soon(why),
        });
    }
    let back = without.find(|seat| seat.unit().is_some_and(|unit| !here.goal.steady(unit)))?;
    Some(Plan::wait_long(format!(
        "{} to have been back for {} s before it votes",
        back.member.label(),
        here.goal.grace_ms / 1000
    )))
}

/// A vote for a standby that may lead where fewer than two voters may: else nobody can be elected once that one is away.
/// The one too many goes with the next step; with seven voters it goes first.
pub fn keep_leaders(here: &Here) -> Option<Plan> {
    let rests = here.voters == here.wanted && here.dying_voter().is_none();
    if !rests || here.voters < 3 || here.leaders() >= 2 {
        return None;
    }
    let ready = here.ready();
    let heir = ready.iter().find(|heir| heir.may_lead())?;
    let label = heir.member.label();
    let goes = cannot_lead(here)?;
    if here.voters < MOST_VOTERS {
        let why = format!("{label} can be elected, and hardly another voter can");
        return here
            .is_safe(None, Some(heir.member.id))
            .then(|| give_to(here, heir, why));
    }
    make_room(here, goes, &label)
}

/// The voter that can best be done without of those that cannot lead.
pub fn cannot_lead<'a>(here: &'a Here) -> Option<&'a Seat<'a>> {
    let others = here.voting().filter(|seat| seat.unit().is_some());
    others
        .filter(|seat| !here.leads(seat) && !seat.may_lead())
        .min_by_key(|seat| (seat.healthy, Reverse(seat.unit())))
}

/// Takes the vote of one that cannot lead, of the most there may be, so that one that can gets it.
pub fn make_room(here: &Here, goes: &Seat, heir: &str) -> Option<Plan> {
    let why = format!(
        "{} cannot be elected, as hardly another voter can, and {heir} can",
        goes.member.label()
    );
    here.is_safe(Some(goes.member.id), None)
        .then(|| take(here, goes, why))
}

/// Votes that are too many: the dead first, then who answers and does not replicate, then who is behind, then the zone with the most voters, then who may not lead,
/// then the highest unit; never the primary, and the last two who may lead only where there is nobody else. The last unit
/// that is up keeps its vote: members that nobody owns would be the only voters.
pub fn take_surplus(here: &Here) -> Option<Plan> {
    // Whoever leaves has given its vote on, or is about to: what is too many goes with it.
    if here.dying_voter().is_some() {
        return None;
    }
    let wanted = here.wanted;
    let even = here.voters.is_multiple_of(2) && here.voters != wanted;
    // An even number is not at rest while somebody is about to be given a vote.
    let without = here.seats.iter().filter(|seat| !seat.member.votes);
    let coming = without
        .filter(|seat| seat.eligible)
        .any(|seat| seat.is_coming(here));
    if here.voters <= wanted && (!even || coming) {
        return None;
    }
    let crowds = here.crowds();
    let mut surplus: Vec<&Seat> = here
        .voting()
        .filter(|seat| seat.unit().is_some() && !here.leads(seat))
        .collect();
    surplus.sort_by_key(|seat| {
        let crowd = crowds.get(&seat.zone()).copied();
        (
            here.is_scarce(seat),
            !matches!(here.view.state(seat.member.id), State::Unknown(_)),
            seat.healthy,
            seat.caught_up,
            Reverse(crowd),
            seat.may_lead(),
            Reverse(seat.unit()),
        )
    });
    let safe = |seat: &&&Seat| here.is_safe(Some(seat.member.id), None);
    let seat = surplus.iter().find(safe)?;
    let label = seat.member.label();
    let mut up = here
        .voting()
        .filter(|other| other.unit().is_some() && other.healthy);
    if seat.healthy && up.all(|other| other.member.id == seat.member.id) {
        return Some(Plan::wait_long(format!(
            "another unit, or a member that no unit owns to be taken out: {label} keeps its vote, one too many for an odd \
             number, as no other unit that is up has one"
        )));
    }
    Some(take(
        here,
        seat,
        format!("{label} becomes a standby: {wanted} are to vote, and an odd number"),
    ))
}

/// Votes move from a zone that could take the majority with it to one that has fewer, where that helps.
pub fn spread(here: &Here) -> Option<Plan> {
    let wanted = here.wanted;
    let rests = here.voters == wanted && here.dying_voter().is_none();
    if !rests || here.voters < 3 || here.voting().any(|seat| !seat.live) {
        return None;
    }
    let crowds = here.crowds();
    let (zone, most) = crowds.iter().max_by_key(|(_, count)| **count)?;
    if *most <= (wanted - 1) / 2 {
        return None;
    }
    let ready = here.ready();
    let heir = ready.first()?;
    let few = crowds.get(&heir.zone()).copied().unwrap_or(0);
    if few + 1 >= *most {
        return None;
    }
    let goes = here
        .voting()
        .filter(|seat| seat.zone() == *zone && !here.leads(seat))
        // Who may lead is worth more than where it is.
        .filter(|seat| heir.may_lead() || !here.is_scarce(seat))
        .max_by_key(|seat| (!seat.may_lead(), seat.unit()))?;
    let why = format!(
        "{} votes for {}: the loss of one zone is to leave a majority",
        heir.member.label(),
        goes.member.label()
    );
    let step = if here.voters < MOST_VOTERS {
        give_to(here, heir, why)
    } else {
        take(here, goes, why)
    };
    let (lost, won) = match here.voters < MOST_VOTERS {
        true => (None, Some(heir.member.id)),
        false => (Some(goes.member.id), None),
    };
    here.is_safe(lost, won).then_some(step)
}

//! Who joins, and whose address has changed. Nothing is written into the config before a server has answered there, and
//! what one unit says wrongly holds up nobody else.

use super::here::{Here, Owner, Seat, successor};
use crate::model::address::HostPort;
use crate::model::desired::MOST_MEMBERS;
use crate::model::plan::Plan;
use crate::model::set_config::{Change, Member};
use crate::model::unit::UnitName;
use std::collections::BTreeSet;

/// Whether a server that may join has answered at an address; else what to wait for.
fn open(here: &Here, unit: &UnitName, host: &HostPort) -> Result<(), Plan> {
    match here.view.doors.get(host) {
        Some(Ok(())) => Ok(()),
        Some(Err(why)) => Err(Plan::wait_long(format!(
            "the server of {unit} at {host}: {why}"
        ))),
        None => Err(Plan::wait_soon(format!("an answer of {unit} at {host}"))),
    }
}

/// A member that has moved, and where it is now.
#[derive(Clone, Copy)]
struct Move<'a> {
    seat: &'a Seat<'a>,
    to: &'a HostPort,
}

/// Members whose unit says that it has another address: changed in place, one a step, the primary last, after it has handed
/// over. Units that have changed places change members: a host keeps its `_id` (M5).
pub fn move_hosts(here: &Here) -> Option<Plan> {
    let mut moves: Vec<Move> = here
        .seats
        .iter()
        .filter_map(|seat| match seat.owner {
            Owner::Unit(_, wanted) => {
                let to = wanted.address.as_ref()?;
                (*to != seat.member.host).then_some(Move { seat, to })
            }
            _ => None,
        })
        .collect();
    moves.sort_by_key(|one| (here.leads(one.seat), one.seat.unit()));
    let mut waiting = None;
    for first in &moves {
        match follow(here, &moves, *first) {
            Ok(Way::Free(last)) => return Some(move_one(here, last)),
            Ok(Way::Ring(ring)) => return Some(exchange(here, &ring)),
            Err(wait) => {
                waiting.get_or_insert(wait);
            }
        }
    }
    waiting
}

fn move_one(here: &Here, one: Move) -> Plan {
    let stays = |member: &Member| member.id != one.seat.member.id;
    let label = one.seat.member.label();
    if here.leads(one.seat) && successor(here.view, stays).is_some() {
        return here.hand_over(format!("{label} is primary and has moved"));
    }
    let change = Change::SetHost(one.seat.member.id, one.to.clone());
    here.change(vec![change], format!("{label} says that it is there now"))
}

fn exchange(here: &Here, ring: &[Move]) -> Plan {
    let changes = ring.iter().filter_map(|one| {
        let place = here.view.config.at(one.to)?;
        Some(Change::SetUnit(place.id, one.seat.unit()?.clone()))
    });
    let labels: Vec<String> = ring.iter().map(|one| one.seat.member.label()).collect();
    let why = format!("{} have changed places", labels.join(" and "));
    here.change(changes.collect(), why)
}

/// Where a move leads.
enum Way<'a> {
    /// This one has to be made first: the address that it needs is free.
    Free(Move<'a>),
    /// Each needs the address that the next one holds.
    Ring(Vec<Move<'a>>),
}

/// From a move to those that must be made before it, because they hold the address that it needs.
fn follow<'a>(here: &Here, moves: &[Move<'a>], first: Move<'a>) -> Result<Way<'a>, Plan> {
    let mut chain: Vec<Move> = vec![first];
    loop {
        let last = chain[chain.len() - 1];
        let label = last.seat.member.label();
        let Some(holder) = here.view.config.at(last.to) else {
            if let Some(unit) = last.seat.unit() {
                open(here, unit, last.to)?;
            }
            return Ok(Way::Free(last));
        };
        if let Some(at) = chain.iter().position(|one| one.seat.member.id == holder.id) {
            return Ok(Way::Ring(chain.split_off(at)));
        }
        let moved = moves.iter().find(|one| one.seat.member.id == holder.id);
        chain.push(*moved.ok_or_else(|| {
            Plan::wait_long(format!(
                "{} to leave {}, where {label} is now",
                holder.label(),
                last.to
            ))
        })?);
    }
}

/// A member that somebody added by hand at the very address of a unit is that unit's.
pub fn adopt(here: &Here) -> Option<Plan> {
    let (unit, host) = missing(here).find_map(|(unit, address)| {
        let stranger = here.view.config.at(address?)?;
        stranger.unit.is_none().then_some((unit, stranger))
    })?;
    // Neither could ever lead, and an arbiter not even stand by.
    let indexed = here.view.config.builds_indexes(host.id);
    if host.arbiter || !indexed {
        let what = if host.arbiter {
            "an arbiter"
        } else {
            "a member without indexes"
        };
        return Some(Plan::blocked(format!(
            "{} is {what} at the address of {unit}: take it out with: juju run {}/leader set-member member={} remove=true",
            host.host,
            here.goal.me.application(),
            host.host
        )));
    }
    let why = format!("{unit} is at {}", host.host);
    Some(here.change(vec![Change::Adopt(host.id, unit.clone())], why))
}

fn missing<'a>(here: &'a Here) -> impl Iterator<Item = (&'a UnitName, Option<&'a HostPort>)> {
    let known: BTreeSet<&UnitName> = here.seats.iter().filter_map(Seat::unit).collect();
    let units = here.goal.units.iter();
    units
        .filter(move |(unit, _)| !known.contains(unit))
        .map(|(unit, wanted)| (unit, wanted.address.as_ref()))
}

/// Units that are not members yet join without a vote, all that are ready at once.
pub fn add_members(here: &Here) -> Option<Plan> {
    let mut changes = Vec::new();
    let mut waiting: Option<Plan> = None;
    let mut taken: BTreeSet<&HostPort> = here.seats.iter().map(|seat| &seat.member.host).collect();
    let mut id = here.view.config.next_id().max(here.goal.first_id);
    for (unit, address) in missing(here) {
        let refused = match address {
            None => Plan::wait_long(format!("{unit} to start its mongod")),
            Some(_) if here.seats.len() + changes.len() >= MOST_MEMBERS => Plan::blocked(format!(
                "a replica set has at most {MOST_MEMBERS} members: remove {unit} or another unit"
            )),
            Some(host) if taken.contains(host) => {
                let holder = here.view.config.at(host).map(Member::label);
                let holder = holder.unwrap_or_else(|| "another unit".to_owned());
                Plan::wait_long(format!("{holder} to leave {host}, where {unit} is now"))
            }
            Some(host) => match open(here, unit, host) {
                Ok(()) => {
                    taken.insert(host);
                    changes.push(Change::Add {
                        id,
                        host: host.clone(),
                        unit: unit.clone(),
                    });
                    id += 1;
                    continue;
                }
                Err(wait) => wait,
            },
        };
        // What a person must do comes before what is only awaited.
        if waiting
            .as_ref()
            .is_none_or(|kept| kept.blocker.is_none() && refused.blocker.is_some())
        {
            waiting = Some(refused);
        }
    }
    if changes.is_empty() {
        return waiting;
    }
    let why = match changes.len() {
        1 => "it catches up before it votes",
        _ => "they catch up before they vote",
    };
    Some(here.change(changes, why))
}

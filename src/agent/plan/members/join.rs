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
/// over. Two that have changed places move together.
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
        let chain = match chain(here, &moves, *first) {
            Ok(chain) => chain,
            Err(wait) => {
                waiting.get_or_insert(wait);
                continue;
            }
        };
        let stays = |member: &Member| chain.iter().all(|one| one.seat.member.id != member.id);
        if chain.iter().any(|one| here.leads(one.seat)) && successor(here.view, stays).is_some() {
            let label = here.primary.label();
            return Some(here.hand_over(format!("{label} is primary and has moved")));
        }
        let labels: Vec<String> = chain.iter().map(|one| one.seat.member.label()).collect();
        let changes = chain
            .iter()
            .map(|one| Change::SetHost(one.seat.member.id, one.to.clone()));
        let why = format!("{} says that it is there now", labels.join(" and "));
        return Some(here.change(changes.collect(), why));
    }
    waiting
}

/// The move and those that must be made with it, because they hold the address that it needs.
fn chain<'a>(here: &Here, moves: &[Move<'a>], first: Move<'a>) -> Result<Vec<Move<'a>>, Plan> {
    let mut chain: Vec<Move> = Vec::new();
    let mut next = first;
    loop {
        let label = next.seat.member.label();
        if let Some(unit) = next.seat.unit()
            // A server that is in the config at this address, as another member, needs no other look.
            && here.view.config.at(next.to).is_none()
        {
            open(here, unit, next.to)?;
        }
        chain.push(next);
        let Some(holder) = here.view.config.at(next.to) else {
            return Ok(chain);
        };
        if chain.iter().any(|one| one.seat.member.id == holder.id) {
            return Ok(chain);
        }
        let moved = moves.iter().find(|one| one.seat.member.id == holder.id);
        next = *moved.ok_or_else(|| {
            Plan::wait_long(format!(
                "{} to leave {}, where {label} is now",
                holder.label(),
                next.to
            ))
        })?;
    }
}

/// A member that somebody added by hand at the very address of a unit is that unit's.
pub fn adopt(here: &Here) -> Option<Plan> {
    let (unit, host) = missing(here).find_map(|(unit, address)| {
        let stranger = here.view.config.at(address?)?;
        stranger.unit.is_none().then_some((unit, stranger))
    })?;
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
    let mut id = here.view.config.next_id();
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

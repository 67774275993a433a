//! The config that would be forced.
//!
//! It is made so that the newest survivor can win the election and nobody who has less can, and so that every member
//! that comes back is told by the new primary where it belongs: a lost member that were left out could elect a primary
//! of the old config with others that come back.

use super::Kind;
use super::rank::Ranked;
use crate::model::address::HostPort;
use crate::model::desired::MOST_VOTERS;
use crate::model::optime::OpTime;
use crate::model::set_config::{Member, SetConfig};
use crate::model::survey::{Answer, Survey};
use mongodb::bson::{Bson, Document};
use std::collections::{BTreeMap, BTreeSet};

/// The config, and what is to be said of it.
pub(super) struct Forced {
    pub(super) kind: Kind,
    pub(super) config: SetConfig,
    /// A line a member.
    pub(super) members: Vec<String>,
    /// Members that are not in it any more, each with its reason.
    pub(super) dropped: Vec<String>,
}

/// One member of the newest config, and what becomes of it.
struct Place<'a> {
    member: &'a Member,
    raw: Document,
    survivor: Option<&'a Ranked>,
    /// None: it is left out, with the reason.
    host: Result<HostPort, String>,
}

/// Makes it.
///
/// # Errors
/// MongoDB would refuse it.
pub(super) fn force(
    survey: &Survey,
    base: &SetConfig,
    ranking: &[Ranked],
    newest: &Ranked,
) -> Result<Forced, String> {
    let kind = kind(base, ranking);
    let own = own_config(survey, newest).unwrap_or(base);
    let mut places = places(survey, base, ranking, newest, kind);
    let voters = match kind {
        Kind::AddressesChanged | Kind::NobodyElectable => {
            with_their_votes(survey, base, ranking, newest)
        }
        Kind::MembersGone => survivors(base, ranking, newest),
    };
    let ids = ids(&places, base, own);
    let mut members = Vec::new();
    let mut documents = Vec::new();
    let mut dropped = Vec::new();
    for place in &mut places {
        let (id, label) = (place.member.id, place.member.label());
        let host = match &place.host {
            Ok(host) => host.clone(),
            Err(why) => {
                dropped.push(format!("{label} is left out: {why}"));
                continue;
            }
        };
        let votes = voters.contains(&id);
        let leads = newest.id == Some(id);
        let raw = &mut place.raw;
        raw.insert("_id", ids.get(&id).copied().unwrap_or(id));
        raw.insert("host", host.to_string());
        if !votes {
            raw.insert("votes", 0);
            raw.insert("priority", 0);
        } else if leads && !place.member.electable() {
            lead(raw);
        }
        members.push(line(
            &label,
            place.member,
            &host,
            place.survivor,
            votes,
            leads,
        ));
        documents.push(Bson::Document(raw.clone()));
    }
    let latest = ranking.iter().map(|one| one.config.0).max();
    let version = latest.unwrap_or_default().max(base.version()) + 1;
    let mut document = base.document();
    document.insert("version", version);
    document.insert("members", documents);
    let config = SetConfig::read(document).map_err(|error| error.to_string())?;
    let known = has_default_write_concern(survey, newest);
    if implies_one(own) != implies_one(&config) && known != Some(true) {
        return Err(
            "the config of the survivors would change the default write concern that is implied, none is set, and MongoDB \
             refuses that: bring an arbiter or another voter back"
                .to_owned(),
        );
    }
    Ok(Forced {
        kind,
        config,
        members,
        dropped,
    })
}

/// A majority that answers, though not where the config says, has only moved; or nobody in it has a priority.
fn kind(base: &SetConfig, ranking: &[Ranked]) -> Kind {
    let there: BTreeSet<i32> = ranking.iter().filter_map(|one| one.id).collect();
    if base.voters().intersection(&there).count() < base.majority() {
        return Kind::MembersGone;
    }
    match ranking.iter().any(|one| one.electable) {
        true => Kind::AddressesChanged,
        false => Kind::NobodyElectable,
    }
}

fn own_config<'a>(survey: &'a Survey, newest: &Ranked) -> Option<&'a SetConfig> {
    said(survey, newest).map(|said| &said.config)
}

fn has_default_write_concern(survey: &Survey, newest: &Ranked) -> Option<bool> {
    said(survey, newest)?.has_default_write_concern
}

fn said<'a>(survey: &'a Survey, one: &Ranked) -> Option<&'a crate::model::survey::Testimony> {
    let asked = survey.asked.iter().find(|asked| {
        asked.address == one.address
            && asked
                .unit
                .as_ref()
                .is_none_or(|unit| unit.to_string() == one.label)
    })?;
    match &asked.answer {
        Answer::Member(said) => Some(said),
        _ => None,
    }
}

/// Where each member is to be. Those that answer are where they answered; of the others what their unit last said.
fn places<'a>(
    survey: &Survey,
    base: &'a SetConfig,
    ranking: &'a [Ranked],
    newest: &Ranked,
    kind: Kind,
) -> Vec<Place<'a>> {
    let document = base.document();
    let raws = document.get_array("members").cloned().unwrap_or_default();
    let raws = raws.iter().filter_map(Bson::as_document);
    let mut places: Vec<Place> = base
        .members()
        .zip(raws)
        .map(|(member, raw)| {
            let survivor = ranking.iter().find(|one| one.id == Some(member.id));
            Place {
                member,
                raw: raw.clone(),
                survivor,
                host: Err(String::new()),
            }
        })
        .collect();
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by_key(|at| {
        let id = Some(places[*at].member.id);
        (id != newest.id, places[*at].survivor.is_none(), id)
    });
    let mut taken: BTreeSet<HostPort> = BTreeSet::new();
    let local = is_local(&newest.address);
    for at in order {
        let host = host(survey, &places[at], kind, local, &taken);
        if let Ok(host) = &host {
            taken.insert(host.clone());
        }
        places[at].host = host;
    }
    places
}

fn host(
    survey: &Survey,
    place: &Place,
    kind: Kind,
    local: bool,
    taken: &BTreeSet<HostPort>,
) -> Result<HostPort, String> {
    let member = place.member;
    if member.arbiter && kind == Kind::MembersGone {
        return Err(
            "it is an arbiter, has no data to vote by, and MongoDB keeps none without a vote"
                .to_owned(),
        );
    }
    let published = match (&member.unit, place.survivor) {
        (_, Some(survivor)) => Some(survivor.address.clone()),
        (None, None) => None,
        (Some(unit), None) => match survey.units.get(unit) {
            Some(address) => address.clone(),
            None => return Err("its unit is gone, and no server answers at its address".to_owned()),
        },
    };
    let candidates = published.into_iter().chain([member.host.clone()]);
    let mut free = candidates.filter(|host| !taken.contains(host) && is_local(host) == local);
    free.next().ok_or_else(|| {
        format!(
            "its last address {} is another's now; it is added again when it is back",
            member.host
        )
    })
}

/// `mongod` takes loopback addresses for all members or for none (M3).
fn is_local(host: &HostPort) -> bool {
    host.host == "localhost" || host.ip().is_some_and(|ip| ip.is_loopback())
}

/// Everybody keeps its vote, but for a server that has lost its config and data: it would vote without knowing for what.
fn with_their_votes(
    survey: &Survey,
    base: &SetConfig,
    ranking: &[Ranked],
    newest: &Ranked,
) -> BTreeSet<i32> {
    let empty = survey
        .asked
        .iter()
        .filter(|asked| asked.answer == Answer::NoSet);
    let empty: BTreeSet<i32> = empty
        .filter_map(|asked| Some(base.of_unit(asked.unit.as_ref()?)?.id))
        .collect();
    let mut voters = base.voters();
    voters.retain(|id| !empty.contains(id));
    if let Some(id) = newest.id
        && voters.insert(id)
        && voters.len() > MOST_VOTERS
    {
        // Who does not answer goes first, then who is furthest behind.
        let place = |id: &i32| ranking.iter().position(|one| one.id == Some(*id));
        let last = voters.iter().copied().filter(|other| *other != id);
        let last = last.max_by_key(|id| (place(id).unwrap_or(usize::MAX), *id));
        voters.retain(|id| Some(*id) != last);
    }
    voters
}

/// As many of the voters that are left as leave nobody with less than the newest a chance: whoever has all that the newest
/// has refuses to vote for one that has less, and these must be enough to keep the others from a majority.
fn survivors(base: &SetConfig, ranking: &[Ranked], newest: &Ranked) -> BTreeSet<i32> {
    let rank = |one: &Ranked| (one.id != newest.id, std::cmp::Reverse(one.position), one.id);
    let mut able: Vec<&Ranked> = ranking
        .iter()
        .filter(|one| {
            let voted = one
                .id
                .and_then(|id| base.member(id))
                .is_some_and(|member| member.votes && !member.arbiter);
            one.id == newest.id
                || voted && one.whole && one.ready && one.position <= newest.position
        })
        .collect();
    able.sort_by_key(|one| rank(one));
    let positions: Vec<Option<OpTime>> = able.iter().map(|one| one.position).collect();
    let count = electorate(&positions);
    able.iter().take(count).filter_map(|one| one.id).collect()
}

/// How many of these, the newest first, may vote.
pub(super) fn electorate(positions: &[Option<OpTime>]) -> usize {
    let equal = positions.iter().filter(|one| **one == positions[0]).count();
    let most = positions.len().min(2 * equal).min(MOST_VOTERS);
    // Two of more are safer than one alone: what is acknowledged is on both.
    match most < positions.len() && most.is_multiple_of(2) && most > 2 {
        true => most - 1,
        false => most,
    }
}

/// `_id`s: a host that the survivor's own config has must keep its own there (M5), so members that have taken each other's
/// addresses take each other's `_id`s too; everybody else keeps its own.
fn ids(places: &[Place], base: &SetConfig, own: &SetConfig) -> BTreeMap<i32, i32> {
    let mut ids = BTreeMap::new();
    let mut taken = BTreeSet::new();
    let kept = || {
        places
            .iter()
            .filter_map(|place| Some((place.member.id, place.host.as_ref().ok()?)))
    };
    for (id, host) in kept() {
        if let Some(there) = own.at(host) {
            ids.insert(id, there.id);
            taken.insert(there.id);
        }
    }
    let mut spare: Vec<i32> = Vec::new();
    for (id, _) in kept() {
        if ids.contains_key(&id) {
            continue;
        }
        if taken.insert(id) {
            ids.insert(id, id);
        } else {
            spare.push(id);
        }
    }
    let mut next = base.next_id().max(own.next_id());
    for id in spare {
        let free = base
            .members()
            .map(|member| member.id)
            .find(|id| !taken.contains(id));
        let chosen = free.unwrap_or(next);
        next = next.max(chosen + 1);
        taken.insert(chosen);
        ids.insert(id, chosen);
    }
    ids
}

/// Whoever is to be primary must be electable (M2).
fn lead(raw: &mut Document) {
    raw.insert("votes", 1);
    raw.insert("priority", 1);
    raw.insert("hidden", false);
    for name in ["secondaryDelaySecs", "slaveDelay"] {
        if raw.contains_key(name) {
            raw.insert(name, 0_i64);
        }
    }
}

/// Whether the default write concern that this config implies is 1 and not a majority (M17).
fn implies_one(config: &SetConfig) -> bool {
    let arbiters = config.members().filter(|member| member.arbiter).count();
    let writable = config
        .members()
        .filter(|member| member.votes && !member.arbiter);
    arbiters > 0 && writable.count() <= config.majority()
}

fn line(
    label: &str,
    member: &Member,
    host: &HostPort,
    survivor: Option<&Ranked>,
    votes: bool,
    leads: bool,
) -> String {
    let moved = match member.host == *host {
        true => format!("at {host}"),
        false => format!("at {host} (was at {})", member.host),
    };
    let what = match (votes, survivor) {
        _ if leads => "votes, and is to be primary",
        (true, Some(_)) => "votes",
        (true, None) => "keeps its vote, though it does not answer",
        (false, Some(_)) if !member.votes => "has no vote, as before",
        (false, Some(_)) => "has no vote until it has caught up",
        (false, None) => "has no vote until it is back and has caught up",
    };
    format!("{label} {moved}: {what}")
}

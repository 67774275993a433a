//! The actions that begin a fault: what all of them check, tell and publish.

mod local;
mod network;

use super::{Answer, Situation};
use crate::agent::hook::HookError;
use crate::agent::observe;
use crate::fault::done::Done;
use crate::fault::held;
use crate::fault::moment::utc;
use crate::host::clock;
use crate::juju::tools;
use crate::model::databag;
use crate::model::fault::beside;
use crate::model::fault::network::Network;
use crate::model::fault::{Acknowledgement, Fault, Kind, Outcome, Request};
use crate::model::observed::Relation;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use tracing::info;

/// What an action is going to do, before it does it.
struct Planned {
    request: Request,
    /// For people, in the order in which they are shown.
    results: Vec<(String, String)>,
    /// What is going to be typed, so to speak; for `dry-run`.
    commands: String,
}

/// What is said where the site wants no faults.
pub const FORBIDDEN: &str =
    "the option fault-injection forbids faults on this site; set it to allowed first";

/// How long an election may take: MongoDB's default time-out for one is 10 s, and a second round is rare.
const AN_ELECTION: Duration = Duration::from_secs(15);

/// How long until the set is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// Begins a fault of this kind.
pub async fn run(kind: Kind, situation: &mut Situation) -> Result<Answer, HookError> {
    if situation.juju.faults_forbidden() {
        return Ok(refused(FORBIDDEN));
    }
    if situation.juju.relation.is_some() {
        until_an_election_is_over(kind, situation).await;
    }
    let (situation, juju) = (&*situation, &situation.juju);
    let Some(relation) = &juju.relation else {
        let why = "this unit is not in the relation with its peers yet";
        return Ok(refused(why));
    };
    let now_ms = clock::now_ms();
    if let Some(why) = in_the_way(kind, situation, now_ms) {
        return Ok(refused(why));
    }
    let planned = match kind.is_local() {
        false => network::plan(kind, situation, now_ms),
        true => local::plan(kind, situation, now_ms),
    };
    let planned = match planned {
        Ok(planned) => planned,
        Err(why) => return Ok(refused(why)),
    };
    if situation.flag("dry-run") {
        let answer = answer(&planned, &Done::skipped("dry-run"));
        return Ok(answer.with("plan", planned.commands.trim_end()));
    }
    if let Err(why) = end_what_nobody_asks_for(kind, situation, now_ms).await {
        return Ok(refused(why));
    }
    // Juju passes this on only when the action ends well: of one that is cut off nobody hears, and the next hook, or the
    // watchdog, takes away what it did.
    info!("{}: tell the other units", planned.request.id);
    publish(relation, &planned.request, now_ms, None).await?;
    let done = match kind.is_local() {
        false => network::begin(situation, &planned, now_ms).await,
        true => local::begin(situation, &planned).await,
    };
    if done.outcome != Outcome::Skipped {
        publish(relation, &planned.request, now_ms, Some(&done)).await?;
    }
    let mut told = answer(&planned, &done);
    if let Some(clocks) = super::faults::clocks(juju, now_ms) {
        told = told.with("clocks", clocks);
    }
    if done.outcome == Outcome::Skipped {
        // Never half: what is not in place here is not asked of the others either.
        withdraw(relation).await?;
        told.failure = Some(format!("no {kind}: {}", done.reason));
    }
    Ok(told)
}

/// A cut that is planned from the primary waits for one: after a heal, as a rule, an election is under way.
async fn until_an_election_is_over(kind: Kind, situation: &mut Situation) {
    let deadline = Instant::now() + AN_ELECTION;
    while Instant::now() < deadline && network::lacks_a_primary(kind, situation) {
        tokio::time::sleep(LOOK_AGAIN).await;
        situation.set = observe::set_from_anywhere(&situation.juju, &situation.host).await;
    }
}

/// One of which nothing is in place: a program that reads the results need not understand the sentence.
fn refused(why: impl ToString) -> Answer {
    let why = why.to_string();
    Answer::failed(&why)
        .with("outcome", Outcome::Skipped)
        .with("reason", why)
}

fn answer(planned: &Planned, done: &Done) -> Answer {
    let request = &planned.request;
    let until = utc(request.until_ms);
    let mut answer = Answer::default().with("id", &request.id);
    for (key, value) in &planned.results {
        answer = answer.with(key, value);
    }
    answer = answer.with("outcome", done.outcome).with("until", &until);
    if matches!(request.fault, Fault::Partition { .. }) {
        answer = answer.with("heals-at", &until);
    }
    if done.reason.is_empty() {
        answer
    } else {
        answer.with("reason", &done.reason)
    }
}

/// A fault that holds and would be mixed up with this one.
fn in_the_way(kind: Kind, situation: &Situation, now_ms: u64) -> Option<String> {
    let juju = &situation.juju;
    let by_hand = situation.host.by_hand.as_ref().ok();
    let cut = by_hand.and_then(Option::as_ref).map(Network::cut_off);
    if kind == Kind::Partition
        && let Some(last) = cut.and_then(|cut| cut.into_values().max())
    {
        let left = last.saturating_sub(now_ms).div_ceil(1000);
        return Some(format!(
            "a partition that was made by command on this machine is in place for {left} s more; wait, or run the action heal first"
        ));
    }
    // What was healed on this unit alone holds on others, where the network is concerned.
    let heals = match kind.is_local() {
        true => juju.heals_asked(),
        false => juju.heals_of_all(),
    };
    let asked = juju.faults_asked();
    let link = match kind {
        // One that cannot be read is refused with its reason later.
        Kind::Partition => network::one_way(situation).ok(),
        _ => None,
    };
    let holding = beside::in_the_way(kind, link.as_ref(), &juju.me, &asked, &heals, now_ms)?;
    let left = (holding.until_ms - now_ms).div_ceil(1000);
    Some(format!(
        "the {} {} is in place for {left} s more; wait, or run the action heal first",
        holding.fault.kind(),
        holding.id
    ))
}

/// What an action that was killed, or one that was healed elsewhere just now, has left here ends before another begins:
/// else its end would be in the middle of that.
async fn end_what_nobody_asks_for(
    kind: Kind,
    situation: &Situation,
    now_ms: u64,
) -> Result<(), String> {
    let held = situation.host.held.iter();
    let left = held.filter(|held| !held.in_firewall() && kind.excludes(held.kind));
    let left: BTreeSet<String> = left.map(|held| held.id.clone()).collect();
    if left.is_empty() {
        return Ok(());
    }
    let ended = held::end_all(now_ms, &left).await;
    ended.map_err(|why| {
        format!("something of an earlier fault is in place still: {why}; try again, or run the action heal first")
    })
}

/// A new request of this unit: its id, its moments, and where everybody was.
fn request(situation: &Situation, now_ms: u64, seconds: u64, fault: Fault) -> Request {
    let juju = &situation.juju;
    // Later than every heal that is known, so that a clock that is behind cannot make it end before it began.
    let here = juju.unit_data().filter_map(|data| data.heal_here.clone());
    let heals: Vec<_> = juju.heals_asked().into_iter().chain(here).collect();
    let asked_at_ms = heals
        .iter()
        .flat_map(|heal| heal.before_ms.values())
        .fold(now_ms, |latest, before_ms| latest.max(before_ms + 1));
    let unit = juju.me.to_string().replace('/', "-");
    Request {
        id: format!("{unit}-{now_ms}"),
        asked_at_ms,
        until_ms: now_ms + seconds * 1000,
        length_ms: Some(seconds * 1000),
        addresses: juju.servers(situation.port()),
        fault,
    }
}

async fn publish(
    relation: &Relation,
    request: &Request,
    now_ms: u64,
    done: Option<&Done>,
) -> Result<(), HookError> {
    let mut data = relation.mine.clone().ok().flatten().unwrap_or_default();
    data.faults.retain(|known| now_ms < known.until_ms);
    data.faults.push(request.clone());
    let at_ms = clock::now_ms();
    data.acknowledged.extend(done.map(|done| {
        let acknowledgement = Acknowledgement {
            outcome: done.outcome,
            at_ms,
            ends_ms: done.ends_ms,
        };
        (request.id.clone(), acknowledgement)
    }));
    Ok(tools::set_bag(&relation.id, false, &databag::write(&data)).await?)
}

async fn withdraw(relation: &Relation) -> Result<(), HookError> {
    let data = relation.mine.clone().ok().flatten().unwrap_or_default();
    Ok(tools::set_bag(&relation.id, false, &databag::write(&data)).await?)
}

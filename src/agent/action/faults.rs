//! `faults`: what is in place on each unit, who acknowledged it, and what each unit believes of the set.

mod clocks;

pub use clocks::clocks;

use super::{Answer, Situation};
use crate::host::clock;
use crate::model::address::HostPort;
use crate::model::fault::held::Held;
use crate::model::fault::network::{Element, Network, Rule, Side};
use crate::model::fault::{Acknowledgement, Outcome};
use crate::model::observed::HostFacts;
use crate::model::set_config::{Member, SetConfig};
use crate::model::set_view::State;
use crate::mongo::connection::Connection;
use crate::mongo::error::MongoError;
use crate::mongo::query::{self, Status};
use std::collections::BTreeMap;

/// Ends that are no further apart are told as one: the kernel's are whole seconds.
const SAME_END_MS: u64 = 2000;

/// The action.
pub async fn run(situation: &Situation) -> Answer {
    let juju = &situation.juju;
    let now_ms = clock::now_ms();
    let heals = juju.heals_asked();
    let asked = juju.faults_asked();
    let holding: Vec<_> = asked
        .iter()
        .filter(|request| request.holds(&heals, now_ms))
        .collect();
    let mut answer = Answer::default().with("here", here(&situation.host));
    let told: Vec<String> = holding
        .iter()
        .map(|request| {
            let left = (request.until_ms - now_ms).div_ceil(1000);
            format!("{} ({}) for {left} s", request.id, request.fault.kind())
        })
        .collect();
    answer = answer.with("asked-for", none_if_empty(&told, ", "));
    for request in &holding {
        let key = format!("acknowledged-{}", request.id);
        let bags = juju.relation.iter().flat_map(|relation| &relation.peers);
        let peers = bags.filter_map(|(unit, bag)| Some((unit, bag.as_ref().ok()?.as_ref()?)));
        let own = juju
            .relation
            .as_ref()
            .and_then(|it| it.mine.as_ref().ok()?.as_ref());
        let all = peers.chain(own.map(|data| (&juju.me, data)));
        let said = all.filter(|(unit, _)| request.fault.concerns(unit));
        let said: BTreeMap<_, _> = said
            .map(|(unit, data)| {
                let done = data.acknowledged.get(&request.id);
                let word = done.map_or("not yet".to_owned(), |it| acknowledged(it, now_ms));
                (unit.clone(), format!("{unit} {word}"))
            })
            .collect();
        let said: Vec<String> = said.into_values().collect();
        answer = answer.with(&key, none_if_empty(&said, ", "));
    }
    if let Some(clocks) = clocks(juju, now_ms) {
        answer = answer.with("clocks", clocks);
    }
    answer.with("beliefs", beliefs(situation).await)
}

/// `installed for 33 s`: as long as that unit's kernel or watchdog has it still.
fn acknowledged(done: &Acknowledgement, now_ms: u64) -> String {
    match done.ends_ms {
        Some(ends_ms) if done.outcome == Outcome::Installed => {
            let left = ends_ms.saturating_sub(now_ms) / 1000;
            format!("{} for {left} s", done.outcome)
        }
        _ => done.outcome.to_string(),
    }
}

fn none_if_empty(parts: &[String], between: &str) -> String {
    match parts {
        [] => "nothing".to_owned(),
        parts => parts.join(between),
    }
}

/// What each unit believes the set looks like: all are asked at once, so that those that are cut off cost their time-out
/// once.
async fn beliefs(situation: &Situation) -> String {
    let servers = situation.juju.servers(situation.port()).into_iter();
    let asked: Vec<_> = servers
        .map(|(unit, at)| {
            let server = HostPort::new(&at.ip().to_string(), at.port());
            (unit, tokio::spawn(async move { belief(&server).await }))
        })
        .collect();
    let mut lines = Vec::new();
    for (unit, belief) in asked {
        let belief = match belief.await {
            Ok(Ok(belief)) => belief,
            Ok(Err(error)) => format!("does not answer from here ({})", error.class),
            Err(gone) => format!("was not asked ({gone})"),
        };
        lines.push(format!("{unit} {belief}"));
    }
    none_if_empty(&lines, "; ")
}

async fn belief(server: &HostPort) -> Result<String, MongoError> {
    let connection = Connection::to(server)?;
    let hello = query::hello(&connection).await?;
    let leads = match hello.knows_primary {
        _ if hello.set_name.is_none() => return Ok("is in no set".to_owned()),
        _ if hello.primary => "says it is primary".to_owned(),
        Some(primary) => format!("takes {primary} for the primary"),
        None => "knows no primary".to_owned(),
    };
    let (config, _) = query::config(&connection, false).await?;
    let status = query::status(&connection).await?;
    Ok(format!("{leads}, {}", heard(&config, &status)))
}

/// `hears mongo-rs/1; not mongo-rs/3`.
fn heard(config: &SetConfig, status: &Status) -> String {
    let others = config
        .members()
        .filter(|member| Some(member.id) != status.myself);
    let (heard, not): (Vec<&Member>, Vec<&Member>) = others.partition(|member| {
        let seen = status.members.get(&member.id);
        seen.is_some_and(|seen| !matches!(seen.state, State::Unknown(_)))
    });
    let labels = |members: &[&Member]| -> String {
        let labels: Vec<String> = members.iter().map(|member| member.label()).collect();
        labels.join(", ")
    };
    match (heard.is_empty(), not.is_empty()) {
        (true, true) => "is alone".to_owned(),
        (true, false) => "hears nobody".to_owned(),
        (false, true) => "hears all".to_owned(),
        (false, false) => format!("hears {}, not {}", labels(&heard), labels(&not)),
    }
}

/// What is in place on this machine, with the seconds that the kernel has still for it.
pub fn here(host: &HostFacts) -> String {
    let told = |network: &Result<Option<Network>, String>| match network {
        Ok(network) => describe(network.as_ref().unwrap_or(&Network::default()), host.now_ms),
        Err(why) => vec![format!("the firewall cannot be asked: {why}")],
    };
    let mut parts = told(&host.network);
    let by_hand = told(&host.by_hand).into_iter();
    parts.extend(by_hand.map(|part| format!("{part} (by command)")));
    parts.extend(describe_held(&host.held, host.now_ms));
    none_if_empty(&parts, ", ")
}

/// What is noted to be held outside the firewall.
pub fn describe_held(held: &[Held], now_ms: u64) -> Vec<String> {
    let held = held.iter().filter(|held| !held.in_firewall());
    let parts = held.map(|held| {
        let left = held.until_ms.saturating_sub(now_ms) / 1000;
        format!("{} for {left} s", held.kind)
    });
    parts.collect()
}

/// The firewall's faults, a part for each element that is not another direction of the same.
pub fn describe(network: &Network, now_ms: u64) -> Vec<String> {
    let mut parts = Vec::new();
    let end = |rule, element| network.0.get(&rule)?.get(&element).copied();
    for (rule, element, until_ms) in network.elements() {
        let seconds = until_ms.saturating_sub(now_ms) / 1000;
        let whom = match element {
            Element::Address(address) => address.to_string(),
            Element::Service(address, port) => format!("{address} port {port}"),
            Element::Port(port) => format!("port {port}"),
        };
        let what = match rule {
            Rule::Drop(side) | Rule::DropPort(side, _) => {
                let other = match rule {
                    Rule::Drop(Side::In) => end(Rule::Drop(Side::Out), element),
                    Rule::Drop(Side::Out) => end(Rule::Drop(Side::In), element),
                    _ => None,
                };
                // Two ways that were cut one by one end each at its own time.
                let both = other.is_some_and(|other| other.abs_diff(until_ms) <= SAME_END_MS);
                match (side, both) {
                    (Side::Out, true) => continue,
                    (Side::In, true) => format!("{whom} cut off"),
                    (Side::In, false) => format!("{whom} not heard"),
                    (Side::Out, false) => format!("{whom} not spoken to"),
                }
            }
            Rule::Lose(share) => format!("{} % lost from {whom}", f64::from(share) / 100.0),
            Rule::LosePort(share) => format!("{} % lost to {whom}", f64::from(share) / 100.0),
            Rule::Limit(rate) => format!("to {whom} within {rate} kB/s for all"),
        };
        parts.push(format!("{what} for {seconds} s"));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_acknowledgement_tells_how_long_the_kernel_of_that_unit_keeps_it() {
        for (outcome, ends_ms, said) in [
            (Outcome::Installed, Some(43_900), "installed for 33 s"),
            (Outcome::Installed, Some(9_000), "installed for 0 s"),
            (Outcome::Installed, None, "installed"),
            (Outcome::Skipped, None, "skipped"),
            (Outcome::Unsure, Some(43_900), "unsure"),
        ] {
            let done = Acknowledgement {
                outcome,
                at_ms: 1,
                ends_ms,
            };
            assert_eq!(acknowledged(&done, 10_000), said);
        }
    }

    #[test]
    fn two_ways_are_told_as_one_only_where_they_end_together() {
        let far = Element::Address([10, 0, 0, 1].into());
        for (ends_in, ends_out, told) in [
            (61_000, 61_000, &["10.0.0.1 cut off for 60 s"][..]),
            (60_000, 61_000, &["10.0.0.1 cut off for 59 s"]),
            (
                61_000,
                301_000,
                &[
                    "10.0.0.1 not heard for 60 s",
                    "10.0.0.1 not spoken to for 300 s",
                ],
            ),
        ] {
            let mut network = Network::default();
            network.add(Rule::Drop(Side::In), far, ends_in);
            network.add(Rule::Drop(Side::Out), far, ends_out);
            assert_eq!(describe(&network, 1000), told);
        }
    }
}

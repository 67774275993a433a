//! `faults`: what is in place on each unit, who acknowledged it, and what each unit believes of the set.

use super::{Answer, Situation};
use crate::host::clock;
use crate::model::address::HostPort;
use crate::model::databag::UnitData;
use crate::model::fault::held::Held;
use crate::model::fault::network::{Element, Network, Rule};
use crate::model::observed::{Bag, HostFacts, JujuFacts};
use crate::model::set_config::{Member, SetConfig};
use crate::model::set_view::State;
use crate::model::unit::UnitName;
use crate::mongo::connection::Connection;
use crate::mongo::error::MongoError;
use crate::mongo::query::{self, Status};
use std::collections::BTreeMap;

/// A clock is said to differ from here on: less may be the time that a databag takes to arrive.
const CLOCK_SLACK_MS: u64 = 2000;

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
                let outcome = data.acknowledged.get(&request.id);
                let word = outcome.map_or("not yet".to_owned(), |it| it.outcome.to_string());
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

/// Which units' clocks differ, as far as the faults that hold show it. A moment in a databag is past when it is read,
/// unless the clock that gave it is ahead; and nobody does anything before it was asked for, unless its clock is behind.
pub fn clocks(juju: &JujuFacts, now_ms: u64) -> Option<String> {
    let relation = juju.relation.as_ref()?;
    let ahead = ahead(&relation.peers, now_ms);
    let ahead = ahead.iter().map(|(unit, seconds)| {
        let me = &juju.me;
        format!("{unit} is at least {seconds} s ahead of {me}: faults do not end together")
    });
    let own = relation.mine.as_ref().ok().and_then(Option::as_ref);
    let own = own.map(|data| (&juju.me, data));
    let peers = relation.peers.iter();
    let peers = peers.filter_map(|(unit, bag)| Some((unit, bag.as_ref().ok()?.as_ref()?)));
    let behind = behind(&own.into_iter().chain(peers).collect());
    let behind = behind.iter().map(|((unit, asker), seconds)| {
        format!(
            "{unit} is at least {seconds} s behind {asker}: what {asker} asks for ends there as late as it was heard of"
        )
    });
    let told: Vec<String> = ahead.chain(behind).collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// The units that did something before it was asked for, by the clock of the unit that was asked, and by how many seconds at
/// least theirs are behind that one.
fn behind(units: &BTreeMap<&UnitName, &UnitData>) -> BTreeMap<(UnitName, UnitName), u64> {
    let mut behind: BTreeMap<(UnitName, UnitName), u64> = BTreeMap::new();
    for (asker, asked) in units {
        for request in &asked.faults {
            let asked_ms = request.until_ms.saturating_sub(request.length_ms());
            for (unit, data) in units {
                let done = data.acknowledged.get(&request.id);
                let early_ms = done.map_or(0, |it| asked_ms.saturating_sub(it.at_ms));
                if early_ms > CLOCK_SLACK_MS {
                    let pair = ((*unit).clone(), (*asker).clone());
                    let most = behind.entry(pair).or_default();
                    *most = (*most).max(early_ms / 1000);
                }
            }
        }
    }
    behind
}

/// The units whose clocks are ahead, and by how many seconds at least.
fn ahead(peers: &BTreeMap<UnitName, Bag<UnitData>>, now_ms: u64) -> BTreeMap<UnitName, u64> {
    let ahead = peers.iter().filter_map(|(unit, bag)| {
        let data = bag.as_ref().ok()?.as_ref()?;
        let latest = data.acknowledged.values().map(|it| it.at_ms).max()?;
        let ahead = latest.saturating_sub(now_ms);
        (ahead > CLOCK_SLACK_MS).then(|| (unit.clone(), ahead / 1000))
    });
    ahead.collect()
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
    for (rule, element, until_ms) in network.elements() {
        let seconds = until_ms.saturating_sub(now_ms) / 1000;
        let whom = match element {
            Element::Address(address) => address.to_string(),
            Element::Service(address, port) => format!("{address} port {port}"),
            Element::Port(port) => format!("port {port}"),
        };
        let what = match rule {
            Rule::Drop(side) | Rule::DropPort(side, _) => {
                let both = matches!(rule, Rule::Drop(_))
                    && network
                        .elements()
                        .filter(|(other, same, _)| {
                            matches!(other, Rule::Drop(_)) && *same == element
                        })
                        .count()
                        == 2;
                match (side, both) {
                    (crate::model::fault::network::Side::Out, true) => continue,
                    (_, true) => format!("{whom} cut off"),
                    (crate::model::fault::network::Side::In, false) => format!("{whom} not heard"),
                    (crate::model::fault::network::Side::Out, false) => {
                        format!("{whom} not spoken to")
                    }
                }
            }
            Rule::Lose(share) | Rule::LosePort(share) => {
                format!("{} % lost from {whom}", f64::from(share) / 100.0)
            }
            Rule::Limit(rate) => format!("to {whom} within {rate} kB/s for all"),
        };
        parts.push(format!("{what} for {seconds} s"));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fault::{Acknowledgement, Fault, Outcome, Request};

    #[test]
    fn what_was_done_before_it_was_asked_for_shows_a_clock_that_is_behind() {
        let unit = |n: u64| format!("m/{n}").parse::<UnitName>().unwrap();
        let request = Request {
            id: "a".to_owned(),
            // Pushed ahead by a heal; it was asked for at 100 s.
            asked_at_ms: 900_000,
            until_ms: 160_000,
            length_ms: Some(60_000),
            addresses: BTreeMap::new(),
            fault: Fault::Kill { unit: unit(0) },
        };
        let done_at = |id: &str, at_ms| {
            let outcome = Outcome::Installed;
            [(id.to_owned(), Acknowledgement { outcome, at_ms })].into()
        };
        let data = |faults: &[Request], acknowledged| UnitData {
            faults: faults.to_vec(),
            acknowledged,
            ..UnitData::default()
        };
        let asker = data(&[request], done_at("a", 100_010));
        let others = [
            (1, data(&[], done_at("a", 101_000))),
            (2, data(&[], done_at("a", 100_000 - CLOCK_SLACK_MS))),
            (3, data(&[], done_at("a", 92_500))),
            (4, data(&[], done_at("b", 1))),
            (5, UnitData::default()),
        ];
        let names: Vec<UnitName> = (0..6).map(unit).collect();
        let units = others
            .iter()
            .map(|(n, data)| (&names[*n], data))
            .chain([(&names[0], &asker)]);
        assert_eq!(behind(&units.collect()), [((unit(3), unit(0)), 7)].into());
    }

    #[test]
    fn a_moment_that_is_still_to_come_shows_a_clock_that_is_ahead() {
        let done_at = |at_ms| {
            let outcome = Outcome::Installed;
            let acknowledged = [("a".to_owned(), Acknowledgement { outcome, at_ms })].into();
            Ok(Some(UnitData {
                acknowledged,
                ..UnitData::default()
            }))
        };
        let unit = |n: u64| format!("m/{n}").parse::<UnitName>().unwrap();
        let now_ms = 100_000;
        let peers = [
            (unit(1), done_at(now_ms - 60_000)),
            (unit(2), done_at(now_ms + CLOCK_SLACK_MS)),
            (unit(3), done_at(now_ms + 7_500)),
            (unit(4), Ok(Some(UnitData::default()))),
            (unit(5), Ok(None)),
        ];
        assert_eq!(ahead(&peers.into(), now_ms), [(unit(3), 7)].into());
    }
}

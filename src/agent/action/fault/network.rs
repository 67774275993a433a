//! `partition`, `flaky`, `slow`: faults between units. Every unit carries out its part from the databag; what concerns
//! this unit is in place before the action returns.

use super::{Planned, Situation, request};
use crate::fault::done::Done;
use crate::fault::groups;
use crate::fault::shape::{self, Direction, Impossible, NoPrimary, Shape, Split, Units};
use crate::fault::{held, partition, slow};
use crate::host::firewall::{self, Table};
use crate::host::traffic::{Late, commands};
use crate::model::fault::beside::Link;
use crate::model::fault::network::wanted;
use crate::model::fault::{Fault, Kind, Outcome, Reach, Request, Traffic};
use crate::model::observed::SetFacts;
use crate::model::unit::UnitName;
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

/// What is going to be done.
pub fn plan(kind: Kind, situation: &Situation, now_ms: u64) -> Result<Planned, String> {
    let units = units(situation);
    let (fault, mut results) = match kind {
        Kind::Partition => partition(situation, &units, now_ms)?,
        Kind::Flaky => flaky(situation, &units)?,
        _ => slow(situation, &units)?,
    };
    if let Ok(primary) = &units.primary {
        results.push(("primary".to_owned(), primary.to_string()));
    }
    let request = request(situation, now_ms, situation.number("delay", 60), fault);
    refuse_controllers(&situation.juju.controllers, request.addresses.values())?;
    let me = &situation.juju.me;
    let mine = wanted(me, std::slice::from_ref(&request), &[], |_| now_ms, now_ms);
    let mut commands_here = firewall::script(Table::Charm, &mine, now_ms);
    if let Fault::Slow {
        latency, jitter, ..
    } = request.fault
        && latency > 0
    {
        let peers = request.addresses.iter().filter(|(unit, _)| *unit != me);
        let peers: Vec<_> = peers.map(|(_, address)| address.ip()).collect();
        for words in commands("CARD", &peers, Late { latency, jitter }) {
            commands_here += &format!("tc {}\n", words.join(" "));
        }
    }
    Ok(Planned {
        request,
        results,
        commands: commands_here,
    })
}

/// Puts this unit's part in place, with what holds already.
pub async fn begin(situation: &Situation, planned: &Planned, now_ms: u64) -> Done {
    let (juju, request) = (&situation.juju, &planned.request);
    let heals = juju.heals_asked();
    let mut all = juju.faults_asked();
    all.push(request.clone());
    // This one begins now, and not when Juju was asked: asking a set that is in trouble takes a while.
    let begun_ms = |it: &Request| match it.id == request.id {
        true => now_ms,
        false => juju.begun_ms(it),
    };
    let alone = std::slice::from_ref(request);
    let whole = wanted(&juju.me, &all, &heals, begun_ms, now_ms);
    let mine = wanted(&juju.me, alone, &heals, begun_ms, now_ms);
    let late = matches!(&request.fault, Fault::Slow { units, latency, .. } if *latency > 0 && units.contains(&juju.me));
    if late && let Err(error) = slow::begin(request, &juju.me, request.until_ms).await {
        return Done::failed(error);
    }
    let by_watchdog = late.then_some(request.until_ms);
    if mine.is_empty() {
        return Done::installed(by_watchdog);
    }
    let mut done = partition::install(&whole, &mine, now_ms).await;
    done.ends_ms = done.ends_ms.max(by_watchdog);
    if late && done.outcome == Outcome::Skipped {
        // Never half; what cannot be ended now stays noted, and ends at its time.
        let _ = held::end_due(now_ms, &[request.id.clone()].into()).await;
    }
    done
}

/// Whether it is a cut that cannot be planned because the set, which can be seen, has no primary at the moment.
pub fn lacks_a_primary(kind: Kind, situation: &Situation) -> bool {
    // What nobody could plan anyhow is refused at once.
    let Ok(shape) = shape(situation, 0) else {
        return false;
    };
    let split = shape::split(&shape, Direction::Both, &units(situation));
    kind == Kind::Partition && matches!(split, Err(Impossible::NoPrimary(NoPrimary::None(_))))
}

/// The units as the shapes see them.
fn units(situation: &Situation) -> Units {
    let all: BTreeSet<UnitName> = situation
        .juju
        .servers(situation.port())
        .into_keys()
        .collect();
    let SetFacts::Seen(view) = &situation.set else {
        return Units {
            all,
            primary: Err(NoPrimary::NotSeen),
            ..Units::default()
        };
    };
    let members = view.config.members();
    let votes = members.filter_map(|member| Some((member.unit.clone()?, member)));
    let votes = votes.filter(|(unit, member)| member.votes && all.contains(unit));
    let votes: Vec<_> = votes.collect();
    let healthy = votes.iter().filter(|(_, member)| view.healthy(member.id));
    let primary = match view.primary_member() {
        None => {
            let troubles = view.troubles();
            Err(NoPrimary::None(if troubles.is_empty() {
                "an election is under way".to_owned()
            } else {
                troubles.join(", ")
            }))
        }
        Some(member) => match member.unit.clone().filter(|unit| all.contains(unit)) {
            Some(unit) => Ok(unit),
            None => Err(NoPrimary::Stranger(member.label())),
        },
    };
    Units {
        healthy: healthy.map(|(unit, _)| unit.clone()).collect(),
        voters: votes.iter().map(|(unit, _)| unit.clone()).collect(),
        others: view.config.members().filter(|it| it.votes).count() - votes.len(),
        primary,
        all,
    }
}

type Shaped = (Fault, Vec<(String, String)>);

fn partition(situation: &Situation, units: &Units, now_ms: u64) -> Result<Shaped, String> {
    let direction = match situation.word("direction").unwrap_or("both") {
        "in" => Direction::In,
        "out" => Direction::Out,
        _ => Direction::Both,
    };
    let traffic = match situation.word("traffic") {
        Some("mongod") => Traffic::Mongod,
        _ => Traffic::All,
    };
    let shape = shape(situation, now_ms)?;
    let split = shape::split(&shape, direction, units).map_err(|why| why.to_string())?;
    let mut results = told(&split);
    if let Shape::Random(seed) = shape {
        results.push(("seed".to_owned(), seed.to_string()));
    }
    let Split { groups, links } = split;
    if links.is_empty() {
        return Err("with these units this shape cuts nothing; add units first".to_owned());
    }
    let fault = Fault::Partition {
        groups,
        links,
        traffic,
    };
    Ok((fault, results))
}

fn told(split: &Split) -> Vec<(String, String)> {
    let groups = split.groups.iter().enumerate();
    let mut results: Vec<_> = groups
        .map(|(n, group)| (format!("group-{}", n + 1), list(group)))
        .collect();
    results.push(("links".to_owned(), split.links.len().to_string()));
    results
}

/// Parameters that speak of different cuts: nobody could say which one was meant.
fn contradiction<'a>(word: impl Fn(&str) -> Option<&'a str>, seed: bool) -> Option<&'static str> {
    let said = |name| word(name).is_some();
    let one_way = said("from") || said("to");
    let shaped = said("shape") || said("groups");
    let alone = word("scope") == Some("unit");
    if alone && (one_way || shaped) {
        return Some(
            "scope=unit cuts this unit off from all others: leave shape, groups, from and to out",
        );
    }
    if one_way && (shaped || word("direction").is_some_and(|way| way != "both")) {
        return Some(
            "from and to are one way between two units: leave shape, groups and direction out",
        );
    }
    if seed && word("shape") != Some("random") {
        return Some("seed goes with shape=random");
    }
    None
}

/// The one way that is to be cut.
pub fn one_way(situation: &Situation) -> Result<Link, String> {
    let (from, to) = (situation.word("from"), situation.word("to"));
    groups::way(situation.juju.me.application(), from, to)
}

fn shape(situation: &Situation, now_ms: u64) -> Result<Shape, String> {
    let seed = situation.parameters.contains_key("seed");
    if let Some(why) = contradiction(|name| situation.word(name), seed) {
        return Err(why.to_owned());
    }
    let application = situation.juju.me.application();
    if situation.word("from").or(situation.word("to")).is_some() {
        let (from, to) = one_way(situation)?;
        return Ok(Shape::OneWay(from, to));
    }
    if situation.word("scope") == Some("unit") {
        return Ok(Shape::Alone(situation.juju.me.clone()));
    }
    let groups = situation.word("groups");
    let name = situation.word("shape");
    let name = name.unwrap_or(if groups.is_some() {
        "custom"
    } else {
        "primary-pair"
    });
    if groups.is_some() && name != "custom" {
        return Err(format!(
            "groups goes with shape=custom, not with shape={name}"
        ));
    }
    Ok(match name {
        "primary-alone" => Shape::PrimaryAlone,
        "minority" => Shape::Minority,
        "halves" => Shape::Halves,
        "majorities-ring" => Shape::MajoritiesRing,
        "bridge" => Shape::Bridge,
        "random" => Shape::Random(situation.number("seed", now_ms)),
        "no-majority" => Shape::NoMajority,
        "custom" => {
            let groups = groups.ok_or("shape=custom needs groups, as in groups=0,1/2,3,4")?;
            Shape::Custom(groups::read(application, groups)?)
        }
        _ => Shape::PrimaryPair,
    })
}

/// Who is concerned: all units, or this one.
fn concerned(situation: &Situation, units: &Units) -> Result<BTreeSet<UnitName>, String> {
    if units.all.len() < 2 {
        return Err("there is no other unit; add units first".to_owned());
    }
    Ok(match situation.word("scope") {
        Some("unit") => [situation.juju.me.clone()].into(),
        _ => units.all.clone(),
    })
}

fn flaky(situation: &Situation, units: &Units) -> Result<Shaped, String> {
    let loss = situation.fraction("loss", 20.0);
    let reach = match situation.word("to") {
        Some("all") => Reach::All,
        _ => Reach::Peers,
    };
    let concerned = concerned(situation, units)?;
    let fault = Fault::Flaky {
        units: concerned.clone(),
        // Hundredths of a percent; the range was checked by Juju.
        loss: (loss * 100.0).round() as u32,
        reach,
    };
    let results = vec![
        ("units".to_owned(), list(&concerned)),
        ("loss".to_owned(), format!("{loss} %")),
    ];
    Ok((fault, results))
}

fn slow(situation: &Situation, units: &Units) -> Result<Shaped, String> {
    let concerned = concerned(situation, units)?;
    let number = |name, default| u32::try_from(situation.number(name, default)).unwrap_or(u32::MAX);
    let (latency, jitter, rate) = (
        number("latency", 50),
        number("jitter", 10),
        number("rate", 0),
    );
    if latency == 0 && rate == 0 {
        return Err("latency=0 and rate=0 slow nothing down; give one of them".to_owned());
    }
    let fault = Fault::Slow {
        units: concerned.clone(),
        latency,
        jitter: jitter.min(latency),
        rate: Some(rate).filter(|rate| *rate > 0),
    };
    let mut results = vec![("units".to_owned(), list(&concerned))];
    if latency > 0 {
        results.push((
            "latency".to_owned(),
            format!("{latency} ms, jitter {} ms", jitter.min(latency)),
        ));
    }
    if rate > 0 {
        results.push(("rate".to_owned(), format!("{rate} kB/s")));
    }
    Ok((fault, results))
}

fn list(units: &BTreeSet<UnitName>) -> String {
    let names: Vec<String> = units.iter().map(ToString::to_string).collect();
    names.join(",")
}

/// A unit that is cut off from Juju could not be told anything any more.
fn refuse_controllers<'a>(
    controllers: &BTreeSet<IpAddr>,
    addresses: impl Iterator<Item = &'a SocketAddr>,
) -> Result<(), String> {
    for address in addresses {
        if controllers.contains(&address.ip()) {
            return Err(format!(
                "a Juju controller is at {}, where a unit is: a fault there would cut units off from Juju",
                address.ip()
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_that_contradict_each_other_are_refused() {
        for (given, seed, part) in [
            (&[][..], false, ""),
            (&[("scope", "set"), ("direction", "both")], false, ""),
            (&[("scope", "unit"), ("direction", "in")], false, ""),
            (&[("shape", "halves"), ("direction", "in")], false, ""),
            (&[("shape", "random")], true, ""),
            (
                &[("from", "0"), ("to", "1"), ("direction", "both")],
                false,
                "",
            ),
            (&[("scope", "unit"), ("groups", "0/1")], false, "scope=unit"),
            (
                &[("scope", "unit"), ("shape", "halves")],
                false,
                "scope=unit",
            ),
            (
                &[("scope", "unit"), ("from", "0"), ("to", "1")],
                false,
                "scope=unit",
            ),
            (
                &[("from", "0"), ("to", "1"), ("shape", "halves")],
                false,
                "from and to",
            ),
            (
                &[("from", "0"), ("to", "1"), ("direction", "in")],
                false,
                "from and to",
            ),
            (&[("shape", "halves")], true, "seed goes with"),
            (&[], true, "seed goes with"),
        ] {
            let word = |name: &str| {
                given
                    .iter()
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| *value)
            };
            let said = contradiction(word, seed).unwrap_or_default();
            assert!(
                said.contains(part) && said.is_empty() == part.is_empty(),
                "{given:?}: {said}"
            );
        }
    }

    #[test]
    fn every_group_is_told_however_many_there_are() {
        let unit = |n: usize| format!("m/{n}").parse::<UnitName>().unwrap();
        let groups = (0..12).map(|n| [unit(n)].into()).collect();
        let told = told(&Split {
            groups,
            links: BTreeSet::new(),
        });
        assert!(
            told.contains(&("group-12".to_owned(), "m/11".to_owned())),
            "{told:?}"
        );
    }

    #[test]
    fn a_fault_at_a_controllers_address_is_refused() {
        let controllers = ["10.0.0.9".parse().unwrap()].into();
        let refused = |addresses: &[&str]| {
            let addresses: Vec<SocketAddr> =
                addresses.iter().map(|text| text.parse().unwrap()).collect();
            refuse_controllers(&controllers, addresses.iter()).is_err()
        };
        assert!(refused(&["10.0.0.1:27017", "10.0.0.9:27017"]));
        assert!(!refused(&["10.0.0.1:27017", "[fd00::9]:27017"]));
    }
}

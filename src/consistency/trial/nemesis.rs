//! The nemesis: one fault after the other, against whoever is primary then. The seed decides what and when.

pub use super::fault_kind::FaultKind;
use super::juju::{Juju, JujuError};
use crate::consistency::history::History;
use crate::consistency::pace::pause_until;
use crate::consistency::watch::Watch;
use crate::model::unit::UnitName;
use futures_util::future::join_all;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Orders {
    /// The application.
    pub application: String,
    /// Which faults.
    pub kinds: Vec<FaultKind>,
    /// What chance goes by.
    pub seed: u64,
    /// Seconds that a fault holds, from and to.
    pub hold: (u64, u64),
    /// Seconds of quiet before each fault, from and to.
    pub rest: (u64, u64),
}

/// A fault that was asked for.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Struck {
    /// Which.
    pub kind: FaultKind,
    /// Of which units it was asked: `mongo-rs/0,mongo-rs/1`.
    pub unit: String,
    /// Whether it is known to have been in place; else why not.
    pub installed: Result<(), String>,
    /// From when it was in place, or was asked for: nanoseconds since the start.
    pub from: u64,
    /// When it was over, or was healed.
    pub until: u64,
}

/// Strikes until it is told to stop, and then heals everything.
pub async fn strike(
    juju: Juju,
    orders: Orders,
    history: History,
    sight: Arc<Watch>,
    mut halt: watch::Receiver<bool>,
) -> Vec<Struck> {
    let mut chance = StdRng::seed_from_u64(orders.seed ^ 0x6e65_6d65_7369_7321);
    let mut struck = Vec::new();
    loop {
        let rest = chance.random_range(orders.rest.0..=orders.rest.1.max(orders.rest.0));
        pause_until(Instant::now() + Duration::from_secs(rest), &mut halt).await;
        if *halt.borrow() {
            break;
        }
        let Some(kind) = orders.kinds.choose(&mut chance).copied() else {
            break;
        };
        let seconds = chance.random_range(orders.hold.0..=orders.hold.1.max(orders.hold.0));
        let parameters = kind.parameters(seconds, &mut chance);
        let units = match targets(kind, &juju, &orders.application, &sight).await {
            Ok(units) => units,
            // Struck nobody: that is told, and tried again after a rest.
            Err(why) => {
                history.nemesis("no-target", json!({"fault": kind, "error": why}));
                continue;
            }
        };
        // The work may have ended meanwhile, and then nobody would feel it.
        if *halt.borrow() {
            break;
        }
        let unit = units.join(",");
        let asked = history.now();
        let answer = ask(&juju, &units, kind, &parameters).await;
        let answered = history.now();
        let left = answer.as_ref().ok().and_then(left_ms);
        let (from, until) = held(asked, answered, seconds, left);
        let (installed, value) = match answer {
            Ok(results) => (
                outcome(&results),
                json!({"unit": unit, "parameters": parameters, "from": from, "results": results}),
            ),
            Err(error) => {
                let why = error.to_string();
                (
                    Err(why.clone()),
                    json!({"unit": unit, "parameters": parameters, "from": from, "error": why}),
                )
            }
        };
        history.nemesis(kind.name(), value);
        if installed.is_ok() {
            // It is over by then, whatever the clocks say.
            let end = last(answered, seconds);
            let wait = Duration::from_nanos(end.saturating_sub(history.now()));
            pause_until(Instant::now() + wait, &mut halt).await;
        }
        let until = until.min(history.now());
        history.nemesis("end", json!({"fault": kind, "unit": unit, "until": until}));
        struck.push(Struck {
            kind,
            unit,
            installed,
            from,
            until,
        });
    }
    let leader = format!("{}/leader", orders.application);
    let healed = juju.action(&leader, "heal", &[]).await;
    history.nemesis("heal", json!(healed.map_err(|error| error.to_string())));
    struck
}

/// A second.
const SECOND: u64 = 1_000_000_000;

/// From when until when a fault is in place, in nanoseconds since the start as are `asked` and `answered`, when its
/// action was asked for and when it answered. `left_ms`: how long it was to hold then, which two machines' clocks say
/// that may differ; whatever they say, it began between the two and holds for `seconds`. Where they say nothing, nothing
/// of it is missed.
fn held(asked: u64, answered: u64, seconds: u64, left_ms: Option<i64>) -> (u64, u64) {
    let (first, last) = (last(asked, seconds), last(answered, seconds));
    let Some(left_ms) = left_ms else {
        return (asked, last);
    };
    let until = answered.saturating_add_signed(left_ms.saturating_mul(1_000_000));
    let until = until.clamp(first, last);
    (asked + (until - first), until)
}

/// When a fault is over that began then.
fn last(from: u64, seconds: u64) -> u64 {
    from.saturating_add(seconds.saturating_mul(SECOND))
}

/// How long a fault is to hold yet, by its result `until` and this machine's clock.
fn left_ms(results: &BTreeMap<String, String>) -> Option<i64> {
    let until = mongodb::bson::DateTime::parse_rfc3339_str(results.get("until")?).ok()?;
    let now = mongodb::bson::DateTime::now();
    Some(until.timestamp_millis() - now.timestamp_millis())
}

/// Asks for a fault of all these units at once. The results of one where it is not in place, if there is one, else of the
/// one where it ends last.
async fn ask(
    juju: &Juju,
    units: &[String],
    kind: FaultKind,
    parameters: &[String],
) -> Result<BTreeMap<String, String>, JujuError> {
    let asked = units.iter().map(async |unit| {
        match juju.action(unit, kind.action(), parameters).await {
            // An action that is refused fails, and says for certain that nothing of it is in place.
            Err(JujuError::Refused { results, .. }) if is(&results, "skipped") => Ok(results),
            answer => answer,
        }
    });
    let answers: Result<Vec<_>, JujuError> = join_all(asked).await.into_iter().collect();
    Ok(telling(answers?))
}

fn telling(answers: Vec<BTreeMap<String, String>>) -> BTreeMap<String, String> {
    let rank = |results: &BTreeMap<String, String>| {
        // Moments that are written alike are in the order of their texts.
        (outcome(results).is_err(), results.get("until").cloned())
    };
    let everywhere = answers.iter().all(|results| is(results, "skipped"));
    let mut told = answers.into_iter().max_by_key(rank).unwrap_or_default();
    if is(&told, "skipped") && !everywhere {
        // What one unit skipped may be in place on another.
        told.insert("outcome".to_owned(), "unsure".to_owned());
    }
    told
}

fn is(results: &BTreeMap<String, String>, outcome: &str) -> bool {
    results.get("outcome").is_some_and(|it| it == outcome)
}

fn outcome(results: &BTreeMap<String, String>) -> Result<(), String> {
    match results.get("outcome").map(String::as_str) {
        Some("installed") => Ok(()),
        other => {
            let reason = results.get("reason").map_or("", String::as_str);
            Err(format!("{} {reason}", other.unwrap_or("no outcome")))
        }
    }
}

/// The units of which a fault is asked: that of the present primary, or all.
async fn targets(
    kind: FaultKind,
    juju: &Juju,
    application: &str,
    sight: &Watch,
) -> Result<Vec<String>, String> {
    let units = juju.units(application).await;
    let units: BTreeMap<UnitName, String> = units.map_err(|error| error.to_string())?;
    if kind.strikes_all() {
        return Ok(units.keys().map(ToString::to_string).collect());
    }
    let (address, _) = sight.primary().ok_or("nobody is primary now")?;
    let host = address
        .rsplit_once(':')
        .map_or(address.as_str(), |(host, _)| host);
    let host = host.trim_matches(['[', ']']);
    let unit = units.iter().find(|(_, address)| *address == host);
    let unit = unit.ok_or_else(|| format!("no unit of {application} is at {host}"))?;
    Ok(vec![unit.0.to_string()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consistency::connect::Cluster;
    use std::os::unix::fs::PermissionsExt;

    /// Says what units there are, and that work has ended by a file, which it waits for; and writes down what it was
    /// asked for.
    const JUJU: &str = r#"#!/bin/sh
cd "$(dirname "$0")" && echo "$*" >> asked
test "$1" = status || exit 1
touch looked && while ! test -e ended; do sleep 0.05; done
echo '{"applications": {"m": {"units": {"m/0": {"public-address": "10.0.0.1"}}}}}'
"#;

    #[tokio::test]
    async fn nobody_is_struck_when_the_work_has_ended_while_it_was_asked_whom_to_strike() {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str| directory.path().join(name);
        std::fs::write(file("juju"), JUJU).unwrap();
        std::fs::set_permissions(file("juju"), std::fs::Permissions::from_mode(0o755)).unwrap();
        let begun = std::time::Instant::now();
        let history = History::create(&file("history"), false, begun, &"header").unwrap();
        let nowhere = Cluster {
            set_name: "m".into(),
            members: Vec::new(),
        };
        let sight = Arc::new(Watch::start(&"127.0.0.1:1".parse().unwrap(), &nowhere));
        let orders = Orders {
            application: "m".into(),
            kinds: vec![FaultKind::KillAll],
            seed: 1,
            hold: (1, 1),
            rest: (0, 0),
        };
        let (halt, halted) = watch::channel(false);
        let juju = Juju::of(file("juju"));
        let striking = tokio::spawn(strike(juju, orders, history, sight, halted));
        while !file("looked").exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        halt.send_replace(true);
        std::fs::write(file("ended"), "").unwrap();
        assert_eq!(striking.await.unwrap(), []);
        let asked = std::fs::read_to_string(file("asked")).unwrap();
        let asked: Vec<&str> = asked.lines().collect();
        let healing = "run m/leader heal --wait=2m --format json";
        assert_eq!(asked, ["status m --format json", healing]);
    }

    #[test]
    fn a_fault_is_in_place_from_when_it_was_begun_whenever_its_action_answered() {
        // Asked at 10 s, answered at 13 s, for 5 s.
        for (left_ms, from, until) in [
            (Some(3000), 11, 16),
            (Some(5000), 13, 18),
            // Clocks that differ make it neither shorter nor longer, nor begin before it was asked for.
            (Some(60_000), 13, 18),
            (Some(-60_000), 10, 15),
            (Some(i64::MIN), 10, 15),
            (None, 10, 18),
        ] {
            let found = held(10 * SECOND, 13 * SECOND, 5, left_ms);
            assert_eq!(found, (from * SECOND, until * SECOND), "{left_ms:?}");
        }
    }

    #[test]
    fn how_long_is_left_is_told_by_the_moment_of_the_end() {
        let results = |until: &str| BTreeMap::from([("until".to_owned(), until.to_owned())]);
        let now = mongodb::bson::DateTime::now();
        // Whole seconds, as actions tell it.
        let in_10_s = now.timestamp_millis() / 1000 * 1000 + 10_000;
        let in_10_s = mongodb::bson::DateTime::from_millis(in_10_s);
        let left = left_ms(&results(&in_10_s.try_to_rfc3339_string().unwrap())).unwrap();
        assert!((5000..=10_000).contains(&left), "{left}");
        assert_eq!(left_ms(&results("soon")), None);
        assert_eq!(left_ms(&BTreeMap::new()), None);
    }

    #[test]
    fn a_fault_of_several_units_is_told_by_who_has_it_not() {
        let results = |pairs: [(&str, &str); 2]| {
            let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
            BTreeMap::from(pairs)
        };
        let early = results([("outcome", "installed"), ("until", "2026-11-21T14:33:57Z")]);
        let late = results([("outcome", "installed"), ("until", "2026-11-21T14:34:01Z")]);
        let unsure = results([("outcome", "unsure"), ("until", "2026-11-21T14:33:50Z")]);
        let all = vec![late.clone(), early.clone()];
        assert_eq!(telling(all), late);
        assert_eq!(telling(vec![early, unsure.clone(), late.clone()]), unsure);
        // What one skipped is in place on the other.
        let skipped = results([("outcome", "skipped"), ("reason", "no nft")]);
        let both = vec![skipped.clone(), skipped.clone()];
        assert_eq!(outcome(&telling(both)), Err("skipped no nft".to_owned()));
        let one = telling(vec![late, skipped]);
        assert_eq!(outcome(&one), Err("unsure no nft".to_owned()));
        assert!(telling(Vec::new()).is_empty());
    }
}

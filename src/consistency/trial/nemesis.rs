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
    /// When it was in place: nanoseconds since the start.
    pub from: u64,
    /// When it was over.
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
        let unit = units.join(",");
        let (installed, value) = match ask(&juju, &units, kind, &parameters).await {
            Ok(results) => (
                outcome(&results),
                json!({"unit": unit, "parameters": parameters, "results": results}),
            ),
            Err(error) => {
                let why = error.to_string();
                (
                    Err(why.clone()),
                    json!({"unit": unit, "parameters": parameters, "error": why}),
                )
            }
        };
        let from = history.nemesis(kind.name(), value);
        if installed.is_ok() {
            let end = Instant::now() + Duration::from_secs(seconds);
            pause_until(end, &mut halt).await;
        }
        let until = history.nemesis("end", json!({"fault": kind, "unit": unit}));
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

/// Asks for a fault of all these units at once; the results of the first of them, unless one failed.
async fn ask(
    juju: &Juju,
    units: &[String],
    kind: FaultKind,
    parameters: &[String],
) -> Result<BTreeMap<String, String>, JujuError> {
    let asked = units
        .iter()
        .map(|unit| juju.action(unit, kind.action(), parameters));
    let mut answers = join_all(asked).await.into_iter();
    let first = answers.next().unwrap_or_else(|| Ok(BTreeMap::new()))?;
    for answer in answers {
        answer?;
    }
    Ok(first)
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

//! The nemesis: one fault after the other, against whoever is primary then. The seed decides what and when.

use super::juju::Juju;
use crate::consistency::history::History;
use crate::consistency::pace::pause_until;
use crate::consistency::watch::Watch;
use crate::model::unit::UnitName;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Faults that a trial can begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The network between units is cut, the primary on one side.
    Partition,
    /// The primary's server dies, and is started again.
    Kill,
    /// The primary's server stands still.
    Pause,
    /// The primary's server is stopped in order, and started again.
    StopNode,
    /// Packets between units are lost.
    Flaky,
    /// Few packets between units pass.
    Slow,
}

impl FaultKind {
    /// The name of its action.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Partition => "partition",
            Self::Kill => "kill",
            Self::Pause => "pause",
            Self::StopNode => "stop-node",
            Self::Flaky => "flaky",
            Self::Slow => "slow",
        }
    }

    /// Its parameters, by chance.
    fn parameters(self, seconds: u64, chance: &mut StdRng) -> Vec<String> {
        const SHAPES: [&str; 5] = [
            "primary-pair",
            "primary-alone",
            "halves",
            "majorities-ring",
            "bridge",
        ];
        let own = match self {
            Self::Partition => {
                let shape = SHAPES.choose(chance).copied().unwrap_or("primary-pair");
                vec![format!("shape={shape}")]
            }
            Self::Kill => return vec![format!("restart-after={seconds}")],
            Self::Flaky => vec![format!("loss={}", chance.random_range(10..=60))],
            Self::Slow => vec!["latency=0".to_owned(), "rate=50".to_owned()],
            Self::Pause | Self::StopNode => Vec::new(),
        };
        own.into_iter()
            .chain([format!("delay={seconds}")])
            .collect()
    }
}

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
    /// Of which unit it was asked.
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
        let unit = match primary(&juju, &orders.application, &sight).await {
            Ok(unit) => unit,
            // Struck nobody: that is told, and tried again after a rest.
            Err(why) => {
                history.nemesis("no-target", json!({"fault": kind, "error": why}));
                continue;
            }
        };
        let asked = juju.action(&unit, kind.name(), &parameters).await;
        let (installed, value) = match asked {
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

fn outcome(results: &BTreeMap<String, String>) -> Result<(), String> {
    match results.get("outcome").map(String::as_str) {
        Some("installed") => Ok(()),
        other => {
            let reason = results.get("reason").map_or("", String::as_str);
            Err(format!("{} {reason}", other.unwrap_or("no outcome")))
        }
    }
}

/// The unit of the present primary.
async fn primary(juju: &Juju, application: &str, sight: &Watch) -> Result<String, String> {
    let (address, _) = sight.primary().ok_or("nobody is primary now")?;
    let host = address
        .rsplit_once(':')
        .map_or(address.as_str(), |(host, _)| host);
    let host = host.trim_matches(['[', ']']);
    let units = juju.units(application).await;
    let units: BTreeMap<UnitName, String> = units.map_err(|error| error.to_string())?;
    let unit = units.iter().find(|(_, address)| *address == host);
    let unit = unit.ok_or_else(|| format!("no unit of {application} is at {host}"))?;
    Ok(unit.0.to_string())
}

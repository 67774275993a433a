//! `mongo-rs partition | heal | faults`: what is in place on this machine, without Juju.

use crate::agent::action::fault::FORBIDDEN;
use crate::agent::action::faults::{describe, describe_held};
use crate::fault::held;
use crate::fault::moment::utc;
use crate::fault::partition;
use crate::host::file::FileError;
use crate::host::firewall::{self, Table};
use crate::host::state::{self, State};
use crate::host::{clock, held as notes};
use crate::model::fault::Outcome;
use crate::model::fault::held::{Held, What};
use crate::model::fault::network::{Element, Network, Rule, Side};
use clap::{Args, ValueEnum};
use std::collections::BTreeSet;
use std::io::Write;
use std::net::IpAddr;
use std::time::Duration;

/// How often, and how far apart, a fault that cannot be ended is tried again.
const TRIES: usize = 120;
const BETWEEN_TRIES: Duration = Duration::from_secs(5);

/// Options of `end-faults`.
#[derive(Debug, Args)]
pub struct EndArgs {
    /// When, in milliseconds since 1970; without it now, and what is not over then gets its watchdog back.
    #[arg(long, default_value_t = 0)]
    at: u64,
    /// What is waited for: once it is not noted any more, nobody waits.
    #[arg(long)]
    id: Option<String>,
}

/// Which way is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Way {
    /// Both.
    Both,
    /// What comes from them.
    In,
    /// What goes to them.
    Out,
}

impl Way {
    fn sides(self) -> &'static [Side] {
        match self {
            Self::Both => &[Side::In, Side::Out],
            Self::In => &[Side::In],
            Self::Out => &[Side::Out],
        }
    }
}

/// Options of `partition`.
#[derive(Debug, Args)]
pub struct PartitionArgs {
    /// Seconds until the kernel heals the cut.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    delay: u64,
    /// Addresses of other units to cut off; without it all of them.
    #[arg(long, value_delimiter = ',')]
    peers: Vec<IpAddr>,
    /// Which way is cut.
    #[arg(long, value_enum, default_value_t = Way::Both)]
    direction: Way,
}

/// `partition`.
pub async fn partition(arguments: &PartitionArgs, out: &mut dyn Write) -> Result<(), String> {
    let state = state::load().map_err(|error| error.to_string())?;
    if state.faults_forbidden {
        return Err(FORBIDDEN.to_owned());
    }
    let holding = in_place().await?.into_iter();
    let cut_off = |network: Network| network.cut_off().into_values().max();
    if let Some(last) = holding.filter_map(cut_off).max() {
        return Err(format!(
            "a partition is in place for {} s more; wait, or run `mongo-rs heal` first",
            last.saturating_sub(clock::now_ms()).div_ceil(1000)
        ));
    }
    let peers = to_cut(&arguments.peers, &state)?;
    let now_ms = clock::now_ms();
    let until_ms = now_ms + arguments.delay * 1000;
    let mut network = Network::default();
    for address in &peers {
        for side in arguments.direction.sides() {
            network.add(Rule::Drop(*side), Element::Address(*address), until_ms);
        }
    }
    let done = partition::install_by_hand(&network, now_ms, state.healed_ms).await;
    if done.outcome == Outcome::Skipped {
        return Err(format!("no partition: {}", done.reason));
    }
    let cut: Vec<String> = peers.iter().map(ToString::to_string).collect();
    let mut text = format!(
        "outcome:  {}\ncut-off:  {}\nheals-at: {}\n",
        done.outcome,
        cut.join(", "),
        utc(until_ms)
    );
    if !done.reason.is_empty() {
        text += &format!("reason:   {}\n", done.reason);
    }
    write(out, &text)
}

/// Whom a person may cut off here: other units of this application, and nobody else.
fn to_cut(asked: &[IpAddr], state: &State) -> Result<BTreeSet<IpAddr>, String> {
    let (units, controllers) = (&state.units, &state.controllers);
    if units.is_empty() {
        return Err(
            "no other unit's address is known on this machine: the agent notes them in each hook; wait for one, or add units"
                .to_owned(),
        );
    }
    let allowed: Vec<String> = units
        .iter()
        .filter(|(_, address)| !controllers.contains(address))
        .map(|(unit, address)| format!("{address} ({unit})"))
        .collect();
    let allowed = match &allowed[..] {
        [] => "nobody".to_owned(),
        allowed => allowed.join(", "),
    };
    let all: Vec<IpAddr> = units.values().copied().collect();
    let wanted = if asked.is_empty() { &all } else { asked };
    for address in wanted {
        let why = match (controllers.contains(address), all.contains(address)) {
            (true, _) => "a Juju controller is there, and nobody could end the cut by action",
            (false, false) => "it is no other unit of this application",
            (false, true) => continue,
        };
        return Err(format!(
            "{address} is not cut off: {why}; allowed: {allowed}"
        ));
    }
    Ok(wanted.iter().copied().collect())
}

/// `heal`: what a person cut here, and what the charm's actions did here; what still holds for other units is for the
/// action `heal` to end, else the next hook sets it again.
pub async fn heal(out: &mut dyn Write) -> Result<(), String> {
    let before = told().await?;
    let held = notes::all().map_err(|error| error.to_string())?;
    let held = held.into_iter().filter(|held| held.what != What::Table);
    let named: BTreeSet<String> = held.map(|held| held.id).collect();
    let ended = held::end_due(clock::now_ms(), &named).await;
    let ended = ended.map_err(|error| error.to_string())?;
    if let Some((id, why)) = ended
        .into_iter()
        .find_map(|(held, why)| Some((held.id, why?)))
    {
        return Err(format!("{id} is not ended: {why}; try again"));
    }
    for table in [Table::Person, Table::Charm] {
        partition::put(table, &Network::default(), clock::now_ms())
            .await
            .map_err(|error| error.to_string())?;
    }
    write(out, &format!("was in place: {before}\n"))
}

/// `faults`.
pub async fn show(out: &mut dyn Write) -> Result<(), String> {
    write(out, &format!("in place: {}\n", told().await?))
}

/// `end-faults`: waits for a moment and ends what is over by then; tries again for a while what cannot be ended. Without a
/// moment it is the look of somebody who comes after a reboot, when no watchdog is there.
pub async fn end(arguments: &EndArgs) -> Result<(), String> {
    // Whoever started this may end, or be ended with all that it started.
    let _ = nix::unistd::setsid();
    // By the clock, looked at often: it may be set while this waits, also back, and then it is over.
    while let Some(left) = arguments
        .at
        .checked_sub(clock::now_ms())
        .filter(|ms| *ms > 0)
    {
        match arguments.id.as_ref().map(|id| note(id)) {
            // Whoever ended it knows of no watchdog whose agent was killed before it could note its process.
            Some(Ok(None)) => return Ok(()),
            Some(Ok(Some(held))) if held.is_over(clock::now_ms()) => break,
            _ => {}
        }
        tokio::time::sleep(Duration::from_millis(left.min(1000))).await;
    }
    for _ in 0..TRIES {
        let ended = held::end_all(clock::now_ms(), &BTreeSet::new()).await;
        let guarded = match arguments.at {
            0 => held::guard().await,
            _ => Ok(()),
        };
        let Err(why) = ended.and(guarded) else {
            return Ok(());
        };
        tracing::warn!("not everything that is over is ended: {why}");
        tokio::time::sleep(BETWEEN_TRIES).await;
    }
    Err("something is still in place; the next hook ends it".to_owned())
}

fn note(id: &str) -> Result<Option<Held>, FileError> {
    Ok(notes::all()?.into_iter().find(|held| held.id == id))
}

async fn in_place() -> Result<Vec<Network>, String> {
    let there = firewall::networks().await;
    let there = there.map_err(|error| error.to_string())?;
    Ok(there.into_iter().map(|(_, network)| network).collect())
}

async fn told() -> Result<String, String> {
    let now_ms = clock::now_ms();
    let mut parts: Vec<String> = in_place()
        .await?
        .iter()
        .flat_map(|network| describe(network, now_ms))
        .collect();
    let held = notes::all().map_err(|error| error.to_string())?;
    parts.extend(describe_held(&held, now_ms));
    Ok(match &parts[..] {
        [] => "nothing".to_owned(),
        parts => parts.join(", "),
    })
}

fn write(out: &mut dyn Write, text: &str) -> Result<(), String> {
    out.write_all(text.as_bytes())
        .map_err(|error| format!("cannot write to standard output: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_cuts_off_units_and_nobody_else() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let units = |all: &[(u32, &str)]| State {
            units: all
                .iter()
                .map(|(n, at)| (format!("m/{n}").parse().unwrap(), ip(at)))
                .collect(),
            controllers: [ip("10.0.0.9")].into(),
            ..State::default()
        };
        let two = units(&[(1, "10.0.0.1"), (2, "fd00::2")]);
        let beside = units(&[(1, "10.0.0.1"), (2, "10.0.0.9")]);
        for (state, asked, expected) in [
            (&two, &[][..], Ok(&["10.0.0.1", "fd00::2"][..])),
            (&two, &["fd00::2"], Ok(&["fd00::2"])),
            (
                &two,
                &["10.0.0.1", "10.0.0.9"],
                Err("10.0.0.9 is not cut off: a Juju controller"),
            ),
            (
                &two,
                &["127.0.0.1"],
                Err("127.0.0.1 is not cut off: it is no other unit"),
            ),
            (
                &two,
                &["::ffff:10.0.0.1"],
                Err("allowed: 10.0.0.1 (m/1), fd00::2 (m/2)"),
            ),
            (&beside, &[], Err("allowed: 10.0.0.1 (m/1)")),
            (&beside, &["10.0.0.1"], Ok(&["10.0.0.1"])),
            (
                &units(&[]),
                &["10.0.0.1"],
                Err("no other unit's address is known"),
            ),
            (&units(&[(1, "10.0.0.9")]), &[], Err("allowed: nobody")),
        ] {
            let asked: Vec<IpAddr> = asked.iter().map(|text| ip(text)).collect();
            match (to_cut(&asked, state), expected) {
                (Ok(cut), Ok(wanted)) => {
                    assert_eq!(
                        cut,
                        wanted.iter().map(|text| ip(text)).collect(),
                        "{asked:?}"
                    );
                }
                (Err(why), Err(part)) => assert!(why.contains(part), "{asked:?}: {why}"),
                (other, _) => panic!("{asked:?}: {other:?}"),
            }
        }
    }
}

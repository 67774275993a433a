//! `mongo-rs partition | heal | faults`: this machine's own cuts, without Juju.

use crate::fault::partition::{self, utc};
use crate::host::firewall::{self, Table};
use crate::host::{clock, state};
use crate::model::address::HostPort;
use crate::model::fault::{Cut, Outcome};
use crate::mongo::connection::Connection;
use crate::mongo::query;
use clap::Args;
use std::io::Write;
use std::net::IpAddr;

/// Options of `partition`.
#[derive(Debug, Args)]
pub struct PartitionArgs {
    /// Seconds until the kernel heals the cut.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    delay: u64,
    /// Addresses to cut off; without it all other members that the mongod here knows.
    #[arg(long, value_delimiter = ',')]
    peers: Vec<IpAddr>,
}

/// `partition`.
pub async fn partition(arguments: &PartitionArgs, out: &mut dyn Write) -> Result<(), String> {
    let holding = in_place().await?;
    if let Some(longest) = holding.iter().map(|cut| cut.remaining_ms / 1000).max() {
        return Err(format!(
            "a partition is in place for {longest} s more; wait, or run `mongo-rs heal` first"
        ));
    }
    let peers = if arguments.peers.is_empty() {
        members().await?
    } else {
        arguments.peers.clone()
    };
    if peers.is_empty() {
        return Err("there is no other member to cut this one off from".to_owned());
    }
    let remaining_ms = arguments.delay * 1000;
    let cuts: Vec<Cut> = peers
        .into_iter()
        .map(|address| Cut {
            address,
            remaining_ms,
        })
        .collect();
    match partition::install(Table::Person, &cuts).await {
        (Outcome::Skipped, why) => Err(format!("no partition: {why}")),
        (outcome, why) => {
            let cut: Vec<String> = cuts.iter().map(|cut| cut.address.to_string()).collect();
            let heals = utc(clock::now_ms() + remaining_ms);
            let text = format!(
                "outcome:  {outcome}\ncut-off:  {}\nheals-at: {heals}\n",
                cut.join(", ")
            );
            let reason = if why.is_empty() {
                String::new()
            } else {
                format!("reason:   {why}\n")
            };
            write(out, &(text + &reason))
        }
    }
}

/// The other members that the server of this unit knows.
async fn members() -> Result<Vec<IpAddr>, String> {
    let state = state::load().map_err(|error| error.to_string())?;
    let port = state.port.unwrap_or(27017);
    let ask = async {
        let connection = Connection::to(&HostPort::new("127.0.0.1", port))?;
        Ok((
            query::config(&connection, false).await?.0,
            query::status(&connection).await?.myself,
        ))
    };
    let (config, myself) = ask
        .await
        .map_err(|error: crate::mongo::error::MongoError| {
            format!("the members are not known: {error}; name them with --peers")
        })?;
    Ok(config
        .members()
        .iter()
        .filter(|member| Some(member.id) != myself)
        .filter_map(|m| m.host.ip())
        .collect())
}

/// `heal`: what a person cut here, and what the charm cut here; a partition that still holds for other units is for the
/// action `heal` to end, else the next hook cuts again.
pub async fn heal(out: &mut dyn Write) -> Result<(), String> {
    let holding = in_place().await?;
    for table in [Table::Person, Table::Charm] {
        firewall::clear(table)
            .await
            .map_err(|error| error.to_string())?;
    }
    write(out, &format!("was in place: {}\n", describe(&holding)))
}

/// `faults`.
pub async fn show(out: &mut dyn Write) -> Result<(), String> {
    write(
        out,
        &format!("in place: {}\n", describe(&in_place().await?)),
    )
}

async fn in_place() -> Result<Vec<Cut>, String> {
    let mut all = Vec::new();
    for table in [Table::Person, Table::Charm] {
        all.extend(
            firewall::cuts(table)
                .await
                .map_err(|error| error.to_string())?
                .unwrap_or_default(),
        );
    }
    Ok(all)
}

fn describe(cuts: &[Cut]) -> String {
    if cuts.is_empty() {
        return "nothing".to_owned();
    }
    let each = cuts.iter().map(|cut| {
        format!(
            "{} cut off for {} s more",
            cut.address,
            cut.remaining_ms / 1000
        )
    });
    each.collect::<Vec<_>>().join(", ")
}

fn write(out: &mut dyn Write, text: &str) -> Result<(), String> {
    out.write_all(text.as_bytes())
        .map_err(|error| format!("cannot write to standard output: {error}"))
}

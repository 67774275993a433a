//! `mongo-rs primary --url U`: who is primary of any replica set; with `--watch`, every change.

use crate::agent::action::primary::{Answers, answer, ask, claimants, states};
use crate::model::address::HostPort;
use crate::model::connection_url::{ConnectionUrl, ConnectionUrlError};
use crate::mongo::query::Hello;
use clap::{Args, ValueEnum};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Options of `primary`.
#[derive(Debug, Args)]
pub struct PrimaryArgs {
    /// The set: host, host:port, a:1,b:2, host:port?replicaSet=name or mongodb://…; one live member is enough.
    #[arg(long)]
    url: String,
    /// Go on, and print every change, until interrupted.
    #[arg(long)]
    watch: bool,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text, conflicts_with = "watch")]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// The command.
pub async fn run(arguments: &PrimaryArgs, out: &mut dyn Write) -> Result<(), String> {
    let url: ConnectionUrl = arguments
        .url
        .parse()
        .map_err(|error: ConnectionUrlError| error.to_string())?;
    let found = Found::through(&url).await?;
    if arguments.watch {
        return watch(found, out).await;
    }
    let answers = ask(found.members.clone()).await;
    let said = answer(&answers, &found.members, &found.set_name, &BTreeMap::new());
    if let Some(why) = said.failure {
        return Err(why);
    }
    let results: Vec<(String, String)> = said
        .results
        .into_iter()
        .filter(|(key, _)| key != "unit")
        .collect();
    let text = match arguments.format {
        Format::Json => {
            let map: serde_json::Map<_, _> = results
                .into_iter()
                .map(|(key, value)| (key, value.into()))
                .collect();
            format!("{}\n", serde_json::Value::Object(map))
        }
        Format::Text => results
            .iter()
            .map(|(key, value)| format!("{:<11}{value}\n", format!("{key}:")))
            .collect(),
    };
    write(out, &text)
}

/// A set that was found through any of its members.
struct Found {
    set_name: String,
    members: Vec<HostPort>,
}

impl Found {
    async fn through(url: &ConnectionUrl) -> Result<Self, String> {
        let seeds = url
            .seeds
            .iter()
            .map(|seed| HostPort::new(&seed.host, seed.port));
        let answers = ask(seeds).await;
        let in_set = |hello: &&Hello| hello.set_name.is_some();
        let named = answers
            .values()
            .filter_map(|answer| answer.as_ref().ok())
            .filter(in_set);
        let named: Vec<&Hello> = named.collect();
        let wanted = url.set_name.as_ref();
        let Some(hello) = named
            .iter()
            .find(|hello| wanted.is_none() || hello.set_name.as_ref() == wanted)
        else {
            return Err(not_found(&answers, &named, wanted));
        };
        let members: BTreeSet<HostPort> = hello.hosts.iter().cloned().collect();
        Ok(Self {
            set_name: hello.set_name.clone().unwrap_or_default(),
            members: members.into_iter().collect(),
        })
    }
}

fn not_found(answers: &Answers, named: &[&Hello], wanted: Option<&String>) -> String {
    if let (Some(hello), Some(wanted)) = (named.first(), wanted) {
        let name = hello.set_name.as_deref().unwrap_or_default();
        return format!(
            "the set there is called {name}, not {wanted}; leave replicaSet out or correct it"
        );
    }
    if answers.values().any(Result::is_ok) {
        return format!(
            "no replica set there: {}; start mongod with --replSet and initiate it",
            states(answers)
        );
    }
    format!(
        "nothing there can be reached: {}; check the address, and that mongod runs",
        states(answers)
    )
}

/// Prints a line whenever somebody else, or somebody more, says that he is primary, or a member comes or goes.
async fn watch(found: Found, out: &mut dyn Write) -> Result<(), String> {
    let begun = Instant::now();
    let mut before = String::new();
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    loop {
        let answers = ask(found.members.clone()).await;
        let claims = claimants(&answers);
        let claimed: Vec<String> = claims
            .iter()
            .map(|claim| format!("{} (term {})", claim.host, claim.term))
            .collect();
        let who = if claimed.is_empty() {
            "no primary".to_owned()
        } else {
            format!("primary {}", claimed.join(" and "))
        };
        let silent: Vec<String> = answers
            .iter()
            .filter(|(_, answer)| answer.is_err())
            .map(|(host, _)| host.to_string())
            .collect();
        let silent = if silent.is_empty() {
            String::new()
        } else {
            format!("; silent: {}", silent.join(", "))
        };
        let now = format!("{who}{silent}");
        if now != before {
            write(
                out,
                &format!("{:8.1}s  {now}\n", begun.elapsed().as_secs_f64()),
            )?;
            before = now;
        }
        tokio::select! {
            () = sleep(Duration::from_millis(200)) => {}
            _ = &mut interrupted => return Ok(()),
        }
    }
}

fn write(out: &mut dyn Write, text: &str) -> Result<(), String> {
    let failed = |error| format!("cannot write to standard output: {error}");
    out.write_all(text.as_bytes()).map_err(failed)?;
    out.flush().map_err(failed)
}

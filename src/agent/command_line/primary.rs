//! `mongo-rs primary --url U`: who is primary of any replica set; with `--watch`, every change.

use super::seeds::{self, Found};
use super::{parsed, write};
use crate::agent::action::primary::{answer, ask, claimants};
use clap::{Args, ValueEnum};
use std::collections::BTreeMap;
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
    let found = seeds::find(&parsed(&arguments.url)?).await?;
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

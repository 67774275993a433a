//! `mongo-rs primary --url U`: who is primary of any replica set; with `--watch`, every change.

use super::seeds::{self, Found};
use super::{parsed, write};
use crate::agent::action::primary::{Answers, answer, ask, claimants};
use crate::model::address::HostPort;
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

fn write_at(out: &mut dyn Write, begun: Instant, line: &str) -> Result<(), String> {
    let seconds = begun.elapsed().as_secs_f64();
    write(out, &format!("{seconds:8.1}s  {line}\n"))
}

/// Who is a member by the newest primary's word; it names no hidden ones, who were known from the config and stay as long
/// as they do not say themselves that they are in no set. `named` is who was ever named so.
fn present(
    members: &BTreeSet<HostPort>,
    answers: &Answers,
    named: &mut BTreeSet<HostPort>,
) -> BTreeSet<HostPort> {
    let newest = claimants(answers).into_iter().next();
    let hello = newest.and_then(|claim| answers.get(&claim.host)?.as_ref().ok());
    let Some(hello) = hello.filter(|hello| !hello.hosts.is_empty()) else {
        return members.clone();
    };
    named.extend(hello.hosts.iter().cloned());
    let hidden = members.iter().filter(|member| match answers.get(member) {
        Some(Ok(hello)) => hello.set_name.is_some(),
        _ => !named.contains(member),
    });
    hello.hosts.iter().chain(hidden).cloned().collect()
}

/// Prints a line whenever somebody else, or somebody more, says that he is primary, or a member comes or goes.
async fn watch(found: Found, out: &mut dyn Write) -> Result<(), String> {
    let begun = Instant::now();
    let mut before = String::new();
    let mut members: BTreeSet<HostPort> = found.members.into_iter().collect();
    let mut named = BTreeSet::new();
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    loop {
        let answers = ask(members.clone()).await;
        let claims = claimants(&answers);
        let after = present(&members, &answers, &mut named);
        if after != members {
            let list: Vec<String> = after.iter().map(ToString::to_string).collect();
            let line = format!("members: {}", list.join(", "));
            write_at(out, begun, &line)?;
            members = after;
        }
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
            write_at(out, begun, &now)?;
            before = now;
        }
        tokio::select! {
            () = sleep(Duration::from_millis(200)) => {}
            _ = &mut interrupted => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mongo::query::Hello;

    fn says(set: bool, primary: bool, hosts: &[&str]) -> Result<Hello, String> {
        Ok(Hello {
            set_name: set.then(|| "rs".to_owned()),
            primary,
            secondary: set && !primary,
            state: None,
            term: primary.then_some(1),
            knows_primary: None,
            hosts: hosts.iter().map(|host| host.parse().unwrap()).collect(),
            me: None,
        })
    }

    #[test]
    fn who_is_watched_follows_the_newest_primary() {
        let of = |hosts: &[&str]| -> BTreeSet<HostPort> {
            hosts.iter().map(|host| host.parse().unwrap()).collect()
        };
        let silent = || Err("silence".to_owned());
        let table = [
            (
                says(true, true, &["a:1", "b:1", "c:1"]),
                silent(),
                &["a:1", "b:1", "c:1"][..],
            ),
            // b is hidden, whether it answers or not; or has gone.
            (
                says(true, true, &["a:1"]),
                says(true, false, &[]),
                &["a:1", "b:1"],
            ),
            (says(true, true, &["a:1"]), silent(), &["a:1", "b:1"]),
            (
                says(true, true, &["a:1"]),
                says(false, false, &[]),
                &["a:1"],
            ),
            // Nobody knows.
            (silent(), says(true, false, &["b:1"]), &["a:1", "b:1"]),
        ];
        for (a, b, expected) in table {
            let answers: Answers = [("a:1", a), ("b:1", b)]
                .into_iter()
                .map(|(host, said)| (host.parse().unwrap(), said))
                .collect();
            let now = present(&of(&["a:1", "b:1"]), &answers, &mut BTreeSet::new());
            assert_eq!(now, of(expected), "{answers:?}");
        }
        // One that was named, is named no more and is silent has left.
        let mut named = of(&["a:1", "b:1"]);
        let answers: Answers = [
            ("a:1".parse().unwrap(), says(true, true, &["a:1"])),
            ("b:1".parse().unwrap(), silent()),
        ]
        .into();
        assert_eq!(
            present(&of(&["a:1", "b:1"]), &answers, &mut named),
            of(&["a:1"])
        );
    }
}

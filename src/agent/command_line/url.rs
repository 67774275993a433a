//! `mongo-rs url --url U`: the connection string with all members, found through any one that is alive.

use super::{parsed, seeds, write};
use crate::model::connection_url::Seed;
use clap::Args;
use std::io::Write;

/// Options of `url`.
#[derive(Debug, Args)]
pub struct UrlArgs {
    /// The set: host, host:port, a:1,b:2, host:port?replicaSet=name or mongodb://…; one live member is enough.
    #[arg(long)]
    url: String,
    /// Name the member that answered and no other: a driver finds the rest through it.
    #[arg(long)]
    any: bool,
}

/// The command. Passwords are not printed; all other options of the URL are kept.
pub async fn run(arguments: &UrlArgs, out: &mut dyn Write) -> Result<(), String> {
    let url = parsed(&arguments.url)?;
    let found = seeds::find(&url).await?;
    let named = match arguments.any {
        true => vec![found.seed],
        false => found.members,
    };
    let seeds = named.iter().map(Seed::from).collect();
    let full = url.for_clients(seeds, &found.set_name);
    write(out, &format!("{}\n", full.canonical()))
}

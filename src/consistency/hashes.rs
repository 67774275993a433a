//! Whether all members hold the same at the end: their own hashes of what the test wrote (`dbHash`).

use super::bounded::bounded;
use super::driver;
use super::watch::Watch;
use crate::model::connection_url::{ConnectionUrl, Seed};
use mongodb::bson::{Document, doc};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// How long one member may take.
const LIMIT: Duration = Duration::from_secs(10);

/// How long members may differ: one that says it has caught up may still be applying.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the members hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// The same.
    Same,
    /// Not the same: the hashes by member.
    Differ(BTreeMap<String, String>),
    /// Not all could be asked; why.
    NotAsked(String),
}

/// Asks all members, again and again until they agree or for [`PATIENCE`].
pub async fn compare(
    url: &ConnectionUrl,
    watch: &Watch,
    database: &str,
    collections: &[String],
) -> Agreement {
    let start = Instant::now();
    loop {
        let agreement = once(url, &watch.members(), database, collections).await;
        if agreement == Agreement::Same || start.elapsed() >= PATIENCE {
            return agreement;
        }
        sleep(Duration::from_millis(300)).await;
    }
}

async fn once(
    url: &ConnectionUrl,
    members: &[Seed],
    database: &str,
    collections: &[String],
) -> Agreement {
    let mut hashes = BTreeMap::new();
    for member in members {
        match hash(url, member, database, collections).await {
            Ok(hash) => hashes.insert(member.to_string(), hash),
            Err(why) => return Agreement::NotAsked(format!("{member}: {why}")),
        };
    }
    judge(hashes)
}

fn judge(hashes: BTreeMap<String, String>) -> Agreement {
    let different: BTreeSet<&String> = hashes.values().collect();
    match different.len() {
        0 | 1 => Agreement::Same,
        _ => Agreement::Differ(hashes),
    }
}

async fn hash(
    url: &ConnectionUrl,
    member: &Seed,
    database: &str,
    collections: &[String],
) -> Result<String, String> {
    let options = driver::direct(url, member, LIMIT).map_err(|error| error.to_string())?;
    let client = driver::client(options, None).map_err(|error| error.to_string())?;
    let database = client.database(database);
    let command = doc! {"dbHash": 1, "collections": collections};
    let reply = bounded(LIMIT, async move { database.run_command(command).await }).await;
    let reply: Document = match reply {
        Ok(Ok(reply)) => reply,
        Ok(Err(error)) => return Err(driver::plain(&error)),
        Err(unfinished) => return Err(unfinished.to_string()),
    };
    let hash = reply.get_str("md5");
    hash.map(str::to_owned)
        .map_err(|_| "its dbHash names no md5".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_differs_is_enough() {
        let hashes = |texts: &[&str]| -> BTreeMap<String, String> {
            let numbered = texts.iter().enumerate();
            numbered
                .map(|(number, text)| (number.to_string(), (*text).to_owned()))
                .collect()
        };
        assert_eq!(judge(hashes(&["a", "a", "a"])), Agreement::Same);
        let differ = hashes(&["a", "b", "a"]);
        assert_eq!(judge(differ.clone()), Agreement::Differ(differ));
    }
}

//! What is done before the clients work: a primary, a history, what the workload needs.

use super::LOOK;
use crate::consistency::attempts::AttemptLog;
use crate::consistency::bounded::bounded;
use crate::consistency::client::{self, Connection, Connector, Left};
use crate::consistency::connect::Cluster;
use crate::consistency::driver;
use crate::consistency::error::Error;
use crate::consistency::facts::{ErrorClass, ErrorFacts};
use crate::consistency::history::History;
use crate::consistency::options::WriteTestOptions;
use crate::consistency::page;
use crate::consistency::watch::Watch;
use crate::consistency::workload::settings::{Mode, Preference, ReadLevel};
use crate::consistency::workload::{Settings, Workload, setup};
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::time::sleep;

/// How long to wait for a first primary, counted from the start.
const PRIMARY_LIMIT: Duration = Duration::from_secs(10);

/// How long to try to make what is there at first.
const CREATE_LIMIT: Duration = Duration::from_secs(20);

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Header<'a> {
    r#type: &'static str,
    format: u32,
    id: &'a str,
    seed: u64,
    started_unix_ms: u128,
    version: &'static str,
    workload: Workload,
    url: String,
    set_name: &'a str,
    members: Vec<String>,
    namespace: String,
    write_concern: String,
    read_concern: ReadLevel,
    read_preference: Preference,
    journal: Option<bool>,
    mode: Mode,
    count: u32,
    clients: u32,
    keys: u32,
    /// What all accounts hold together.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<i64>,
    rate: f64,
    duration_seconds: Option<f64>,
    timeout_seconds: f64,
    settle_seconds: f64,
    retry_writes: bool,
}

/// Creates the history where it was asked for, or in a directory of its own.
pub(super) fn create_history(
    options: &WriteTestOptions,
    cluster: &Cluster,
    settings: &Settings,
    seed: u64,
    id: &str,
    start: Instant,
) -> Result<History, Error> {
    let path: PathBuf = match &options.history {
        Some(path) => path.clone(),
        None => {
            let own = format!("mongo-rs-write-test-{id}");
            let directory = options.history_directory.join(own);
            std::fs::create_dir_all(&directory).map_err(|source| Error::History {
                path: directory.clone(),
                source,
            })?;
            directory.join(page::HISTORY)
        }
    };
    let header = Header {
        r#type: "header",
        format: 1,
        id,
        seed,
        started_unix_ms: SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .saturating_sub(start.elapsed())
            .as_millis(),
        version: env!("CARGO_PKG_VERSION"),
        workload: options.workload,
        url: options.url.to_string(),
        set_name: &cluster.set_name,
        members: cluster.members.iter().map(ToString::to_string).collect(),
        namespace: settings.namespace(),
        write_concern: settings.written.to_string(),
        read_concern: settings.read,
        read_preference: options.preference,
        journal: settings.journal,
        mode: options.mode,
        count: options.count,
        clients: options.clients,
        keys: options.keys,
        total: (options.workload == Workload::Bank).then(|| setup::total(options.keys)),
        rate: options.rate,
        duration_seconds: options.duration.map(|duration| duration.as_secs_f64()),
        timeout_seconds: options.timeout.as_secs_f64(),
        settle_seconds: options.settle.as_secs_f64(),
        retry_writes: options.retry_writes,
    };
    History::create(&path, options.overwrite, start, &header)
}

/// Waits for a first primary.
pub(super) async fn wait_for_primary(
    watch: &Watch,
    cluster: &Cluster,
    start: Instant,
) -> Result<(), Error> {
    while watch.primary().is_none() {
        if start.elapsed() >= PRIMARY_LIMIT {
            return Err(Error::NoPrimary {
                set_name: cluster.set_name.clone(),
                members: watch.describe(),
            });
        }
        sleep(LOOK).await;
    }
    Ok(())
}

/// How long a client looks for a primary: shorter than the deadline of an append, so that "there is
/// none" is known to have sent nothing, and long enough that the clients do not spin meanwhile.
fn selection_limit(options: &WriteTestOptions) -> Duration {
    options.timeout.min(Duration::from_secs(1))
}

/// How a client reaches the set.
pub(super) fn connector(
    options: &WriteTestOptions,
    cluster: &Cluster,
    watch: &Arc<Watch>,
) -> Connector {
    let (options, set_name, watch) = (options.clone(), cluster.set_name.clone(), Arc::clone(watch));
    let processes_a_slot = options.clients.div_ceil(client::MOST_DRIVER_CLIENTS);
    Arc::new(move |slot| {
        let limit = selection_limit(&options);
        let members = watch.members();
        let pinned = members.get(slot as usize % members.len().max(1));
        let (mut settings, left): (_, Left) = match (options.mode, pinned) {
            (Mode::Pinned, Some(member)) => {
                let (watch, member) = (Arc::clone(&watch), member.clone());
                let settings = driver::direct(&options.url, &member, limit)?;
                let left = move || !watch.members().contains(&member);
                (settings, Box::new(left))
            }
            _ => {
                let settings = driver::whole_set(&options.url, &set_name, &members, limit)?;
                (settings, Box::new(|| false))
            }
        };
        settings.retry_writes = Some(options.retry_writes);
        settings.max_pool_size = Some(processes_a_slot + 1);
        let attempts = AttemptLog::default();
        let client = driver::client(settings, Some(&attempts))?;
        Ok(Connection {
            client,
            attempts,
            left,
        })
    })
}

/// Makes what the workload needs, again and again until it is there.
pub(super) async fn set_up(
    options: &WriteTestOptions,
    cluster: &Cluster,
    watch: &Watch,
    settings: &Settings,
) -> Result<(), Error> {
    let start = Instant::now();
    let limit = Duration::from_secs(3);
    let settings = Settings {
        timeout: limit,
        preference: Some(Preference::Primary),
        ..settings.clone()
    };
    loop {
        let known = driver::whole_set(&options.url, &cluster.set_name, &watch.members(), limit)?;
        let client = driver::client(known, None)?;
        let creating = setup::create(client, settings.clone(), options.workload, options.keys);
        let why = match bounded(CREATE_LIMIT, creating).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => {
                let facts = ErrorFacts::from(&error);
                if facts.class == ErrorClass::ServerSelection {
                    format!("no primary was found; {}", watch.describe())
                } else {
                    facts.message
                }
            }
            Err(unfinished) => unfinished.to_string(),
        };
        if start.elapsed() >= CREATE_LIMIT {
            return Err(Error::Setup {
                namespace: settings.namespace(),
                why,
                after: start.elapsed(),
            });
        }
        sleep(LOOK).await;
    }
}

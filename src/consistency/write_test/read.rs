//! The read at the end of a write test.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::consistency::bounded::bounded;
use crate::consistency::connect::Cluster;
use crate::consistency::driver;
use crate::consistency::options::WriteTestOptions;
use crate::consistency::watch::Watch;
use crate::consistency::workload::Settings;
use crate::consistency::workload::list_append::{self, List, ReadAt};

/// How long one read may take.
const ONE: Duration = Duration::from_secs(5);

/// How long to try each read concern.
const EACH: Duration = Duration::from_secs(10);

const PAUSE: Duration = Duration::from_millis(200);

/// The list at the end.
pub(super) struct FinalRead {
    /// What was read.
    pub(super) list: List,
    /// How.
    pub(super) at: ReadAt,
    /// Whether a second read found the same.
    pub(super) stable: bool,
}

/// Reads the list twice, linearizable and then from a majority, until both agree; if that cannot be
/// had within its time, whatever can be. An append of unknown outcome may still be on its way.
pub(super) async fn read_list(
    options: &WriteTestOptions,
    cluster: &Cluster,
    watch: &Watch,
    settings: &Settings,
) -> Option<FinalRead> {
    let reader = Reader {
        options,
        cluster,
        watch,
        settings,
    };
    for at in [ReadAt::Linearizable, ReadAt::Majority, ReadAt::Local] {
        let start = Instant::now();
        let mut last: Option<List> = None;
        // Each is tried once, whoever is in a hurry.
        let mut hurry = false;
        while start.elapsed() < EACH && !hurry {
            hurry = options.stop.requests() > 1;
            if let Some(first) = reader.read(at).await {
                let again = if at == ReadAt::Local {
                    ReadAt::Local
                } else {
                    ReadAt::Majority
                };
                if reader.read(again).await.as_ref() == Some(&first) {
                    return Some(FinalRead {
                        list: first,
                        at,
                        stable: true,
                    });
                }
                last = Some(first);
            }
            sleep(PAUSE).await;
        }
        if let Some(list) = last {
            return Some(FinalRead {
                list,
                at,
                stable: false,
            });
        }
    }
    None
}

struct Reader<'a> {
    options: &'a WriteTestOptions,
    cluster: &'a Cluster,
    watch: &'a Watch,
    settings: &'a Settings,
}

impl Reader<'_> {
    async fn read(&self, at: ReadAt) -> Option<List> {
        let limit = Duration::from_secs(2);
        let settings = driver::whole_set(
            &self.options.url,
            &self.cluster.set_name,
            &self.watch.members(),
            limit,
        );
        let client = settings.and_then(|settings| driver::client(settings, None));
        let why = match client {
            Err(error) => error.to_string(),
            Ok(client) => {
                match bounded(
                    ONE + limit,
                    list_append::read(self.settings.clone(), client, at, ONE),
                )
                .await
                {
                    // A document that is gone is a list that has lost everything.
                    Ok(Ok(found)) => return Some(found.unwrap_or_default()),
                    Ok(Err(error)) => driver::plain(&error),
                    Err(unfinished) => unfinished.to_string(),
                }
            }
        };
        tracing::warn!(
            "the list could not be read with read concern {}: {why}",
            at.name()
        );
        None
    }
}

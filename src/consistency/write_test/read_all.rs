//! The reads at the end of every workload but `list-append`: all that is there, twice, as operations in the history.

use super::Run;
use crate::consistency::client::{Connector, Slot};
use crate::consistency::file::READER;
use crate::consistency::outcome::OutcomeType;
use crate::consistency::workload::operation::Step;
use crate::consistency::workload::settings::{Preference, ReadLevel, Written};
use crate::consistency::workload::{Operation, Settings, Workload};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// How long to try all reads together.
const LIMIT: Duration = Duration::from_secs(60);

const PAUSE: Duration = Duration::from_millis(200);

/// So many lists are read in one transaction.
const LISTS_AT_ONCE: usize = 16;

/// Why the reads at the end are not what they should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unread {
    /// In words.
    pub(super) why: String,
    /// Whether all was read once all the same, though not a second time.
    pub(super) once: bool,
}

/// Reads everything twice, so that all is seen that a majority had when a read began: what is missing in one of these
/// reads is lost, whoever is away.
///
/// # Errors
/// What could not be read, and why.
pub(super) async fn read_all(
    run: &Run<'_>,
    connector: &Connector,
    lists: u32,
) -> Result<(), Unread> {
    let settings = Arc::new(surely(&run.settings, run.options.workload));
    let slot = Slot::open(0, connector, &settings).map_err(|error| Unread {
        why: error.to_string(),
        once: false,
    })?;
    let start = Instant::now();
    // Numbers beyond those of the clients, so that attempts are counted apart.
    let mut number = i32::MIN;
    let once = reads(run.options.workload, run.options.keys, lists);
    for (place, operation) in once.iter().chain(&once).enumerate() {
        loop {
            number += 1;
            run.history.invoke(READER, operation.f(), operation.value());
            let performed = slot.perform(operation, number).await;
            run.history.complete(READER, operation.f(), &performed);
            if performed.outcome.kind() == OutcomeType::Ok {
                break;
            }
            if start.elapsed() >= LIMIT || run.options.stop.requests() > 1 {
                let why = performed.outcome.facts().map(|facts| facts.message.clone());
                let after = start.elapsed().as_secs();
                let why = format!(
                    "what is there could not be read at the end, after {after} s: {}",
                    why.unwrap_or_default()
                );
                let once = place >= once.len();
                return Err(Unread { why, once });
            }
            sleep(PAUSE).await;
        }
    }
    Ok(())
}

/// Settings with which a read shows all that a majority had when it began, whatever those of the test are. A primary
/// that was cut off, and does not know it, may show less at read concern majority, and in a transaction that is not
/// committed to a majority; a linearizable read, and a commit that waits for one, prove that it is the primary.
fn surely(settings: &Settings, workload: Workload) -> Settings {
    let read = match workload {
        Workload::Bank | Workload::TxnAppend => ReadLevel::Snapshot,
        Workload::Register
        | Workload::Counter
        | Workload::Set
        | Workload::Gridfs
        | Workload::ListAppend => ReadLevel::Linearizable,
    };
    Settings {
        read,
        written: Written::Majority,
        preference: Some(Preference::Primary),
        ..settings.clone()
    }
}

fn reads(workload: Workload, keys: u32, lists: u32) -> Vec<Operation> {
    match workload {
        Workload::ListAppend => Vec::new(),
        Workload::Set => vec![Operation::ReadSet],
        Workload::Counter => vec![Operation::ReadCounter],
        Workload::Bank => vec![Operation::ReadBank],
        Workload::Gridfs => vec![Operation::ReadNewest],
        Workload::Register => (0..keys).map(Operation::Read).collect(),
        Workload::TxnAppend => {
            let all: Vec<u32> = (0..lists).collect();
            let some = all.chunks(LISTS_AT_ONCE);
            some.map(|keys| Operation::Transaction(keys.iter().copied().map(Step::Read).collect()))
                .collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_last_reads_see_all_that_a_majority_has_whatever_the_test_asked_for() {
        let settings = Settings {
            database: "d".into(),
            collection: "c".into(),
            written: Written::Members(1),
            journal: None,
            read: ReadLevel::Local,
            preference: Some(Preference::Nearest),
            timeout: Duration::from_secs(5),
        };
        for workload in Workload::ALL {
            let settings = surely(&settings, workload);
            let in_transactions = matches!(workload, Workload::Bank | Workload::TxnAppend);
            let sure = match in_transactions {
                true => ReadLevel::Snapshot,
                false => ReadLevel::Linearizable,
            };
            assert_eq!(
                (settings.read, settings.written, settings.preference),
                (sure, Written::Majority, Some(Preference::Primary)),
                "{workload:?}"
            );
        }
    }
}

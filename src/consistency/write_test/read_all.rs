//! The reads at the end of every workload but `list-append`: all that is there, twice, as operations in the history.

use super::Run;
use crate::consistency::client::{Connector, Slot};
use crate::consistency::file::READER;
use crate::consistency::outcome::OutcomeType;
use crate::consistency::workload::operation::Step;
use crate::consistency::workload::settings::{Preference, ReadLevel};
use crate::consistency::workload::{Operation, Settings, Workload};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// How long to try all reads together.
const LIMIT: Duration = Duration::from_secs(60);

const PAUSE: Duration = Duration::from_millis(200);

/// So many lists are read in one transaction.
const LISTS_AT_ONCE: usize = 16;

/// Reads everything twice, from the primary, at the strongest read concern that such a read can have.
///
/// # Errors
/// What could not be read, and why.
pub(super) async fn read_all(
    run: &Run<'_>,
    connector: &Connector,
    lists: u32,
) -> Result<(), String> {
    let read = match run.options.workload {
        Workload::Register | Workload::Counter => ReadLevel::Linearizable,
        Workload::Bank | Workload::TxnAppend => ReadLevel::Snapshot,
        _ => ReadLevel::Majority,
    };
    let settings = Arc::new(Settings {
        read,
        preference: Some(Preference::Primary),
        ..run.settings.clone()
    });
    let slot = Slot::open(0, connector, &settings).map_err(|error| error.to_string())?;
    let start = Instant::now();
    // Numbers beyond those of the clients, so that attempts are counted apart.
    let mut number = i32::MIN;
    let once = reads(run.options.workload, run.options.keys, lists);
    for operation in once.iter().chain(&once) {
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
                return Err(format!(
                    "what is there could not be read at the end, after {after} s: {}",
                    why.unwrap_or_default()
                ));
            }
            sleep(PAUSE).await;
        }
    }
    Ok(())
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

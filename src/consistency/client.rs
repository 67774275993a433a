//! The clients that append, and what becomes of them after an ambiguous error.
//!
//! As in Jepsen, a process whose operation ended in doubt is never used again: its driver client is
//! thrown away, and a new process with a new client goes on. Up to [`MOST_DRIVER_CLIENTS`]
//! clients each have a driver client of their own; more share them, for each watches every member.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mongodb::Client;

use super::attempts::AttemptLog;
use super::bounded::{Unfinished, bounded};
use super::error::Error;
use super::facts::{ErrorClass, ErrorFacts};
use super::outcome::{Attempts, Outcome, classify};
use super::workload::list_append::ListAppend;

/// How many driver clients there are at most at one time.
pub const MOST_DRIVER_CLIENTS: u32 = 32;

/// How much longer than the server the client waits for one append.
pub const GRACE: Duration = Duration::from_secs(1);

/// A driver client and the count of what it sent.
pub struct Connection {
    /// The driver's client.
    pub client: Client,
    /// What it sent.
    pub attempts: AttemptLog,
}

/// Makes new connections, to the members that are known by then.
pub type Connector = Arc<dyn Fn() -> Result<Connection, Error> + Send + Sync>;

/// A place for one connection at a time.
pub struct Slot {
    connector: Connector,
    workload: ListAppend,
    current: Mutex<Arc<Connection>>,
}

impl Slot {
    /// A slot with a first connection.
    ///
    /// # Errors
    /// Those of the connector.
    pub fn open(connector: &Connector, workload: &ListAppend) -> Result<Arc<Self>, Error> {
        let current = Mutex::new(Arc::new(connector()?));
        Ok(Arc::new(Self {
            connector: Arc::clone(connector),
            workload: workload.clone(),
            current,
        }))
    }

    /// Appends one value and decides what became of it; never longer than the time-out and
    /// [`GRACE`]. After an ambiguous outcome the connection is replaced.
    pub async fn append(&self, value: i32) -> (Outcome, Attempts) {
        let connection = Arc::clone(&self.current.lock().unwrap_or_else(PoisonError::into_inner));
        let appending = self
            .workload
            .clone()
            .append(connection.client.clone(), value);
        let reply = match bounded(self.workload.timeout + GRACE, appending).await {
            Ok(Ok(matched)) => Ok(matched),
            Ok(Err(error)) => Err(ErrorFacts::from(&error)),
            Err(unfinished) => Err(unfinished_facts(&unfinished)),
        };
        let attempts = connection.attempts.take(value);
        let outcome = classify(reply, &attempts);
        if matches!(outcome, Outcome::Info(_)) {
            self.retire(&connection);
        }
        (outcome, attempts)
    }

    /// Replaces a connection, unless another process that shares it has done so already.
    fn retire(&self, doubtful: &Arc<Connection>) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&current, doubtful) {
            match (self.connector)() {
                Ok(fresh) => *current = Arc::new(fresh),
                Err(error) => tracing::warn!("a client could not be replaced: {error}"),
            }
        }
    }
}

/// A task that broke may have sent the append too: both are the tester's own "nobody knows".
fn unfinished_facts(unfinished: &Unfinished) -> ErrorFacts {
    ErrorFacts {
        message: unfinished.to_string(),
        ..ErrorFacts::of(ErrorClass::Timeout)
    }
}

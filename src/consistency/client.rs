//! The clients, and what becomes of them after an ambiguous error.
//!
//! As in Jepsen, a process whose operation ended in doubt is never used again: its driver client is
//! thrown away, and a new process with a new client goes on. Up to [`MOST_DRIVER_CLIENTS`]
//! clients each have a driver client of their own; more share them, for each watches every member.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mongodb::Client;
use serde_json::Value;

use super::attempts::AttemptLog;
use super::bounded::bounded;
use super::error::Error;
use super::facts::{ErrorClass, ErrorFacts};
use super::outcome::{Attempts, Ending, Outcome, judge};
use super::workload::execute::{Trouble, execute};
use super::workload::operation::Effect;
use super::workload::{Operation, Settings};

/// How many driver clients there are at most at one time.
pub const MOST_DRIVER_CLIENTS: u32 = 32;

/// How much longer than the server the client waits for one operation.
pub const GRACE: Duration = Duration::from_secs(1);

/// A driver client and the count of what it sent.
pub struct Connection {
    /// The driver's client.
    pub client: Client,
    /// What it sent.
    pub attempts: AttemptLog,
    /// Whether the only member that it knows has left the set, and will never be a member again; asked after an error.
    pub left: Left,
}

/// Whether somebody has left the set by now.
pub type Left = Box<dyn Fn() -> bool + Send + Sync>;

/// Makes new connections: for the slot with this number, to the members that are known by then.
pub type Connector = Arc<dyn Fn(u32) -> Result<Connection, Error> + Send + Sync>;

/// A place for one connection at a time.
pub struct Slot {
    number: u32,
    connector: Connector,
    settings: Arc<Settings>,
    current: Mutex<Arc<Connection>>,
}

/// What came of an operation.
pub struct Performed {
    /// Whether it happened.
    pub outcome: Outcome,
    /// What it brought back, as the completion in a history shows it; of one that was not acknowledged what it was
    /// invoked with.
    pub value: Value,
    /// How often it was sent.
    pub attempts: Attempts,
}

impl Slot {
    /// A slot with a first connection.
    ///
    /// # Errors
    /// Those of the connector.
    pub fn open(
        number: u32,
        connector: &Connector,
        settings: &Arc<Settings>,
    ) -> Result<Arc<Self>, Error> {
        let current = Mutex::new(Arc::new(connector(number)?));
        Ok(Arc::new(Self {
            number,
            connector: Arc::clone(connector),
            settings: Arc::clone(settings),
            current,
        }))
    }

    /// Carries out one operation and decides what became of it; never longer than the time-out (of each statement, if
    /// it has several) and [`GRACE`]. After an ambiguous outcome the connection is replaced, and so is one to a member
    /// that has left: whoever is none any more refuses everything, for good and without ambiguity.
    pub async fn perform(&self, operation: &Operation, number: i32) -> Performed {
        let connection = Arc::clone(&self.current.lock().unwrap_or_else(PoisonError::into_inner));
        let effect = operation.effect();
        let several = matches!(effect, Effect::Transaction | Effect::Statements);
        let limit = self.settings.timeout * if several { 2 } else { 1 } + GRACE;
        let settings = Arc::clone(&self.settings);
        let performing = execute(
            connection.client.clone(),
            settings,
            operation.clone(),
            number,
        );
        let done = bounded(limit, performing).await;
        let attempts = connection.attempts.take(number);
        let ending = match done {
            Ok(Ok(value)) => {
                return Performed {
                    outcome: Outcome::Ok,
                    value,
                    attempts,
                };
            }
            Ok(Err(trouble)) => ending(&trouble, effect),
            // A task that broke may have sent it too: both are the tester's own "nobody knows".
            Err(unfinished) => Ending::Statement(ErrorFacts {
                message: unfinished.to_string(),
                ..ErrorFacts::of(ErrorClass::Timeout)
            }),
        };
        let outcome = judge(ending, effect == Effect::None, &attempts);
        let in_doubt = outcome
            .facts()
            .is_some_and(|facts| facts.class == ErrorClass::Timeout);
        let unsure = in_doubt || matches!(outcome, Outcome::Info(_));
        if unsure || !matches!(outcome, Outcome::Ok) && (connection.left)() {
            self.retire(&connection);
        }
        Performed {
            outcome,
            value: operation.value(),
            attempts,
        }
    }

    /// Replaces a connection, unless another process that shares it has done so already.
    fn retire(&self, doubtful: &Arc<Connection>) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&current, doubtful) {
            match (self.connector)(self.number) {
                Ok(fresh) => *current = Arc::new(fresh),
                Err(error) => tracing::warn!("a client could not be replaced: {error}"),
            }
        }
    }
}

fn ending(trouble: &Trouble, effect: Effect) -> Ending {
    match trouble {
        // In a transaction nothing is there before its commit, however often its statements were sent.
        Trouble::Refused(class) if effect == Effect::Transaction => {
            Ending::BeforeStoring(ErrorFacts::of(*class))
        }
        Trouble::Statement(error) => Ending::Statement(error.into()),
        Trouble::BeforeCommit(error) => Ending::BeforeStoring(error.into()),
        Trouble::Commit(error) => Ending::Commit(error.into()),
        Trouble::Midway(error) => Ending::Midway(error.into()),
        Trouble::Refused(class) => Ending::Refused(ErrorFacts::of(*class)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consistency::driver;
    use crate::consistency::outcome::OutcomeType;
    use crate::consistency::workload::Workload;
    use crate::consistency::workload::settings::Written;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// How often a client connects whose only member refuses twice.
    async fn connections(left: bool) -> u32 {
        let made = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&made);
        let connector: Connector = Arc::new(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            // Nobody listens there.
            let nobody = "127.0.0.1:1";
            let (url, member) = (nobody.parse().unwrap(), nobody.parse().unwrap());
            let attempts = AttemptLog::default();
            let options = driver::direct(&url, &member, Duration::from_millis(50))?;
            let client = driver::client(options, Some(&attempts))?;
            Ok(Connection {
                client,
                attempts,
                left: Box::new(move || left),
            })
        });
        let settings = Arc::new(Settings {
            database: "d".into(),
            collection: "c".into(),
            written: Written::Majority,
            journal: None,
            read: Workload::Register.default_read(),
            preference: None,
            timeout: Duration::from_secs(1),
        });
        let slot = Slot::open(0, &connector, &settings).unwrap();
        for number in 0..2 {
            let performed = slot.perform(&Operation::Append(number), number).await;
            assert_eq!(performed.outcome.kind(), OutcomeType::Fail);
        }
        made.load(Ordering::Relaxed)
    }

    #[tokio::test]
    async fn who_knows_only_a_member_that_has_left_connects_anew() {
        assert_eq!(connections(false).await, 1);
        assert_eq!(connections(true).await, 3);
    }
}

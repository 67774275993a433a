//! What a write test is asked to do.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::watch;

use super::error::Error;
use super::workload::Workload;
use super::workload::settings::{Mode, Preference, ReadLevel, Written};
use crate::model::connection_url::ConnectionUrl;

/// The database that a write test uses when none is named.
pub const DEFAULT_DATABASE: &str = "mongo_rs_test";

/// Everything that a write test is asked to do.
#[derive(Clone, Debug)]
pub struct WriteTestOptions {
    /// Where the set is.
    pub url: ConnectionUrl,
    /// What the clients do.
    pub workload: Workload,
    /// The write concern.
    pub written: Written,
    /// Whether an acknowledged write is in the journal; none: the set's default.
    pub journal: Option<bool>,
    /// The read concern; none: [`Workload::default_read`].
    pub read: Option<ReadLevel>,
    /// Which member is read.
    pub preference: Preference,
    /// Whom a client knows.
    pub mode: Mode,
    /// How many operations to attempt, over all clients; 1 to 1,000,000.
    pub count: u32,
    /// How many clients work at the same time; 1 to 1,000.
    pub clients: u32,
    /// How many registers, lists or accounts there are at a time; 1 to 10,000.
    pub keys: u32,
    /// What chance does; none: another one each time.
    pub seed: Option<u64>,
    /// Operations a second over all clients; 0: as fast as it goes.
    pub rate: f64,
    /// Stop issuing after this time, even if `count` is not reached.
    pub duration: Option<Duration>,
    /// How long a server may take over one statement; the client waits a second longer.
    pub timeout: Duration,
    /// How long to wait at the end until the set is whole and agrees.
    pub settle: Duration,
    /// Let the driver retry a write once. Off, because it hides what happened to the first attempt.
    pub retry_writes: bool,
    /// The database for what is written.
    pub database: String,
    /// Leave what was written.
    pub keep: bool,
    /// Where the history goes; none: `mongo-rs-write-test-<id>/history.jsonl` in `history_directory`.
    pub history: Option<PathBuf>,
    /// Write over a history that is there.
    pub overwrite: bool,
    /// Where the directory of a history without a name is made.
    pub history_directory: PathBuf,
    /// How the caller stops it.
    pub stop: Stop,
}

impl WriteTestOptions {
    /// The defaults of the command line for one set.
    #[must_use]
    pub fn new(url: ConnectionUrl) -> Self {
        Self {
            url,
            workload: Workload::default(),
            written: Written::Majority,
            journal: None,
            read: None,
            preference: Preference::Primary,
            mode: Mode::default(),
            count: 6000,
            clients: 1,
            keys: 10,
            seed: None,
            rate: 0.0,
            duration: None,
            timeout: Duration::from_secs(5),
            settle: Duration::from_secs(120),
            retry_writes: false,
            database: DEFAULT_DATABASE.to_owned(),
            keep: false,
            history: None,
            overwrite: false,
            history_directory: PathBuf::from("."),
            stop: Stop::never(),
        }
    }

    /// Checks every value before anything is done.
    ///
    /// # Errors
    /// [`Error::Option`] with the option, the value and what is allowed.
    pub fn validate(&self) -> Result<(), Error> {
        let refuse = |option, value: String, allowed| {
            Err(Error::Option {
                option,
                value,
                allowed,
            })
        };
        if !(1..=1_000_000).contains(&self.count) {
            return refuse("count", self.count.to_string(), "1 to 1000000");
        }
        if !(1..=1000).contains(&self.clients) {
            return refuse("clients", self.clients.to_string(), "1 to 1000");
        }
        if !(1..=10_000).contains(&self.keys) {
            return refuse("keys", self.keys.to_string(), "1 to 10000");
        }
        if !(0.0..=1_000_000.0).contains(&self.rate) {
            return refuse(
                "rate",
                self.rate.to_string(),
                "0 (as fast as it goes) to 1000000",
            );
        }
        if !(Duration::from_millis(100)..=Duration::from_secs(3600)).contains(&self.timeout) {
            return refuse(
                "timeout",
                format!("{:?}", self.timeout),
                "0.1 to 3600 seconds",
            );
        }
        if self.settle > Duration::from_secs(86_400) {
            return refuse("settle", format!("{:?}", self.settle), "0 to 86400 seconds");
        }
        if let Some(read) = self.read {
            let of_list = self.workload == Workload::ListAppend;
            let in_transactions = matches!(self.workload, Workload::Bank | Workload::TxnAppend);
            let allowed = match read {
                _ if of_list => "none: list-append reads once, at the end, linearizable if it can",
                ReadLevel::Linearizable if in_transactions => {
                    "local, majority or snapshot, in transactions"
                }
                // A read that says snapshot would be made, and judged, as another one.
                ReadLevel::Snapshot if !in_transactions => {
                    "local, majority or linearizable: snapshot is for the transactions of bank and txn-append"
                }
                _ => "",
            };
            if !allowed.is_empty() {
                return refuse("read-concern", read.name().to_owned(), allowed);
            }
        }
        let reserved = ["admin", "config", "local"].contains(&self.database.as_str());
        let broken = self.database.is_empty()
            || self.database.len() > 63
            || self
                .database
                .contains(|c: char| "/\\. \"$*<>:|?\0".contains(c));
        if reserved || broken {
            let allowed = "a database name other than admin, config and local";
            return refuse("database", self.database.clone(), allowed);
        }
        Ok(())
    }
}

/// Asks a write test to stop: once, and it issues nothing more; twice, and it does not wait until
/// the set is whole either. It still reads the list and reports.
#[derive(Clone, Debug)]
pub struct Stop {
    requests: watch::Receiver<u32>,
}

impl Stop {
    /// A handle that is asked by adding one to the value of the sender.
    #[must_use]
    pub fn channel() -> (watch::Sender<u32>, Self) {
        let (sender, requests) = watch::channel(0);
        (sender, Self { requests })
    }

    /// One that is never asked.
    #[must_use]
    pub fn never() -> Self {
        Self::channel().1
    }

    /// How often it was asked.
    #[must_use]
    pub fn requests(&self) -> u32 {
        *self.requests.borrow()
    }

    /// Returns when it has been asked at least `times`; never, if nobody can ask any more.
    pub async fn asked(&mut self, times: u32) {
        if self
            .requests
            .wait_for(|requests| *requests >= times)
            .await
            .is_err()
        {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_out_of_range_are_refused_by_name() {
        let good = WriteTestOptions::new("h".parse().unwrap());
        assert!(good.validate().is_ok());
        type Change = fn(&mut WriteTestOptions);
        let table: [(&str, Change); 9] = [
            ("keys", |o| o.keys = 0),
            ("count", |o| o.count = 0),
            ("count", |o| o.count = 1_000_001),
            ("clients", |o| o.clients = 0),
            ("rate", |o| o.rate = -1.0),
            ("rate", |o| o.rate = f64::NAN),
            ("timeout", |o| o.timeout = Duration::ZERO),
            ("database", |o| o.database = "local".into()),
            ("database", |o| o.database = "a.b".into()),
        ];
        for (name, change) in table {
            let mut options = good.clone();
            change(&mut options);
            let error = options.validate().unwrap_err();
            assert!(
                matches!(error, Error::Option { option, .. } if option == name),
                "{name}: {error}"
            );
        }
    }

    #[test]
    fn a_read_concern_that_the_reads_of_a_workload_cannot_have_is_refused() {
        use ReadLevel::{Linearizable, Local, Majority, Snapshot};
        for workload in Workload::ALL {
            let allowed: &[ReadLevel] = match workload {
                Workload::ListAppend => &[],
                Workload::Bank | Workload::TxnAppend => &[Local, Majority, Snapshot],
                _ => &[Local, Majority, Linearizable],
            };
            for read in [Local, Majority, Linearizable, Snapshot] {
                let options = WriteTestOptions {
                    workload,
                    read: Some(read),
                    ..WriteTestOptions::new("h".parse().unwrap())
                };
                let taken = options.validate().is_ok();
                assert_eq!(taken, allowed.contains(&read), "{workload:?} {read:?}");
            }
        }
    }
}

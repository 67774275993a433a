//! The tester: workloads, histories, checkers and reports.
//!
//! In: a [`ConnectionUrl`](crate::model::connection_url::ConnectionUrl) and [`options::WriteTestOptions`].
//! Out: a history on disk and a [`report::Report`]. Here the driver is used directly and nothing of
//! the charm's own database code, because a bug there would hide itself.

pub mod attempts;
pub mod bounded;
pub mod check;
pub mod checker;
pub mod client;
pub mod command;
pub mod connect;
pub mod driver;
pub mod error;
pub mod facts;
#[cfg(test)]
mod facts_test;
pub mod file;
pub mod hashes;
pub mod hello;
pub mod history;
pub mod operation;
pub mod options;
pub mod outcome;
pub mod pace;
pub mod page;
pub mod progress;
pub mod report;
pub mod settle;
pub mod trial;
pub mod watch;
pub mod workload;
pub mod write_test;

pub use error::Error;
pub use options::{Stop, WriteTestOptions};
pub use progress::{Phase, Progress};
pub use report::{Report, Verdict};
pub use write_test::write_test;

//! Makes of the lines of a file the operations that the checkers take.
//!
//! Each process's invocation and its next completion are one operation. What was done is read from the
//! value, by what Jepsen's workloads write. Wrong shapes are errors that name the line and what was expected.

mod bank;
mod counter;
mod independent;
mod list_append;
mod options;
mod pairing;
mod register;
mod revisions;
mod rw_register;
mod set;
mod symbols;
mod text;
mod times;

#[cfg(test)]
mod tests;

pub use bank::{Reads, bank};
pub use counter::counter;
pub use list_append::list_append;
pub use options::{FailedCas, NilRead, Options};
pub use register::register;
pub use revisions::revisions;
pub use rw_register::{long_fork, rw_register};
pub use set::{OfKey, set, set_full};
pub use text::kv;

//! Histories in files: reading them, whoever wrote them, and writing them for other checkers.
//!
//! * [`Lines`] reads the lines of a history, whatever its [`Format`], one after the other and with no more memory than
//!   the longest of them takes.
//! * [`convert`] makes of lines what the checkers take: operations from their invocations to their completions.
//! * [`export`] writes lines as Jepsen, Knossos and elle-cli read them.
//!
//! Nothing here opens a file: readers and writers are given. Every error says in which line (and column, where it is
//! known) what is wrong, and shows a piece of the text.

mod ahead;
pub mod convert;
mod edn;
mod error;
pub mod export;
mod format;
mod json;
mod line;
mod lines;
mod log;
mod own;
mod source;
mod value;
mod words;

#[cfg(test)]
mod known_data;
#[cfg(test)]
mod robustness;

pub use error::FileError;
pub use format::Format;
pub use line::{Kind, Line, NAMELESS, Process, READER};
pub use lines::{Lines, read};
pub use value::Value;

/// How deep values may be within each other. No history is anywhere near it; without a bound a file of nothing but
/// brackets would take the stack with it.
pub const DEPTH: usize = 128;

/// How many bytes one line (one form) may have: a final read of about four million elements. What is built of it takes
/// up to sixteen times as much memory.
pub const LENGTH: u64 = 32 << 20;

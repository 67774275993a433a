//! Writes histories as the tools of others read them: `history.edn` and `history.txt` of Jepsen, JSON of elle-cli.
//!
//! What differs from our own histories:
//!
//! * Appends to a list ([`Workload::Lists`]) become transactions of one step, `[[:append "list" 7]]`, and reads of it
//!   `[[:r "list" [7 9]]]`.
//! * Registers are written one key a file with plain values ([`Export::key`]), because the tuples of a key and a value
//!   that Jepsen has in memory do not survive being written.
//! * The process `reader` gets a number, [`READER`](super::READER), since only processes with numbers are clients to Jepsen.
//! * Keys of maps become numbers and keywords where they look like them: `{0 97}` for `{"0": 97}`.
//!
//! What is no client is left out for elle-cli, which wants numbers for all processes.

mod json;
mod shape;

#[cfg(test)]
mod tests;

use super::{FileError, Kind, Line, Lines, Value};
use std::collections::HashMap;
use std::io::{self, BufRead, Write};

/// What to write.
#[derive(Clone, Copy, Debug, Default)]
pub struct Export<'a> {
    /// What the operations are.
    pub workload: Workload,
    /// Only the operations on this key (its [`Value::text`]), without their key; and all of what are no clients.
    pub key: Option<&'a str>,
}

/// What the operations of our own history are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Workload {
    /// What others know as it is: transactions, registers, sets, counters, accounts.
    #[default]
    Plain,
    /// Appends of single values to a list, and reads of the whole of it.
    Lists,
}

/// Why a history was not written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// What is read from is wrong.
    #[error(transparent)]
    File(#[from] FileError),
    /// What is written to does not take it.
    #[error("the export cannot be written: {0}")]
    Write(#[from] io::Error),
}

/// Writes a `history.edn`: an operation a line. Returns how many.
///
/// # Errors
/// What is wrong with the history, or with where it is written to.
pub fn edn<R: BufRead>(
    lines: &mut Lines<R>,
    export: Export<'_>,
    out: &mut impl Write,
) -> Result<u64, ExportError> {
    each(lines, export, |line, number| {
        write!(out, "{{:index {}", line.index.unwrap_or(number))?;
        if let Some(time) = line.time {
            write!(out, ", :time {time}")?;
        }
        let (kind, process) = (line.kind.name(), shape::process(&line.process));
        write!(
            out,
            ", :type :{kind}, :process {process}, :f {}",
            shape::name(&line.f)
        )?;
        if let Some(key) = &line.key {
            write!(out, ", :key {key}")?;
        }
        write!(out, ", :value {}", line.value)?;
        if let Some(error) = &line.error {
            write!(out, ", :error {error}")?;
        }
        writeln!(out, "}}")
    })
}

/// Writes a `history.txt`: process, type, f, value and error with tabs between them. Returns how many.
///
/// It has no place for keys: where operations have them, export one key at a time.
///
/// # Errors
/// What is wrong with the history, or with where it is written to.
pub fn txt<R: BufRead>(
    lines: &mut Lines<R>,
    export: Export<'_>,
    out: &mut impl Write,
) -> Result<u64, ExportError> {
    each(lines, export, |line, _| {
        let (kind, process) = (line.kind.name(), shape::process(&line.process));
        write!(out, "{process}\t:{kind}\t{}\t", shape::name(&line.f))?;
        match &line.key {
            Some(key) => write!(out, "[{key} {}]", line.value)?,
            None => write!(out, "{}", line.value)?,
        }
        if let Some(error) = &line.error {
            write!(out, "\t{error}")?;
        }
        writeln!(out)
    })
}

/// Writes JSON for elle-cli: one array of operations, a line each. Returns how many.
///
/// # Errors
/// What is wrong with the history, or with where it is written to.
pub fn elle_json<R: BufRead>(
    lines: &mut Lines<R>,
    export: Export<'_>,
    out: &mut impl Write,
) -> Result<u64, ExportError> {
    write!(out, "[")?;
    let mut before = "\n";
    let count = each(lines, export, |line, number| {
        let Some(process) = line.process.client() else {
            return Ok(());
        };
        write!(out, "{before}")?;
        before = ",\n";
        json::line(out, &line, number, process)
    })?;
    writeln!(out, "\n]")?;
    Ok(count)
}

/// Gives each line that is to be written, in its new shape, with its number.
fn each<R: BufRead>(
    lines: &mut Lines<R>,
    export: Export<'_>,
    mut write: impl FnMut(Line, u64) -> io::Result<()>,
) -> Result<u64, ExportError> {
    let mut number = 0;
    let mut begun = HashMap::new();
    for line in lines {
        let mut line = line?;
        complete(&mut line, &mut begun);
        if let Some(line) = shape::line(line, export) {
            write(line, number)?;
            number += 1;
        }
    }
    Ok(number)
}

/// Completions of ours may leave out what their invocations say; to others that would be nil.
fn complete(line: &mut Line, begun: &mut HashMap<u64, (Option<Value>, Value)>) {
    let Some(process) = line.process.client() else {
        return;
    };
    if line.kind == Kind::Invoke {
        begun.insert(process, (line.key.clone(), line.value.clone()));
        return;
    }
    if let Some((key, value)) = begun.remove(&process) {
        line.key = line.key.take().or(key);
        let reads = matches!(&*line.f, "read" | "r" | "get");
        if line.value.is_nil() && !reads && (line.f != "txn" || line.kind != Kind::Ok) {
            line.value = value;
        }
    }
}

/// The key of the list where a history does not name it.
const LIST: &str = "list";

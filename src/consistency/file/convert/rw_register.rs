//! Histories of transactions on registers: `[[:w 3 2] [:r 3 nil]]`.

use super::list_append::{micro_operations, place};
use super::pairing::{Pair, pair};
use super::symbols::Symbols;
use crate::consistency::checker::actions::{RegisterStep, Steps};
use crate::consistency::checker::operation::History;
use crate::consistency::file::{FileError, Lines, Value};
use crate::consistency::outcome::OutcomeType;
use std::io::BufRead;

/// Reads a history of transactions on registers, and their steps.
///
/// `f` is `txn`, or (elle-cli's long-fork) `read` or `write`; always with micro-operations: `[:w key value]`, and
/// `[:r key nil]`, acknowledged with the value; `read` and `write` for their names are the same, which may be strings.
/// An acknowledged nil is [`NIL`](crate::consistency::checker::operation::NIL); elsewhere it is not known.
///
/// # Errors
/// What is wrong with the file, and where.
pub fn rw_register<R: BufRead>(
    lines: &mut Lines<R>,
) -> Result<(History<Steps>, Vec<RegisterStep>), FileError> {
    let mut symbols = Symbols::default();
    let mut steps = Vec::new();
    let paired = pair(lines, |pair| {
        if !matches!(&*pair.f, "txn" | "read" | "write" | "") {
            return Err(pair.wrong(format!(
                "expected f to be txn (or read, write), not {:?}",
                pair.f
            )));
        }
        let from = place(steps.len(), &pair)?;
        for value in micro_operations(&pair)? {
            steps.push(step(value, &pair, &mut symbols)?);
        }
        Ok(Some(Steps(from, place(steps.len(), &pair)?)))
    })?;
    let history = History {
        operations: paired.operations,
        names: symbols.names(),
        times: paired.times,
    };
    Ok((history, steps))
}

/// Reads a history of long-fork: one write a transaction, or reads of a group of keys. The same as [`rw_register`].
///
/// # Errors
/// What is wrong with the file, and where.
pub fn long_fork<R: BufRead>(
    lines: &mut Lines<R>,
) -> Result<(History<Steps>, Vec<RegisterStep>), FileError> {
    rw_register(lines)
}

fn step(step: &Value, pair: &Pair, symbols: &mut Symbols) -> Result<RegisterStep, FileError> {
    let Some([name, key, value]) = step.elements() else {
        return Err(pair
            .wrong("expected micro-operations of three parts: [:w key value] or [:r key value]"));
    };
    let key = symbols.of(key);
    match name.name() {
        Some("w" | "write") => Ok(RegisterStep::Write(key, symbols.of(value))),
        Some("r" | "read") if value.is_nil() && pair.outcome != OutcomeType::Ok => {
            Ok(RegisterStep::Read(key, None))
        }
        Some("r" | "read") => Ok(RegisterStep::Read(key, Some(symbols.of(value)))),
        _ => Err(pair.wrong("expected [:w key value] or [:r key value]")),
    }
}

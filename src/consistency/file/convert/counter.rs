//! Histories of a counter: `add` (or `inc`, `dec`) and `read`.

use super::pairing::pair;
use crate::consistency::checker::actions::Counter;
use crate::consistency::checker::operation::{History, Names, Operation};
use crate::consistency::file::{FileError, Lines, Value};
use std::io::BufRead;

/// Reads a history of one counter.
///
/// `f` is `add` with a number, which may be less than 0; `inc` (`increment`) or `dec` (`decrement`) with a number, or
/// with nil for 1; or `read`, acknowledged with a number, or with nil where it is not known.
///
/// # Errors
/// What is wrong with the file, and where.
pub fn counter<R: BufRead>(lines: &mut Lines<R>) -> Result<History<Counter>, FileError> {
    let paired = pair(lines, |pair| {
        let number = |value: &Value| {
            value
                .integer()
                .ok_or_else(|| pair.wrong("expected a whole number of at most 64 bits"))
        };
        let action = match &*pair.f {
            "add" => Counter::Add(number(pair.written()?)?),
            f @ ("inc" | "increment" | "dec" | "decrement") => {
                let by = match pair.written()? {
                    Value::Nil => 1,
                    value => number(value)?,
                };
                let by = if f.starts_with("inc") {
                    Some(by)
                } else {
                    by.checked_neg()
                };
                Counter::Add(
                    by.ok_or_else(|| pair.wrong("expected a number that can be taken off"))?,
                )
            }
            "read" => match pair.answered() {
                None | Some(Value::Nil) => Counter::Read(None),
                Some(value) => Counter::Read(Some(number(value)?)),
            },
            other => {
                return Err(pair.wrong(format!(
                    "expected f to be add, inc, dec or read, not {other:?}"
                )));
            }
        };
        Ok(Some(action))
    })?;
    let operations: Vec<Operation<Counter>> = paired.operations;
    Ok(History {
        operations,
        names: Names::default(),
        times: paired.times,
    })
}

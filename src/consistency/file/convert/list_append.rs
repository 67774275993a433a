//! Histories of transactions on lists: `[[:append 3 2] [:r 3 nil]]`; and our own, of single appends to one list.

use super::pairing::{Pair, pair};
use super::symbols::Symbols;
use crate::consistency::checker::actions::{ListStep, ListTransactions, Steps};
use crate::consistency::checker::operation::{History, Symbol};
use crate::consistency::file::{FileError, Lines, Value};
use crate::consistency::outcome::OutcomeType;
use std::io::BufRead;

/// The key of the list where a history does not name it.
const LIST: &str = "list";

/// Reads a history of transactions on lists.
///
/// `f` is `txn` with micro-operations: `[:append key value]`, and `[:r key nil]`, acknowledged with the list; names
/// may be strings. An acknowledged nil is the empty list; elsewhere it is not known. Or, in our own histories, `f` is
/// `append` with a value, or `read`, acknowledged with `{"list": […]}` or the list itself; the list is `:key`'s, else
/// the key is `list`.
///
/// What was not acknowledged is taken from the completion if that is a transaction, too, else from the invocation.
///
/// # Errors
/// What is wrong with the file, and where.
pub fn list_append<R: BufRead>(
    lines: &mut Lines<R>,
) -> Result<(History<Steps>, ListTransactions), FileError> {
    let mut reading = Reading::default();
    let paired = pair(lines, |pair| reading.transaction(&pair).map(Some))?;
    let history = History {
        operations: paired.operations,
        names: reading.symbols.names(),
        times: paired.times,
    };
    Ok((history, reading.transactions))
}

/// The value that says what a transaction did.
pub(super) fn micro_operations(pair: &Pair) -> Result<&[Value], FileError> {
    let parts = |step: &Value| step.elements().is_some_and(|parts| parts.len() == 3);
    let whole = |value: &&Value| {
        value
            .elements()
            .is_some_and(|steps| !steps.is_empty() && steps.iter().all(parts))
    };
    let value = match pair.outcome {
        OutcomeType::Ok => pair.completion.as_ref(),
        _ => pair.completion.as_ref().filter(whole).or(pair.asked()),
    };
    value
        .and_then(Value::elements)
        .ok_or_else(|| pair.wrong("expected a vector of micro-operations"))
}

/// A place in one of the vectors that all transactions share.
pub(super) fn place(length: usize, pair: &Pair) -> Result<u32, FileError> {
    u32::try_from(length)
        .map_err(|_| pair.wrong("more micro-operations or elements than a history may have"))
}

#[derive(Default)]
struct Reading {
    symbols: Symbols,
    transactions: ListTransactions,
}

impl Reading {
    fn transaction(&mut self, pair: &Pair) -> Result<Steps, FileError> {
        let from = place(self.transactions.steps.len(), pair)?;
        match &*pair.f {
            "txn" | "" => {
                for step in micro_operations(pair)? {
                    let step = self.step(step, pair)?;
                    self.transactions.steps.push(step);
                }
            }
            "append" | "read" => {
                let step = self.own(pair)?;
                self.transactions.steps.push(step);
            }
            other => {
                return Err(pair.wrong(format!(
                    "expected f to be txn (or append, read), not {other:?}"
                )));
            }
        }
        Ok(Steps(from, place(self.transactions.steps.len(), pair)?))
    }

    fn step(&mut self, step: &Value, pair: &Pair) -> Result<ListStep, FileError> {
        let Some([name, key, value]) = step.elements() else {
            return Err(pair.wrong(
                "expected micro-operations of three parts: [:append key value] or [:r key list]",
            ));
        };
        let key = self.symbols.of(key);
        match name.name() {
            Some("append") if !value.is_nil() => Ok(ListStep::Append(key, self.symbols.of(value))),
            Some("r") => self.read(key, value, pair),
            _ => Err(pair.wrong("expected [:append key value] or [:r key list]")),
        }
    }

    fn own(&mut self, pair: &Pair) -> Result<ListStep, FileError> {
        let key = match pair.key.as_deref() {
            Some(key) => self.symbols.of(key),
            None => self.symbols.of(&Value::Text(LIST.into())),
        };
        if &*pair.f == "read" {
            let value = pair.answered().unwrap_or(&Value::Nil);
            return match value.get("list").unwrap_or(value) {
                Value::Nil => Ok(ListStep::Read(key, None)),
                value => self.read(key, value, pair),
            };
        }
        let value = pair.written()?;
        if value.is_nil() || value.is_collection() {
            return Err(pair.wrong("expected the value that is appended"));
        }
        Ok(ListStep::Append(key, self.symbols.of(value)))
    }

    fn read(&mut self, key: Symbol, value: &Value, pair: &Pair) -> Result<ListStep, FileError> {
        let acknowledged = pair.outcome == OutcomeType::Ok;
        let elements = match value {
            Value::Nil if acknowledged => &[],
            Value::Nil => return Ok(ListStep::Read(key, None)),
            // Its elements stand in no order, and the order is what matters.
            Value::Set(elements) if elements.len() > 1 => {
                return Err(pair.wrong("expected the list that was read, not a set"));
            }
            value => value
                .elements()
                .ok_or_else(|| pair.wrong("expected the list that was read"))?,
        };
        let from = place(self.transactions.lists.len(), pair)?;
        self.transactions
            .lists
            .extend(elements.iter().map(|element| self.symbols.of(element)));
        let to = place(self.transactions.lists.len(), pair)?;
        Ok(ListStep::Read(key, Some((from, to))))
    }
}

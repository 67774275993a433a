//! Histories of registers: `read`, `write`, `cas`.

use super::independent::{self, Independent, Shape};
use super::options::{FailedCas, NilRead, Options};
use super::pairing::Pair;
use super::symbols::Symbols;
use crate::consistency::checker::actions::{OnRegister, Register};
use crate::consistency::checker::operation::{History, NIL};
use crate::consistency::file::{FileError, Lines, Value};
use crate::consistency::outcome::OutcomeType;
use std::io::BufRead;

/// Reads a history of registers.
///
/// `f` is `read`, `write` (with a value) or `cas` (with `[from to]`). The key stands in `:key`, or all values are
/// tuples: `[k nil]`, `[k v]`, `[k [from to]]`; or there is one register, with the key [`NIL`].
///
/// A failed compare-and-set is in the history only if it compared, see [`FailedCas`].
///
/// # Errors
/// What is wrong with the file, and where.
pub fn register<R: BufRead>(
    lines: &mut Lines<R>,
    options: Options,
) -> Result<History<OnRegister>, FileError> {
    let (nil_read, failed_cas) = (
        options.nil_read(lines.format()),
        options.failed_cas(lines.format()),
    );
    let mut symbols = Symbols::default();
    let read = independent::read(lines, shape, |file, operation| {
        let reading = Reading {
            nil_read,
            failed_cas,
            file,
        };
        reading.action(&operation.action, &mut symbols)
    })?;
    let (operations, times) = read.whole()?;
    Ok(History {
        operations,
        names: symbols.names(),
        times,
    })
}

fn shape(f: &str, value: &Value, acknowledged: bool) -> Shape {
    match (f, value) {
        ("read" | "r", value) if !acknowledged => independent::unread(value),
        ("write" | "w" | "cas", Value::Nil) => Shape::Anything,
        ("cas", value) => match value.pair() {
            Some((key, both)) if both.pair().is_some() && !key.is_collection() => Shape::Tuple,
            _ => Shape::Plain,
        },
        (_, value) => match value.pair() {
            Some((key, Value::Nil)) if !key.is_collection() => Shape::Tuple,
            _ => independent::single(value),
        },
    }
}

struct Reading {
    file: Independent,
    nil_read: NilRead,
    failed_cas: FailedCas,
}

impl Reading {
    fn action(&self, pair: &Pair, symbols: &mut Symbols) -> Result<Option<OnRegister>, FileError> {
        let (key, action) = match &*pair.f {
            "read" | "r" => {
                let (key, read) = self.read(pair)?;
                (key, Register::Read(read.map(|value| symbols.of(value))))
            }
            "write" | "w" => {
                let (key, value) = self.file.split(pair, pair.written()?)?;
                (key, Register::Write(symbols.of(value)))
            }
            "cas" => {
                let (key, value) = self.file.split(pair, pair.written()?)?;
                let Some((from, to)) = value.pair() else {
                    return Err(pair.wrong("expected [from to] of a cas"));
                };
                if pair.outcome == OutcomeType::Fail
                    && !self.failed_cas.compared(pair.error.as_deref())
                {
                    return Ok(None);
                }
                (
                    key,
                    Register::CompareAndSet(symbols.of(from), symbols.of(to)),
                )
            }
            other => {
                return Err(pair.wrong(format!(
                    "expected f to be read, write or cas, not {other:?}"
                )));
            }
        };
        let key = key.map_or(NIL, |key| symbols.of(key));
        Ok(Some(OnRegister { key, action }))
    }

    /// The key, and what was read if that is known.
    fn read<'a>(
        &self,
        pair: &'a Pair,
    ) -> Result<(Option<&'a Value>, Option<&'a Value>), FileError> {
        let Some(answer) = pair.answered() else {
            let asked = pair.asked().unwrap_or(&Value::Nil);
            // What failed in a file of completions may have lost its key with its value.
            let key = self.file.split(pair, asked)?.0;
            return Ok((key, None));
        };
        let (key, value) = self.file.split(pair, answer)?;
        let known = !value.is_nil() || self.nil_read == NilRead::Initial;
        Ok((key, known.then_some(value)))
    }
}

//! Histories of strings: `get`, `put`, `append`.

use super::independent::{self, Shape};
use super::options::{NilRead, Options};
use super::symbols::Symbols;
use crate::consistency::checker::actions::{OnText, Text};
use crate::consistency::checker::operation::{History, NIL};
use crate::consistency::file::{FileError, Lines, Value};
use std::io::BufRead;

/// Reads a history of a map of strings, as Porcupine's data have it.
///
/// `f` is `get` (or `read`), `put` (or `write`) or `append`. The key stands in `:key`, or all values are tuples of a
/// key and a string; or there is one string, with the key [`NIL`]. A nil that was read is the empty string, or is not
/// known ([`NilRead`]).
///
/// # Errors
/// What is wrong with the file, and where.
pub fn kv<R: BufRead>(
    lines: &mut Lines<R>,
    options: Options,
) -> Result<History<OnText>, FileError> {
    let empty = Value::Text("".into());
    let nil_read = options.nil_read(lines.format());
    let mut symbols = Symbols::default();
    let read = independent::read(lines, shape, |file, operation| {
        let pair = &operation.action;
        let (key, action) = match &*pair.f {
            "get" | "read" => {
                let value = pair.answered().or(pair.asked()).unwrap_or(&Value::Nil);
                let (key, value) = file.split(pair, value)?;
                let read = match (pair.answered(), value, nil_read) {
                    (None, ..) | (_, Value::Nil, NilRead::Unknown) => None,
                    (_, Value::Nil, NilRead::Initial) => Some(symbols.string(&empty)),
                    (_, value, _) => Some(symbols.string(value)),
                };
                (key, Text::Get(read))
            }
            f @ ("put" | "write" | "append") => {
                let (key, value) = file.split(pair, pair.written()?)?;
                if value.is_nil() || value.is_collection() {
                    return Err(pair.wrong(format!("expected the string of {f}")));
                }
                let symbol = symbols.string(value);
                let append = f == "append";
                (
                    key,
                    if append {
                        Text::Append(symbol)
                    } else {
                        Text::Put(symbol)
                    },
                )
            }
            other => {
                return Err(pair.wrong(format!(
                    "expected f to be get, put or append, not {other:?}"
                )));
            }
        };
        let key = key.map_or(NIL, |key| symbols.of(key));
        Ok(Some(OnText { key, action }))
    })?;
    let (operations, times) = read.whole()?;
    Ok(History {
        operations,
        names: symbols.names(),
        times,
    })
}

fn shape(f: &str, value: &Value, acknowledged: bool) -> Shape {
    match (f, value.pair()) {
        ("get" | "read", _) if !acknowledged => independent::unread(value),
        (_, Some(_)) => independent::single(value),
        // An acknowledgement may leave out what was written.
        ("put" | "write" | "append", None) if value.is_nil() => Shape::Anything,
        (_, None) => Shape::Plain,
    }
}

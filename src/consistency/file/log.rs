//! The lines that Jepsen logs, and its `history.txt`: `process \t :type \t :f \t value [\t error]`.
//!
//! Before that a log has `INFO  jepsen.util - `, `… INFO [jepsen worker 3] jepsen.util: ` (its file, newer) or
//! `INFO […] jepsen worker 3 - jepsen.util ` (its console). Blanks may stand where the tabs of a log were. Lines of a log that are of others than `jepsen.util` are
//! passed over; in a `history.txt` every line is an operation.

use super::source::Source;
use super::words::word;
use super::{FileError, Kind, Line, Process, Value, edn};
use std::io::BufRead;

#[cfg(test)]
mod tests;

/// What logs the operations.
const LOGGER: &str = "jepsen.util";

/// Reads logs.
pub(super) struct Log<R> {
    source: Source<R>,
    line: Vec<u8>,
    /// Whether a logger must stand before each operation.
    logger: bool,
    passed_over: u64,
    operations: u64,
}

impl<R: BufRead> Log<R> {
    pub fn new(source: Source<R>, logger: bool) -> Self {
        Self {
            source,
            line: Vec::new(),
            logger,
            passed_over: 0,
            operations: 0,
        }
    }

    /// The next operation; none at the end. What must be told of the file goes into the notes.
    pub fn line(&mut self, notes: &mut Vec<String>) -> Result<Option<Line>, FileError> {
        loop {
            let at = self.source.line();
            self.line.clear();
            let ended = self.source.whole_line(&mut self.line)?;
            if ended.is_none() {
                if self.passed_over > 0 && self.operations == 0 {
                    let text = String::from_utf8_lossy(&self.line);
                    return Err(FileError::new(
                        at,
                        0,
                        "the file has no operations in any format that is known",
                        &text,
                    ));
                }
                if self.passed_over > 0 {
                    notes.push(format!(
                        "{} lines of the log are no operations, and are passed over",
                        self.passed_over
                    ));
                    self.passed_over = 0;
                }
                return Ok(None);
            }
            let text = match std::str::from_utf8(&self.line) {
                Ok(text) => text,
                Err(error) => {
                    let column = error.valid_up_to() as u64 + 1;
                    return Err(FileError::new(
                        at,
                        column,
                        "this is not UTF-8",
                        &String::from_utf8_lossy(&self.line),
                    ));
                }
            };
            if text.trim().is_empty() {
                continue;
            }
            let begin = if self.logger {
                after_logger(text)
            } else {
                Some(0)
            };
            match begin {
                Some(begin) => {
                    self.operations += 1;
                    if ended == Some(false) {
                        // Half of a number is a number.
                        notes.push(format!(
                            "line {at} has no end; it may have been cut off while it was written"
                        ));
                    }
                    return operation(text, begin, at).map(Some);
                }
                None => self.passed_over += 1,
            }
        }
    }
}

/// Where in a line of a log the operation begins, if it has one.
fn after_logger(text: &str) -> Option<usize> {
    let logger = text.find(LOGGER)?;
    let end = logger + LOGGER.len();
    let rest = text.get(end..)?;
    let mark = rest.strip_prefix(':').or_else(|| rest.strip_prefix(" -"));
    let mark = mark.or_else(|| rest.strip_prefix(' '))?;
    let operation = mark.trim_start_matches(' ');
    // jepsen.util says other things, too, but without tabs. A log that was copied may have lost them.
    let second = operation.split_ascii_whitespace().nth(1);
    let kind = second.and_then(|word| Kind::named(word.strip_prefix(':')?));
    (operation.contains('\t') || kind.is_some()).then(|| text.len() - operation.len())
}

/// The fields of an operation and the columns where they begin: between tabs; without any behind a logger, three words,
/// the value and the error.
fn fields(text: &str, begin: usize) -> Vec<(&str, u64)> {
    let rest = text.get(begin..).unwrap_or_default();
    let at = |field: &str| (field.as_ptr() as usize - text.as_ptr() as usize) as u64 + 1;
    if begin == 0 || rest.contains('\t') {
        return rest
            .split('\t')
            .map(|field| (field.trim(), at(field)))
            .collect();
    }
    let mut fields = Vec::new();
    let mut rest = rest.trim();
    while fields.len() < 3 && !rest.is_empty() {
        let (word, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        fields.push((word, at(word)));
        rest = after.trim_start();
    }
    if rest.is_empty() {
        return fields;
    }
    let whole = |text: &str| edn::one(text, 1, 1).is_ok();
    let blanks = rest
        .match_indices(' ')
        .map(|(place, _)| rest.split_at(place));
    match blanks.take(64).find(|(value, _)| whole(value)) {
        Some((value, error)) if !whole(rest) => {
            fields.extend([(value, at(value)), (error.trim(), at(error))])
        }
        _ => fields.push((rest, at(rest))),
    }
    fields
}

/// An operation from its fields.
fn operation(text: &str, begin: usize, at: u64) -> Result<Line, FileError> {
    let mut fields = fields(text, begin).into_iter();
    let wrong = |message: &str, place: u64| FileError::new(at, place, message, text);
    let (process, place) = fields.next().unwrap_or(("", 1));
    let Some(process) = name(process).map(|name| Process::named(name.to_owned())) else {
        return Err(wrong("expected a process: a number or a name", place));
    };
    let end = text.len() as u64 + 1;
    let (kind, place) = fields.next().unwrap_or(("", end));
    let Some(kind) = kind.strip_prefix(':').and_then(Kind::named) else {
        return Err(wrong("expected :invoke, :ok, :fail or :info", place));
    };
    let (f, place) = fields.next().unwrap_or(("", end));
    let Some(f) = name(f) else {
        return Err(wrong("expected what was done, as :read", place));
    };
    // What is no client may say anything.
    let read = |text: &str, place| match edn::one(text, at, place) {
        Err(_) if process.client().is_none() => Ok(Value::Text(word(text))),
        other => other,
    };
    let value = match fields.next() {
        None | Some(("", _)) => Value::Nil,
        Some((text, place)) => read(text, place)?,
    };
    // An error may be the text of an exception; then it is taken as it stands.
    let error = fields
        .next()
        .map(|(text, place)| edn::one(text, at, place).unwrap_or_else(|_| Value::Text(word(text))));
    Ok(Line {
        at,
        index: None,
        time: None,
        f: word(f),
        key: None,
        value,
        error: error.filter(|error| !error.is_nil()),
        process,
        kind,
    })
}

/// A name, with or without its colon.
fn name(text: &str) -> Option<&str> {
    let name = text.strip_prefix(':').unwrap_or(text);
    let good =
        |character: char| character.is_alphanumeric() || "-_./?!*+<>=$&%'".contains(character);
    (!name.is_empty() && name.chars().all(good)).then_some(name)
}

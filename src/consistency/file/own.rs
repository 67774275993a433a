//! Our own histories: a JSON object a line; the first is of type `header`, the last of type `result`.
//!
//! A tester that was killed leaves half a line at the end. That is no error, but noted: what was recorded before it is
//! as good as ever.

use super::source::Source;
use super::{FileError, Line, Value, json};
use std::io::BufRead;

#[cfg(test)]
mod tests;

/// Reads our own histories.
pub(super) struct Own<R> {
    source: Source<R>,
    line: Vec<u8>,
    /// The first line.
    pub header: Option<Value>,
    /// The last line.
    pub result: Option<Value>,
    notes: Vec<String>,
    ended: bool,
}

impl<R: BufRead> Own<R> {
    pub fn new(source: Source<R>) -> Self {
        Self {
            source,
            line: Vec::new(),
            header: None,
            result: None,
            notes: Vec::new(),
            ended: false,
        }
    }

    /// The next operation; none at the end. What must be told of the file goes into the notes.
    pub fn line(&mut self, notes: &mut Vec<String>) -> Result<Option<Line>, FileError> {
        let line = self.next();
        notes.append(&mut self.notes);
        line
    }

    fn next(&mut self) -> Result<Option<Line>, FileError> {
        while !self.ended {
            let at = self.source.line();
            let Some(whole) = self.source.whole_line(&mut self.line)? else {
                self.end();
                break;
            };
            if self.line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let value = match json::parse(&self.line, at, 1) {
                Ok(value) => value,
                Err(error) if whole || self.header.is_none() => return Err(error),
                Err(_) => {
                    let message =
                        format!("line {at} was cut off while it was written, and is passed over");
                    self.notes.push(message);
                    self.end();
                    break;
                }
            };
            let kind = value.get("type").and_then(Value::name);
            let error =
                |message| FileError::new(at, 0, message, &String::from_utf8_lossy(&self.line));
            match (kind, &self.header, &self.result) {
                (Some("header"), None, _) => self.header = Some(value),
                (Some("header"), Some(_), _) => return Err(error("a second header")),
                (_, None, _) => return Err(error("expected a header in the first line")),
                (_, _, Some(_)) => return Err(error("nothing may follow the result")),
                (Some("result"), _, None) => self.result = Some(value),
                _ => return Line::of(value, at).map(Some),
            }
        }
        Ok(None)
    }

    fn end(&mut self) {
        self.ended = true;
        if self.result.is_none() {
            self.notes
                .push("there is no result at the end: the test did not come to its end".to_owned());
        }
    }
}

//! Our own histories: a JSON object a line; the first is of type `header`, the last of type `result`.
//!
//! A tester that was killed leaves half a line at the end. That is no error, but noted: what was recorded before it is
//! as good as ever.

use super::ahead::{Ahead, Says};
use super::source::Source;
use super::{FileError, Line, Value, json};
use std::io::BufRead;

#[cfg(test)]
mod tests;

/// Reads our own histories.
pub(super) struct Own<R> {
    lines: Ahead<R>,
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
            lines: Ahead::new(source),
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
            let Some(line) = self.lines.next()? else {
                self.end();
                break;
            };
            let at = line.at;
            let error = |message| {
                let text = String::from_utf8_lossy(self.lines.text(at));
                FileError::new(at, 0, message, &text)
            };
            let text = || json::parse(self.lines.text(at), at, 1).map(Some);
            match (line.says, &self.header, &self.result) {
                (Says::Nothing(error), header, _) if line.whole || header.is_none() => {
                    return Err(error);
                }
                (Says::Nothing(_), ..) => {
                    let message =
                        format!("line {at} was cut off while it was written, and is passed over");
                    self.notes.push(message);
                    self.end();
                }
                (Says::Header, None, _) => self.header = text()?,
                (Says::Header, Some(_), _) => return Err(error("a second header")),
                (_, None, _) => return Err(error("expected a header in the first line")),
                (_, _, Some(_)) => return Err(error("nothing may follow the result")),
                (Says::Result, _, None) => self.result = text()?,
                (Says::Usual(usual), ..) => return Ok(Some(usual.line(at))),
                (Says::Operation(line), ..) => return (*line).map(Some),
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

//! JSON as elle-cli reads it: one array of operations; or operations one after the other, a line each or not.

use super::line::Entries;
use super::source::Source;
use super::words::word;
use super::{FileError, Line, Value};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::io::BufRead;

mod huge;
#[cfg(test)]
pub(super) mod odd;
mod quick;
#[cfg(test)]
mod tests;

pub(super) use quick::Usual;

/// Reads JSON objects, one after the other.
pub(super) struct Json<R> {
    source: Source<R>,
    object: Vec<u8>,
    state: State,
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing was read yet: an array of all, or an object.
    Beginning,
    /// An object, or the end of the file.
    Object,
    /// The first object of an array, or its end.
    First,
    /// A comma and another object of an array, or its end.
    Next,
    /// The end of the file.
    Ended,
}

impl<R: BufRead> Json<R> {
    pub fn new(source: Source<R>) -> Self {
        Self {
            source,
            object: Vec::new(),
            state: State::Beginning,
        }
    }

    /// The next operation; none at the end.
    pub fn line(&mut self) -> Result<Option<Line>, FileError> {
        match self.next()? {
            Some((entries, at)) => entries.line(at).map(Some),
            None => Ok(None),
        }
    }

    /// The next object and the line where it begins; none at the end.
    fn next(&mut self) -> Result<Option<(Entries, u64)>, FileError> {
        loop {
            let byte = self.significant()?;
            self.state = match (self.state, byte) {
                (State::Beginning | State::Object | State::Ended, None) => return Ok(None),
                (State::First | State::Next, None) => {
                    return Err(self
                        .source
                        .error("the file ends before the ] of all operations"));
                }
                (State::Beginning, Some(b'[')) => {
                    self.source.bump();
                    State::First
                }
                (State::First | State::Next, Some(b']')) => {
                    self.source.bump();
                    State::Ended
                }
                (State::Next, Some(b',')) => {
                    self.source.bump();
                    match self.significant()? {
                        Some(b'{') => return self.object().map(Some),
                        _ => {
                            return Err(self
                                .source
                                .error("expected the { of an operation after the comma"));
                        }
                    }
                }
                (State::Beginning | State::Object, Some(b'{')) => {
                    self.state = State::Object;
                    return self.object().map(Some);
                }
                (State::First, Some(b'{')) => {
                    self.state = State::Next;
                    return self.object().map(Some);
                }
                (State::Next, Some(_)) => {
                    return Err(self.source.error("expected , or ] after an operation"));
                }
                (State::Ended, Some(_)) => {
                    return Err(self.source.error("nothing may follow the array"));
                }
                (_, Some(_)) => return Err(self.source.error("expected the { of an operation")),
            };
        }
    }

    fn significant(&mut self) -> Result<Option<u8>, FileError> {
        while let Some(byte) = self.source.peek()? {
            if !byte.is_ascii_whitespace() {
                return Ok(Some(byte));
            }
            self.source.bump();
        }
        Ok(None)
    }

    /// Takes in what says nothing about where the object ends.
    fn plain(&mut self, quoted: bool) -> Result<(), FileError> {
        loop {
            let room = self.source.room();
            let rest = self.source.rest()?;
            let rest = rest.get(..room).unwrap_or(rest);
            let stop = rest.iter().position(|byte| tells(*byte, quoted));
            let count = stop.unwrap_or(rest.len());
            self.object
                .extend_from_slice(rest.get(..count).unwrap_or_default());
            self.source.skip(count);
            self.source.check_length()?;
            if stop.is_some() || count == 0 {
                return Ok(());
            }
        }
    }

    /// Cuts out one object by its brackets, and reads it.
    fn object(&mut self) -> Result<(Entries, u64), FileError> {
        let (line, column) = (self.source.line(), self.source.column());
        self.source.begin();
        self.object.clear();
        let (mut depth, mut quoted, mut escaped) = (0_u64, false, false);
        loop {
            if !escaped {
                self.plain(quoted)?;
            }
            let Some(byte) = self.source.peek()? else {
                let message =
                    format!("the file ends within the operation that begins in line {line}");
                return Err(self.source.error(message));
            };
            if quoted && byte < b' ' {
                return Err(self
                    .source
                    .error("a control character (or the end of the line) within a string"));
            }
            self.source.bump();
            self.source.check_length()?;
            self.object.push(byte);
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                _ if quoted => {}
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        return entries(&self.object, line, column).map(|entries| (entries, line));
                    }
                }
                _ => {}
            }
        }
    }
}

/// Whether this byte says something about where an object ends, or in which line it is.
fn tells(byte: u8, quoted: bool) -> bool {
    match quoted {
        true => matches!(byte, b'"' | b'\\' | ..b' '),
        false => matches!(byte, b'"' | b'{' | b'[' | b'}' | b']' | b'\n'),
    }
}

/// What a line of our own histories says, if it is written as our tester writes those of clients.
pub(super) fn usual(bytes: &[u8]) -> Option<Usual> {
    quick::usual(bytes)
}

/// What one JSON value says of an operation, which stands in a file at this place.
pub(super) fn entries(bytes: &[u8], line: u64, column: u64) -> Result<Entries, FileError> {
    match quick::entries(bytes) {
        Some(entries) => Ok(entries),
        None => parse(bytes, line, column).map(Entries::of),
    }
}

/// One JSON value, which stands in a file at this place.
pub(super) fn parse(bytes: &[u8], line: u64, column: u64) -> Result<Value, FileError> {
    let mut read = serde_json::from_slice::<Value>(bytes);
    if read.is_err()
        && let Some(quoted) = huge::quoted(bytes)
    {
        // The places of errors are those of the text as it is.
        read = serde_json::from_slice(&quoted).or(read);
    }
    match read {
        Ok(value) => Ok(value),
        Err(error) => {
            let row = (error.line() as u64).saturating_sub(1);
            let before = if row == 0 {
                column.saturating_sub(1)
            } else {
                0
            };
            let text = bytes
                .split(|byte| *byte == b'\n')
                .nth(error.line().saturating_sub(1))
                .unwrap_or_default();
            let text = text
                .get(error.column().saturating_sub(40)..)
                .unwrap_or_default();
            let text = String::from_utf8_lossy(text.get(..text.len().min(80)).unwrap_or_default());
            // What serde_json says ends with its own place, which is not that of the file.
            let message = error.to_string();
            let message = message
                .rsplit_once(" at line ")
                .map_or(message.as_str(), |(message, _)| message);
            Err(FileError::new(
                line + row,
                before + error.column() as u64,
                message,
                &text,
            ))
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

/// Takes whatever comes. serde_json ends with an error at a depth of 128.
struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Nil)
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Integer(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(i64::try_from(number)
            .map_or_else(|_| Value::Exact(number.to_string().into()), Value::Integer))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        // A whole number of more digits comes as this, too; two such might become one. It is tried again in quotes.
        if number.abs() >= 9.2e18 {
            return Err(E::custom(
                "a number of more than 64 bits cannot be read exactly",
            ));
        }
        Ok(Value::Float(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(match text.strip_prefix(huge::MARK) {
            Some(number) => Value::Exact(number.into()),
            None => Value::Text(word(text)),
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = access.next_element()? {
            elements.push(element);
        }
        Ok(Value::Vector(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Value::Map(entries))
    }
}

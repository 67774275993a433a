//! Lines of clients just as our tester writes them: their entries in its order, nothing between them, and values of few
//! numbers.
//!
//! Besides having nothing to look up, such a line is decoded without any memory of its own. Memory that one thread asks
//! for and another gives back costs more than decoding does; so what needs it is made by the thread that takes the line.
//!
//! Whatever else comes is nothing here.

use super::super::super::words::known;
use super::super::super::{Kind, Line, Process, Value};
use super::Text;
use std::borrow::Cow;

#[cfg(test)]
mod tests;

/// What such a line says.
#[derive(Clone, Copy)]
pub(in super::super::super) struct Usual {
    index: u64,
    time: u64,
    process: u64,
    kind: Kind,
    f: &'static str,
    value: Few,
}

/// Nothing, or a number.
type Number = Option<i64>;

/// A value of few numbers.
#[derive(Clone, Copy)]
enum Few {
    One(Number),
    Two(Number, Number),
    /// A key, and two.
    OneAndTwo(Number, Number, Number),
}

/// What this line of a history says.
pub(in super::super) fn usual(bytes: &[u8]) -> Option<Usual> {
    let mut text = Text(bytes);
    text.past(b"{\"index\":")?;
    let index = text.natural()?;
    text.past(b",\"time\":")?;
    let time = text.natural()?;
    text.past(b",\"process\":")?;
    let process = text.natural()?;
    text.past(b",\"type\":\"")?;
    let kind = text.kind()?;
    text.past(b",\"f\":")?;
    let f = known(text.string()?)?;
    text.past(b",\"value\":")?;
    let value = text.few()?;
    if text.past(b",\"attempts\":").is_some() {
        text.number()?;
    }
    text.past(b"}")?;
    text.0.is_empty().then_some(Usual {
        index,
        time,
        process,
        kind,
        f,
        value,
    })
}

impl Usual {
    /// The line that it is.
    pub fn line(self, at: u64) -> Line {
        Line {
            at,
            index: Some(self.index),
            time: Some(self.time),
            process: Process::Client(self.process),
            kind: self.kind,
            f: Cow::Borrowed(self.f),
            key: None,
            value: self.value.value(),
            error: None,
        }
    }
}

impl Few {
    fn value(self) -> Value {
        let one = |number: Number| number.map_or(Value::Nil, Value::Integer);
        let two = |first, second| Value::Vector(vec![one(first), one(second)]);
        match self {
            Self::One(number) => one(number),
            Self::Two(first, second) => two(first, second),
            Self::OneAndTwo(key, first, second) => {
                Value::Vector(vec![one(key), two(first, second)])
            }
        }
    }
}

impl Text<'_> {
    #[inline]
    fn natural(&mut self) -> Option<u64> {
        self.number().and_then(|number| u64::try_from(number).ok())
    }

    /// A type up to its closing quotes.
    #[inline]
    fn kind(&mut self) -> Option<Kind> {
        let kinds: [(&[u8], Kind); 4] = [
            (b"invoke\"", Kind::Invoke),
            (b"ok\"", Kind::Ok),
            (b"fail\"", Kind::Fail),
            (b"info\"", Kind::Info),
        ];
        let mut kinds = kinds.into_iter();
        kinds.find_map(|(name, kind)| self.past(name).map(|()| kind))
    }

    #[inline]
    fn number_or_null(&mut self) -> Option<Number> {
        match self.past(b"null") {
            Some(()) => Some(None),
            None => self.number().map(Some),
        }
    }

    #[inline]
    fn few(&mut self) -> Option<Few> {
        if self.past(b"[").is_none() {
            return self.number_or_null().map(Few::One);
        }
        let first = self.number_or_null()?;
        self.past(b",")?;
        let keyed = self.past(b"[").is_some();
        let second = self.number_or_null()?;
        if !keyed {
            self.past(b"]")?;
            return Some(Few::Two(first, second));
        }
        self.past(b",")?;
        let third = self.number_or_null()?;
        self.past(b"]]")?;
        Some(Few::OneAndTwo(first, second, third))
    }
}

//! The usual JSON, read quickly: operations whose texts are plain ASCII without a backslash, and whose numbers are whole
//! and not too great, as in nearly all lines of nearly all histories.
//!
//! This only knows what is surely right. Whatever else comes, right or wrong, is nothing here, and is then read by
//! `serde_json`, which also says what is wrong with it. What is read here is the same as it would be there; a test
//! compares them.

use super::super::line::{Entries, Entry};
use super::super::words::word;
use super::Value;

#[cfg(test)]
mod tests;
mod usual;

pub(in super::super) use usual::Usual;
pub(super) use usual::usual;

/// How deep values may be within each other here: more than in any usual history.
const DEPTH: u32 = 16;

/// What this map says of an operation; none if it is not as usual.
pub(super) fn entries(bytes: &[u8]) -> Option<Entries> {
    let mut text = Text(bytes);
    let mut entries = Entries::default();
    text.expect(b'{')?;
    text.each(b'}', |text| {
        let entry = Entry::named(text.string()?);
        text.expect(b':')?;
        let value = text.value(DEPTH)?;
        // What stands twice is an error that shows how.
        entries.put_new(entry, value)
    })?;
    text.next().is_none().then_some(entries)
}

/// What is still to be read.
struct Text<'a>(&'a [u8]);

impl<'a> Text<'a> {
    /// The next byte that is no white space, which stays.
    #[inline]
    fn next(&mut self) -> Option<u8> {
        loop {
            let (first, rest) = self.0.split_first()?;
            if !matches!(first, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(*first);
            }
            self.0 = rest;
        }
    }

    /// Goes past this byte.
    #[inline]
    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then(|| self.skip(1))
    }

    #[inline]
    fn skip(&mut self, count: usize) {
        self.0 = self.0.get(count..).unwrap_or_default();
    }

    /// Reads what stands between commas up to this end.
    #[inline]
    fn each(&mut self, end: u8, mut read: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        if self.next()? == end {
            self.skip(1);
            return Some(());
        }
        loop {
            read(self)?;
            match self.next()? {
                b',' => self.skip(1),
                byte if byte == end => {
                    self.skip(1);
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    fn value(&mut self, depth: u32) -> Option<Value> {
        match self.next()? {
            b'"' => self.string().map(|text| Value::Text(word(text))),
            b'-' | b'0'..=b'9' => self.number().map(Value::Integer),
            b'n' => self.word(b"null", Value::Nil),
            b't' => self.word(b"true", Value::Bool(true)),
            b'f' => self.word(b"false", Value::Bool(false)),
            b'[' => {
                let depth = depth.checked_sub(1)?;
                self.skip(1);
                let mut elements = Vec::new();
                self.each(b']', |text| {
                    let element = text.value(depth)?;
                    if elements.capacity() == 0 {
                        // Most have two.
                        elements.reserve_exact(2);
                    }
                    elements.push(element);
                    Some(())
                })?;
                Some(Value::Vector(elements))
            }
            b'{' => {
                let depth = depth.checked_sub(1)?;
                self.skip(1);
                let mut entries = Vec::new();
                self.each(b'}', |text| {
                    let key = Value::Text(word(text.string()?));
                    text.expect(b':')?;
                    entries.push((key, text.value(depth)?));
                    Some(())
                })?;
                Some(Value::Map(entries))
            }
            _ => None,
        }
    }

    /// What stands in quotes.
    #[inline]
    fn string(&mut self) -> Option<&'a str> {
        self.expect(b'"')?;
        let stop = |byte: &u8| matches!(byte, b'"' | b'\\' | ..b' ' | 0x80..);
        let count = self.0.iter().position(stop)?;
        let (text, rest) = self.0.split_at_checked(count)?;
        let (b'"', rest) = rest.split_first()? else {
            return None;
        };
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }

    /// A whole number of so few digits that it fits.
    #[inline]
    fn number(&mut self) -> Option<i64> {
        let (negative, digits) = match self.0 {
            [b'-', digits @ ..] => (true, digits),
            digits => (false, digits),
        };
        let (mut number, mut count) = (0_i64, 0);
        for byte in digits.iter().take(18) {
            if !byte.is_ascii_digit() {
                break;
            }
            number = number * 10 + i64::from(byte - b'0');
            count += 1;
        }
        // In JSON `-0` is a floating point number, and `07` is none.
        let plain = match digits.first()? {
            b'0' => count == 1 && !negative,
            _ => count > 0,
        };
        let ends = matches!(
            digits.get(count)?,
            b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r'
        );
        if !plain || !ends {
            return None;
        }
        self.0 = digits.get(count..)?;
        Some(if negative { -number } else { number })
    }

    #[inline]
    fn word(&mut self, word: &[u8], value: Value) -> Option<Value> {
        self.past(word).map(|()| value)
    }

    /// Goes past this text, which must be next.
    #[inline]
    fn past(&mut self, text: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(text)?;
        Some(())
    }
}

//! The strings and characters of EDN.

use super::Edn;
use crate::consistency::file::{FileError, Value, words};
use std::io::BufRead;

impl<R: BufRead> Edn<R> {
    /// A string, from its first quote to its last.
    pub(super) fn string(&mut self) -> Result<Value, FileError> {
        self.quoted(Self::escape)
    }

    /// A regular expression, in which a backslash stands for itself.
    pub(super) fn pattern(&mut self) -> Result<Value, FileError> {
        self.quoted(Self::kept)
    }

    /// What stands in quotes; `escape` reads what is behind a backslash.
    fn quoted(
        &mut self,
        escape: fn(&mut Self, &mut Vec<u8>) -> Result<(), FileError>,
    ) -> Result<Value, FileError> {
        self.source.bump();
        let mut text = std::mem::take(&mut self.token);
        text.clear();
        loop {
            let rest = self.source.rest()?;
            let stop = rest
                .iter()
                .position(|byte| matches!(byte, b'"' | b'\\' | b'\n'));
            let count = stop.unwrap_or(rest.len());
            text.extend_from_slice(rest.get(..count).unwrap_or_default());
            self.source.skip(count);
            self.source.check_length()?;
            match self.source.peek()? {
                None => return Err(self.source.error("the file ends within a string")),
                Some(b'"') => break,
                Some(b'\\') => {
                    self.source.bump();
                    escape(self, &mut text)?;
                }
                Some(b'\n') => {
                    text.push(b'\n');
                    self.source.bump();
                }
                Some(_) => {}
            }
        }
        let value = match std::str::from_utf8(&text) {
            Ok(text) => Ok(Value::Text(words::word(text))),
            Err(_) => Err(self.source.error("a string that is not UTF-8")),
        };
        self.token = text;
        self.source.bump();
        value
    }

    /// A backslash that stays, and the byte behind it, which may be a quote.
    fn kept(&mut self, text: &mut Vec<u8>) -> Result<(), FileError> {
        let Some(byte) = self.source.peek()? else {
            return Err(self.source.error("the file ends within a string"));
        };
        self.source.bump();
        text.extend([b'\\', byte]);
        Ok(())
    }

    /// What stands behind a backslash in a string.
    fn escape(&mut self, text: &mut Vec<u8>) -> Result<(), FileError> {
        let Some(byte) = self.source.peek()? else {
            return Err(self.source.error("the file ends within a string"));
        };
        let character = match byte {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'"' | b'\\' | b'\'' | b'/' => char::from(byte),
            b'u' => {
                self.source.bump();
                let character = self.unicode()?;
                return self.push(text, character);
            }
            b'0'..=b'7' => {
                let character = self.octal()?;
                return self.push(text, character);
            }
            _ => {
                return Err(self
                    .source
                    .error("a backslash with nothing that it may stand before"));
            }
        };
        self.source.bump();
        self.push(text, character)
    }

    fn push(&self, text: &mut Vec<u8>, character: char) -> Result<(), FileError> {
        text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        self.source.check_length()
    }

    /// `XXXX`, or `XXXX\uXXXX` for a character that needs two of them.
    fn unicode(&mut self) -> Result<char, FileError> {
        let first = self.four()?;
        if !(0xD800..0xDC00).contains(&first) {
            return char::from_u32(first).ok_or_else(|| self.source.error("half a character"));
        }
        for expected in *b"\\u" {
            if self.source.peek()? != Some(expected) {
                return Err(self.source.error("half a character"));
            }
            self.source.bump();
        }
        let second = self.four()?;
        if !(0xDC00..0xE000).contains(&second) {
            return Err(self.source.error("half a character"));
        }
        let character = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        char::from_u32(character).ok_or_else(|| self.source.error("there is no such character"))
    }

    fn four(&mut self) -> Result<u32, FileError> {
        let mut number = 0;
        for _ in 0..4 {
            let digit = self
                .source
                .peek()?
                .and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else {
                return Err(self
                    .source
                    .error("expected four hexadecimal digits after \\u"));
            };
            number = number * 16 + digit;
            self.source.bump();
        }
        Ok(number)
    }

    /// Up to three digits, as Clojure has them.
    fn octal(&mut self) -> Result<char, FileError> {
        let mut number = 0;
        for _ in 0..3 {
            let Some(digit) = self
                .source
                .peek()?
                .and_then(|byte| char::from(byte).to_digit(8))
            else {
                break;
            };
            number = number * 8 + digit;
            self.source.bump();
        }
        match char::from_u32(number) {
            Some(character) if number <= 0o377 => Ok(character),
            _ => Err(self.source.error("an octal escape of more than 377")),
        }
    }

    /// A character: `\a`, `\newline`, `\u0041`.
    pub(super) fn character(&mut self) -> Result<Value, FileError> {
        self.source.bump();
        // The first may be a delimiter, as in `\(`.
        let delimiter = match self.source.peek()? {
            Some(byte) if super::delimits(byte) && !byte.is_ascii_whitespace() => {
                Some(char::from(byte))
            }
            _ => None,
        };
        if let Some(delimiter) = delimiter {
            self.source.bump();
            return Ok(Value::Text(delimiter.to_string().into()));
        }
        let word = self.word()?;
        let text = match word {
            "newline" => "\n",
            "space" => " ",
            "tab" => "\t",
            "return" => "\r",
            "backspace" => "\u{8}",
            "formfeed" => "\u{c}",
            one if one.chars().count() == 1 => one,
            _ => {
                let code = word
                    .strip_prefix('u')
                    .and_then(|digits| u32::from_str_radix(digits, 16).ok());
                return match code.and_then(char::from_u32) {
                    Some(character) => Ok(Value::Text(character.to_string().into())),
                    None => Err(self
                        .source
                        .error("expected a character after the backslash")),
                };
            }
        };
        Ok(Value::Text(text.to_owned().into()))
    }
}

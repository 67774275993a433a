//! EDN, as Clojure prints it: the operations of a history one after the other, or within one vector or list.
//!
//! The rules are those of <https://github.com/edn-format/edn>, and what the Clojure printer adds to them: ratios,
//! hexadecimal numbers, `##Inf`, `#"…"`, maps with a namespace (`#:a{…}`), `#object[…]`.

mod number;
mod text;
mod tree;

#[cfg(test)]
mod tests;

use super::line::Entries;
use super::source::Source;
use super::{FileError, Line, Value, words};
use std::io::BufRead;
use tree::{Finished, Tree};

/// Reads EDN, one form after the other.
pub(super) struct Edn<R> {
    source: Source<R>,
    /// The bytes of the token that is being read.
    token: Vec<u8>,
    /// The bracket that ends the vector that all operations are in, once it was seen to begin.
    enclosing: Enclosing,
}

/// Whether all operations are in one vector.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Enclosing {
    /// Nothing was read yet, so that a bracket would begin it.
    Perhaps,
    /// They are not.
    Not,
    /// They are; it ends with this.
    Until(u8),
    /// It ended; nothing may follow.
    Ended,
}

impl<R: BufRead> Edn<R> {
    pub fn new(source: Source<R>) -> Self {
        Self {
            source,
            token: Vec::new(),
            enclosing: Enclosing::Perhaps,
        }
    }

    /// The next operation; none at the end.
    pub fn line(&mut self) -> Result<Option<Line>, FileError> {
        match self.form()? {
            Some((value, at)) => Entries::of(value).line(at).map(Some),
            None => Ok(None),
        }
    }

    /// The next form and the line where it begins; none at the end.
    fn form(&mut self) -> Result<Option<(Value, u64)>, FileError> {
        let mut tree = Tree::default();
        let mut begin = self.source.line();
        loop {
            self.blank()?;
            if tree.is_empty() {
                begin = self.source.line();
                self.source.begin();
            }
            let Some(byte) = self.source.peek()? else {
                return self.end(&tree, begin);
            };
            self.source.check_length()?;
            if self.enclosing == Enclosing::Ended {
                return Err(self
                    .source
                    .error("nothing may follow the vector of operations"));
            }
            let value = match byte {
                b'(' | b'[' | b'{' => {
                    if self.encloses(byte, &mut tree) {
                        continue;
                    }
                    self.source.bump();
                    tree.open(byte)
                        .map_err(|message| self.source.error(message))?;
                    continue;
                }
                b')' | b']' | b'}' => {
                    if tree.is_empty() && self.enclosing == Enclosing::Until(byte) {
                        self.source.bump();
                        self.enclosing = Enclosing::Ended;
                        continue;
                    }
                    let value = tree
                        .close(byte)
                        .map_err(|message| self.source.error(message))?;
                    self.source.bump();
                    value
                }
                b'#' => match self.dispatch(&mut tree)? {
                    Some(value) => value,
                    None => continue,
                },
                _ => self.atom(byte)?,
            };
            match tree.put(value) {
                Finished::Form(value) => {
                    if self.enclosing == Enclosing::Perhaps {
                        self.enclosing = Enclosing::Not;
                    }
                    return Ok(Some((value, begin)));
                }
                Finished::Nothing => {}
            }
        }
    }

    /// The end of the file, where nothing may be open.
    fn end(&self, tree: &Tree, begin: u64) -> Result<Option<(Value, u64)>, FileError> {
        if !tree.is_empty() {
            let message = format!("the file ends within the operation that begins in line {begin}");
            return Err(self.source.error(message));
        }
        if let Enclosing::Until(bracket) = self.enclosing {
            let message = format!(
                "the file ends before the {} of all operations",
                char::from(bracket)
            );
            return Err(self.source.error(message));
        }
        Ok(None)
    }

    /// Whether this bracket begins the vector of all operations.
    fn encloses(&mut self, bracket: u8, tree: &mut Tree) -> bool {
        if self.enclosing != Enclosing::Perhaps || bracket == b'{' || !tree.is_untouched() {
            return false;
        }
        self.source.bump();
        self.enclosing = Enclosing::Until(if bracket == b'(' { b')' } else { b']' });
        // A tag before it says nothing that matters.
        *tree = Tree::default();
        true
    }

    /// White space, commas, comments.
    fn blank(&mut self) -> Result<(), FileError> {
        while let Some(byte) = self.source.peek()? {
            match byte {
                b' ' | b',' | b'\t' | b'\r' | b'\n' | 0x0B | 0x0C => self.source.bump(),
                b';' => {
                    while self.source.peek()?.is_some_and(|byte| byte != b'\n') {
                        let rest = self.source.rest()?;
                        let count = rest
                            .iter()
                            .position(|byte| *byte == b'\n')
                            .unwrap_or(rest.len());
                        self.source.skip(count);
                    }
                }
                _ => break,
            }
        }
        Ok(())
    }

    /// What begins with `#`: a value, or none where only the beginning of one was read.
    fn dispatch(&mut self, tree: &mut Tree) -> Result<Option<Value>, FileError> {
        self.source.bump();
        let opened = match self.source.peek()? {
            Some(b'{') => {
                self.source.bump();
                tree.open_set()
            }
            Some(b'_') => {
                self.source.bump();
                tree.discard()
            }
            Some(b'"') => return self.pattern().map(Some),
            Some(b'#') => {
                self.source.bump();
                let word = self.word()?;
                return match number::symbolic(word) {
                    Some(value) => Ok(Some(value)),
                    None => Err(self.source.error("expected ##Inf, ##-Inf or ##NaN")),
                };
            }
            _ => {
                let tag = self.word()?.to_owned();
                let begins_well = tag
                    .chars()
                    .next()
                    .is_some_and(|first| first.is_alphabetic() || first == ':');
                if !begins_well {
                    return Err(self.source.error("expected a tag, a set or #_ after #"));
                }
                tree.tag(tag)
            }
        };
        opened.map_err(|message| self.source.error(message))?;
        Ok(None)
    }

    /// A value that holds no others.
    fn atom(&mut self, first: u8) -> Result<Value, FileError> {
        match first {
            b'"' => return self.string(),
            b'\\' => return self.character(),
            _ => {}
        }
        if let Some(number) = self.small()? {
            return Ok(Value::Integer(number));
        }
        let word = self.word()?;
        let digit = |place: usize| word.as_bytes().get(place).is_some_and(u8::is_ascii_digit);
        let value = match first {
            b'0'..=b'9' => number::number(word),
            b'+' | b'-' if digit(1) => number::number(word),
            b':' => match word.trim_start_matches(':') {
                "" => Err("expected a name after the colon"),
                name => Ok(Value::Keyword(words::word(name))),
            },
            b'@' | b'^' | b'`' | b'~' | b'\'' => Err("this is Clojure, but not EDN"),
            _ => match word {
                "nil" => Ok(Value::Nil),
                "true" => Ok(Value::Bool(true)),
                "false" => Ok(Value::Bool(false)),
                word if word.chars().any(char::is_control) => {
                    Err("a control character outside of a string")
                }
                word => Ok(Value::Word(word.to_owned().into())),
            },
        };
        value.map_err(|message| self.source.error(message))
    }

    /// A number that is nothing but a few digits, as nearly all values are; it is read without being copied.
    fn small(&mut self) -> Result<Option<i64>, FileError> {
        let rest = self.source.rest()?;
        let (mut number, mut count) = (0_i64, 0);
        for byte in rest.iter().take(18) {
            if !byte.is_ascii_digit() {
                break;
            }
            number = number * 10 + i64::from(byte - b'0');
            count += 1;
        }
        let ends = rest.get(count).is_some_and(|byte| delimits(*byte));
        let begins_well = count == 1 || rest.first() != Some(&b'0');
        if count == 0 || !ends || !begins_well {
            return Ok(None);
        }
        self.source.skip(count);
        Ok(Some(number))
    }

    /// The bytes up to the next delimiter.
    fn word(&mut self) -> Result<&str, FileError> {
        self.token.clear();
        loop {
            let rest = self.source.rest()?;
            let end = rest.iter().position(|byte| delimits(*byte));
            let count = end.unwrap_or(rest.len());
            self.token
                .extend_from_slice(rest.get(..count).unwrap_or_default());
            self.source.skip(count);
            self.source.check_length()?;
            if end.is_some() || count == 0 {
                break;
            }
        }
        match std::str::from_utf8(&self.token) {
            Ok(word) => Ok(word),
            Err(_) => Err(self.source.error("this is not UTF-8")),
        }
    }
}

/// One value that is a text of its own, which stands in a file at this place.
pub(super) fn one(text: &str, line: u64, column: u64) -> Result<Value, FileError> {
    let mut edn = Edn::new(Source::at_line(text.as_bytes(), line, column));
    edn.enclosing = Enclosing::Not;
    let Some((value, _)) = edn.form()? else {
        return Err(edn.source.error("expected a value"));
    };
    match edn.form()? {
        None => Ok(value),
        Some(_) => Err(edn.source.error("expected one value, but there are more")),
    }
}

fn delimits(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b','
            | b'\t'
            | b'\r'
            | b'\n'
            | 0x0B
            | 0x0C
            | b'('
            | b')'
            | b'['
            | b']'
            | b'{'
            | b'}'
            | b'"'
            | b';'
    )
}

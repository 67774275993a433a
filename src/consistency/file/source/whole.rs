//! Whole lines of a file: one, or as many as are at hand.

use super::{FileError, LENGTH, Source};
use std::io::BufRead;

impl<R: BufRead> Source<R> {
    /// Appends the bytes up to the end of the line, without it; whether the line was ended, or none at the end of the
    /// file.
    pub fn whole_line(&mut self, into: &mut Vec<u8>) -> Result<Option<bool>, FileError> {
        let from = into.len();
        let ended = self.line_with_end(into)?;
        if ended == Some(true) {
            into.pop();
            if into.len() > from && into.last() == Some(&b'\r') {
                into.pop();
            }
        }
        Ok(ended)
    }

    /// Appends at least one line as it stands, with its end; and then those that are there without reading more, of
    /// about so many bytes. False at the end of the file.
    pub fn some_lines(&mut self, into: &mut Vec<u8>, most: usize) -> Result<bool, FileError> {
        let ended = self.line_with_end(into)?;
        let rest = self.buffer.get(self.at..).unwrap_or_default();
        // No line in so few bytes is too long.
        let most = most.min(usize::try_from(LENGTH).unwrap_or(usize::MAX));
        let rest = rest.get(..most).unwrap_or(rest);
        if let Some(last) = memchr::memrchr(b'\n', rest) {
            let whole = rest.get(..=last).unwrap_or_default();
            into.extend_from_slice(whole);
            self.line += memchr::memchr_iter(b'\n', whole).count() as u64;
            self.at += whole.len();
            self.line_start = self.offset();
        }
        Ok(ended.is_some())
    }

    /// Appends the bytes up to the end of the line and that end; whether there was one, or none at the end of the file.
    fn line_with_end(&mut self, into: &mut Vec<u8>) -> Result<Option<bool>, FileError> {
        let from = into.len();
        self.begin();
        loop {
            let rest = self.rest()?;
            if rest.is_empty() {
                return Ok((into.len() > from).then_some(false));
            }
            let end = memchr::memchr(b'\n', rest);
            let count = end.unwrap_or(rest.len());
            into.extend_from_slice(rest.get(..count).unwrap_or_default());
            self.skip(count);
            self.check_length()?;
            if end.is_some() {
                self.bump();
                into.push(b'\n');
                return Ok(Some(true));
            }
        }
    }
}

//! The bytes of a file, and where in it they are.

use super::{FileError, LENGTH};
use std::io::{BufRead, ErrorKind};

mod whole;

/// How many bytes that were read already are kept, to show them in errors.
const KEPT: usize = 48;

/// How many bytes the format is told by.
const HEAD: usize = 1 << 16;

/// What begins files that are no text, and what to do about them.
const PACKED: [(&[u8], &str); 6] = [
    (b"\x1f\x8b", "the file is packed with gzip; unpack it first"),
    (b"BZh", "the file is packed with bzip2; unpack it first"),
    (b"\xfd7zXZ", "the file is packed with xz; unpack it first"),
    (
        b"\x28\xb5\x2f\xfd",
        "the file is packed with zstd; unpack it first",
    ),
    (b"PK\x03\x04", "the file is a zip archive; unpack it first"),
    (
        b"JEPSEN",
        "the file is Jepsen's binary test.jepsen; history.edn beside it can be read",
    ),
];

/// The bytes of a file from a reader, a buffer of them at a time.
pub(super) struct Source<R> {
    reader: R,
    buffer: Vec<u8>,
    /// Where in the buffer reading goes on.
    at: usize,
    /// How many bytes of the file were before the buffer.
    before: u64,
    /// From 1.
    line: u64,
    /// How many bytes of the file were before this line.
    line_start: u64,
    /// Where the form that is being read began.
    form_start: u64,
}

impl<R: BufRead> Source<R> {
    pub fn new(reader: R) -> Self {
        Self::at_line(reader, 1, 1)
    }

    /// A text that stands in a file at this place.
    pub fn at_line(reader: R, line: u64, column: u64) -> Self {
        // The offsets are of the line then, so that columns come out right.
        let before = column.saturating_sub(1);
        Self {
            reader,
            buffer: Vec::new(),
            at: 0,
            before,
            line,
            line_start: 0,
            form_start: before,
        }
    }

    /// The next byte, which stays.
    #[inline]
    pub fn peek(&mut self) -> Result<Option<u8>, FileError> {
        if self.at == self.buffer.len() {
            self.more()?;
        }
        Ok(self.buffer.get(self.at).copied())
    }

    /// Goes past the byte that was peeked.
    #[inline]
    pub fn bump(&mut self) {
        if let Some(byte) = self.buffer.get(self.at) {
            self.at += 1;
            if *byte == b'\n' {
                self.line += 1;
                self.line_start = self.offset();
            }
        }
    }

    /// The bytes that are there without reading more; none at the end.
    #[inline]
    pub fn rest(&mut self) -> Result<&[u8], FileError> {
        if self.at == self.buffer.len() {
            self.more()?;
        }
        Ok(self.buffer.get(self.at..).unwrap_or_default())
    }

    /// Goes past so many bytes of [`Self::rest`], none of which ends a line.
    #[inline]
    pub fn skip(&mut self, count: usize) {
        self.at = (self.at + count).min(self.buffer.len());
    }

    /// The first bytes of the file, to tell its format by.
    pub fn head(&mut self) -> Result<&[u8], FileError> {
        while self.buffer.len() < HEAD && self.more()? {}
        Ok(self.buffer.get(self.at..).unwrap_or_default())
    }

    /// Reads more; false at the end.
    #[cold]
    fn more(&mut self) -> Result<bool, FileError> {
        if self.at == self.buffer.len() {
            let gone = self.at.saturating_sub(KEPT);
            self.buffer.drain(..gone);
            self.at -= gone;
            self.before += gone as u64;
        }
        loop {
            match self.reader.fill_buf() {
                Ok(bytes) => {
                    let count = bytes.len();
                    self.buffer.extend_from_slice(bytes);
                    self.reader.consume(count);
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.error(format!("cannot be read further ({error})"))),
            }
        }
    }

    fn offset(&self) -> u64 {
        self.before + self.at as u64
    }

    /// The line of the next byte, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The column of the next byte, from 1.
    pub fn column(&self) -> u64 {
        (self.offset() - self.line_start).saturating_add(1)
    }

    /// A form (a line) begins here.
    pub fn begin(&mut self) {
        self.form_start = self.offset();
    }

    /// How many bytes more make the form that began too long.
    #[inline]
    pub fn room(&self) -> usize {
        let length = self.offset() - self.form_start;
        usize::try_from((LENGTH + 1).saturating_sub(length)).unwrap_or(usize::MAX)
    }

    /// An error once the form that began is too long.
    #[inline]
    pub fn check_length(&self) -> Result<(), FileError> {
        if self.offset() - self.form_start <= LENGTH {
            return Ok(());
        }
        Err(self.error(format!(
            "one operation of more than {LENGTH} bytes; no history has such"
        )))
    }

    /// Something is wrong here.
    pub fn error(&self, message: impl Into<String>) -> FileError {
        let from = self.at.saturating_sub(KEPT - 8);
        let to = (self.at + 16).min(self.buffer.len());
        let text = self.buffer.get(from..to).unwrap_or_default();
        let line = text.get(..self.at - from).unwrap_or_default();
        // Only what stands in this line.
        let line_from = line
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        let text = String::from_utf8_lossy(text.get(line_from..).unwrap_or_default());
        FileError::new(self.line, self.column(), message, text.trim_end())
    }

    /// Goes past the marks that some editors put at the beginning of a file.
    pub fn skip_mark(&mut self) -> Result<(), FileError> {
        let head = self.head()?;
        if head.starts_with(b"\xEF\xBB\xBF") {
            self.skip(3);
            self.line_start = self.offset();
        } else if head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF") {
            return Err(self.error("expected UTF-8, but this is UTF-16"));
        }
        Ok(())
    }

    /// An error if the file is plainly none of text.
    pub fn refuse_packed(&mut self) -> Result<(), FileError> {
        let head = self.head()?;
        let found = PACKED.iter().find(|(mark, _)| head.starts_with(mark));
        let Some((_, what)) = found else {
            return Ok(());
        };
        Err(FileError::new(self.line, 0, *what, ""))
    }
}

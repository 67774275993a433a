//! The lines of our own histories, read ahead and decoded by several threads: decoding costs more than all else that is
//! done with a history.
//!
//! What comes out does not depend on how many threads there are: lines come in their order, and what keeps the file from
//! being read further comes after all lines before it.

use super::source::Source;
use super::{FileError, Line, json};
use std::collections::VecDeque;
use std::io::BufRead;
use std::num::NonZero;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

/// How many bytes are decoded at a time: so many that it takes much longer than to begin a thread. What is less is
/// decoded without one.
const BATCH: usize = 1 << 19;

/// More threads would wait for the one that takes what they decoded.
const THREADS: usize = 4;

/// A line that was decoded.
pub(super) struct Decoded {
    /// Its number in the file, from 1.
    pub at: u64,
    /// Whether it was ended.
    pub whole: bool,
    /// What it says.
    pub says: Says,
}

/// What a line says.
pub(super) enum Says {
    /// It has this type.
    Header,
    /// It has this type.
    Result,
    /// Anything else, or why it is no operation.
    Operation(Result<Line, FileError>),
    /// Why it is no JSON.
    Nothing(FileError),
}

/// Reads lines and decodes them.
pub(super) struct Ahead<R> {
    source: Source<R>,
    /// How many batches may be decoded at a time.
    threads: usize,
    /// How many bytes a batch has at least, unless the file ends.
    size: usize,
    decoding: VecDeque<Decoding>,
    /// What is given away now, and what stood there.
    batch: Arc<Batch>,
    lines: std::vec::IntoIter<Decoded>,
    /// The place in the batch of the line that was given away last.
    place: usize,
    /// The file was read to its end, or as far as it can be.
    ended: bool,
    /// Why it cannot be read further.
    error: Option<FileError>,
}

/// Lines that are decoded, maybe by a thread.
enum Decoding {
    Done(Arc<Batch>, Vec<Decoded>),
    Begun(Arc<Batch>, JoinHandle<Vec<Decoded>>),
}

/// Lines as they stand in the file.
#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    lines: Vec<Raw>,
}

/// A line in a [`Batch`].
struct Raw {
    at: u64,
    from: usize,
    to: usize,
    whole: bool,
}

impl<R: BufRead> Ahead<R> {
    pub fn new(source: Source<R>) -> Self {
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        Self::with(source, threads.min(THREADS), BATCH)
    }

    /// With at most so many threads beside this one (with one, all is done here), and so many bytes for each.
    fn with(source: Source<R>, threads: usize, size: usize) -> Self {
        Self {
            source,
            threads,
            size,
            decoding: VecDeque::new(),
            batch: Arc::default(),
            lines: Vec::new().into_iter(),
            place: 0,
            ended: false,
            error: None,
        }
    }

    /// The next line that is not empty; none at the end.
    pub fn next(&mut self) -> Result<Option<Decoded>, FileError> {
        loop {
            if let Some(line) = self.lines.next() {
                self.place += 1;
                return Ok(Some(line));
            }
            self.begin();
            let Some(next) = self.decoding.pop_front() else {
                return self.error.take().map_or(Ok(None), Err);
            };
            let lines;
            (self.batch, lines) = match next {
                Decoding::Done(batch, lines) => (batch, lines),
                Decoding::Begun(batch, thread) => match thread.join() {
                    Ok(lines) => (batch, lines),
                    Err(panic) => std::panic::resume_unwind(panic),
                },
            };
            self.lines = lines.into_iter();
            self.place = 0;
        }
    }

    /// The text of the line that came last.
    pub fn text(&self) -> &[u8] {
        let last = self.place.checked_sub(1);
        last.map_or(&[], |last| self.batch.line(last))
    }

    /// Begins to decode as much as may be decoded at a time.
    fn begin(&mut self) {
        while !self.ended && self.decoding.len() < self.threads {
            let batch = Arc::new(self.batch());
            let mut decoding = None;
            if self.threads > 1 && batch.bytes.len() >= self.size {
                let given = Arc::clone(&batch);
                let thread = thread::Builder::new().spawn(move || given.decoded());
                // Where there can be no more threads, it is done without.
                decoding = thread.ok();
            }
            self.decoding.push_back(match decoding {
                Some(thread) => Decoding::Begun(batch, thread),
                None => {
                    let lines = batch.decoded();
                    Decoding::Done(batch, lines)
                }
            });
        }
    }

    /// The next lines.
    fn batch(&mut self) -> Batch {
        let mut batch = Batch::default();
        while batch.bytes.len() < self.size {
            let (at, from) = (self.source.line(), batch.bytes.len());
            match self.source.whole_line(&mut batch.bytes) {
                Ok(Some(whole)) => batch.put(at, from, whole),
                Ok(None) => self.ended = true,
                Err(error) => {
                    self.error = Some(error);
                    self.ended = true;
                }
            }
            if self.ended {
                break;
            }
        }
        batch
    }
}

impl Batch {
    /// The line from here to the end; an empty one is taken off again.
    fn put(&mut self, at: u64, from: usize, whole: bool) {
        let to = self.bytes.len();
        let line = self.bytes.get(from..to).unwrap_or_default();
        if line.iter().all(u8::is_ascii_whitespace) {
            self.bytes.truncate(from);
        } else {
            self.lines.push(Raw {
                at,
                from,
                to,
                whole,
            });
        }
    }

    fn line(&self, number: usize) -> &[u8] {
        let raw = self.lines.get(number);
        raw.and_then(|raw| self.bytes.get(raw.from..raw.to))
            .unwrap_or_default()
    }

    fn decoded(&self) -> Vec<Decoded> {
        let lines = self.lines.iter().map(|raw| Decoded {
            at: raw.at,
            whole: raw.whole,
            says: says(self.bytes.get(raw.from..raw.to).unwrap_or_default(), raw.at),
        });
        lines.collect()
    }
}

fn says(line: &[u8], at: u64) -> Says {
    let entries = match json::entries(line, at, 1) {
        Ok(entries) => entries,
        Err(error) => return Says::Nothing(error),
    };
    match entries.kind() {
        Some("header") => Says::Header,
        Some("result") => Says::Result,
        _ => Says::Operation(entries.line(at)),
    }
}

#[cfg(test)]
mod tests;

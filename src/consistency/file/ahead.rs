//! The lines of our own histories, read ahead and decoded by several threads: decoding costs more than all else that is
//! done with a history.
//!
//! What comes out does not depend on how many threads there are: lines come in their order, and what keeps the file from
//! being read further comes after all lines before it.

use super::json::Usual;
use super::source::Source;
use super::{FileError, Line, json};
use std::collections::VecDeque;
use std::io::BufRead;
use std::num::NonZero;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

mod batch;

use batch::Batch;

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
    /// An operation as our tester writes them.
    Usual(Usual),
    /// Anything else, or why it is no operation. In a box, so that usual lines are small.
    Operation(Box<Result<Line, FileError>>),
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
    lines: VecDeque<Decoded>,
    /// The memory of batches that were given away.
    spare: Vec<(Vec<u8>, VecDeque<Decoded>)>,
    /// The file was read to its end, or as far as it can be.
    ended: bool,
    /// Why it cannot be read further.
    error: Option<FileError>,
}

/// Lines that are decoded, maybe by a thread.
enum Decoding {
    Done(Arc<Batch>, VecDeque<Decoded>),
    Begun(Arc<Batch>, JoinHandle<VecDeque<Decoded>>),
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
            lines: VecDeque::new(),
            spare: Vec::new(),
            ended: false,
            error: None,
        }
    }

    /// The next line that is not empty; none at the end.
    pub fn next(&mut self) -> Result<Option<Decoded>, FileError> {
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Ok(Some(line));
            }
            self.begin();
            let Some(next) = self.decoding.pop_front() else {
                return self.error.take().map_or(Ok(None), Err);
            };
            let (batch, lines) = match next {
                Decoding::Done(batch, lines) => (batch, lines),
                Decoding::Begun(batch, thread) => match thread.join() {
                    Ok(lines) => (batch, lines),
                    Err(panic) => std::panic::resume_unwind(panic),
                },
            };
            let read = std::mem::replace(&mut self.batch, batch);
            let lines = std::mem::replace(&mut self.lines, lines);
            // Memory that was just given back to the system would be asked for again.
            if let Some(batch) = Arc::into_inner(read) {
                self.spare.push((batch.bytes, lines));
            }
        }
    }

    /// The text of this line, which is of the batch of the line that came last.
    pub fn text(&self, at: u64) -> &[u8] {
        let found = self.batch.lines().find(|line| line.at == at);
        found.map_or(&[], |line| line.text)
    }

    /// Begins to decode as much as may be decoded at a time.
    fn begin(&mut self) {
        while !self.ended && self.decoding.len() < self.threads {
            let (bytes, mut lines) = self.spare.pop().unwrap_or_default();
            let batch = Arc::new(self.batch(bytes));
            if self.threads > 1 && batch.bytes.len() >= self.size {
                let given = Arc::clone(&batch);
                let mut into = std::mem::take(&mut lines);
                let thread = thread::Builder::new().spawn(move || {
                    given.decode(&mut into);
                    // The batch is given up before the thread ends, so that its memory can be used again.
                    drop(given);
                    into
                });
                // Where there can be no more threads, it is done without.
                if let Ok(thread) = thread {
                    self.decoding.push_back(Decoding::Begun(batch, thread));
                    continue;
                }
            }
            batch.decode(&mut lines);
            self.decoding.push_back(Decoding::Done(batch, lines));
        }
    }

    /// The next lines, in memory that was used before.
    fn batch(&mut self, mut bytes: Vec<u8>) -> Batch {
        bytes.clear();
        let first = self.source.line();
        while !self.ended && bytes.len() < self.size {
            let most = self.size - bytes.len();
            match self.source.some_lines(&mut bytes, most) {
                Ok(more) => self.ended = !more,
                Err(error) => {
                    // What was read of a line is none.
                    let whole = memchr::memrchr(b'\n', &bytes).map_or(0, |end| end + 1);
                    bytes.truncate(whole);
                    self.error = Some(error);
                    self.ended = true;
                }
            }
        }
        Batch { first, bytes }
    }
}

fn says(line: &[u8], at: u64) -> Says {
    if let Some(usual) = json::usual(line) {
        return Says::Usual(usual);
    }
    let entries = match json::entries(line, at, 1) {
        Ok(entries) => entries,
        Err(error) => return Says::Nothing(error),
    };
    match entries.kind() {
        Some("header") => Says::Header,
        Some("result") => Says::Result,
        _ => Says::Operation(Box::new(entries.line(at))),
    }
}

#[cfg(test)]
mod tests;

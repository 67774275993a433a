//! The lines of a history, whatever its format.

use super::edn::Edn;
use super::json::Json;
use super::log::Log;
use super::own::Own;
use super::source::Source;
use super::{FileError, Format, Line, Value};
use std::io::BufRead;

/// Reads the lines of a history, one after the other; nothing comes after an error.
pub struct Lines<R> {
    reader: Reader<R>,
    format: Format,
    notes: Vec<String>,
    ended: bool,
    /// How many lines there were of clients.
    of_clients: u64,
    /// Lines were passed over that might have been meant as those of clients.
    passed_over: bool,
    /// The greatest index so far.
    index: Option<u64>,
    /// The first line whose index is not greater than all before it.
    back: Option<u64>,
}

enum Reader<R> {
    Edn(Edn<R>),
    Json(Json<R>),
    Own(Box<Own<R>>),
    Log(Log<R>),
}

impl<R: BufRead> Lines<R> {
    /// Begins to read. The format is told by the first 64 KiB of the text, if it is not given.
    ///
    /// # Errors
    /// That the first bytes cannot be read.
    pub fn new(reader: R, format: Option<Format>) -> Result<Self, FileError> {
        let mut source = Source::new(reader);
        source.skip_mark()?;
        source.refuse_packed()?;
        let head = source.head()?;
        let notes = match head.is_empty() {
            true => vec!["the file is empty".to_owned()],
            false => Vec::new(),
        };
        let format = format.unwrap_or_else(|| Format::of(head));
        let reader = match format {
            Format::Edn => Reader::Edn(Edn::new(source)),
            Format::Json => Reader::Json(Json::new(source)),
            Format::Own => Reader::Own(Box::new(Own::new(source))),
            Format::Log => Reader::Log(Log::new(source, true)),
            Format::Text => Reader::Log(Log::new(source, false)),
        };
        Ok(Self {
            reader,
            format,
            notes,
            ended: false,
            of_clients: 0,
            passed_over: false,
            index: None,
            back: None,
        })
    }

    /// Takes in what must be told of all lines together.
    fn watch(&mut self, line: &Line) {
        self.of_clients += u64::from(line.process.client().is_some());
        if let Some(index) = line.index {
            if self.index.is_some_and(|before| before >= index) {
                self.back.get_or_insert(line.at);
            }
            self.index = self.index.max(Some(index));
        }
    }

    /// Tells it, at the end.
    fn tell(&mut self) {
        if self.of_clients == 0 && self.notes.is_empty() {
            self.notes
                .push("the file has no operations of clients".to_owned());
        }
        if let Some(at) = self.back {
            self.notes.push(format!(
                "the index in line {at} is not greater than all before it; what counts is the order of the lines"
            ));
        }
    }

    /// The format of the file.
    pub fn format(&self) -> Format {
        self.format
    }

    /// What must be told of the file though it is no error, so far.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Adds to what must be told of the file.
    pub(super) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// Says that lines are passed over that might have been meant as those of clients.
    pub(super) fn pass_over(&mut self, note: String) {
        self.notes.push(note);
        self.passed_over = true;
    }

    /// Whether nothing is left of the file after that.
    pub fn all_passed_over(&self) -> bool {
        self.passed_over && self.of_clients == 0
    }

    /// The header of one of our own histories, once a line was read.
    pub fn header(&self) -> Option<&Value> {
        match &self.reader {
            Reader::Own(own) => own.header.as_ref(),
            _ => None,
        }
    }

    /// The result of one of our own histories, once all lines were read.
    pub fn result(&self) -> Option<&Value> {
        match &self.reader {
            Reader::Own(own) => own.result.as_ref(),
            _ => None,
        }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<Line, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let line = match &mut self.reader {
            Reader::Edn(edn) => edn.line(),
            Reader::Json(json) => json.line(),
            Reader::Own(own) => own.line(&mut self.notes),
            Reader::Log(log) => log.line(&mut self.notes),
        };
        match &line {
            Ok(Some(line)) => self.watch(line),
            Ok(None) => self.tell(),
            Err(_) => {}
        }
        self.ended = !matches!(line, Ok(Some(_)));
        line.transpose()
    }
}

/// All lines of a history that is in memory.
///
/// # Errors
/// What is wrong with it, and where.
pub fn read(bytes: &[u8], format: Option<Format>) -> Result<Vec<Line>, FileError> {
    Lines::new(bytes, format)?.collect()
}

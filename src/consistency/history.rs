//! The history of a test: one JSON object a line, written as it happens.
//!
//! In: invocations, completions, primaries, the final read. Out: a file from which every figure of
//! the report can be made again, and the times (nanoseconds on one monotonic clock) for the checkers.
//! The first line is the header, the last the result; `invoke` is written before anything is sent.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde::Serialize;
use serde_json::Value;

use super::client::Performed;
use super::error::Error;
use super::outcome::{Attempts, OutcomeType};
use super::watch::PrimarySeen;

/// A history that is being written; clones write to the same file.
#[derive(Clone)]
pub struct History {
    path: Arc<PathBuf>,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    file: BufWriter<File>,
    start: Instant,
    index: u64,
    error: Option<String>,
}

#[derive(Serialize)]
struct Line<'a> {
    index: u64,
    time: u64,
    process: Process,
    r#type: LineType,
    f: &'static str,
    value: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a super::facts::ErrorFacts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commits: Option<u32>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Process {
    Client(u64),
    Named(&'static str),
}

#[derive(Serialize)]
#[serde(untagged)]
enum LineType {
    Invoke(&'static str),
    Completion(OutcomeType),
}

impl History {
    /// Creates the file and writes the header. The clock starts at `start`. A file that is there and not empty is
    /// written over only if that is asked for.
    ///
    /// # Errors
    /// [`Error::HistoryThere`]; [`Error::History`] if the file cannot be created or the header not be written.
    pub fn create(
        path: &Path,
        overwrite: bool,
        start: Instant,
        header: &impl Serialize,
    ) -> Result<Self, Error> {
        let failed = |source: io::Error| Error::History {
            path: path.to_owned(),
            source,
        };
        if !overwrite {
            refuse_history(path)?;
        }
        let mut file = BufWriter::new(File::create(path).map_err(failed)?);
        write_line(&mut file, header)
            .and_then(|()| file.flush())
            .map_err(failed)?;
        let inner = Inner {
            file,
            start,
            index: 0,
            error: None,
        };
        Ok(Self {
            path: Arc::new(path.to_owned()),
            inner: Arc::new(Mutex::new(inner)),
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The time: nanoseconds since the start.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.lock().now()
    }

    /// Notes that a process is about to do something. Returns the time.
    pub fn invoke(&self, process: u64, f: &'static str, value: Value) -> u64 {
        let kind = LineType::Invoke("invoke");
        self.lock()
            .line(Process::Client(process), kind, f, value, None, None)
    }

    /// Notes how it ended, and what the command events say: how many commands of it were sent, and, of a transaction
    /// that was to be committed, how many commits beside them. Returns the time.
    pub fn complete(&self, process: u64, f: &'static str, performed: &Performed) -> u64 {
        self.lock().line(
            Process::Client(process),
            LineType::Completion(performed.outcome.kind()),
            f,
            performed.value.clone(),
            performed.outcome.facts(),
            Some(&performed.attempts),
        )
    }

    /// Notes a primary in a term in which it was not seen before.
    pub fn primary(&self, seen: &PrimarySeen) {
        let value = serde_json::json!({"address": seen.address, "term": seen.term});
        let kind = LineType::Completion(OutcomeType::Info);
        self.lock().line(
            Process::Named("nemesis"),
            kind,
            "primary",
            value,
            None,
            None,
        );
    }

    /// Notes what the nemesis did. Returns the time.
    pub fn nemesis(&self, f: &'static str, value: Value) -> u64 {
        let kind = LineType::Completion(OutcomeType::Info);
        self.lock()
            .line(Process::Named("nemesis"), kind, f, value, None, None)
    }

    /// Notes that the list is about to be read.
    pub fn begin_read(&self) {
        self.reader(LineType::Invoke("invoke"), Value::Null);
    }

    /// Notes the list that was read at the end, and at which read concern; none if it could not be read.
    pub fn read(&self, found: Option<(&[i64], &str)>) {
        match found {
            Some((elements, read_concern)) => self.reader(
                LineType::Completion(OutcomeType::Ok),
                serde_json::json!({"list": elements, "read-concern": read_concern}),
            ),
            None => self.reader(LineType::Completion(OutcomeType::Fail), Value::Null),
        }
    }

    fn reader(&self, kind: LineType, value: Value) {
        self.lock()
            .line(Process::Named("reader"), kind, "read", value, None, None);
    }

    /// Brings what was written so far to the file.
    pub fn flush(&self) {
        let mut inner = self.lock();
        if inner.error.is_none() {
            let flushed = inner.file.flush();
            inner.keep_error(flushed);
        }
    }

    /// Writes the result and brings everything to the disk.
    pub fn finish(&self, result: &impl Serialize) {
        let mut inner = self.lock();
        if inner.error.is_none() {
            let written = write_line(&mut inner.file, result)
                .and_then(|()| inner.file.flush())
                .and_then(|()| sync(inner.file.get_ref()));
            inner.keep_error(written);
        }
    }

    /// Why the file is not complete.
    #[must_use]
    pub fn error(&self) -> Option<String> {
        self.lock().error.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn line(
        &mut self,
        process: Process,
        r#type: LineType,
        f: &'static str,
        value: Value,
        error: Option<&super::facts::ErrorFacts>,
        attempts: Option<&Attempts>,
    ) -> u64 {
        let time = self.now();
        let line = Line {
            index: self.index,
            time,
            process,
            r#type,
            f,
            value,
            error,
            attempts: attempts.map(|attempts| attempts.sent),
            commits: attempts
                .map(|attempts| attempts.commits)
                .filter(|commits| *commits > 0),
        };
        self.index += 1;
        // After a failed write the file ends somewhere in a line; more would only make it worse.
        if self.error.is_none() {
            let written = write_line(&mut self.file, &line);
            self.keep_error(written);
        }
        time
    }

    fn keep_error(&mut self, result: io::Result<()>) {
        if let Err(error) = result {
            self.error = Some(error.to_string());
        }
    }
}

/// Refuses a file that holds something. Devices, pipes and what is not there may be written to.
///
/// # Errors
/// [`Error::HistoryThere`].
pub fn refuse_history(path: &Path) -> Result<(), Error> {
    match std::fs::metadata(path) {
        Ok(there) if there.is_file() && there.len() > 0 => Err(Error::HistoryThere {
            path: path.to_owned(),
            size: there.len(),
        }),
        // Why it cannot be looked at, opening it says better.
        _ => Ok(()),
    }
}

fn write_line(file: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    file.write_all(&text)
}

/// A pipe or a device cannot be synced, and need not be.
fn sync(file: &File) -> io::Result<()> {
    match file.sync_all() {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consistency::facts::{ErrorClass, ErrorFacts};
    use crate::consistency::outcome::Outcome;

    fn lines(path: &Path) -> Vec<Value> {
        let text = std::fs::read_to_string(path).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    #[test]
    fn lines_tell_what_happened_in_order() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("history.jsonl");
        let history = History::create(
            &path,
            false,
            Instant::now(),
            &serde_json::json!({"type": "header"}),
        )
        .unwrap();
        let invoked = history.invoke(3, "append", 7.into());
        let facts = ErrorFacts {
            code: Some(64),
            labels: vec!["x".into()],
            ..ErrorFacts::of(ErrorClass::AppliedNotMajority)
        };
        let performed = Performed {
            outcome: Outcome::Info(facts),
            value: 7.into(),
            attempts: Attempts {
                sent: 1,
                ..Attempts::default()
            },
        };
        let completed = history.complete(3, "append", &performed);
        assert!(invoked <= completed);
        let committed = Performed {
            outcome: Outcome::Ok,
            value: Value::Null,
            attempts: Attempts {
                sent: 3,
                commits: 2,
                ..Attempts::default()
            },
        };
        history.complete(4, "txn", &committed);
        history.primary(&PrimarySeen {
            address: "a:1".into(),
            term: Some(2),
        });
        history.begin_read();
        history.read(Some((&[7], "linearizable")));
        history.finish(&serde_json::json!({"type": "result"}));
        assert_eq!(history.error(), None);
        let mut lines = lines(&path);
        assert_eq!(lines[1]["time"], invoked);
        for line in &mut lines {
            line.as_object_mut().unwrap().remove("time");
        }
        let expected = serde_json::json!([
            {"type": "header"},
            {"index": 0, "process": 3, "type": "invoke", "f": "append", "value": 7},
            {"index": 1, "process": 3, "type": "info", "f": "append", "value": 7, "attempts": 1,
             "error": {"class": "applied-not-majority", "code": 64, "labels": ["x"]}},
            {"index": 2, "process": 4, "type": "ok", "f": "txn", "value": null, "attempts": 3, "commits": 2},
            {"index": 3, "process": "nemesis", "type": "info", "f": "primary", "value": {"address": "a:1", "term": 2}},
            {"index": 4, "process": "reader", "type": "invoke", "f": "read", "value": null},
            {"index": 5, "process": "reader", "type": "ok", "f": "read", "value": {"list": [7], "read-concern": "linearizable"}},
            {"type": "result"},
        ]);
        assert_eq!(Value::from(lines), expected);
    }

    #[test]
    fn what_is_there_is_written_over_only_if_asked_for() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("history.jsonl");
        let create =
            |overwrite| History::create(&path, overwrite, Instant::now(), &"header").map(|_| ());
        // An empty one holds nothing that could be lost.
        std::fs::write(&path, "").unwrap();
        create(false).unwrap();
        std::fs::write(&path, "of another run, and longer than a header\n").unwrap();
        let refused = create(false).unwrap_err().to_string();
        assert!(
            refused.contains("history.jsonl is there already, with 41 bytes")
                && refused.contains("--overwrite"),
            "{refused}"
        );
        let kept = std::fs::read_to_string(&path).unwrap();
        assert!(kept.starts_with("of another run"));
        create(true).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "\"header\"\n");
    }

    #[test]
    fn a_full_disk_is_noticed() {
        let refused =
            History::create(Path::new("/dev/full"), false, Instant::now(), &1).map(|_| ());
        assert!(
            refused
                .unwrap_err()
                .to_string()
                .contains("/dev/full could not be created")
        );
        let file = BufWriter::new(File::create("/dev/full").unwrap());
        let inner = Inner {
            file,
            start: Instant::now(),
            index: 0,
            error: None,
        };
        let history = History {
            path: Arc::default(),
            inner: Arc::new(Mutex::new(inner)),
        };
        history.invoke(0, "append", 0.into());
        assert_eq!(history.error(), None);
        history.flush();
        assert!(
            history
                .error()
                .is_some_and(|error| error.contains("No space left"))
        );
        history.finish(&1);
    }
}

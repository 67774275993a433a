//! Reads bytes in all ways there are, and checks them. Nothing may panic, errors must name a line, exports must be readable.

use mongo_rs::consistency::check::{Checked, Model, Question, check};
use mongo_rs::consistency::file::{FileError, Format, Line, Lines, export};
use mongo_rs::consistency::report::Verdict;

/// All models.
const MODELS: [Model; 13] = [
    Model::CasRegister,
    Model::Kv,
    Model::ListAppend,
    Model::RwRegister,
    Model::Set,
    Model::SetFull,
    Model::MonotonicReads,
    Model::ReadYourWrites,
    Model::CausalReverse,
    Model::Counter,
    Model::Bank,
    Model::LongFork,
    Model::Gridfs,
];

/// Reads the bytes in these formats, and in the one they seem to be in, and checks what was read.
pub fn read(bytes: &[u8], formats: &[Format]) {
    for format in formats.iter().copied().map(Some).chain([None]) {
        for model in MODELS {
            let question = Question { format, ..Question::new(model) };
            match check(bytes, &question) {
                Err(error) => named(bytes, &error),
                Ok(checked) => told(&checked),
            }
        }
        match whole(bytes, format) {
            Err(error) => named(bytes, &error),
            Ok(count) => exports(bytes, format, count),
        }
    }
}

/// A verdict says why, and what is wrong has evidence.
fn told(checked: &Checked) {
    let finding = &checked.finding;
    assert!(!finding.reason.is_empty());
    assert!(finding.verdict != Verdict::Invalid || !finding.anomalies.is_empty(), "{finding:?}");
}

fn whole(bytes: &[u8], format: Option<Format>) -> Result<u64, FileError> {
    read_all(bytes, format).map(|lines| lines.len() as u64)
}

fn read_all(bytes: &[u8], format: Option<Format>) -> Result<Vec<Line>, FileError> {
    mongo_rs::consistency::file::read(bytes, format)
}

fn named(bytes: &[u8], error: &FileError) {
    let count = bytes.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
    assert!((1..=count).contains(&error.line) && !error.message.is_empty(), "{error}");
}

/// A history that was read is written, and what was written is read.
fn exports(bytes: &[u8], format: Option<Format>, count: u64) {
    for workload in [export::Workload::Plain, export::Workload::Lists] {
        let export = export::Export { workload, key: None };
        let Ok(mut lines) = Lines::new(bytes, format) else { return };
        let mut out = Vec::new();
        let written = export::edn(&mut lines, export, &mut out).unwrap_or_default();
        let again = read_all(&out, Some(Format::Edn));
        assert!(again.is_ok(), "{again:?} of {}", String::from_utf8_lossy(&out));
        assert!(written == count && again.is_ok_and(|again| again.len() as u64 == count));
        let Ok(mut lines) = Lines::new(bytes, format) else { return };
        out.clear();
        let written = export::elle_json(&mut lines, export, &mut out);
        assert!(written.is_ok() && read_all(&out, Some(Format::Json)).is_ok(), "{}", String::from_utf8_lossy(&out));
    }
}

//! The report as a page: from a history to one HTML file that needs nothing else, and its drawings as files.
//!
//! history → [`gather`](gather::gather) → [`Run`] → [`Evidence`], [`Selection`] → [`page`](html::page), drawings → files.
//! Only [`write()`] touches a disk. A page is bounded, whatever the history: points at the same place are one mark, the
//! timeline has [`selection::MOST`] operations, tables and texts are cut, and where something is left out it says so.

pub mod bins;
mod date;
pub mod escape;
pub mod evidence;
pub mod fault;
pub mod gather;
pub mod html;
mod json;
pub mod judgement;
mod number;
pub mod operation;
pub mod plot;
pub mod run;
pub mod scale;
pub mod selection;
mod texts;
mod trouble;
pub mod windows;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod wellformed;

pub use evidence::Evidence;
pub use run::Run;
pub use selection::Selection;

use crate::consistency::file::FileError;
use plot::Size;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

/// The name of a history in a directory of its own.
pub const HISTORY: &str = "history.jsonl";

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// There is not one line in the history.
    #[error("the history is empty")]
    Empty,
    /// Its beginning cannot be read.
    #[error("failed to read the history: {0}")]
    History(#[from] FileError),
    /// It cannot be opened.
    #[error("failed to open {path}: {source}")]
    Open {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A directory without a history, and no history beside it whose page it is.
    #[error(
        "there is no {HISTORY} in {directory}, and beside it no history whose page it is ({directory}.jsonl): name the history itself"
    )]
    NoHistory {
        /// Which.
        directory: PathBuf,
    },
    /// A file cannot be written.
    #[error("failed to write {path}: {source}")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Where the page of a history belongs: beside `history.jsonl`, and for a history of another name in a directory of that
/// name without its ending (`x.jsonl`: `x`; one without an ending gets `.page`).
#[must_use]
pub fn directory(history: &Path) -> PathBuf {
    if history.file_name() == Some(HISTORY.as_ref()) {
        return history.parent().map_or_else(PathBuf::new, Path::to_owned);
    }
    match history.extension() {
        Some(_) => history.with_extension(""),
        None => history.with_extension("page"),
    }
}

/// The history of a page: the one in its directory, else the one beside it whose page belongs there.
///
/// # Errors
/// [`PageError::NoHistory`].
pub fn history_of(page: &Path) -> Result<PathBuf, PageError> {
    let inside = page.join(HISTORY);
    if inside.is_file() {
        return Ok(inside);
    }
    let none = || PageError::NoHistory {
        directory: page.to_owned(),
    };
    // `.` has no name.
    let page = fs::canonicalize(page).map_err(|_| none())?;
    let beside = page.parent().and_then(|parent| fs::read_dir(parent).ok());
    let files = beside
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()));
    let mut histories: Vec<PathBuf> = files
        .filter(|file| directory(file) == page && file.is_file())
        .collect();
    // Of several, the one that a history is usually called.
    histories.sort_by_key(|file| (file.extension() != Some("jsonl".as_ref()), file.clone()));
    histories.into_iter().next().ok_or_else(none)
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The page.
    pub page: PathBuf,
    /// All files, the page first, with their sizes in bytes.
    pub files: Vec<(PathBuf, u64)>,
    /// Operations in the history.
    pub operations: usize,
    /// Operations in the timeline.
    pub shown: usize,
    /// What must be told of the file.
    pub notes: Vec<String>,
}

/// Everything that is made of a run: names of files and their texts, the page first.
#[must_use]
pub fn files(run: &Run) -> Vec<(&'static str, String)> {
    let evidence = Evidence::of(run);
    let selection = Selection::of(run, &evidence, selection::MOST);
    made(run, &evidence, &selection)
}

fn made(run: &Run, evidence: &Evidence, selection: &Selection) -> Vec<(&'static str, String)> {
    let name = html::name(run);
    let title = |what: &str| format!("{name} {what}");
    let results = serde_json::to_string_pretty(&run.result).unwrap_or_else(|_| "null".to_owned());
    vec![
        ("index.html", html::page(run, evidence, selection)),
        (
            "latency.svg",
            plot::latency(run, evidence, Size::Wide).file(&title("latency")),
        ),
        (
            "quantiles.svg",
            plot::quantiles(run, evidence, Size::Wide).file(&title("latency quantiles")),
        ),
        (
            "rate.svg",
            plot::rates(run, evidence, Size::Wide).file(&title("rate")),
        ),
        (
            "timeline.svg",
            plot::timeline(run, evidence, selection).file(&title("timeline")),
        ),
        ("results.json", results + "\n"),
    ]
}

/// Writes the page of a history on disk to where it belongs.
///
/// # Errors
/// [`PageError`].
pub fn of_file(history: &Path) -> Result<Written, PageError> {
    let file = File::open(history).map_err(|source| PageError::Open {
        path: history.to_owned(),
        source,
    })?;
    write(
        &mut BufReader::with_capacity(1 << 20, file),
        &directory(history),
    )
}

/// Writes the page of a history, and its drawings, into a directory, which is made if it is not there.
///
/// # Errors
/// [`PageError`]. A history that breaks off is no error: what is there is shown, and the page says so.
pub fn write(history: &mut impl BufRead, directory: &Path) -> Result<Written, PageError> {
    let run = gather::gather(history)?;
    let evidence = Evidence::of(&run);
    let selection = Selection::of(&run, &evidence, selection::MOST);
    let failed = |path: &Path, source| PageError::Write {
        path: path.to_owned(),
        source,
    };
    fs::create_dir_all(directory).map_err(|source| failed(directory, source))?;
    let mut files = Vec::new();
    for (name, text) in made(&run, &evidence, &selection) {
        let path = directory.join(name);
        fs::write(&path, &text).map_err(|source| failed(&path, source))?;
        files.push((path, text.len() as u64));
    }
    Ok(Written {
        page: directory.join("index.html"),
        files,
        operations: run.operations.len(),
        shown: selection.shown.len(),
        notes: run.notes,
    })
}

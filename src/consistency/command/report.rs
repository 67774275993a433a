//! `mongo-rs report`: the page of a history, again.

use crate::consistency::page::{self, PageError};
use clap::Args;
use std::io::Write;
use std::path::PathBuf;

/// Make the page of a history and its drawings again: index.html, results.json and SVG files, beside history.jsonl.
#[derive(Clone, Debug, Args)]
pub struct ReportArgs {
    /// The directory of a run or of a page, or the file of a history.
    #[arg(value_name = "DIRECTORY")]
    pub run: PathBuf,
}

/// Writes the files, and their names to `out`.
///
/// # Errors
/// [`PageError`].
pub fn run(args: &ReportArgs, out: &mut dyn Write) -> Result<(), PageError> {
    let history = match args.run.is_dir() {
        true => page::history_of(&args.run)?,
        false => args.run.clone(),
    };
    let written = page::of_file(&history)?;
    let told = |source| PageError::Write {
        path: "the names of the files".into(),
        source,
    };
    for (path, _) in &written.files {
        writeln!(out, "{}", path.display()).map_err(told)?;
    }
    for note in &written.notes {
        tracing::warn!("{note}");
    }
    out.flush().map_err(told)
}

//! What the agent must remember between hooks, in one small file.

use super::file::{self, FileError};
use super::paths;
use crate::model::options::Options;
use crate::model::unit::UnitName;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// Everything remembered. A file that cannot be read is an error: starting anew could start an empty server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct State {
    /// The options that were last found to be right; they stay in force while wrong ones are given.
    pub options: Option<Options>,
    /// Where the data is; decided once.
    pub data_directory: Option<PathBuf>,
    /// The program that was installed.
    pub program: Option<Program>,
    /// Sources of the program that were refused: their marks, and why.
    pub refused_programs: BTreeMap<String, String>,
    /// The options that the server last ran with.
    pub ran: Option<Options>,
    /// Options that the program refused, or did not start with: all of them, the mark of the program, and what it said.
    pub refused_options: Option<(Options, String, String)>,
    /// Mark of the config and program that the server was last started with; none once it was to be stopped.
    pub started: Option<String>,
    /// The port that the server was last started on.
    pub port: Option<u16>,
    /// True from the moment that the server was part of a set.
    pub joined: bool,
    /// True while the last hook has left something to do, or waits for something.
    pub unfinished: bool,
    /// True once this unit is on its way out.
    pub leaving: bool,
    /// True while the site wants no faults, by its option: what a person types here asks nobody else.
    pub faults_forbidden: bool,
    /// Where the other units are: nobody else is cut off by what a person types here.
    pub units: BTreeMap<UnitName, IpAddr>,
    /// Where Juju's controllers are: they are never cut off.
    pub controllers: BTreeSet<IpAddr>,
    /// The moment before which every partition is healed, as it was last known here (milliseconds since 1970).
    pub healed_ms: u64,
}

/// An installed server program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Where it was taken from.
    pub source: PathBuf,
    /// Mark of the source file: size and time of change.
    pub stamp: String,
    /// What it says of its version.
    pub version: String,
}

/// Reads the file.
pub fn load() -> Result<State, FileError> {
    let path = Path::new(paths::STATE);
    let Some(text) = file::read(path)? else {
        return Ok(State::default());
    };
    serde_json::from_str(&text).map_err(|error| FileError {
        what: "understand",
        path: path.to_owned(),
        why: std::io::Error::other(error),
    })
}

/// Writes the file.
pub fn save(state: &State) -> Result<(), FileError> {
    let text = serde_json::to_vec_pretty(state).unwrap_or_default();
    file::make_directory(Path::new(paths::HOME), 0o755, None)?;
    file::write(Path::new(paths::STATE), &text, 0o600, None)
}

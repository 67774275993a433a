//! The notes of what faults hold on this machine, one small file each, and the lock that keeps two processes from ending
//! and beginning at once.

use super::file::{self, FileError};
use super::paths;
use crate::model::fault::held::Held;
use std::fs::File;
use std::path::{Path, PathBuf};

fn path(id: &str) -> PathBuf {
    Path::new(paths::FAULTS).join(format!("{id}.json"))
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> FileError {
    let path = path.to_owned();
    move |why| FileError { what, path, why }
}

/// Held while faults are begun or ended; dropped, the next one may.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "it is held")] File);

/// Waits for the turn. As a rule nobody keeps it for longer than a few seconds; whoever starts a server at the end of its
/// fault keeps it until that answers or is given up.
pub fn turn() -> Result<Turn, FileError> {
    file::make_directory(Path::new(paths::FAULTS), 0o700, None)?;
    let path = Path::new(paths::FAULTS).join("lock");
    let open = File::options().create(true).append(true).open(&path);
    let file = open.map_err(failed("open", &path))?;
    file.lock().map_err(failed("lock", &path))?;
    file::remove_half_written(Path::new(paths::FAULTS))?;
    Ok(Turn(file))
}

/// Everything that is noted. A note that cannot be read was cut off before anything was begun.
pub fn all() -> Result<Vec<Held>, FileError> {
    let directory = Path::new(paths::FAULTS);
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed("read", directory)(error)),
    };
    let mut held = Vec::new();
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        if path.extension().is_some_and(|ending| ending == "json") {
            let text = file::read(&path)?.unwrap_or_default();
            held.extend(serde_json::from_str::<Held>(&text).ok());
        }
    }
    held.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(held)
}

/// Notes it, or notes it anew.
pub fn note(held: &Held) -> Result<(), FileError> {
    file::make_directory(Path::new(paths::FAULTS), 0o700, None)?;
    let text = serde_json::to_vec(held).unwrap_or_default();
    file::write(&path(&held.id), &text, 0o600, None)
}

/// Takes the note away.
pub fn forget(id: &str) -> Result<(), FileError> {
    file::remove(&path(id))
}

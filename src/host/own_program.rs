//! A copy of this program for what outlives a hook: the charm's own folder is replaced by an upgrade and gone after a
//! removal.

use super::file::{self, FileError};
use super::paths;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Whether the copy is one of this very program. It has the size and the time of its original.
pub fn is_current() -> io::Result<bool> {
    let original = std::fs::metadata(original()?)?;
    let Ok(copy) = std::fs::metadata(paths::OWN_PROGRAM) else {
        return Ok(false);
    };
    Ok(copy.len() == original.len() && copy.modified()? == original.modified()?)
}

fn original() -> io::Result<PathBuf> {
    std::env::current_exe()
}

/// Puts the copy in place, unless it is there, and says where.
pub fn install() -> Result<&'static Path, FileError> {
    let own = Path::new(paths::OWN_PROGRAM);
    let failed = |what| {
        move |why| FileError {
            what,
            path: own.to_owned(),
            why,
        }
    };
    let original = original().map_err(failed("find what is copied to"))?;
    // A process that runs from the copy has nothing better.
    if original == own || is_current().map_err(failed("compare"))? {
        return Ok(own);
    }
    if let Some(folder) = own.parent() {
        file::make_directory(folder, 0o755, None)?;
    }
    file::install_program(&original, own)?;
    let dated = || {
        let time = std::fs::metadata(&original)?.modified()?;
        File::options().write(true).open(own)?.set_modified(time)
    };
    dated().map_err(failed("date"))?;
    Ok(own)
}

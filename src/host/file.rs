//! Files: written so that a reader, or a machine that loses its power, finds the old content or the new, never a mixture.

use super::account::Account;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A file operation that failed.
#[derive(Debug, thiserror::Error)]
#[error("failed to {what} {}: {why}", path.display())]
pub struct FileError {
    /// What was attempted.
    pub what: &'static str,
    /// On which file.
    pub path: PathBuf,
    /// What the system says.
    pub why: io::Error,
}

fn failed<'a>(what: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> FileError + use<'a> {
    move |why| FileError {
        what,
        path: path.to_owned(),
        why,
    }
}

/// The file's text; none when there is no such file.
pub fn read(path: &Path) -> Result<Option<String>, FileError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path)(error)),
    }
}

/// Writes a file at once: owner, mode and content are there together or not at all.
pub fn write(
    path: &Path,
    content: &[u8],
    mode: u32,
    owner: Option<&Account>,
) -> Result<(), FileError> {
    let beside = beside(path);
    let written = (|| {
        // A rest of an earlier attempt that was cut off may lie there.
        let _ = fs::remove_file(&beside);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&beside)?;
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        if let Some(owner) = owner {
            owner.own(&beside)?;
        }
        file.write_all(content)?;
        file.sync_all()?;
        put(&beside, path)
    })();
    written.map_err(failed("write", path))
}

/// Copies a program into place at once; one that runs from the old file goes on running.
pub fn install_program(from: &Path, to: &Path) -> Result<(), FileError> {
    let beside = beside(to);
    let copied = (|| {
        let _ = fs::remove_file(&beside);
        fs::copy(from, &beside)?;
        fs::set_permissions(&beside, fs::Permissions::from_mode(0o755))?;
        File::open(&beside)?.sync_all()?;
        put(&beside, to)
    })();
    copied.map_err(failed("install", to))
}

/// Moves a file over another at once.
pub fn rename(from: &Path, to: &Path) -> Result<(), FileError> {
    put(from, to).map_err(failed("replace", to))
}

/// How the name of a half-written file ends.
const HALF_WRITTEN: &str = ".mongo-rs-new";

/// Takes away what writers that were killed have left half-written in a directory. For one that nobody writes to now.
pub fn remove_half_written(directory: &Path) -> Result<(), FileError> {
    for entry in fs::read_dir(directory).map_err(failed("read", directory))? {
        let path = entry.map_err(failed("read", directory))?.path();
        if path.to_string_lossy().ends_with(HALF_WRITTEN) {
            remove(&path)?;
        }
    }
    Ok(())
}

/// The name for the half-written file: fixed, so that a later attempt finds and replaces what an earlier one left.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(HALF_WRITTEN);
    PathBuf::from(name)
}

fn put(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    match to.parent() {
        Some(directory) => File::open(directory)?.sync_all(),
        None => Ok(()),
    }
}

/// Makes a directory and all above it; the last one gets this mode and owner.
pub fn make_directory(path: &Path, mode: u32, owner: Option<&Account>) -> Result<(), FileError> {
    let made = (|| {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o755)
            .create(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
        owner.map_or(Ok(()), |owner| owner.own(path))
    })();
    made.map_err(failed("make directory", path))
}

/// Removes a file; one that is not there is as good as removed.
pub fn remove(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Removes a directory with all that is in it.
pub fn remove_directory(path: &Path) -> Result<(), FileError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", path)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rest_of_an_earlier_attempt_does_not_matter() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.conf");
        fs::write(beside(&path), "half").unwrap();
        write(&path, b"whole", 0o640, None).unwrap();
        assert_eq!(read(&path).unwrap().as_deref(), Some("whole"));
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o640
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_error_says_what_was_attempted_on_what() {
        let error = write(Path::new("/nowhere/at/all"), b"", 0o600, None).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("failed to write /nowhere/at/all: "),
            "{error}"
        );
    }
}

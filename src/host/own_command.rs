//! The name under which a person on the machine finds this program: a link in a folder of `PATH`. What is there and is not
//! ours stays.

use super::file::{self, FileError};
use super::{own_program, paths};
use std::io::{Error, ErrorKind};
use std::path::Path;

/// Makes the link, to a copy of this program that no upgrade of the charm pulls away.
///
/// # Errors
/// When something else is there, or the folder cannot be written to.
pub fn install() -> Result<(), FileError> {
    put(Path::new(paths::OWN_COMMAND), own_program::install()?)
}

/// Takes the link away, if it is ours.
pub fn remove() -> Result<(), FileError> {
    take(Path::new(paths::OWN_COMMAND), Path::new(paths::OWN_PROGRAM))
}

fn put(link: &Path, program: &Path) -> Result<(), FileError> {
    let failed = |why| FileError {
        what: "make the link",
        path: link.to_owned(),
        why,
    };
    let other = || {
        Error::new(
            ErrorKind::AlreadyExists,
            "something else is there, and stays",
        )
    };
    match std::fs::read_link(link) {
        Ok(there) if there == program => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            std::os::unix::fs::symlink(program, link).map_err(failed)
        }
        Ok(_) => Err(failed(other())),
        // What is no link cannot be read as one.
        Err(error) if error.kind() == ErrorKind::InvalidInput => Err(failed(other())),
        Err(error) => Err(failed(error)),
    }
}

fn take(link: &Path, program: &Path) -> Result<(), FileError> {
    match std::fs::read_link(link) {
        Ok(there) if there == program => file::remove(link),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn only_a_link_of_ours_is_made_and_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let program = at("program");
        fs::write(at("file"), "theirs").unwrap();
        std::os::unix::fs::symlink("/bin/true", at("link")).unwrap();
        fs::create_dir(at("folder")).unwrap();
        for (name, made) in [
            ("ours", true),
            ("file", false),
            ("link", false),
            ("folder", false),
            ("missing/ours", false),
        ] {
            assert_eq!(put(&at(name), &program).is_ok(), made, "{name}");
            // A second time is as good.
            assert_eq!(put(&at(name), &program).is_ok(), made, "{name}");
        }
        assert_eq!(fs::read_link(at("ours")).unwrap(), program);
        for name in ["ours", "file", "link", "folder", "missing/ours"] {
            take(&at(name), &program).unwrap();
        }
        assert!(fs::symlink_metadata(at("ours")).is_err());
        assert_eq!(fs::read_to_string(at("file")).unwrap(), "theirs");
        assert_eq!(fs::read_link(at("link")).unwrap(), Path::new("/bin/true"));
    }
}

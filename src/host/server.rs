//! The server's program: what it is, where it comes from.

use super::file::{self, FileError};
use super::paths;
use super::program::{self, ProgramError};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

/// Where a new program waits until it has proved to be one.
const CANDIDATE: &str = "/var/lib/mongo-rs/bin/mongod-candidate";
/// The oldest version whose wire protocol the driver speaks.
const OLDEST: (u32, u32) = (4, 4);

/// Why a file is not taken as the server's program.
#[derive(Debug, thiserror::Error)]
pub enum NotAServer {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// It cannot be copied into place.
    #[error("{0}")]
    NotCopied(#[from] FileError),
    /// It is empty: Juju's way to deploy without a resource.
    #[error("it is empty")]
    Empty,
    /// It is not a program for Linux.
    #[error("it is not an executable for Linux")]
    NotExecutable,
    /// It does not run here.
    #[error("it does not run on this machine: {0}")]
    DoesNotRun(ProgramError),
    /// It runs, and is something else.
    #[error("it is not mongod: `--version` printed {0:?}")]
    SomethingElse(String),
    /// It is mongod, and too old.
    #[error("it is mongod {0}; 4.4 or newer is needed")]
    TooOld(String),
}

/// Mark of a file by which a replaced one is noticed: size and time of change.
pub fn stamp(path: &Path) -> std::io::Result<String> {
    let about = std::fs::metadata(path)?;
    Ok(format!(
        "{}-{}.{}",
        about.len(),
        about.mtime(),
        about.mtime_nsec()
    ))
}

fn looks_like_program(path: &Path) -> Result<(), NotAServer> {
    let mut head = [0_u8; 4];
    let mut file = std::fs::File::open(path)?;
    if file.metadata()?.len() == 0 {
        return Err(NotAServer::Empty);
    }
    if file.read(&mut head)? < 4 || head != *b"\x7fELF" {
        return Err(NotAServer::NotExecutable);
    }
    Ok(())
}

/// Puts a copy of `source` in place as the server's program, after it has proved to be one; gives its version. Juju keeps
/// resources without the mode that lets them run, so it is the copy that is tried.
///
/// # Errors
/// Everything that makes it unfit, with the reason; the program that was there before stays.
pub async fn install(source: &Path) -> Result<String, NotAServer> {
    looks_like_program(source)?;
    let (candidate, program) = (Path::new(CANDIDATE), Path::new(paths::PROGRAM));
    if let Some(directory) = program.parent() {
        file::make_directory(directory, 0o755, None)?;
    }
    file::install_program(source, candidate)?;
    let version = version(candidate).await;
    match &version {
        Ok(_) => file::rename(candidate, program)?,
        Err(_) => file::remove(candidate)?,
    }
    version
}

async fn version(program: &Path) -> Result<String, NotAServer> {
    let printed = program::run(program, &["--version"], None, Duration::from_secs(60)).await;
    parse_version(&printed.map_err(NotAServer::DoesNotRun)?)
}

fn parse_version(printed: &str) -> Result<String, NotAServer> {
    let first = printed.lines().next().unwrap_or_default();
    let Some(version) = first.strip_prefix("db version v") else {
        return Err(NotAServer::SomethingElse(first.chars().take(60).collect()));
    };
    let mut numbers = version
        .split('.')
        .map(|part| part.parse::<u32>().unwrap_or(0));
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found < OLDEST {
        Err(NotAServer::TooOld(version.to_owned()))
    } else {
        Ok(version.trim().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_and_old_or_other_programs_are_refused() {
        assert_eq!(
            parse_version("db version v6.0.5\nBuild Info: {").unwrap(),
            "6.0.5"
        );
        assert!(matches!(
            parse_version("db version v4.2.24"),
            Err(NotAServer::TooOld(_))
        ));
        assert!(matches!(
            parse_version("mongos version v6.0.5"),
            Err(NotAServer::SomethingElse(_))
        ));
        assert!(matches!(
            parse_version(""),
            Err(NotAServer::SomethingElse(_))
        ));
    }
}

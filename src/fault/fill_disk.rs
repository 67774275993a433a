//! `fill-disk`: a file beside the data takes up all but so many bytes of the file system.

use super::held::FaultError;
use crate::host::file::{self, FileError};
use crate::host::server;
use nix::errno::Errno;
use nix::fcntl::{FallocateFlags, fallocate};
use nix::sys::statvfs::statvfs;
use std::path::{Path, PathBuf};

/// Where the file is: in the data directory, so that it is the data's file system that is full.
pub fn path(data: &Path) -> PathBuf {
    data.join("mongo-rs-fill-disk")
}

/// How many bytes the file takes up, of those that the server could use; none when fewer are free already.
pub fn size(available: u64, free: u64) -> Option<u64> {
    available.checked_sub(free).filter(|size| *size > 0)
}

/// Bytes that are free for the server in this directory's file system.
pub fn available(data: &Path) -> Result<u64, FaultError> {
    bytes_free(data).map_err(failed("look at the space of", data))
}

fn bytes_free(data: &Path) -> nix::Result<u64> {
    let system = statvfs(data)?;
    Ok(system.blocks_available() * system.fragment_size())
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(nix::Error) -> FaultError {
    let path = path.to_owned();
    move |error| {
        let why = error.into();
        FaultError::File(FileError { what, path, why })
    }
}

/// How often the file is made anew because somebody else took the room meanwhile.
const TRIES: usize = 5;

/// Makes the file, as large as it is to be at this moment: others write meanwhile, the agent's own notes among them.
pub async fn act(data: &Path, free: u64) -> Result<(), FaultError> {
    let path = path(data);
    let mut tries = 1;
    loop {
        match fill(data, &path, free, tries) {
            Err(Errno::ENOSPC) if tries < TRIES => tries += 1,
            Err(error) => return Err(failed("fill", &path)(error)),
            Ok((before, after, size)) if takes(before, after, size) => return Ok(()),
            Ok((_, after, _)) => {
                return Err(FaultError::Refused(format!(
                    "the file system of {} reserves no space for a file ({after} bytes are free still), so it cannot be filled",
                    data.display()
                )));
            }
        }
    }
}

/// The bytes that were free before and are free after it, and the file's size.
fn fill(data: &Path, path: &Path, free: u64, tries: usize) -> nix::Result<(u64, u64, u64)> {
    let file = std::fs::File::create(path).map_err(|error| {
        let number = error.raw_os_error();
        number.map_or(Errno::EIO, Errno::from_raw)
    })?;
    let before = bytes_free(data)?;
    // Somebody has taken all of it just now: so much the better.
    let Some(size) = size(before, free) else {
        return Ok((before, before, 0));
    };
    let size = size - spare(size, tries);
    let length = i64::try_from(size).unwrap_or(i64::MAX);
    fallocate(&file, FallocateFlags::empty(), 0, length)?;
    Ok((before, bytes_free(data)?, size))
}

/// The bytes to ask less for when it did not fit: some file systems (XFS) need room for their own notes of the file beside
/// what they call free.
fn spare(size: u64, tries: usize) -> u64 {
    match tries {
        0 | 1 => 0,
        _ => ((64 << 10) << (4 * (tries.min(TRIES) - 2))).min(size / 100),
    }
}

/// Whether the file takes the space: some file systems (ZFS) promise it and keep nothing. Others write meanwhile.
fn takes(before: u64, after: u64, size: u64) -> bool {
    before.saturating_sub(after) >= size / 2
}

/// Takes the file away again. One that is not there is as good, but where the data is not there either its file system is
/// not mounted, and will be full again when it is.
pub fn undo(path: &Path) -> Result<(), FaultError> {
    if !path.exists() && !path.parent().is_some_and(server::holds_database) {
        return Err(FaultError::Refused(format!(
            "there is no database beside {}: is its file system mounted?",
            path.display()
        )));
    }
    Ok(file::remove(path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_takes_no_space_fills_nothing() {
        assert!(takes(1000, 100, 900));
        assert!(takes(1000, 300, 900), "the server dropped a collection");
        assert!(!takes(1000, 1000, 900));
        assert!(!takes(1000, 1001, 900));
    }

    #[test]
    fn what_did_not_fit_is_asked_for_again_with_a_little_less() {
        let asked = |size: u64| {
            (1..=TRIES)
                .map(|tries| spare(size, tries))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            asked(100 << 30),
            [0, 64 << 10, 1 << 20, 16 << 20, 256 << 20]
        );
        assert_eq!(asked(1000), [0, 10, 10, 10, 10]);
    }

    #[test]
    fn a_file_is_gone_only_where_the_data_is() {
        let data = tempfile::tempdir().unwrap();
        let filler = path(data.path());
        let missing = path(&data.path().join("not-mounted"));
        assert!(undo(&filler).is_err() && undo(&missing).is_err());
        std::fs::write(&filler, "x").unwrap();
        assert!(undo(&filler).is_ok() && !filler.exists());
        std::fs::write(data.path().join("WiredTiger"), "x").unwrap();
        assert!(undo(&filler).is_ok(), "twice");
    }

    #[test]
    fn what_is_free_already_is_not_filled() {
        assert_eq!(size(1000, 100), Some(900));
        assert_eq!(size(100, 100), None);
        assert_eq!(size(50, 100), None);
    }
}

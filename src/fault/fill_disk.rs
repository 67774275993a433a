//! `fill-disk`: a file beside the data takes up all but so many bytes of the file system.

use super::held::FaultError;
use crate::host::file::FileError;
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
    let system = statvfs(data).map_err(failed("look at the space of", data))?;
    Ok(system.blocks_available() * system.fragment_size())
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(nix::Error) -> FaultError {
    let path = path.to_owned();
    move |error| {
        let why = error.into();
        FaultError::File(FileError { what, path, why })
    }
}

/// Makes the file.
pub async fn act(data: &Path, size: u64) -> Result<(), FaultError> {
    let path = path(data);
    let file = std::fs::File::create(&path).map_err(|why| FileError {
        what: "create",
        path: path.clone(),
        why,
    })?;
    let length = i64::try_from(size).unwrap_or(i64::MAX);
    fallocate(&file, FallocateFlags::empty(), 0, length).map_err(failed("fill", &path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_free_already_is_not_filled() {
        assert_eq!(size(1000, 100), Some(900));
        assert_eq!(size(100, 100), None);
        assert_eq!(size(50, 100), None);
    }
}

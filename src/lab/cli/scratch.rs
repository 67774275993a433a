//! A folder for what is looked at before there is a lab.

use crate::lab::site::remove_tree;
use anyhow::{Context as _, Result};
use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

/// What the names begin with; sixteen hexadecimal digits follow.
const PREFIX: &str = "mongo-rs-lab-";

/// A folder of this process alone, gone with its value, or with the next [`sweep`] after its process.
pub struct Scratch {
    path: PathBuf,
    /// Locked for as long as there is somebody whose folder it is, however that one ends.
    _held: File,
}

impl Scratch {
    /// Makes it, where temporary files are, and removes what killed processes left there.
    ///
    /// # Errors
    /// It cannot be made there.
    pub fn new() -> Result<Self> {
        let all = std::env::temp_dir();
        sweep(&all);
        loop {
            let path = all.join(format!("{PREFIX}{:016x}", rand::random::<u64>()));
            let made = std::fs::DirBuilder::new().mode(0o700).create(&path);
            made.with_context(|| {
                format!(
                    "failed to make the folder {} to look at the charm in; TMPDIR names another place",
                    path.display()
                )
            })?;
            // Somebody who sweeps may have come before the lock.
            if let Some(held) = locked(&path) {
                return Ok(Self { path, _held: held });
            }
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed now is tried again by the next one.
        let _ = remove_tree(&self.path);
    }
}

/// Removes the folders in `all` whose processes were killed.
pub fn sweep(all: &Path) {
    let entries = std::fs::read_dir(all).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| is_ours(&entry.file_name())) {
        let path = entry.path();
        let left = std::fs::symlink_metadata(&path)
            .is_ok_and(|it| it.is_dir() && it.uid() == nix::unistd::geteuid().as_raw());
        if left && let Some(_held) = locked(&path) {
            let _ = remove_tree(&path);
        }
    }
}

fn is_ours(name: &OsStr) -> bool {
    let digits = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
    digits.is_some_and(|it| it.len() == 16 && it.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The lock of a folder that is there and that nobody holds.
fn locked(path: &Path) -> Option<File> {
    let held = File::open(path).ok()?;
    held.try_lock().ok()?;
    path.exists().then_some(held)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_gone_with_all_that_is_in_it() {
        let scratch = Scratch::new().unwrap();
        let path = scratch.path().to_owned();
        std::fs::create_dir(path.join("folder")).unwrap();
        std::fs::write(path.join("folder/file"), "x").unwrap();
        assert_ne!(Scratch::new().unwrap().path(), path);
        drop(scratch);
        assert!(!path.exists());
    }

    #[test]
    fn what_killed_processes_left_is_swept_and_nothing_else() {
        let all = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let path = all.path().join(name);
            std::fs::create_dir(&path).unwrap();
            std::fs::write(path.join("file"), "x").unwrap();
            path
        };
        let left = folder("mongo-rs-lab-071065cd6209b7bd");
        let in_use = folder("mongo-rs-lab-071065cd6209b7be");
        let others = folder("mongo-rs-lab-of-somebody-else");
        let _held = locked(&in_use).unwrap();
        sweep(all.path());
        assert!(!left.exists() && in_use.exists() && others.exists());
    }
}

//! A folder for what is looked at before there is a lab.

use crate::lab::site::remove_tree;
use anyhow::{Context as _, Result};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// A folder of this process alone, gone with its value.
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes it, where temporary files are.
    ///
    /// # Errors
    /// It cannot be made there.
    pub fn new() -> Result<Self> {
        let name = format!("mongo-rs-lab-{:016x}", rand::random::<u64>());
        let path = std::env::temp_dir().join(name);
        let made = std::fs::DirBuilder::new().mode(0o700).create(&path);
        made.with_context(|| {
            format!(
                "failed to make the folder {} to look at the charm in; TMPDIR names another place",
                path.display()
            )
        })?;
        Ok(Self(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is left to whoever cleans temporary files.
        let _ = remove_tree(&self.0);
    }
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
}

//! Removing a tree that overlays have written in.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Removes a folder with everything in it; one that is not there is removed already.
///
/// An overlay leaves a work folder of mode 0, and hooks make folders that even their owner cannot write in. An ordinary
/// user has to open those first. Symbolic links are removed, never followed.
///
/// # Errors
/// Something cannot be removed; what could be is gone then.
pub fn remove_tree(path: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            open_folders(path)?;
            std::fs::remove_dir_all(path)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Gives the owner of each folder below `path` all permissions on it.
fn open_folders(path: &Path) -> io::Result<()> {
    let metadata = std::fs::symlink_metadata(path)?;
    if !metadata.is_dir() {
        return Ok(());
    }
    let mode = metadata.permissions().mode();
    if mode & 0o700 != 0o700 {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode | 0o700))?;
    }
    for entry in std::fs::read_dir(path)? {
        open_folders(&entry?.path())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_folders_and_links_are_removed_and_targets_kept() {
        let root = tempfile::tempdir().unwrap();
        let kept = root.path().join("kept");
        std::fs::create_dir(&kept).unwrap();
        std::fs::write(kept.join("file"), "x").unwrap();
        let tree = root.path().join("tree");
        let closed = tree.join("work/work");
        std::fs::create_dir_all(closed.join("inner")).unwrap();
        std::os::unix::fs::symlink(&kept, tree.join("link")).unwrap();
        for folder in [closed.join("inner"), closed.clone()] {
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o000)).unwrap();
        }
        remove_tree(&tree).unwrap();
        assert!(!tree.exists());
        assert!(kept.join("file").exists());
        remove_tree(&tree).unwrap();
    }
}

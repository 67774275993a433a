//! Who holds a site: the lock that lives exactly as long as the site's init.
//!
//! A number in a file goes stale, and the process that has the number today may be somebody else's. A lock cannot: the
//! kernel frees it when its holder ends. So the number is not written down at all but asked for: `/proc/locks` lists
//! each lock with its holder, in the reader's own PID namespace, also when the holder is inside another one.

use anyhow::Context;
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The lock file of a site, within its home.
pub const FILE: &str = "site.lock";

/// A held site. Dropping it, or the end of the process, frees it.
#[derive(Debug)]
pub struct Held {
    _file: File,
}

/// Opens a lock file, making it if needed; its contents mean nothing.
pub(super) fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
}

impl Held {
    /// Takes the site whose folder is `home`.
    ///
    /// # Errors
    /// Another process holds it, or the file cannot be made.
    pub fn take(home: &Path) -> anyhow::Result<Self> {
        let path = home.join(FILE);
        let file =
            open(&path).with_context(|| format!("failed to open the lock {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => {
                anyhow::bail!(
                    "the lab in {} is already running; there is nothing to start",
                    home.display()
                )
            }
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("failed to lock {}", path.display()))
            }
        }
    }
}

/// The process that holds the site in `home`, by its number in the reader's PID namespace.
pub fn holder(home: &Path) -> Option<u32> {
    let wanted = std::fs::metadata(home.join(FILE)).ok()?;
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    candidates(&locks, wanted.ino())
        .into_iter()
        .find(|pid| has_open(*pid, &wanted))
}

/// The holders of locks by `flock` on files with this inode number, whatever the device.
///
/// The device is left to [`has_open`], because some file systems (btrfs, overlay) name another here than to `stat`.
fn candidates(locks: &str, inode: u64) -> Vec<u32> {
    locks
        .lines()
        .filter_map(
            |line| match line.split_whitespace().collect::<Vec<_>>()[..] {
                // A waiting lock has an arrow as its second word and so does not match.
                [_, "FLOCK", _, "WRITE", pid, file, _, _] => {
                    (file.rsplit(':').next()?.parse() == Ok(inode)).then(|| pid.parse().ok())?
                }
                _ => None,
            },
        )
        .collect()
}

/// Whether the process has the file open: the proof that it is the lock's holder and not another file's.
fn has_open(pid: u32, wanted: &std::fs::Metadata) -> bool {
    let Ok(descriptors) = std::fs::read_dir(format!("/proc/{pid}/fd")) else {
        return false;
    };
    descriptors
        .filter_map(Result::ok)
        .filter_map(|entry| std::fs::metadata(entry.path()).ok())
        .any(|found| found.ino() == wanted.ino() && found.dev() == wanted.dev())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_written_locks_on_the_inode_count() {
        let locks = "1: POSIX  ADVISORY  WRITE 4160 fe:00:7 0 EOF\n\
                     2: FLOCK  ADVISORY  WRITE 31 fe:00:7 0 EOF\n\
                     2: -> FLOCK  ADVISORY  WRITE 32 fe:00:7 0 EOF\n\
                     3: FLOCK  ADVISORY  READ 33 fe:00:7 0 EOF\n\
                     4: FLOCK  ADVISORY  WRITE 34 fe:00:77 0 EOF\n";
        assert_eq!(candidates(locks, 7), [31]);
        assert!(candidates("", 7).is_empty());
    }

    #[test]
    fn a_site_is_held_by_one() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(holder(home.path()), None);
        let held = Held::take(home.path()).unwrap();
        assert_eq!(holder(home.path()), Some(std::process::id()));
        let refused = Held::take(home.path()).unwrap_err().to_string();
        assert!(refused.contains("already running"), "{refused}");
        drop(held);
        assert_eq!(holder(home.path()), None);
    }
}

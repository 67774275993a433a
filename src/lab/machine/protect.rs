//! Which mounts of the outside are still seen in a machine, and must not be written through it.

use nix::mount::{MsFlags, mount};
use nix::sys::statvfs::{FsFlags, statvfs};
use std::path::{Path, PathBuf};

/// Mount points in `/proc/self/mountinfo`, in the order in which they were mounted.
pub(super) fn mount_points(mountinfo: &str) -> Vec<PathBuf> {
    mountinfo
        .lines()
        .filter_map(|line| line.split_whitespace().nth(4))
        .map(unescape)
        .collect()
}

/// Undoes the kernel's octal escapes of blank, tab, newline and backslash.
fn unescape(text: &str) -> PathBuf {
    let escapes = [
        ("\\040", " "),
        ("\\011", "\t"),
        ("\\012", "\n"),
        ("\\134", "\\"),
    ];
    PathBuf::from(
        escapes
            .iter()
            .fold(text.to_owned(), |text, (escape, plain)| {
                text.replace(escape, plain)
            }),
    )
}

/// The mounts that are to become read-only: those that no folder of the machine's own covers.
pub(super) fn exposed(mounts: &[PathBuf], covered: &[PathBuf]) -> Vec<PathBuf> {
    mounts
        .iter()
        .filter(|mount| !covered.iter().any(|cover| mount.starts_with(cover)))
        .cloned()
        .collect()
}

/// Makes one mount read-only in this mount namespace; the file system itself and other namespaces keep theirs.
pub(super) fn make_read_only(target: &Path) -> nix::Result<()> {
    // In a user namespace the flags that a mount came with are locked and must be given again.
    let kept = kept_flags(statvfs(target)?.flags());
    let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY | kept;
    mount(None::<&str>, target, None::<&str>, flags, None::<&str>)
}

fn kept_flags(flags: FsFlags) -> MsFlags {
    [
        (FsFlags::ST_NOSUID, MsFlags::MS_NOSUID),
        (FsFlags::ST_NODEV, MsFlags::MS_NODEV),
        (FsFlags::ST_NOEXEC, MsFlags::MS_NOEXEC),
        (FsFlags::ST_NOATIME, MsFlags::MS_NOATIME),
        (FsFlags::ST_NODIRATIME, MsFlags::MS_NODIRATIME),
        (FsFlags::ST_RELATIME, MsFlags::MS_RELATIME),
    ]
    .into_iter()
    .filter(|(has, _)| flags.contains(*has))
    .fold(MsFlags::empty(), |all, (_, flag)| all | flag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_machine_does_not_cover_is_exposed() {
        let mountinfo = "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n\
                         23 22 0:5 / /dev rw - devtmpfs d rw\n\
                         24 22 0:6 / /mnt/a\\040b rw - ext4 x rw\n\
                         25 22 0:7 / /var/lib/docker rw - ext4 x rw\n\
                         26 22 0:8 / /varnish rw - ext4 x rw\n";
        let covered = [PathBuf::from("/dev"), PathBuf::from("/var")];
        let found = exposed(&mount_points(mountinfo), &covered);
        assert_eq!(found, ["/", "/mnt/a b", "/varnish"].map(PathBuf::from));
    }

    #[test]
    fn locked_flags_are_given_again() {
        let kept = kept_flags(FsFlags::ST_NOSUID | FsFlags::ST_RELATIME | FsFlags::ST_RDONLY);
        assert_eq!(kept, MsFlags::MS_NOSUID | MsFlags::MS_RELATIME);
    }
}

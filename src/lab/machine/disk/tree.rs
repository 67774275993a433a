//! The system's folders that a machine can write in, each a layer of its own over this computer's.

use super::{bind, make_folder};
use crate::lab::machine::spec::Boot;
use anyhow::Context;
use fs_err as fs;
use nix::mount::{MsFlags, mount};
use nix::sys::stat::{Mode, SFlag, makedev, mknod};
use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What a machine gets where an overlay is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fallback {
    /// A copy of the outside's.
    Copy,
    /// A new folder with these in it.
    Skeleton(&'static [&'static str]),
    /// The outside's, read-only.
    ReadOnly,
}

/// One such folder.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) path: &'static str,
    /// Down to this depth an ordinary user's machine can write in the folders that the outside has. (Root's can
    /// anywhere: there the kernel copies a folder up with its owner.)
    depth: usize,
    fallback: Fallback,
}

const VAR: &[&str] = &[
    "backups", "cache", "lib", "lib/dpkg", "local", "log", "mail", "opt", "spool", "tmp",
];

pub(super) const TREES: [Tree; 5] = [
    Tree {
        path: "/etc",
        depth: 3,
        fallback: Fallback::Copy,
    },
    Tree {
        path: "/var",
        depth: 3,
        fallback: Fallback::Skeleton(VAR),
    },
    Tree {
        path: "/usr",
        depth: 2,
        fallback: Fallback::ReadOnly,
    },
    Tree {
        path: "/opt",
        depth: 1,
        fallback: Fallback::ReadOnly,
    },
    Tree {
        path: "/srv",
        depth: 1,
        fallback: Fallback::ReadOnly,
    },
];

/// Folders in which this computer may keep a MongoDB or a Juju of its own, and the beginnings of their names. A new
/// machine has neither.
const HIDDEN: [(&str, &[&str]); 7] = [
    ("/etc", &["mongo", "juju"]),
    ("/etc/default", &["mongo"]),
    ("/etc/init.d", &["mongo"]),
    ("/etc/systemd/system", &["mongo", "juju", "jujud"]),
    ("/var/cache", &["mongo", "juju"]),
    ("/var/lib", &["mongo", "juju"]),
    ("/var/log", &["mongo", "juju"]),
];

/// Whether an entry of a folder is hidden from machines.
fn is_hidden(folder: &Path, name: &str) -> bool {
    HIDDEN.iter().any(|(hidden, beginnings)| {
        Path::new(hidden) == folder
            && beginnings
                .iter()
                .any(|beginning| name.starts_with(beginning))
    })
}

impl Tree {
    /// Mounts the folder. Whether what is seen there is the machine's own.
    pub(super) fn mount(&self, dir: &Path, notes: &mut Vec<String>) -> anyhow::Result<bool> {
        let target = Path::new(self.path);
        if !target.is_dir() {
            return Ok(false);
        }
        let plain = dir.join("plain").join(&self.path[1..]);
        let refused = if plain.exists() {
            None
        } else {
            self.overlay(dir)?
        };
        // A machine stays what it was at its first boot, or its files would be in the other place.
        match (refused, self.fallback) {
            (None, _) if !plain.exists() => return Ok(true),
            (None, _) => {}
            (Some(why), fallback) => {
                notes.push(format!(
                    "{} is no overlay but {}: {why}",
                    self.path,
                    fallback.describe()
                ));
                let unfinished = dir.join("plain.new");
                crate::lab::site::remove_tree(&unfinished)?;
                match fallback {
                    Fallback::ReadOnly => return Ok(false),
                    Fallback::Copy => copy(target, &unfinished)?,
                    Fallback::Skeleton(folders) => skeleton(&unfinished, folders)?,
                }
                fs::create_dir_all(dir.join("plain"))?;
                fs::rename(&unfinished, &plain)?;
            }
        }
        bind(&plain, target, false)?;
        Ok(true)
    }

    /// Mounts an overlay, or says why the kernel refuses it.
    fn overlay(&self, dir: &Path) -> anyhow::Result<Option<String>> {
        let layers = dir.join("layers").join(&self.path[1..]);
        let (upper, work) = (layers.join("upper"), layers.join("work"));
        let mapped = in_user_namespace()?;
        let prepared = layers.join("prepared");
        if !prepared.exists() {
            let depth = if mapped { self.depth } else { 0 };
            prepare(Path::new(self.path), &upper, depth)?;
            if let Err(why) = hide(self.path, &upper) {
                return Ok(Some(format!("{why:#}")));
            }
            fs::write(&prepared, "")?;
        }
        make_folder(&work, 0o700)?;
        let options = format!(
            "lowerdir={},upperdir={},workdir={}{}",
            self.path,
            upper.display(),
            work.display(),
            // An ordinary user may not set the attributes that overlays use otherwise.
            if mapped { ",userxattr" } else { "" }
        );
        let mounted = mount(
            Some("overlay"),
            self.path,
            Some("overlay"),
            MsFlags::empty(),
            Some(options.as_str()),
        );
        Ok(mounted.err().map(|error| error.desc().to_owned()))
    }
}

impl Fallback {
    fn describe(self) -> &'static str {
        match self {
            Self::Copy => "a copy",
            Self::Skeleton(_) => "new and empty",
            Self::ReadOnly => "read-only",
        }
    }
}

/// Makes the upper layer's folders: a folder that is in both layers takes owner and mode from the upper one.
fn prepare(lower: &Path, upper: &Path, depth: usize) -> anyhow::Result<()> {
    let mode = fs::metadata(lower)?.permissions().mode() & 0o7777;
    make_folder(upper, mode | 0o700)?;
    if depth == 0 {
        return Ok(());
    }
    // What an ordinary user cannot look into stays closed inside as well.
    let Ok(entries) = std::fs::read_dir(lower) else {
        return Ok(());
    };
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name();
        if entry.file_type().is_ok_and(|kind| kind.is_dir())
            && !is_hidden(lower, &name.to_string_lossy())
        {
            prepare(&entry.path(), &upper.join(name), depth - 1)?;
        }
    }
    Ok(())
}

/// Puts whiteouts (character devices 0:0, which the kernel lets everybody make) over what is hidden.
fn hide(tree: &str, upper: &Path) -> anyhow::Result<()> {
    for (folder, _) in HIDDEN
        .iter()
        .filter(|(folder, _)| Path::new(folder).starts_with(tree))
    {
        let Ok(entries) = std::fs::read_dir(folder) else {
            continue;
        };
        for entry in entries.filter_map(Result::ok) {
            let name = entry.file_name();
            if !is_hidden(Path::new(folder), &name.to_string_lossy()) {
                continue;
            }
            let above = upper.join(Path::new(folder).strip_prefix(tree)?);
            if !above.is_dir() {
                make_folder(&above, 0o755)?;
            }
            match mknod(
                &above.join(&name),
                SFlag::S_IFCHR,
                Mode::empty(),
                makedev(0, 0),
            ) {
                Ok(()) | Err(nix::errno::Errno::EEXIST) => {}
                Err(error) => {
                    return Err(error)
                        .with_context(|| format!("failed to hide {}", entry.path().display()));
                }
            }
        }
    }
    Ok(())
}

/// Copies what can be read, with modes and links, without what is hidden.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    make_folder(
        to,
        fs::metadata(from)?.permissions().mode() & 0o7777 | 0o700,
    )?;
    let Ok(entries) = std::fs::read_dir(from) else {
        return Ok(());
    };
    for entry in entries.filter_map(Result::ok) {
        let (name, kind) = (entry.file_name(), entry.file_type()?);
        let target = to.join(&name);
        if is_hidden(from, &name.to_string_lossy()) {
            continue;
        } else if kind.is_dir() {
            copy(&entry.path(), &target)?;
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(entry.path())?, &target)?;
        } else if kind.is_file() && File::open(entry.path()).is_ok() {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

fn skeleton(to: &Path, folders: &[&str]) -> anyhow::Result<()> {
    make_folder(to, 0o755)?;
    for folder in folders {
        make_folder(
            &to.join(folder),
            if *folder == "tmp" { 0o1777 } else { 0o755 },
        )?;
    }
    // As on every current Debian and Ubuntu, and hooks' programs lock files there.
    std::os::unix::fs::symlink("/run", to.join("run"))?;
    std::os::unix::fs::symlink("/run/lock", to.join("lock"))?;
    Ok(())
}

/// Gives a new machine its own name and number, and the folders that Juju makes. Once: hooks may change them.
pub(super) fn identity(boot: &Boot, dir: &Path) -> anyhow::Result<()> {
    let done = dir.join("identity");
    if done.exists() {
        return Ok(());
    }
    let name = &boot.machine.hostname;
    replace("/etc/hostname", &format!("{name}\n"))?;
    let hosts = format!(
        "127.0.0.1 localhost\n{} {name}\n::1 localhost ip6-localhost ip6-loopback\n{} {name}\n",
        boot.addresses.ipv4, boot.addresses.ipv6
    );
    replace("/etc/hosts", &hosts)?;
    replace(
        "/etc/machine-id",
        &format!("{:032x}\n", rand::random::<u128>()),
    )?;
    for folder in ["/var/lib/juju", "/var/log/juju"] {
        make_folder(Path::new(folder), 0o755)?;
    }
    Ok(fs::write(done, "")?)
}

/// Writes a file anew instead of into what is there: that may be a link to the outside, or another owner's.
fn replace(path: &str, text: &str) -> anyhow::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    fs::write(path, text)?;
    Ok(fs::set_permissions(
        path,
        std::fs::Permissions::from_mode(0o644),
    )?)
}

/// Whether this process is in a user namespace, where most users do not exist.
fn in_user_namespace() -> anyhow::Result<bool> {
    Ok(is_partial(&fs::read_to_string("/proc/self/uid_map")?))
}

fn is_partial(uid_map: &str) -> bool {
    uid_map.split_whitespace().ne(["0", "0", "4294967295"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mongodb_and_a_juju_of_this_computer_are_hidden() {
        for (folder, name, hidden) in [
            ("/etc", "mongod.conf", true),
            ("/var/lib", "mongodb", true),
            ("/var/lib", "juju", true),
            ("/var/lib", "dpkg", false),
            ("/usr/bin", "mongod", false),
        ] {
            assert_eq!(
                is_hidden(Path::new(folder), name),
                hidden,
                "{folder}/{name}"
            );
        }
    }

    #[test]
    fn a_copy_keeps_modes_and_links() {
        let root = tempfile::tempdir().unwrap();
        let from = root.path().join("from");
        std::fs::create_dir_all(from.join("inner")).unwrap();
        std::fs::write(from.join("inner/script"), "x").unwrap();
        std::fs::set_permissions(
            from.join("inner/script"),
            std::fs::Permissions::from_mode(0o750),
        )
        .unwrap();
        std::os::unix::fs::symlink("inner/script", from.join("link")).unwrap();
        let to = root.path().join("to");
        copy(&from, &to).unwrap();
        assert_eq!(
            std::fs::metadata(to.join("link"))
                .unwrap()
                .permissions()
                .mode()
                & 0o777,
            0o750
        );
        assert!(
            std::fs::symlink_metadata(to.join("link"))
                .unwrap()
                .is_symlink()
        );
    }

    #[test]
    fn the_whole_map_is_no_user_namespace() {
        assert!(!is_partial("         0          0 4294967295\n"));
        assert!(is_partial("         0       1001          1\n"));
    }
}

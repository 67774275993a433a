//! A machine whose process 1 is systemd, as a server's is: with a service manager, a `/dev` and a cgroup of its own.
//!
//! It needs root and a cgroup v2 hierarchy (mounted anywhere, with or without controllers). What this computer has
//! enabled in `/etc/systemd/system` is not enabled there.

use super::disk::{Handle, bind, make_folder, mount_fresh};
use crate::lab::site::tools::find;
use anyhow::{Context, bail};
use fs_err as fs;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use std::convert::Infallible;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where distributions put it; `/sbin/init` may be another.
const SYSTEMD: &str = "/lib/systemd/systemd";
/// Below the root of the hierarchy: the cgroups of all labs on this computer.
const CGROUPS: &str = "mongo-rs-lab";
/// The devices that a machine has besides its terminals.
const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];

/// What is missing on this computer for such machines.
pub fn requirement() -> Option<String> {
    if !nix::unistd::geteuid().is_root() {
        Some("booted machines need root".to_owned())
    } else if !Path::new(SYSTEMD).exists() || find("systemctl").is_err() {
        Some("booted machines need systemd: sudo apt-get install systemd".to_owned())
    } else if let Err(error) = hierarchy() {
        Some(format!("booted machines need cgroups: {error:#}"))
    } else {
        None
    }
}

/// Where the cgroup v2 hierarchy is mounted.
fn hierarchy() -> anyhow::Result<PathBuf> {
    find_hierarchy(&fs::read_to_string("/proc/self/mountinfo")?)
        .context("no cgroup v2 hierarchy is mounted; mount -t cgroup2 cgroup2 /sys/fs/cgroup")
}

fn find_hierarchy(mountinfo: &str) -> Option<PathBuf> {
    let line = mountinfo
        .lines()
        .find(|line| line.contains(" - cgroup2 "))?;
    line.split_whitespace().nth(4).map(PathBuf::from)
}

/// The cgroup of the machine in this folder.
fn cgroup(dir: &Path) -> anyhow::Result<PathBuf> {
    Ok(hierarchy()?.join(CGROUPS).join(name(dir)))
}

fn name(dir: &Path) -> String {
    dir.to_string_lossy().replace('/', "-")
}

/// Moves this process into a cgroup of the machine's own, and shows it nothing above that.
pub(super) fn enter_cgroup(dir: &Path) -> anyhow::Result<()> {
    let own = cgroup(dir)?;
    fs::create_dir_all(&own)?;
    // Zero is the process that writes.
    fs::write(own.join("cgroup.procs"), "0")?;
    unshare(CloneFlags::CLONE_NEWCGROUP).context("failed to make a cgroup namespace")
}

/// Removes the cgroups of the machines in this folder, or of the machine whose folder it is. They must have ended.
pub fn remove_cgroups(folder: &Path) {
    let Ok(parent) = hierarchy().map(|hierarchy| hierarchy.join(CGROUPS)) else {
        return;
    };
    let Ok(entries) = std::fs::read_dir(&parent) else {
        return;
    };
    let (one, below) = (name(folder), format!("{}-", name(folder)));
    for entry in entries.filter_map(Result::ok) {
        let found = entry.file_name().to_string_lossy().into_owned();
        if found == one || found.starts_with(&below) {
            remove_cgroup(&entry.path());
        }
    }
    // Stays as long as another lab has one.
    let _ = std::fs::remove_dir(parent);
}

/// A cgroup is a folder that can be removed when its subfolders are; its files are the kernel's.
fn remove_cgroup(path: &Path) {
    let inner = std::fs::read_dir(path).into_iter().flatten();
    for entry in inner.filter_map(Result::ok) {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_cgroup(&entry.path());
        }
    }
    let _ = std::fs::remove_dir(path);
}

/// Mounts what systemd needs to have for itself. Gives the folders that are the machine's own from now on.
pub(super) fn assemble(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    devices()?;
    let cgroups = Path::new("/sys/fs/cgroup");
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(
        Some("cgroup2"),
        cgroups,
        Some("cgroup2"),
        flags,
        None::<&str>,
    )
    .context("failed to mount the machine's cgroups")?;
    let units = Path::new("/etc/systemd/system");
    let private = dir.join("private/etc/systemd/system");
    make_folder(&private, 0o755)?;
    bind(&private, units, false)?;
    let no_login = units.join("getty.target");
    if !no_login.is_symlink() {
        std::os::unix::fs::symlink("/dev/null", no_login)?;
    }
    Ok(vec![cgroups.to_owned(), units.to_owned()])
}

/// A `/dev` that systemd can write in without this computer's getting it.
fn devices() -> anyhow::Result<()> {
    let dev = Path::new("/dev");
    let outside: Vec<(&str, Handle)> = DEVICES
        .iter()
        .map(|name| Ok((*name, Handle::open(&dev.join(name))?)))
        .collect::<anyhow::Result<_>>()?;
    mount_fresh("tmpfs", dev, "mode=0755")?;
    for (name, handle) in &outside {
        fs::write(dev.join(name), "")?;
        bind(&handle.path(), &dev.join(name), false)?;
    }
    fs::write(dev.join("console"), "")?;
    bind(Path::new("/dev/null"), &dev.join("console"), false)?;
    for folder in ["pts", "shm"] {
        make_folder(&dev.join(folder), 0o755)?;
    }
    mount(
        Some("devpts"),
        &dev.join("pts"),
        Some("devpts"),
        MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC,
        Some("newinstance,ptmxmode=0666,mode=0620"),
    )
    .context("failed to mount the machine's terminals")?;
    for (target, link) in [
        ("pts/ptmx", "ptmx"),
        ("/proc/self/fd", "fd"),
        ("/proc/self/fd/0", "stdin"),
        ("/proc/self/fd/1", "stdout"),
        ("/proc/self/fd/2", "stderr"),
    ] {
        std::os::unix::fs::symlink(target, dev.join(link))?;
    }
    Ok(())
}

/// This process 1 goes on as systemd.
pub(super) fn become_systemd() -> anyhow::Result<Infallible> {
    // What it prints goes where this process's errors go: to the machine's console log.
    nix::unistd::dup2_stdout(std::io::stderr()).context("failed to let go of the controller")?;
    let error = Command::new(SYSTEMD)
        .args(["--system", "--unit=multi-user.target"])
        .env_clear()
        .env("container", "mongo-rs-lab")
        .stdin(Stdio::null())
        .exec();
    bail!("failed to become {SYSTEMD}: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hierarchy_is_found_where_it_is_mounted() {
        let hybrid = "30 25 0:26 / /sys/fs/cgroup ro - tmpfs tmpfs ro\n\
                      31 30 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
        let found = find_hierarchy(hybrid);
        assert_eq!(found, Some(PathBuf::from("/sys/fs/cgroup/unified")));
        assert_eq!(
            find_hierarchy("30 25 0:26 / /proc rw - proc proc rw\n"),
            None
        );
    }
}

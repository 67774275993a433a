//! A machine's file systems, mounted by its init.
//!
//! In: a machine's folder and fresh mount and PID namespaces. Out: the namespaces' mounts, and notes on what is
//! otherwise than usual. Only the machine's folder is written to.
//!
//! Everything of the outside is opened before the first mount and used through descriptors afterwards, because the
//! home, the lab's program or a bind may lie below a folder that a mount covers (`/tmp`, `/root`, `/home`).

mod tree;

use super::booted;
use super::protect::{exposed, make_read_only, mount_points};
use super::spec::{Bind, Boot, LAB_IN_MACHINE};
use anyhow::{Context, bail};
use fs_err as fs;
use nix::mount::{MsFlags, mount};
use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Something outside, held open, so that it can still be mounted when its path is covered.
pub(super) struct Handle {
    file: File,
}

impl Handle {
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let file = std::fs::OpenOptions::new()
            .read(true)
            .custom_flags(nix::libc::O_PATH)
            .open(path)
            .with_context(|| format!("failed to open {} for the machine", path.display()))?;
        Ok(Self { file })
    }

    /// A path that leads there as long as the handle is open.
    pub(super) fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.file.as_raw_fd()))
    }

    fn is_dir(&self) -> anyhow::Result<bool> {
        Ok(self
            .file
            .metadata()
            .context("failed to look at what is to be mounted")?
            .is_dir())
    }
}

/// Mounts everything. Returns the notes.
pub(super) fn assemble(boot: &Boot) -> anyhow::Result<Vec<String>> {
    let machine = &boot.machine;
    let mut notes = Vec::new();
    mount_fresh("proc", Path::new("/proc"), "")?;
    let dir = Handle::open(&machine.dir)?;
    let lab = Handle::open(&machine.lab)?;
    let binds: Vec<(&Bind, Handle)> = machine
        .binds
        .iter()
        .map(|bind| Ok((bind, Handle::open(&bind.from)?)))
        .collect::<anyhow::Result<_>>()?;
    let outside = mount_points(&fs::read_to_string("/proc/self/mountinfo")?);
    let mut covered = vec![PathBuf::from("/proc"), PathBuf::from("/dev")];

    for tree in &tree::TREES {
        if tree.mount(&dir.path(), &mut notes)? {
            covered.push(tree.path.into());
        }
    }
    tree::identity(boot, &dir.path())?;
    for (path, mode) in [("/root", 0o700), ("/home", 0o755)] {
        if Path::new(path).is_dir() {
            let private = dir.path().join("private").join(&path[1..]);
            make_folder(&private, mode)?;
            bind(&private, Path::new(path), false)?;
            covered.push(path.into());
        }
    }
    if machine.booted {
        covered.extend(booted::assemble(&dir.path())?);
    }
    for (path, options) in [
        ("/run", "mode=0755"),
        ("/tmp", "mode=1777"),
        ("/dev/shm", "mode=1777"),
    ] {
        if Path::new(path).is_dir() {
            mount_fresh("tmpfs", Path::new(path), options)?;
            covered.push(path.into());
        }
    }
    make_folder(Path::new("/run/lock"), 0o1777)?;
    // Before the outside becomes read-only, because what is shown of a read-only mount is read-only too.
    place(&lab, Path::new(LAB_IN_MACHINE), true)?;
    for program in &machine.programs {
        // Without root and overlays `/usr` is this computer's.
        if !covered.iter().any(|own| program.starts_with(own)) {
            notes.push(format!("{} cannot be put there", program.display()));
            continue;
        }
        let _ = std::fs::remove_file(program);
        fs::os::unix::fs::symlink(LAB_IN_MACHINE, program)?;
    }
    for (wanted, handle) in &binds {
        if !covered.iter().any(|own| wanted.to.starts_with(own)) {
            bail!(
                "{} is not the machine's own; show it below one of {covered:?}",
                wanted.to.display()
            );
        }
        place(handle, &wanted.to, wanted.read_only)
            .with_context(|| format!("failed to show {} in the machine", wanted.from.display()))?;
    }
    for target in exposed(&outside, &covered) {
        if let Err(error) = make_read_only(&target) {
            notes.push(format!(
                "{} could not be made read-only: {error}",
                target.display()
            ));
        }
    }
    guard_kernel_settings(&mut notes);
    Ok(notes)
}

/// Shows something of the outside at `target`, which is made if needed.
fn place(handle: &Handle, target: &Path, read_only: bool) -> anyhow::Result<()> {
    if handle.is_dir()? {
        fs::create_dir_all(target)?;
    } else if !target.exists() {
        target.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(target, "")?;
    }
    bind(&handle.path(), target, read_only)
}

pub(super) fn bind(from: &Path, to: &Path, read_only: bool) -> anyhow::Result<()> {
    mount(
        Some(from),
        to,
        None::<&str>,
        MsFlags::MS_BIND | MsFlags::MS_REC,
        None::<&str>,
    )
    .with_context(|| format!("failed to mount on {}", to.display()))?;
    if read_only {
        make_read_only(to).with_context(|| format!("failed to make {} read-only", to.display()))?;
    }
    Ok(())
}

pub(super) fn mount_fresh(kind: &str, target: &Path, options: &str) -> anyhow::Result<()> {
    let mut flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    if kind == "proc" {
        flags |= MsFlags::MS_NOEXEC;
    }
    mount(Some(kind), target, Some(kind), flags, Some(options))
        .with_context(|| format!("failed to mount a new {kind} on {}", target.display()))
}

/// Makes a folder with exactly this mode, whatever the umask.
pub(super) fn make_folder(path: &Path, mode: u32) -> anyhow::Result<()> {
    fs::create_dir_all(path)?;
    Ok(fs::set_permissions(
        path,
        std::fs::Permissions::from_mode(mode),
    )?)
}

/// Kernel settings are this computer's, not the machine's: they become read-only, but for the network's, which each
/// namespace has for itself.
fn guard_kernel_settings(notes: &mut Vec<String>) {
    let all = || -> anyhow::Result<()> {
        let network = Handle::open(Path::new("/proc/sys/net"))?;
        for path in ["/proc/sys", "/proc/sysrq-trigger"] {
            if Path::new(path).exists() {
                bind(Path::new(path), Path::new(path), true)?;
            }
        }
        bind(&network.path(), Path::new("/proc/sys/net"), false)
    };
    if let Err(error) = all() {
        notes.push(format!(
            "kernel settings could not be made read-only: {error:#}"
        ));
    }
}

//! A site: the place on this machine where one lab lives, seen from outside.
//!
//! In: a home folder, and the command line of a controller. Out: a controller that runs in network, mount, PID and IPC
//! namespaces of its own, as root or, inside a user namespace, as an ordinary user.
//!
//! ```text
//! this machine      setsid unshare ─┐            ends with its child, and its child with it (--kill-child)
//! the site          site-init (process 1, holds the lock) ─▶ controller ─▶ unshare ─┐
//! a machine                                               machine-init (process 1) ─▶ hooks, mongod
//! ```
//!
//! Whatever ends the site's process 1 makes the kernel end every process, mount, bridge and interface of the lab, so
//! after any crash there is nothing to clean but the folder. Two sites with different homes never meet.

mod clients;
mod enter;
pub mod init;
mod lock;
pub mod process;
pub(crate) mod reaper;
mod remove;
mod requirements;
pub mod socket;
pub mod start;
pub(crate) mod tools;

pub use enter::{Namespaces, enter_command};
pub use lock::Held;
pub use remove::remove_tree;
pub use requirements::{Missing, requirements};

use anyhow::{Context, bail};
use fs_err as fs;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The file whose presence says that a folder is a lab's and may be removed by it.
const MARKER: &str = "lab-home";
/// Held while one command starts, stops or removes the site, so that two never do at once.
const START_LOCK: &str = "start.lock";
/// Output of the controller and of everything that it starts.
const LOG: &str = "controller.log";
/// How long a controller may take until it answers, and another command until it has started or stopped one.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a condition is looked at that the kernel does not announce.
const LOOK: Duration = Duration::from_millis(10);

/// What [`Site::ensure_started`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Started {
    /// A controller was running already.
    Already,
    /// It was started now.
    Now,
}

/// One lab on this machine.
#[derive(Clone, Debug)]
pub struct Site {
    home: PathBuf,
}

impl Site {
    /// The site whose folder is `home`. Nothing is made or started.
    ///
    /// # Errors
    /// `home` is empty, or relative while there is no current folder.
    pub fn open(home: &Path) -> anyhow::Result<Self> {
        let home = std::path::absolute(home)
            .with_context(|| format!("failed to tell which folder `{}` is", home.display()))?;
        Ok(Self { home })
    }

    /// The site's folder, absolute.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The file with the output of the controller.
    pub fn log(&self) -> PathBuf {
        self.home.join(LOG)
    }

    /// Makes the folder, readable by its owner only: who reaches the controller's socket is root in its machines.
    ///
    /// # Errors
    /// The folder cannot be made, or holds other people's files.
    pub fn prepare(&self) -> anyhow::Result<()> {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.home)
            .with_context(|| format!("failed to make the lab's folder {}", self.home.display()))?;
        if self.home.join(MARKER).exists() {
            return Ok(());
        }
        if fs::read_dir(&self.home)?.next().is_some() {
            bail!(
                "{} holds files that are not a lab's; name an empty or new folder with --home",
                self.home.display()
            );
        }
        fs::write(
            self.home.join(MARKER),
            "This folder belongs to `lab`; `lab destroy` removes it.\n",
        )?;
        Ok(())
    }

    /// Whether a controller is running, or about to.
    pub fn is_running(&self) -> bool {
        self.init_pid().is_some()
    }

    /// The site's process 1, by its number for the caller: whom to enter the site's network with.
    pub fn init_pid(&self) -> Option<u32> {
        lock::holder(&self.home)
    }

    /// The caller's number of a process that the controller knows as `inside`; `None` when either is gone.
    pub fn host_pid(&self, inside: u32) -> Option<u32> {
        process::translate(&process::all(), self.init_pid()?, inside)
    }

    /// Starts the controller if none is running, and waits until `ready` says that it answers.
    ///
    /// `lab` is the program that becomes process 1 (as `lab site-init HOME -- …`), `controller` the program and the
    /// arguments that it runs. Both get the caller's environment; their output goes to [`Self::log`].
    ///
    /// # Errors
    /// The folder cannot be used, the namespaces cannot be made, or the controller ends or stays silent; the end of
    /// its log is then part of the text.
    pub async fn ensure_started(
        &self,
        lab: &Path,
        controller: &[OsString],
        ready: impl AsyncFn() -> bool,
    ) -> anyhow::Result<Started> {
        self.prepare()?;
        let _one_at_a_time = self.lock_start().await?;
        let started = if self.is_running() {
            Started::Already
        } else {
            Started::Now
        };
        let mut launched = match started {
            Started::Already => None,
            Started::Now => Some(self.launch(lab, controller)?),
        };
        let deadline = Instant::now() + PATIENCE;
        while !ready().await {
            let ended = match &mut launched {
                Some(child) => child
                    .try_wait()
                    .context("failed to ask after the controller")?
                    .is_some(),
                None => !self.is_running(),
            };
            if ended {
                bail!(
                    "the controller ended before it answered; its log {} ends with:\n{}",
                    LOG,
                    self.log_end()
                );
            }
            if Instant::now() > deadline {
                bail!(
                    "the controller runs but has not answered for {} s; see {}, or end it with `lab destroy`:\n{}",
                    PATIENCE.as_secs(),
                    self.log().display(),
                    self.log_end()
                );
            }
            tokio::time::sleep(LOOK).await;
        }
        if let Some(mut child) = launched {
            // A long-lived caller (a test) would otherwise keep the ended launcher as a zombie.
            std::thread::spawn(move || child.wait());
        }
        Ok(started)
    }

    /// Starts process 1 of the site, away from the caller's terminal.
    fn launch(&self, lab: &Path, controller: &[OsString]) -> anyhow::Result<std::process::Child> {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log())?
            .into_parts()
            .0;
        let mut command = Command::new(lab);
        command
            .args(["site-start", "--"])
            .arg(tools::find("setsid")?)
            .arg(tools::find("unshare")?)
            .args(unshare_flags())
            .arg("--")
            .arg(lab)
            .arg("site-init")
            .arg(&self.home)
            .arg("--");
        command.args(controller);
        command.current_dir("/").stdin(Stdio::null());
        command
            .stdout(log.try_clone().context("failed to share the log")?)
            .stderr(log);
        command
            .spawn()
            .context("failed to start `setsid unshare` for the site; both are part of util-linux")
    }

    /// Power cut: ends every process of the lab at once, and returns when the last is gone. Whether one was running.
    ///
    /// # Errors
    /// The processes may not be ended, or do not end.
    pub async fn kill(&self) -> anyhow::Result<bool> {
        if !self.home.join(MARKER).exists() {
            return Ok(false);
        }
        let _one_at_a_time = self.lock_start().await?;
        self.kill_locked().await
    }

    async fn kill_locked(&self) -> anyhow::Result<bool> {
        let Some(init) = self.init_pid() else {
            return Ok(false);
        };
        let Some(since) = process::start_time(init) else {
            return Ok(false);
        };
        // Asked again after the start time was taken: so the number belongs to the holder of the lock, not to a newcomer.
        if self.init_pid() != Some(init) {
            return Ok(false);
        }
        let network = clients::network_of(init);
        let number = i32::try_from(init).context("a process number is out of range")?;
        match kill(Pid::from_raw(number), Signal::SIGKILL) {
            Ok(()) | Err(nix::errno::Errno::ESRCH) => {}
            Err(error) => {
                return Err(error).with_context(|| {
                    format!("failed to end process {init} of {}", self.home.display())
                });
            }
        }
        // The kernel lets process 1 end only after every other process of its namespace has.
        let deadline = Instant::now() + PATIENCE;
        while process::lives(init, since) {
            if Instant::now() > deadline {
                bail!(
                    "process {init} was killed {} s ago and still has not ended",
                    PATIENCE.as_secs()
                );
            }
            tokio::time::sleep(LOOK).await;
        }
        if let Some(network) = network {
            network.end().await;
        }
        Ok(true)
    }

    /// Ends the lab and removes its folder, after any crash and also when only a part of it is left.
    ///
    /// # Errors
    /// The folder is not a lab's, the processes do not end, or files cannot be removed.
    pub async fn destroy(&self) -> anyhow::Result<()> {
        if !self.home.exists() {
            return Ok(());
        }
        if !self.home.join(MARKER).exists() {
            if fs::read_dir(&self.home)?.next().is_some() {
                bail!(
                    "{} is not a lab's folder, so nothing in it was removed",
                    self.home.display()
                );
            }
            return Ok(fs::remove_dir(&self.home)?);
        }
        let _one_at_a_time = self.lock_start().await?;
        self.kill_locked().await?;
        // The marker goes last, so that a removal that was cut off can be done again.
        for entry in fs::read_dir(&self.home)? {
            let entry = entry?;
            if entry.file_name() != MARKER && entry.file_name() != START_LOCK {
                let path = entry.path();
                if entry.file_type()?.is_dir() {
                    remove_tree(&path)
                        .with_context(|| format!("failed to remove {}", path.display()))?;
                } else {
                    fs::remove_file(&path)?;
                }
            }
        }
        super::machine::booted::remove_cgroups(&self.home);
        remove_tree(&self.home).with_context(|| format!("failed to remove {}", self.home.display()))
    }

    /// Waits for the turn to start, stop or remove this site.
    async fn lock_start(&self) -> anyhow::Result<File> {
        let path = self.home.join(START_LOCK);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let file =
                lock::open(&path).with_context(|| format!("failed to open {}", path.display()))?;
            match file.try_lock() {
                // Somebody may have removed the folder, and the lock with it, between the two calls.
                Ok(()) if is_still(&file, &path) => return Ok(file),
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => {
                    return Err(error)
                        .with_context(|| format!("failed to lock {}", path.display()));
                }
            }
            if Instant::now() > deadline {
                bail!(
                    "another `lab` command has held {} for {} s; wait for it, or end it",
                    path.display(),
                    PATIENCE.as_secs()
                );
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The last lines of the log.
    fn log_end(&self) -> String {
        let log = std::fs::read(self.log()).unwrap_or_default();
        let text = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }
}

/// Whether the opened file is still the one of that name.
fn is_still(file: &File, path: &Path) -> bool {
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(opened), Ok(named)) => opened.ino() == named.ino() && opened.dev() == named.dev(),
        _ => false,
    }
}

/// The flags of `unshare` that make a site, for root or for an ordinary user.
pub(crate) fn unshare_flags() -> Vec<&'static str> {
    let mut flags = Vec::new();
    if !nix::unistd::geteuid().is_root() {
        flags.extend(["--user", "--map-root-user"]);
    }
    flags.extend([
        "--net",
        "--mount",
        "--pid",
        "--ipc",
        "--fork",
        "--kill-child",
        "--mount-proc",
    ]);
    flags.extend(["--propagation", "private"]);
    flags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_labs_own_folder_is_removed() {
        let root = tempfile::tempdir().unwrap();
        let foreign = root.path().join("foreign");
        std::fs::create_dir(&foreign).unwrap();
        std::fs::write(foreign.join("letter"), "dear").unwrap();
        let site = Site::open(&foreign).unwrap();
        assert!(
            site.prepare()
                .unwrap_err()
                .to_string()
                .contains("not a lab's")
        );
        assert!(
            site.destroy()
                .await
                .unwrap_err()
                .to_string()
                .contains("nothing in it was removed")
        );
        assert!(!site.kill().await.unwrap());
        assert!(foreign.join("letter").exists());

        let own = Site::open(&root.path().join("own")).unwrap();
        own.destroy().await.unwrap();
        own.prepare().unwrap();
        own.prepare().unwrap();
        assert!(!own.is_running());
        own.destroy().await.unwrap();
        assert!(!own.home().exists());
    }
}

//! A machine of the lab: own network card, host name, process tree and file system, on the kernel of this one.
//!
//! In: a [`MachineSpec`] and the [`Network`]. Out: a running [`Machine`] in which commands run as on a server of its
//! own. What is written to `/etc`, `/var`, `/usr`, `/opt`, `/srv`, `/root` and `/home` stays in the machine's folder
//! across a crash and a boot; `/run`, `/tmp` and `/dev/shm` start empty; all else is read-only. There is systemd if the
//! spec says so.
//!
//! The controller calls this; it must be in a [`site`](crate::lab::site), below its process 1.

pub mod booted;
mod disk;
pub mod init;
mod protect;
mod spec;

pub use spec::{Bind, LAB_IN_MACHINE, MachineSpec};

use crate::lab::network::{Addresses, Network};
use crate::lab::site::tools::find;
use crate::lab::site::{Namespaces, process};
use anyhow::{Context, bail};
use fs_err as fs;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// How long a machine may take to boot, and the kernel to end one.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long systemd may take until it has started everything.
const SYSTEMD_PATIENCE: Duration = Duration::from_secs(180);
/// How often systemd is asked until it can answer.
const LOOK: Duration = Duration::from_millis(100);

/// A process of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineProcess {
    /// Its number in the controller's PID namespace.
    pub pid: u32,
    /// Its number inside the machine.
    pub inside: u32,
    /// Its command line.
    pub command: String,
}

/// A running machine. Dropped, it loses power as by [`Machine::crash`], without anybody waiting for it.
#[derive(Debug)]
pub struct Machine {
    id: u32,
    addresses: Addresses,
    network: Network,
    notes: Vec<String>,
    init: u32,
    unshare: Child,
    dir: PathBuf,
    booted: bool,
    nsenter: PathBuf,
    setpriv: PathBuf,
}

impl Machine {
    /// Switches a machine on and returns when its file systems, host name, loopback and network card are there.
    ///
    /// # Errors
    /// A namespace, a mount or the network is refused. The text says what was tried; nothing is left running.
    pub async fn boot(spec: &MachineSpec, network: &Network) -> anyhow::Result<Self> {
        let addresses = match spec.lease {
            Some(last) => Addresses::ending(last, spec.id),
            None => Addresses::of(spec.id)?,
        };
        // The port of a machine that crashed with an earlier controller's call may still be there.
        network.detach(spec.id).await?;
        let file = spec::Boot {
            machine: spec.clone(),
            addresses: addresses.clone(),
        }
        .write()?;
        let console = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(spec.dir.join("console.log"))?;
        let mut unshare = Command::new(find("unshare")?)
            .args([
                "--net",
                "--mount",
                "--uts",
                "--ipc",
                "--pid",
                "--fork",
                "--kill-child",
            ])
            .args(["--propagation", "private", "--"])
            .arg(&spec.lab)
            .arg("machine-init")
            .arg(&file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(console.into_parts().0)
            .current_dir("/")
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("failed to start machine {}", spec.id))?;
        let (mut stdin, stdout) = match (unshare.stdin.take(), unshare.stdout.take()) {
            (Some(stdin), Some(stdout)) => (stdin, stdout),
            _ => bail!("machine {} has no pipes", spec.id),
        };
        let launcher = unshare.id().context("the machine ended at once")?;
        let mut report = Report {
            lines: BufReader::new(stdout).lines(),
            notes: Vec::new(),
        };
        let started = async {
            report.until(init::STARTED).await?;
            network.attach(spec.id, launcher, &addresses).await?;
            stdin
                .write_all(b"connected\n")
                .await
                .context("failed to tell the machine that its network is there")?;
            report.until(init::READY).await
        };
        timeout(PATIENCE, started)
            .await
            .with_context(|| {
                format!(
                    "machine {} has not booted within {} s",
                    spec.id,
                    PATIENCE.as_secs()
                )
            })?
            .with_context(|| {
                format!(
                    "failed to boot machine {}; more in {}/console.log",
                    spec.id,
                    spec.dir.display()
                )
            })?;
        let init = process::all()
            .into_iter()
            .find(|status| status.parent == launcher)
            .with_context(|| format!("machine {} ended right after its boot", spec.id))?
            .pid;
        let machine = Self {
            id: spec.id,
            addresses,
            network: network.clone(),
            notes: report.notes,
            init,
            unshare,
            dir: spec.dir.clone(),
            booted: spec.booted,
            nsenter: find("nsenter")?,
            setpriv: find("setpriv")?,
        };
        if spec.booted {
            timeout(SYSTEMD_PATIENCE, machine.wait_for_systemd())
                .await
                .with_context(|| {
                    format!(
                        "systemd on machine {} is not up within {} s",
                        spec.id,
                        SYSTEMD_PATIENCE.as_secs()
                    )
                })??;
        }
        Ok(machine)
    }

    /// Until it has started everything; that some service of this computer's failed there is no matter.
    async fn wait_for_systemd(&self) -> anyhow::Result<()> {
        loop {
            let output = self.systemctl(&["is-system-running", "--wait"]).output();
            let output = output.await.context("failed to ask systemd")?;
            let state = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            if matches!(state.as_str(), "running" | "degraded") {
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    fn systemctl(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(Path::new("/bin/systemctl"), Path::new("/"));
        command.args(arguments).stdin(Stdio::null());
        command
    }

    /// The machine's number.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The machine's process 1, by its number in the controller's PID namespace. From the host,
    /// [`Site::host_pid`](crate::lab::site::Site::host_pid) translates it.
    pub fn init_pid(&self) -> u32 {
        self.init
    }

    /// Where the machine is in the network.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// What the boot had to do otherwise than usual (such as copies where an overlay was refused), for the log.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// A command that runs `program` (absolute, inside the machine) in the folder `cwd` (inside). The caller adds
    /// arguments, sets the environment (also with `env_clear`) and the standard streams.
    ///
    /// * The exit code is the program's; if a signal killed the program, the command reports the same signal.
    /// * [`Child::kill`] kills exactly the program by SIGKILL and none of its children, as Juju does when it
    ///   cancels an action. Processes left behind belong to the machine's process 1.
    /// * The program does not get the number that [`Child::id`] tells; that is the helper that waits for it.
    pub fn command(&self, program: &Path, cwd: &Path) -> Command {
        let mut command = Command::new(&self.nsenter);
        command.arg("--target").arg(self.init.to_string());
        command.args(Namespaces::All.flags());
        let mut folder = std::ffi::OsString::from("--wdns=");
        folder.push(cwd);
        command.arg(folder).arg("--");
        // The program dies with the helper: that is what makes killing the helper kill the program.
        command
            .arg(&self.setpriv)
            .args(["--pdeathsig", "KILL", "--"])
            .arg(program);
        command
    }

    /// Power loss: every process of the machine ends at once; returns when all are gone and the cable is unplugged.
    ///
    /// # Errors
    /// The kernel does not end them, or the cable stays.
    pub async fn crash(mut self) -> anyhow::Result<()> {
        self.signal(Signal::SIGKILL)?;
        // Process 1 can be waited for only when nothing of its namespace is left.
        timeout(PATIENCE, self.unshare.wait())
            .await
            .with_context(|| {
                format!(
                    "machine {} was killed and has processes that do not end",
                    self.id
                )
            })?
            .context("failed to wait for the machine's end")?;
        if self.booted {
            booted::remove_cgroups(&self.dir);
        }
        self.network.detach(self.id).await
    }

    /// Orderly shutdown: by systemd, or SIGTERM to every process, then, after `grace` at the latest, [`Machine::crash`]. Whether all
    /// ended by themselves.
    ///
    /// # Errors
    /// As for [`Machine::crash`].
    pub async fn shutdown(mut self, grace: Duration) -> anyhow::Result<bool> {
        if self.booted {
            let asked = self.systemctl(&["poweroff"]).output().await;
            asked.context("failed to ask systemd to end")?;
        } else {
            self.signal(Signal::SIGTERM)?;
        }
        let orderly = timeout(grace, self.unshare.wait()).await.is_ok();
        self.crash().await?;
        Ok(orderly)
    }

    /// Whether the machine is still on; it goes off by itself only if its process 1 is killed from outside.
    pub fn is_on(&mut self) -> bool {
        matches!(self.unshare.try_wait(), Ok(None))
    }

    /// The processes of the machine, its process 1 among them.
    pub fn processes(&self) -> Vec<MachineProcess> {
        process::all()
            .into_iter()
            .filter(|status| {
                !status.zombie && process::same_namespace("pid", self.init, status.pid)
            })
            .filter_map(|status| {
                let inside = *status.numbers.last()?;
                Some(MachineProcess {
                    pid: status.pid,
                    inside,
                    command: process::command_line(status.pid),
                })
            })
            .collect()
    }

    /// Signals process 1, if it has not been waited for: afterwards the number may be another's.
    fn signal(&mut self, signal: Signal) -> anyhow::Result<()> {
        if !self.is_on() {
            return Ok(());
        }
        let number = i32::try_from(self.init).context("a process number is out of range")?;
        match kill(Pid::from_raw(number), signal) {
            Ok(()) | Err(nix::errno::Errno::ESRCH) => Ok(()),
            Err(error) => Err(error)
                .with_context(|| format!("failed to send {signal} to machine {}", self.id)),
        }
    }
}

/// What a machine's init says while it boots.
struct Report {
    lines: Lines<BufReader<ChildStdout>>,
    notes: Vec<String>,
}

impl Report {
    /// Reads until the init says `word`; keeps its notes and turns its failure into an error.
    async fn until(&mut self, word: &str) -> anyhow::Result<()> {
        while let Some(line) = self
            .lines
            .next_line()
            .await
            .context("failed to read what the machine says")?
        {
            if line == word {
                return Ok(());
            }
            match line.split_once(' ') {
                Some((init::FAILED, why)) => bail!("{why}"),
                Some((init::NOTE, what)) => self.notes.push(what.to_owned()),
                _ => bail!(
                    "the machine's init says {line:?}, which means nothing; is it another version of the lab?"
                ),
            }
        }
        bail!("the machine ended without saying why")
    }
}

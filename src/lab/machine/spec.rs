//! What a machine is made of, and the file that tells its init.

use crate::lab::network::Addresses;
use anyhow::Context;
use fs_err as fs;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Where the lab's own program is inside every machine, wherever it is outside.
pub const LAB_IN_MACHINE: &str = "/run/lab/lab";

/// A machine to boot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineSpec {
    /// The machine's number: below [`MACHINES`](crate::lab::network::MACHINES), never two at once.
    pub id: u32,
    /// The host name, 64 bytes at most.
    pub hostname: String,
    /// The last part of its addresses, if it is not its number's.
    #[serde(default)]
    pub lease: Option<u8>,
    /// The folder of everything that stays when the machine is off; made if needed. `$home/machines/<id>`.
    pub dir: PathBuf,
    /// Folders and files of this machine that are also seen inside.
    pub binds: Vec<Bind>,
    /// Whether systemd is its process 1, or a small init of the lab's.
    pub booted: bool,
    /// Where else it is found inside, as links to [`LAB_IN_MACHINE`]: programs that Juju puts on a machine.
    #[serde(default)]
    pub programs: Vec<PathBuf>,
    /// The lab's program: it becomes process 1 (as `lab machine-init FILE`) and is seen at [`LAB_IN_MACHINE`].
    pub lab: PathBuf,
}

/// A folder or file that is seen inside a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bind {
    /// Where it is outside. It must be there.
    pub from: PathBuf,
    /// Where it is seen inside: absolute, below a folder that the machine can write in. It is made if needed.
    pub to: PathBuf,
    /// Whether it cannot be written inside.
    pub read_only: bool,
}

/// The contents of the file that a machine's init reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Boot {
    pub(super) machine: MachineSpec,
    pub(super) addresses: Addresses,
}

impl Boot {
    /// Writes the file into the machine's folder, making that first.
    pub(super) fn write(&self) -> anyhow::Result<PathBuf> {
        fs::create_dir_all(&self.machine.dir)?;
        let path = self.machine.dir.join("machine.json");
        fs::write(
            &path,
            serde_json::to_vec_pretty(self).context("failed to write down a machine")?,
        )?;
        Ok(path)
    }

    /// Reads the file.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        serde_json::from_slice(&fs::read(path)?)
            .with_context(|| format!("{} does not describe a machine", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let boot = Boot {
            machine: MachineSpec {
                id: 4,
                hostname: "juju-4".to_owned(),
                lease: Some(77),
                dir: dir.path().join("machines/4"),
                binds: vec![Bind {
                    from: "/a".into(),
                    to: "/var/b".into(),
                    read_only: true,
                }],
                booted: true,
                programs: vec!["/usr/bin/juju-exec".into()],
                lab: "/bin/lab".into(),
            },
            addresses: Addresses::of(4).unwrap(),
        };
        assert_eq!(Boot::read(&boot.write().unwrap()).unwrap(), boot);
        std::fs::write(dir.path().join("x"), "{}").unwrap();
        let error = Boot::read(&dir.path().join("x")).unwrap_err().to_string();
        assert!(error.contains("does not describe a machine"), "{error}");
    }
}

//! Where the lab keeps what: on the host under its home, and inside a machine where Juju has it.

use crate::model::unit::UnitName;
use std::path::{Path, PathBuf};

/// The lab's own program inside a machine: hook tools are links to it.
pub const PROGRAM_IN_MACHINE: &str = "/var/lib/juju/tools/lab";

/// Where storage without a place of its own is inside a machine.
pub const STORAGE_IN_MACHINE: &str = "/var/lib/juju/storage";

/// The unit's tag as it stands in paths and logs: `unit-mongo-rs-0`.
pub fn tag(unit: &UnitName) -> String {
    format!("unit-{}-{}", unit.application(), unit.number())
}

/// The unit's agent directory inside its machine.
pub fn agent_in_machine(unit: &UnitName) -> PathBuf {
    Path::new("/var/lib/juju/agents").join(tag(unit))
}

/// The charm directory inside the machine; hooks start here.
pub fn charm_in_machine(unit: &UnitName) -> PathBuf {
    agent_in_machine(unit).join("charm")
}

/// The directory of hook tools inside the machine; first on a hook's `PATH`.
pub fn tools_in_machine(unit: &UnitName) -> PathBuf {
    Path::new("/var/lib/juju/tools").join(tag(unit))
}

/// The paths of one lab on the host.
#[derive(Clone, Debug)]
pub struct Paths {
    home: PathBuf,
}

impl Paths {
    /// The paths of the lab whose folder is `home`.
    pub fn new(home: &Path) -> Self {
        Self {
            home: home.to_owned(),
        }
    }

    /// The lab's folder.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The database of the model.
    pub fn store(&self) -> PathBuf {
        self.home.join("model.redb")
    }

    /// The debug log.
    pub fn debug_log(&self) -> PathBuf {
        self.home.join("debug.log")
    }

    /// The packed charms, one file a revision.
    pub fn charm(&self, application: &str, revision: u64) -> PathBuf {
        self.home
            .join("charms")
            .join(format!("{application}-{revision}.charm"))
    }

    /// A packed charm, unpacked for the controller's own reading.
    pub fn charm_read(&self, application: &str, revision: u64) -> PathBuf {
        self.home
            .join("charms")
            .join(format!("{application}-{revision}"))
    }

    /// Files handed over by a command, until the controller has taken them.
    pub fn incoming(&self) -> PathBuf {
        self.home.join("incoming")
    }

    /// A machine's private layers.
    pub fn machine(&self, id: u32) -> PathBuf {
        self.home.join("machines").join(id.to_string())
    }

    /// The unit's agent directory: the charm, the socket.
    pub fn agent(&self, unit: &UnitName) -> PathBuf {
        self.home.join("agents").join(tag(unit))
    }

    /// The unit's hook tools.
    pub fn tools(&self, unit: &UnitName) -> PathBuf {
        self.home.join("tools").join(tag(unit))
    }

    /// The application's resources; shown read-only in its machines.
    pub fn resources(&self, application: &str) -> PathBuf {
        self.home.join("resources").join(application)
    }

    /// The directory behind one storage instance (`data/0`).
    pub fn storage(&self, id: &str) -> PathBuf {
        self.home.join("storage").join(id.replace('/', "-"))
    }
}

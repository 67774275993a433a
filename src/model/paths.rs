//! Where things are on the machine.

/// The agent's own directory.
pub const HOME: &str = "/var/lib/mongo-rs";
/// The server's program, a copy that no upgrade of the charm or the resource pulls away.
pub const PROGRAM: &str = "/var/lib/mongo-rs/bin/mongod";
/// What the agent must remember between hooks.
pub const STATE: &str = "/var/lib/mongo-rs/state.json";
/// The server's config file.
pub const CONFIG: &str = "/etc/mongod.conf";
/// Where the data is unless storage is attached.
pub const DATA: &str = "/var/lib/mongodb";
/// The server's log.
pub const LOG: &str = "/var/log/mongodb/mongod.log";
/// The server's process id, where the agent supervises it itself.
pub const PID: &str = "/run/mongo-rs/mongod.pid";
/// The service manager's unit file.
pub const SERVICE: &str = "/etc/systemd/system/mongo-rs-mongod.service";
/// The service manager's name for the server.
pub const SERVICE_NAME: &str = "mongo-rs-mongod.service";
/// A copy of this program that ends faults and watches the set.
pub const OWN_PROGRAM: &str = "/var/lib/mongo-rs/bin/mongo-rs";
/// What a person types on a unit: a link to that copy.
pub const OWN_COMMAND: &str = "/usr/local/bin/mongo-rs";
/// The observer's process id; locked by the observer while it runs.
pub const OBSERVER_PID: &str = "/run/mongo-rs-observer.pid";
/// The service manager's unit file for the observer.
pub const OBSERVER_SERVICE: &str = "/etc/systemd/system/mongo-rs-observer.service";
/// The service manager's name for the observer.
pub const OBSERVER_SERVICE_NAME: &str = "mongo-rs-observer.service";
/// Notes of what faults hold.
pub const FAULTS: &str = "/var/lib/mongo-rs/faults";
/// What keeps systemd from starting a server again that a fault took away.
pub const HOLD: &str = "/run/systemd/system/mongo-rs-mongod.service.d/50-fault.conf";
/// Where write tests that were run as an action leave their files.
pub const RUNS: &str = "/var/lib/mongo-rs/runs";
/// What the configs of a set were before one was forced.
pub const QUORUM: &str = "/var/lib/mongo-rs/quorum";

//! One machine as the controller remembers it.

use serde::{Deserialize, Serialize};

/// Whether a machine should run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Power {
    /// It runs, or is being booted.
    #[default]
    On,
    /// It lost power and stays off until `boot`.
    Off,
}

/// One machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// Its number.
    pub id: u32,
    /// Its name.
    pub hostname: String,
    /// Whether it should run.
    pub power: Power,
    /// How often it was booted; a unit that saw another number runs `start` again.
    pub boots: u64,
    /// Whether it runs now. Set back when the controller starts.
    pub running: bool,
    /// Why it could not be booted.
    pub problem: Option<String>,
    /// Its IPv4 address, once booted.
    pub address: Option<String>,
    /// Its IPv6 address, once booted.
    pub address6: Option<String>,
    /// The last part of its addresses, once `readdress` has given it another than its number's.
    #[serde(default)]
    pub lease: Option<u8>,
    /// The hardware address of its interface.
    pub mac: String,
    /// The name of its interface.
    pub interface: String,
    /// The network that its address is in, with its length: `10.61.0.0/24`.
    pub subnet: String,
    /// Its first process, as the controller's process namespace numbers it.
    pub init_pid: Option<u32>,
}

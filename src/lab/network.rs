//! The lab's network: one bridge in the site's network namespace, and a cable from it to each machine.
//!
//! In: a machine's number. Out: its addresses, and a cable plugged into the bridge. There is no way out to the world,
//! no address translation and no connection tracking: what one machine sends is what another gets, unless a rule inside
//! a machine cuts it.

use crate::lab::site::tools::find;
use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::AsyncWriteExt;

/// The bridge's name in the site.
pub const BRIDGE: &str = "lab0";
/// The network card's name in every machine.
pub const INTERFACE: &str = "eth0";
/// The controller's IPv4 address, which is the bridge's.
pub const CONTROLLER_V4: Ipv4Addr = Ipv4Addr::new(10, 61, 0, 1);
/// The controller's IPv6 address, of the site's own (ULA, RFC 4193) network.
pub const CONTROLLER_V6: Ipv6Addr = Ipv6Addr::new(0xfd6c, 0x6162, 0, 0, 0, 0, 0, 1);
/// Bits of the network's part of an IPv4 address: `10.61.0.0/24`.
pub const PREFIX_V4: u8 = 24;
/// Bits of the network's part of an IPv6 address: `fd6c:6162::/64`.
pub const PREFIX_V6: u8 = 64;
/// Machine numbers go from 0 to one less than this.
pub const MACHINES: u32 = 200;

/// Where a machine is in the network. The same number always gets the same addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addresses {
    /// In `10.61.0.0/24`: the last part is the machine's number plus 10.
    pub ipv4: Ipv4Addr,
    /// In `fd6c:6162::/64`.
    pub ipv6: Ipv6Addr,
    /// The network card's own address, lower case with colons.
    pub mac: String,
    /// The network card's name, [`INTERFACE`].
    pub interface: String,
}

impl Addresses {
    /// The addresses of a machine.
    ///
    /// # Errors
    /// The number is not below [`MACHINES`].
    pub fn of(machine: u32) -> anyhow::Result<Self> {
        if machine >= MACHINES {
            bail!(
                "machine {machine} has no address: a lab numbers its machines from 0 to {}; make a new lab",
                MACHINES - 1
            );
        }
        let last = u8::try_from(machine + 10).context("an address has no such last part")?;
        Ok(Self::ending(last, machine))
    }

    /// Other addresses for a machine, as a DHCP server that has forgotten it would give: the card stays.
    pub fn ending(last: u8, machine: u32) -> Self {
        let [a, b, c, _] = CONTROLLER_V4.octets();
        let [one, two, ..] = CONTROLLER_V6.segments();
        Self {
            ipv4: Ipv4Addr::new(a, b, c, last),
            ipv6: Ipv6Addr::new(one, two, 0, 0, 0, 0, 0, u16::from(last)),
            // The second lowest bit of the first byte says that the address is locally administered.
            mac: format!("02:6c:61:62:00:{:02x}", (machine + 10) % 256),
            interface: INTERFACE.to_owned(),
        }
    }

    /// The last parts that no machine has by its number.
    pub fn spare() -> std::ops::RangeInclusive<u8> {
        210..=254
    }
}

/// The network of this process's network namespace.
#[derive(Clone, Debug)]
pub struct Network {
    ip: PathBuf,
}

impl Network {
    /// Makes the bridge and brings the loopback up, in the calling process's network namespace, which must be fresh.
    ///
    /// # Errors
    /// The namespace is not fresh (as on a machine's own network, which is never touched), or `ip` is missing or fails.
    pub async fn create() -> anyhow::Result<Self> {
        let routes = fs_err::read_to_string("/proc/self/net/route")?;
        if routes.lines().count() > 1 {
            bail!(
                "the lab's network was asked for in a namespace that has routes already; the controller must be started in a site"
            );
        }
        let network = Self { ip: find("ip")? };
        network
            .batch(&bridge(has_ipv6()))
            .await
            .context("failed to make the lab's bridge")?;
        Ok(network)
    }

    /// Plugs a cable into the bridge whose other end is [`INTERFACE`] in the network namespace of a process.
    ///
    /// # Errors
    /// The process is gone, or a cable for this machine is there already.
    pub(crate) async fn attach(
        &self,
        machine: u32,
        process: u32,
        addresses: &Addresses,
    ) -> anyhow::Result<()> {
        self.batch(&cable(machine, process, &addresses.mac))
            .await
            .with_context(|| format!("failed to connect machine {machine} to the lab's network"))
    }

    /// Unplugs a machine's cable; one that is gone already is fine. The kernel removes the cables of a machine that has
    /// ended, but some time later; a machine that boots again needs the name now.
    pub(crate) async fn detach(&self, machine: u32) -> anyhow::Result<()> {
        let port = port(machine);
        let output = tokio::process::Command::new(&self.ip)
            .args(["link", "delete", "dev", &port])
            .output()
            .await
            .context("failed to run `ip`")?;
        if output.status.success() || !self.has(&port).await? {
            return Ok(());
        }
        bail!(
            "failed to unplug machine {machine}: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }

    /// Whether the site has a network card of that name.
    async fn has(&self, name: &str) -> anyhow::Result<bool> {
        let shown = tokio::process::Command::new(&self.ip)
            .args(["link", "show", "dev", name])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .await
            .context("failed to run `ip`")?;
        Ok(shown.success())
    }

    /// Runs the lines of `ip -batch`.
    async fn batch(&self, lines: &str) -> anyhow::Result<()> {
        let mut child = tokio::process::Command::new(&self.ip)
            .args(["-batch", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("failed to run {}", self.ip.display()))?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin
                .write_all(lines.as_bytes())
                .await
                .context("failed to write to `ip`")?;
        }
        let output = child
            .wait_with_output()
            .await
            .context("failed to wait for `ip`")?;
        explain(output.status.success(), &output.stderr, lines)
    }
}

/// Brings up the loopback and [`INTERFACE`] with its addresses in the calling process's namespace; blocks. What a
/// machine's init does.
pub(crate) fn configure_machine(addresses: &Addresses) -> anyhow::Result<()> {
    let lines = machine_side(addresses, has_ipv6());
    let mut child = std::process::Command::new(find("ip")?)
        .args(["-batch", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("failed to run `ip`")?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin
            .write_all(lines.as_bytes())
            .context("failed to write to `ip`")?;
    }
    let output = child
        .wait_with_output()
        .context("failed to wait for `ip`")?;
    explain(output.status.success(), &output.stderr, &lines)
}

/// Whether the kernel has IPv6; without it a lab has IPv4 only.
fn has_ipv6() -> bool {
    Path::new("/proc/sys/net/ipv6").exists()
}

/// Turns the outcome of `ip -batch` into an error that quotes the line at fault.
fn explain(succeeded: bool, stderr: &[u8], lines: &str) -> anyhow::Result<()> {
    if succeeded {
        return Ok(());
    }
    let text = String::from_utf8_lossy(stderr);
    let at_fault = text
        .lines()
        .find_map(|line| {
            line.strip_prefix("Command failed -:")?
                .trim()
                .parse::<usize>()
                .ok()
        })
        .and_then(|number| lines.lines().nth(number.checked_sub(1)?));
    bail!(
        "`ip {}` failed: {}",
        at_fault.unwrap_or("-batch"),
        text.lines().next().unwrap_or("no reason given")
    )
}

/// The name of a machine's port on the bridge.
fn port(machine: u32) -> String {
    format!("m{machine}")
}

fn bridge(ipv6: bool) -> String {
    let mut lines = format!(
        "link set dev lo up\n\
         link add name {BRIDGE} type bridge stp_state 0 forward_delay 0 mcast_snooping 0\n\
         address add {CONTROLLER_V4}/{PREFIX_V4} dev {BRIDGE}\n"
    );
    if ipv6 {
        // Without `nodad` an address cannot be used for the first seconds.
        let _ = writeln!(
            lines,
            "address add {CONTROLLER_V6}/{PREFIX_V6} dev {BRIDGE} nodad"
        );
    }
    let _ = writeln!(lines, "link set dev {BRIDGE} up");
    lines
}

fn cable(machine: u32, process: u32, mac: &str) -> String {
    let port = port(machine);
    format!(
        "link add name {port} type veth peer name {INTERFACE} address {mac} netns {process}\n\
         link set dev {port} master {BRIDGE}\n\
         link set dev {port} up\n"
    )
}

fn machine_side(addresses: &Addresses, ipv6: bool) -> String {
    let Addresses {
        ipv4,
        ipv6: address,
        interface,
        mac: _,
    } = addresses;
    let mut lines =
        format!("link set dev lo up\naddress add {ipv4}/{PREFIX_V4} broadcast + dev {interface}\n");
    if ipv6 {
        let _ = writeln!(
            lines,
            "address add {address}/{PREFIX_V6} dev {interface} nodad"
        );
    }
    let _ = writeln!(lines, "link set dev {interface} up");
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_machine_has_its_own_addresses() {
        let first = Addresses::of(0).unwrap();
        assert_eq!(first.ipv4, Ipv4Addr::new(10, 61, 0, 10));
        assert_eq!(first.ipv6.to_string(), "fd6c:6162::a");
        assert_eq!(first.mac, "02:6c:61:62:00:0a");
        let last = Addresses::of(MACHINES - 1).unwrap();
        assert_eq!(last.ipv4, Ipv4Addr::new(10, 61, 0, 209));
        let refused = Addresses::of(MACHINES).unwrap_err().to_string();
        assert!(refused.contains("0 to 199"), "{refused}");
    }

    #[test]
    fn the_lines_for_ip() {
        insta::assert_snapshot!(
            format!("{}--\n{}--\n{}", bridge(true), cable(3, 77, "02:6c:61:62:00:0d"), machine_side(&Addresses::of(3).unwrap(), true)),
            @r"
        link set dev lo up
        link add name lab0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0
        address add 10.61.0.1/24 dev lab0
        address add fd6c:6162::1/64 dev lab0 nodad
        link set dev lab0 up
        --
        link add name m3 type veth peer name eth0 address 02:6c:61:62:00:0d netns 77
        link set dev m3 master lab0
        link set dev m3 up
        --
        link set dev lo up
        address add 10.61.0.13/24 broadcast + dev eth0
        address add fd6c:6162::d/64 dev eth0 nodad
        link set dev eth0 up
        "
        );
        assert!(
            !bridge(false).contains("fd6c")
                && !machine_side(&Addresses::of(3).unwrap(), false).contains("fd6c")
        );
    }

    #[test]
    fn the_line_at_fault_is_quoted() {
        let error = explain(
            false,
            b"RTNETLINK answers: File exists\nCommand failed -:2\n",
            "one\ntwo x\n",
        )
        .unwrap_err();
        assert_eq!(
            error.to_string(),
            "`ip two x` failed: RTNETLINK answers: File exists"
        );
    }
}

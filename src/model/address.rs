//! Addresses of members: a host and a port, written as `mongod` writes them.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// A host and a TCP port. IPv6 hosts are held without brackets and written with them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostPort {
    /// Name or IP address, without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

/// A text that is not `host:port`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not host:port")]
pub struct NotHostPort(pub String);

impl HostPort {
    /// Joins a host, with or without brackets, and a port.
    pub fn new(host: &str, port: u16) -> Self {
        let host = host
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .unwrap_or(host);
        // One address has one text, however somebody wrote it.
        let host = host
            .parse::<Ipv6Addr>()
            .map_or_else(|_| host.to_owned(), |address| address.to_string());
        Self { host, port }
    }

    /// The host as an IP address, if it is one.
    pub fn ip(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No host name has a colon.
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl FromStr for HostPort {
    type Err = NotHostPort;

    fn from_str(text: &str) -> Result<Self, NotHostPort> {
        let refused = || NotHostPort(text.to_owned());
        let (host, port) = text.rsplit_once(':').ok_or_else(refused)?;
        let bare = host
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        // An IPv6 address may say on which link it is: fe80::1%eth0.
        let address = bare.map(|bare| bare.split_once('%').map_or(bare, |(address, _)| address));
        let fits = match address {
            Some(address) => address.parse::<Ipv6Addr>().is_ok(),
            None => !host.is_empty() && !host.contains(':'),
        };
        if !fits {
            return Err(refused());
        }
        Ok(Self::new(host, port.parse().map_err(|_| refused())?))
    }
}

impl TryFrom<String> for HostPort {
    type Error = NotHostPort;

    fn try_from(text: String) -> Result<Self, NotHostPort> {
        text.parse()
    }
}

impl From<HostPort> for String {
    fn from(address: HostPort) -> Self {
        address.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv6_is_written_in_brackets_and_read_back() {
        let address = HostPort::new("fd00::1", 27017);
        assert_eq!(address.to_string(), "[fd00::1]:27017");
        assert_eq!("[fd00::1]:27017".parse(), Ok(address));
        assert_eq!("10.0.0.1:1".parse(), Ok(HostPort::new("10.0.0.1", 1)));
        let on_link: HostPort = "[fe80::1%eth0]:1".parse().unwrap();
        assert_eq!(on_link.to_string(), "[fe80::1%eth0]:1");
    }

    #[test]
    fn what_is_not_host_port_is_refused() {
        for text in [
            "", "a", ":1", "a:", "a:b", "a:70000", "fd00::1", "[a]:1", "[a:b]:1", "[]:1", "[::1]",
        ] {
            assert!(text.parse::<HostPort>().is_err(), "{text:?}");
        }
    }
}

//! Where a replica set is and how to log in there, as a person types it.
//!
//! In: `host`, `host:port`, `a:1,b:2`, `10.0.3.166:27017?replicaSet=name`, `[::1]:27017`, or a full
//! `mongodb://user:password@a:1,b:2/database?replicaSet=name&…`. Out: the parts, and the canonical
//! `mongodb://` string again. The grammar is MongoDB's connection string specification, and the
//! scheme and the `/` before the options may be left out.

mod clients;
mod percent;

use std::collections::BTreeSet;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use thiserror::Error;

/// The port of a `mongod` when none is written.
pub const DEFAULT_PORT: u16 = 27017;

/// Why a text is not a connection URL that can be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConnectionUrlError {
    /// Nothing, or only blanks.
    #[error("the URL is empty: write a host, host:port or mongodb://host:port/?replicaSet=name")]
    Empty,
    /// A blank or a control character inside.
    #[error(
        "the URL has a blank or a control character in it: write it without, or percent-encoded (%20)"
    )]
    Blank,
    /// `mongodb+srv://`, which needs a DNS service record.
    #[error(
        "mongodb+srv:// is not supported, because the units know each other's addresses: write mongodb:// and one or more host:port"
    )]
    Srv,
    /// A scheme that is not `mongodb`.
    #[error("the scheme {0:?} is not known: write mongodb:// or leave the scheme out")]
    Scheme(String),
    /// No host between two commas, or none at all.
    #[error("a host is missing: write host or host:port, several separated by one comma each")]
    NoHost,
    /// Something that is neither a host name nor an IP address.
    #[error("{0:?} is not a host name or an IP address: write host, host:port or [IPv6]:port")]
    Host(String),
    /// A port that is no number from 1 to 65535.
    #[error("{port:?} is not a port of {host}: write a number from 1 to 65535")]
    Port {
        /// The host it was written for.
        host: String,
        /// What was written.
        port: String,
    },
    /// More than one `@`, or no user name before it.
    #[error(
        "the user name or the password is not understood: percent-encode @ as %40, : as %3A, / as %2F and ? as %3F in them"
    )]
    Credentials,
    /// A `%` without two hexadecimal digits, or bytes that are not UTF-8.
    #[error(
        "the {0} has a % that is not followed by two hexadecimal digits of a UTF-8 text: write a plain % as %25"
    )]
    Percent(&'static str),
    /// A database name that MongoDB refuses.
    #[error(
        "{0:?} is not a database name: it is at most 63 bytes and has none of / \\ . \" $ * < > : | ?"
    )]
    Database(String),
    /// An option without `=`, or without a name.
    #[error("the option {0:?} is not understood: write name=value, several separated by &")]
    Option(String),
    /// `replicaSet` without a value, or twice with different values.
    #[error("replicaSet must be written once and with a name")]
    SetName,
}

/// One address to ask first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seed {
    /// A host name in lower case, an IPv4 or an IPv6 address (without brackets).
    pub host: String,
    /// The TCP port, 1 to 65535.
    pub port: u16,
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl FromStr for Seed {
    type Err = ConnectionUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (host, port) = split_port(text)?;
        if host.is_empty() {
            return Err(ConnectionUrlError::NoHost);
        }
        let port = match port {
            None => DEFAULT_PORT,
            Some(digits) => parse_port(digits).ok_or_else(|| ConnectionUrlError::Port {
                host: host.to_owned(),
                port: digits.to_owned(),
            })?,
        };
        if !is_host(host) {
            return Err(ConnectionUrlError::Host(text.to_owned()));
        }
        Ok(Self {
            host: host.to_ascii_lowercase(),
            port,
        })
    }
}

/// A user name and its password. `Debug` hides the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user name, decoded.
    pub username: String,
    /// The password, decoded; none when only a name is written.
    pub password: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("username", &self.username)
            .field("password", &self.password.as_ref().map(|_| "hidden"))
            .finish()
    }
}

/// The parts of a connection URL. `Display` shows it without the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionUrl {
    /// The addresses to ask first, in the order written, each once; never empty.
    pub seeds: Vec<Seed>,
    /// Who logs in.
    pub credentials: Option<Credentials>,
    /// The database after the `/`.
    pub database: Option<String>,
    /// The `replicaSet` option.
    pub set_name: Option<String>,
    /// The other options in the order written, decoded.
    pub options: Vec<(String, String)>,
}

impl ConnectionUrl {
    /// The whole URL in its canonical form, password included: for the driver, never for a person or a log.
    #[must_use]
    pub fn canonical(&self) -> String {
        self.text(true)
    }

    /// The value of an option, whose name is compared without regard to case; the last one counts.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&str> {
        let found = self
            .options
            .iter()
            .rev()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Whether the servers are to be spoken to over TLS: by `tls` or its older name `ssl`, or because an option of it is
    /// given, which implies it for drivers.
    #[must_use]
    pub fn asks_for_tls(&self) -> bool {
        let said = self.option("tls").or_else(|| self.option("ssl"));
        let implied = |(key, _): &(String, String)| key.to_ascii_lowercase().starts_with("tls");
        match said {
            Some(value) => value.eq_ignore_ascii_case("true"),
            None => self.options.iter().any(implied),
        }
    }

    fn text(&self, with_password: bool) -> String {
        let mut text = String::from("mongodb://");
        if let Some(credentials) = &self.credentials {
            text.push_str(&percent::encode(&credentials.username));
            if let (true, Some(password)) = (with_password, &credentials.password) {
                text.push(':');
                text.push_str(&percent::encode(password));
            }
            text.push('@');
        }
        let seeds: Vec<String> = self.seeds.iter().map(Seed::to_string).collect();
        text.push_str(&seeds.join(","));
        text.push('/');
        if let Some(database) = &self.database {
            text.push_str(&percent::encode(database));
        }
        let set_name = self
            .set_name
            .iter()
            .map(|name| ("replicaSet", name.as_str()));
        let others = self
            .options
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()));
        for (position, (key, value)) in set_name.chain(others).enumerate() {
            text.push(if position == 0 { '?' } else { '&' });
            text.push_str(&percent::encode(key));
            text.push('=');
            let hidden = !with_password && key.to_ascii_lowercase().contains("password");
            text.push_str(&percent::encode_value(if hidden {
                "hidden"
            } else {
                value
            }));
        }
        text
    }
}

impl fmt::Display for ConnectionUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(false))
    }
}

impl FromStr for ConnectionUrl {
    type Err = ConnectionUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ConnectionUrlError::Empty);
        }
        if text
            .chars()
            .any(|character| character.is_whitespace() || character.is_control())
        {
            return Err(ConnectionUrlError::Blank);
        }
        let rest = without_scheme(text)?;
        // What stands behind an unescaped `/` or `?` in a password looks like something else, which no error may show.
        let in_credentials = |authority: &str| rest.contains('@') && !authority.contains('@');
        let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = address.split_once('/').unwrap_or((address, ""));
        let (credentials, hosts) = match authority.rsplit_once('@') {
            None => (None, authority),
            Some((user, hosts)) => (Some(parse_credentials(user)?), hosts),
        };
        let parsed = || {
            let (set_name, options) = parse_options(query)?;
            Ok(Self {
                seeds: parse_seeds(hosts)?,
                credentials,
                database: parse_database(path)?,
                set_name,
                options,
            })
        };
        parsed().map_err(|error| match in_credentials(authority) {
            true => ConnectionUrlError::Credentials,
            false => error,
        })
    }
}

fn without_scheme(text: &str) -> Result<&str, ConnectionUrlError> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return Ok(text);
    };
    // A `://` in an option's value belongs to the option.
    if scheme.contains('?') {
        return Ok(text);
    }
    match scheme.to_ascii_lowercase().as_str() {
        "mongodb" => Ok(rest),
        "mongodb+srv" => Err(ConnectionUrlError::Srv),
        _ => Err(ConnectionUrlError::Scheme(scheme.to_owned())),
    }
}

fn parse_credentials(text: &str) -> Result<Credentials, ConnectionUrlError> {
    let (username, password) = match text.split_once(':') {
        None => (text, None),
        Some((username, password)) => (username, Some(password)),
    };
    if username.is_empty()
        || text.contains('@')
        || password.is_some_and(|password| password.contains(':'))
    {
        return Err(ConnectionUrlError::Credentials);
    }
    let username = percent::decode(username).ok_or(ConnectionUrlError::Percent("user name"))?;
    let password = match password {
        None => None,
        Some(password) => {
            Some(percent::decode(password).ok_or(ConnectionUrlError::Percent("password"))?)
        }
    };
    Ok(Credentials { username, password })
}

fn parse_seeds(text: &str) -> Result<Vec<Seed>, ConnectionUrlError> {
    let mut known = BTreeSet::new();
    let mut seeds = Vec::new();
    for part in text.split(',') {
        let seed: Seed = part.parse()?;
        if known.insert(seed.clone()) {
            seeds.push(seed);
        }
    }
    Ok(seeds)
}

/// Splits `host`, `host:port`, `[v6]`, `[v6]:port` and a bare IPv6 address.
fn split_port(text: &str) -> Result<(&str, Option<&str>), ConnectionUrlError> {
    let nonsense = || ConnectionUrlError::Host(text.to_owned());
    if let Some(inside) = text.strip_prefix('[') {
        let (host, after) = inside.split_once(']').ok_or_else(nonsense)?;
        if host.parse::<Ipv6Addr>().is_err() {
            return Err(nonsense());
        }
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            None => Err(nonsense()),
        };
    }
    if text.parse::<Ipv6Addr>().is_ok() {
        return Ok((text, None));
    }
    Ok(match text.split_once(':') {
        None => (text, None),
        Some((host, port)) => (host, Some(port)),
    })
}

fn parse_port(digits: &str) -> Option<u16> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse::<u16>().ok().filter(|port| plain && *port > 0)
}

/// A host name as RFC 1123 has it (with `_`, which container networks use), or an IP address.
fn is_host(host: &str) -> bool {
    if host.parse::<Ipv6Addr>().is_ok() || host.parse::<Ipv4Addr>().is_ok() {
        return true;
    }
    let numeric = host
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    !numeric && host.len() <= 253 && host.split('.').all(is_label)
}

fn parse_database(path: &str) -> Result<Option<String>, ConnectionUrlError> {
    if path.is_empty() {
        return Ok(None);
    }
    let name = percent::decode(path).ok_or(ConnectionUrlError::Percent("database"))?;
    if name.len() > 63 || name.contains(|c: char| "/\\. \"$*<>:|?\0".contains(c)) {
        return Err(ConnectionUrlError::Database(name));
    }
    Ok(Some(name))
}

type Options = (Option<String>, Vec<(String, String)>);

fn parse_options(query: &str) -> Result<Options, ConnectionUrlError> {
    let mut set_name: Option<String> = None;
    let mut options = Vec::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let pair = part.split_once('=').filter(|(key, _)| !key.is_empty());
        let (key, value) = pair.ok_or_else(|| ConnectionUrlError::Option(part.to_owned()))?;
        let key = percent::decode(key).ok_or(ConnectionUrlError::Percent("name of an option"))?;
        let value =
            percent::decode(value).ok_or(ConnectionUrlError::Percent("value of an option"))?;
        if !key.eq_ignore_ascii_case("replicaSet") {
            options.push((key, value));
        } else if value.is_empty() || set_name.as_ref().is_some_and(|known| *known != value) {
            return Err(ConnectionUrlError::SetName);
        } else {
            set_name = Some(value);
        }
    }
    Ok((set_name, options))
}

#[cfg(test)]
mod tests;

//! One member of a config, and what is wrong with it by itself: all of it is refused as no config (93).

use super::refusal::{Refusal, malformed};
use super::values::{number, only, present, truth, whole_number};
use mongodb::bson::{Bson, Document};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// A member.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// `_id`.
    pub id: i32,
    /// `host:port`, the port never left out.
    pub host: String,
    /// `votes`, whatever `newly_added` says.
    pub votes: bool,
    /// `priority`, whatever `newly_added` says; 0 for an arbiter.
    pub priority: f64,
    /// `arbiterOnly`.
    pub arbiter: bool,
    /// `buildIndexes`.
    pub builds_indexes: bool,
    /// M14: counts as without vote and priority.
    pub newly_added: bool,
    /// `tags`.
    pub tags: BTreeMap<String, String>,
    /// `horizons`.
    pub horizons: BTreeMap<String, String>,
}

const FIELDS: [&str; 11] = [
    "_id",
    "host",
    "votes",
    "priority",
    "arbiterOnly",
    "buildIndexes",
    "hidden",
    "tags",
    "secondaryDelaySecs",
    "horizons",
    "newlyAdded",
];
/// A year and a day.
const MOST_DELAY: i64 = 366 * 24 * 3600;
const DEFAULT_PORT: u16 = 27017;

impl Member {
    /// Reads it.
    pub fn read(raw: &Document) -> Result<Self, Refusal> {
        only(raw, &FIELDS)?;
        // Wrapped, not refused, when it is too large: 2^31 is called negative (measured).
        let Some(id) = number(raw, "_id")? else {
            return malformed("_id is missing");
        };
        let id = id as i64 as i32;
        if id < 0 {
            return malformed("_id can't be a negative number");
        }
        let Some(host) = present(raw, "host").and_then(Bson::as_str) else {
            return malformed("host is missing");
        };
        let host = host_and_port(host)?;
        let votes = whole_number(raw, "votes", 0..=1)?.unwrap_or(1) == 1;
        let mut priority = number(raw, "priority")?.unwrap_or(1.0);
        if !(0.0..=1000.0).contains(&priority) {
            return malformed("priority is out of range");
        }
        let arbiter = truth(raw, "arbiterOnly")?.unwrap_or(false);
        let hidden = truth(raw, "hidden")?.unwrap_or(false);
        let builds_indexes = truth(raw, "buildIndexes")?.unwrap_or(true);
        let delay = whole_number(raw, "secondaryDelaySecs", 0..=MOST_DELAY)?.unwrap_or(0);
        let newly_added = truth(raw, "newlyAdded")?;
        if newly_added == Some(false) {
            return malformed("newlyAdded must be true if specified");
        }
        if arbiter && priority == 1.0 {
            priority = 0.0;
        }
        let tags = texts(raw, "tags")?;
        let horizons = texts(raw, "horizons")?;
        if arbiter && !tags.is_empty() {
            return malformed("cannot set tags on arbiters");
        }
        if arbiter && !votes {
            return malformed("an arbiter must vote");
        }
        let cannot_lead = [
            (!votes, "non-voting"),
            (hidden, "hidden"),
            (delay > 0, "delayed"),
            (!builds_indexes, "buildIndexes=false"),
        ];
        for (so, word) in cannot_lead {
            if so && priority != 0.0 {
                return malformed(format!("priority must be 0 when {word}"));
            }
        }
        Ok(Self {
            id,
            horizons: endpoints(&host, horizons)?,
            host,
            votes,
            priority,
            arbiter,
            builds_indexes,
            newly_added: newly_added == Some(true),
            tags,
        })
    }

    /// Counts in elections.
    pub fn is_voter(&self) -> bool {
        self.votes && !self.newly_added
    }

    /// May become primary.
    pub fn electable(&self) -> bool {
        !self.arbiter && !self.newly_added && self.priority > 0.0
    }

    /// A name of this machine itself. Names are compared as they are written: `LOCALHOST` is another (measured).
    pub fn is_loopback(&self) -> bool {
        let host = host_of(&self.host);
        host == "localhost" || host == "::1" || host.starts_with("127.") || host.starts_with('/')
    }
}

fn texts(raw: &Document, name: &str) -> Result<BTreeMap<String, String>, Refusal> {
    let Some(value) = present(raw, name) else {
        return Ok(BTreeMap::new());
    };
    let Some(document) = value.as_document() else {
        return malformed(format!("{name} is no document"));
    };
    let mut texts = BTreeMap::new();
    for (key, value) in document {
        let Some(text) = value.as_str() else {
            return malformed(format!("{name}.{key} is no string"));
        };
        texts.insert(key.clone(), text.to_owned());
    }
    Ok(texts)
}

/// M4, the part that one member alone can break.
fn endpoints(
    host: &str,
    horizons: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Refusal> {
    let mut hosts = BTreeSet::from([host_of(host).to_owned()]);
    let mut endpoints = BTreeMap::new();
    for (name, text) in horizons {
        if name == "__default" || name.is_empty() {
            return malformed("this horizon's name is reserved");
        }
        let endpoint = host_and_port(&text)?;
        if !hosts.insert(host_of(&endpoint).to_owned()) {
            return malformed("duplicate horizon member");
        }
        endpoints.insert(name, endpoint);
    }
    Ok(endpoints)
}

/// The host of `host:port`, without brackets.
pub fn host_of(text: &str) -> &str {
    let host = text.rsplit_once(':').map_or(text, |(host, _)| host);
    let bare = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    bare.unwrap_or(host)
}

/// True for an endpoint that is an address, not a name.
pub fn is_address(text: &str) -> bool {
    host_of(text).parse::<IpAddr>().is_ok()
}

/// `host:port` with the default port where none is given.
fn host_and_port(text: &str) -> Result<String, Refusal> {
    if text.starts_with('/') {
        return Ok(format!("{text}:{DEFAULT_PORT}"));
    }
    let (host, rest) = match text.strip_prefix('[') {
        Some(inner) => match inner.split_once(']') {
            Some((host, rest)) => (format!("[{host}]"), rest.to_owned()),
            None => return malformed("an unclosed ["),
        },
        None => match text.split_once(':') {
            Some((host, port)) => (host.to_owned(), format!(":{port}")),
            None => (text.to_owned(), String::new()),
        },
    };
    if host.is_empty() {
        return malformed("empty host");
    }
    if rest.is_empty() {
        return Ok(format!("{host}:{DEFAULT_PORT}"));
    }
    match rest.strip_prefix(':').map(str::parse::<u16>) {
        Some(Ok(port)) if port > 0 => Ok(format!("{host}:{port}")),
        _ => malformed(format!("no port in {text:?}")),
    }
}

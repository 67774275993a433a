//! Questions to one member: who it is, what set it is in, what it sees of the others.

use super::connection::Connection;
use super::error::MongoError;
use crate::model::address::HostPort;
use crate::model::optime::OpTime;
use crate::model::set_config::SetConfig;
use crate::model::set_view::{Seen, State};
use mongodb::bson::{Bson, Document, doc};
use std::collections::BTreeMap;
use std::time::Duration;

/// No question takes a healthy server longer.
const LIMIT: Duration = Duration::from_secs(5);
/// How long a server waits for news of the set before it says that there are none.
const NEWS: Duration = Duration::from_secs(10);

/// What a member says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// The set it is in; none before it is initiated, or without `--replSet`.
    pub set_name: Option<String>,
    /// True when it says that it is primary.
    pub primary: bool,
    /// True when it says that it is secondary.
    pub secondary: bool,
    /// Its state, in its own word, where it was asked for because it is neither.
    pub state: Option<String>,
    /// The term in which it was elected, from its `electionId`; only a primary says it.
    pub term: Option<i64>,
    /// Who it thinks the primary is.
    pub knows_primary: Option<HostPort>,
    /// All hosts of the set that it names, members without a vote too.
    pub hosts: Vec<HostPort>,
    /// The address it goes by in the config.
    pub me: Option<HostPort>,
}

/// Who it is.
pub async fn hello(connection: &Connection) -> Result<Hello, MongoError> {
    let reply = connection
        .run("say hello", doc! { "hello": 1 }, LIMIT)
        .await?;
    let flag = |name: &str| reply.get_bool(name).unwrap_or(false);
    let address = |name: &str| reply.get_str(name).ok().and_then(|text| text.parse().ok());
    let list = |name: &str| reply.get_array(name).cloned().unwrap_or_default();
    let hosts = ["hosts", "passives", "arbiters"]
        .iter()
        .flat_map(|name| list(name));
    Ok(Hello {
        set_name: reply.get_str("setName").ok().map(str::to_owned),
        primary: flag("isWritablePrimary"),
        secondary: flag("secondary"),
        state: None,
        term: reply
            .get_object_id("electionId")
            .ok()
            .map(|id| term_of(id.bytes())),
        knows_primary: address("primary"),
        hosts: hosts
            .filter_map(|host| host.as_str()?.parse().ok())
            .collect(),
        me: address("me"),
    })
}

/// What the server calls the present state of the set, once that is another than the one `known`, or after a while: the
/// way in which drivers wait for news (`topologyVersion`, since MongoDB 4.4).
pub async fn news(
    connection: &Connection,
    known: Option<Document>,
) -> Result<Document, MongoError> {
    let attempt = "wait for news of the set";
    let mut command = doc! { "hello": 1 };
    if let Some(known) = known {
        command.insert("topologyVersion", known);
        command.insert("maxAwaitTimeMS", NEWS.as_millis() as i64);
    }
    let reply = connection.run(attempt, command, NEWS + LIMIT).await?;
    let topology = reply.get_document("topologyVersion");
    let topology = topology.map_err(|error| connection.strange(attempt, error))?;
    Ok(topology.clone())
}

/// An `electionId` ends in the term (protocol version 1: `7fffffff` and the term in eight bytes).
fn term_of(id: [u8; 12]) -> i64 {
    id[4..]
        .iter()
        .fold(0, |term, byte| (term << 8) | i64::from(*byte))
}

/// The config, and whether a majority has it (only a primary knows; elsewhere it is false).
pub async fn config(
    connection: &Connection,
    primary: bool,
) -> Result<(SetConfig, bool), MongoError> {
    let attempt = "read the config";
    let mut command = doc! { "replSetGetConfig": 1 };
    if primary {
        command.insert("commitmentStatus", true);
    }
    let reply = connection.run(attempt, command, LIMIT).await?;
    let document = reply
        .get_document("config")
        .map_err(|error| connection.strange(attempt, error))?;
    let config =
        SetConfig::read(document.clone()).map_err(|error| connection.strange(attempt, error))?;
    Ok((config, reply.get_bool("commitmentStatus").unwrap_or(false)))
}

/// Whether a default write concern is set for the whole set. Before MongoDB 5.0 the answer names no source.
pub async fn has_default_write_concern(connection: &Connection) -> Result<bool, MongoError> {
    let attempt = "read the default write concern";
    let reply = connection
        .run(attempt, doc! { "getDefaultRWConcern": 1 }, LIMIT)
        .await?;
    Ok(match reply.get_str("defaultWriteConcernSource") {
        Ok(source) => source == "global",
        Err(_) => reply.get_document("defaultWriteConcern").is_ok(),
    })
}

/// What a member sees of all members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// By `_id`.
    pub members: BTreeMap<i32, Seen>,
    /// The member that answered.
    pub myself: Option<i32>,
    /// Election term.
    pub term: i64,
    /// The last entry that it has applied.
    pub applied: Option<OpTime>,
    /// The last entry that is in its journal.
    pub durable: Option<OpTime>,
    /// The last entry that it knows to be on a majority.
    pub committed: Option<OpTime>,
}

/// What it sees.
pub async fn status(connection: &Connection) -> Result<Status, MongoError> {
    let attempt = "read the status of the set";
    let reply = connection
        .run(attempt, doc! { "replSetGetStatus": 1 }, LIMIT)
        .await?;
    let list = reply
        .get_array("members")
        .map_err(|error| connection.strange(attempt, error))?;
    let mut members = BTreeMap::new();
    let mut myself = None;
    for member in list.iter().filter_map(Bson::as_document) {
        let Some(id) = number(member, "_id").and_then(|id| i32::try_from(id).ok()) else {
            continue;
        };
        if member.get_bool("self").unwrap_or(false) {
            myself = Some(id);
        }
        members.insert(id, seen(member));
    }
    let position = |name: &str| {
        let all = reply.get_document("optimes").ok()?;
        OpTime::read(all.get_document(name).ok()?)
    };
    Ok(Status {
        members,
        myself,
        term: number(&reply, "term").unwrap_or(-1),
        applied: position("appliedOpTime"),
        durable: position("durableOpTime"),
        committed: position("lastCommittedOpTime"),
    })
}

/// The last entry of its oplog. Told also by a server that is not in its own config, which has no status.
pub async fn end_of_oplog(connection: &Connection) -> Result<Option<OpTime>, MongoError> {
    let attempt = "read the end of the oplog";
    let command = doc! { "find": "oplog.rs", "sort": { "$natural": -1 }, "limit": 1, "singleBatch": true,
    "projection": { "ts": 1, "t": 1 } };
    let reply = connection.run_on_local(attempt, command, LIMIT).await?;
    let batch = reply
        .get_document("cursor")
        .and_then(|cursor| cursor.get_array("firstBatch"))
        .map_err(|error| connection.strange(attempt, error))?;
    let last = batch.first().and_then(Bson::as_document);
    Ok(last.and_then(OpTime::read))
}

fn number(document: &Document, name: &str) -> Option<i64> {
    match document.get(name)? {
        Bson::Int32(number) => Some(i64::from(*number)),
        Bson::Int64(number) => Some(*number),
        Bson::Double(number) => Some(*number as i64),
        _ => None,
    }
}

fn seen(member: &Document) -> Seen {
    let up = number(member, "health") == Some(1);
    let word = member.get_str("stateStr").unwrap_or("UNKNOWN");
    let state = match word {
        "PRIMARY" if up => State::Primary,
        "SECONDARY" if up => State::Secondary,
        _ if !up || word.starts_with("UNKNOWN") || word.contains("not reachable") => {
            let why = member.get_str("lastHeartbeatMessage").unwrap_or_default();
            let why: String = why
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .chars()
                .take(80)
                .collect();
            State::Unknown(if why.is_empty() {
                "not reachable".to_owned()
            } else {
                why
            })
        }
        other => State::Other(other.to_owned()),
    };
    let optime = member.get_document("optime").ok();
    let optime_secs = optime
        .and_then(|optime| optime.get_timestamp("ts").ok())
        .map(|ts| ts.time);
    Seen {
        state,
        optime_secs: optime_secs.filter(|seconds| *seconds > 0),
    }
}

/// The server's version.
pub async fn version(connection: &Connection) -> Result<String, MongoError> {
    let reply = connection
        .run("read the version", doc! { "buildInfo": 1 }, LIMIT)
        .await?;
    Ok(reply.get_str("version").unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_election_id_holds_the_term() {
        let id = [0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 1, 2];
        assert_eq!(term_of(id), 258);
    }

    #[test]
    fn a_member_that_does_not_answer_is_unknown_and_says_why() {
        let down = doc! { "_id": 1, "health": 0.0, "stateStr": "(not reachable/healthy)",
        "lastHeartbeatMessage": "Error connecting to 10.0.0.1:27017" };
        assert_eq!(
            seen(&down).state,
            State::Unknown("Error connecting to 10.0.0.1:27017".into())
        );
        let syncing = doc! { "_id": 1, "health": 1.0, "stateStr": "STARTUP2" };
        assert_eq!(seen(&syncing).state, State::Other("STARTUP2".into()));
    }
}

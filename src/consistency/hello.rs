//! What a member says about itself: the reply to `hello`, reduced to what the tester needs.
//!
//! In: the reply. Out: [`Hello`]. No I/O.

use std::collections::BTreeSet;

use mongodb::bson::{Bson, Document};

/// A member's position in the oplog: term first, then time and ordinal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpTime {
    /// The term of the election.
    pub term: i64,
    /// Seconds and ordinal of the timestamp.
    pub timestamp: (u32, u32),
}

/// The state of a member, as far as `hello` tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberState {
    /// Takes writes.
    Primary,
    /// Replicates.
    Secondary,
    /// Votes only.
    Arbiter,
    /// In the set and none of these: starting, recovering, rolling back.
    Other,
    /// `--replSet`, but no configuration, or one without this member.
    NotInitiated,
    /// No `--replSet`.
    Standalone,
    /// A router of a sharded cluster.
    Router,
}

/// The reply to `hello`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// What it is.
    pub state: MemberState,
    /// The name of its set.
    pub set_name: Option<String>,
    /// All members that are not hidden, `host:port` as in the configuration.
    pub members: BTreeSet<String>,
    /// Who it takes for the primary.
    pub primary: Option<String>,
    /// The term that it was elected in, if it is the primary.
    pub term: Option<i64>,
    /// Its last write.
    pub last_write: Option<OpTime>,
}

impl Hello {
    /// Reads a reply.
    #[must_use]
    pub fn from_reply(reply: &Document) -> Self {
        let is = |name| matches!(reply.get(name), Some(Bson::Boolean(true)));
        let text = |name| reply.get_str(name).ok().map(str::to_owned);
        let set_name = text("setName");
        let state = if reply
            .get_str("msg")
            .is_ok_and(|message| message == "isdbgrid")
        {
            MemberState::Router
        } else if set_name.is_none() {
            if is("isreplicaset") {
                MemberState::NotInitiated
            } else {
                MemberState::Standalone
            }
        } else if is("isWritablePrimary") {
            MemberState::Primary
        } else if is("secondary") {
            MemberState::Secondary
        } else if is("arbiterOnly") {
            MemberState::Arbiter
        } else {
            MemberState::Other
        };
        Self {
            state,
            set_name,
            members: members(reply),
            primary: text("primary"),
            term: reply
                .get_object_id("electionId")
                .ok()
                .map(|id| term_of_election(id.bytes())),
            last_write: last_write(reply),
        }
    }
}

fn members(reply: &Document) -> BTreeSet<String> {
    let lists = ["hosts", "passives", "arbiters"]
        .into_iter()
        .filter_map(|name| reply.get_array(name).ok());
    lists
        .flatten()
        .filter_map(Bson::as_str)
        .map(str::to_ascii_lowercase)
        .collect()
}

/// With protocol version 1 the last eight bytes of an election's id are its term.
fn term_of_election(id: [u8; 12]) -> i64 {
    let mut term = [0; 8];
    term.copy_from_slice(&id[4..]);
    i64::from_be_bytes(term)
}

fn last_write(reply: &Document) -> Option<OpTime> {
    let optime = reply
        .get_document("lastWrite")
        .ok()?
        .get_document("opTime")
        .ok()?;
    let timestamp = optime.get_timestamp("ts").ok()?;
    let term = optime.get_i64("t").ok()?;
    Some(OpTime {
        term,
        timestamp: (timestamp.time, timestamp.increment),
    })
}

#[cfg(test)]
mod tests {
    use mongodb::bson::{Timestamp, doc, oid::ObjectId};

    use super::*;

    #[test]
    fn states() {
        let table = [
            (
                doc! {"msg": "isdbgrid", "isWritablePrimary": true},
                MemberState::Router,
            ),
            (doc! {"isWritablePrimary": true}, MemberState::Standalone),
            (
                doc! {"isreplicaset": true, "isWritablePrimary": false},
                MemberState::NotInitiated,
            ),
            (
                doc! {"setName": "x", "isWritablePrimary": true, "secondary": false},
                MemberState::Primary,
            ),
            (
                doc! {"setName": "x", "isWritablePrimary": false, "secondary": true},
                MemberState::Secondary,
            ),
            (
                doc! {"setName": "x", "arbiterOnly": true},
                MemberState::Arbiter,
            ),
            (
                doc! {"setName": "x", "isWritablePrimary": false, "secondary": false},
                MemberState::Other,
            ),
            (doc! {}, MemberState::Standalone),
        ];
        for (reply, expected) in table {
            assert_eq!(Hello::from_reply(&reply).state, expected, "{reply}");
        }
    }

    #[test]
    fn the_parts_of_a_primary() {
        let hello = Hello::from_reply(&doc! {
            "setName": "x", "isWritablePrimary": true, "primary": "a:1",
            "hosts": ["A:1", "b:2"], "passives": ["c:3"], "arbiters": ["d:4"],
            "electionId": ObjectId::parse_str("7fffffff0000000000000102").unwrap(),
            "lastWrite": {"opTime": {"ts": Timestamp { time: 7, increment: 3 }, "t": 258_i64}},
        });
        assert_eq!(
            hello.members.into_iter().collect::<Vec<_>>(),
            ["a:1", "b:2", "c:3", "d:4"]
        );
        assert_eq!(hello.term, Some(258));
        assert_eq!(
            hello.last_write,
            Some(OpTime {
                term: 258,
                timestamp: (7, 3)
            })
        );
    }
}

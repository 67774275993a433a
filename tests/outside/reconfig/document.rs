//! What is refused of the document as a whole.

use super::edits::{Row, asked, by_force, settings, top, without};
use mongodb::bson::{Document, doc};

/// What is refused leaves the set as it is, so these follow each other without waiting.
pub fn refused() -> Vec<Row> {
    vec![
        asked(
            "the same version",
            Err(103),
            Box::new(|config: &mut Document, _: usize| {
                let version = config.get_i64("version").unwrap();
                config.insert("version", version - 1);
            }),
        ),
        asked("version 0", Err(93), top(doc! {"version": 0})),
        asked("version 2^31", Err(93), top(doc! {"version": 1_i64 << 31})),
        asked("no version", Err(93), without("version")),
        asked("version as text", Err(93), top(doc! {"version": "7"})),
        asked("no name", Err(93), without("_id")),
        asked("another name", Err(93), top(doc! {"_id": "other"})),
        by_force("another name by force", Err(93), top(doc! {"_id": "other"})),
        asked("an unknown field", Err(93), top(doc! {"future": 1})),
        asked(
            "protocol version 0",
            Err(93),
            top(doc! {"protocolVersion": 0}),
        ),
        asked("no members field", Err(93), without("members")),
        asked("no members", Err(103), top(doc! {"members": []})),
        asked(
            "another set's id",
            Err(103),
            settings(doc! {"replicaSetId": mongodb::bson::oid::ObjectId::new()}),
        ),
        by_force(
            "another set's id by force",
            Err(103),
            settings(doc! {"replicaSetId": mongodb::bson::oid::ObjectId::new()}),
        ),
        (
            "getLastErrorDefaults",
            false,
            Err(5_624_102),
            settings(doc! {"getLastErrorDefaults": {"w": "majority", "wtimeout": 0}}),
        ),
        asked(
            "a mode without its tag",
            Err(93),
            settings(doc! {"getLastErrorModes": {"x": {"nope": 2}}}),
        ),
        asked(
            "election timeout 0",
            Err(93),
            settings(doc! {"electionTimeoutMillis": 0}),
        ),
        asked("config server", Err(103), top(doc! {"configsvr": true})),
    ]
}

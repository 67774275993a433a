//! What is accepted.

use super::edits::{
    Row, STANDBY, add, asked, both, by_force, nothing, other, out, own, settings, top, without,
};
use mongodb::bson::{Bson, Document, doc};

/// What is accepted; the set is put back after each.
pub fn accepted() -> Vec<Row> {
    vec![
        asked("nothing new", Ok(()), nothing()),
        asked(
            "a version far ahead",
            Ok(()),
            Box::new(|config: &mut Document, _: usize| {
                let version = config.get_i64("version").unwrap();
                config.insert("version", version + 100);
            }),
        ),
        asked("a wrong term", Ok(()), top(doc! {"term": 99_i64})),
        asked("an unknown setting", Ok(()), settings(doc! {"future": 1})),
        asked("no settings", Ok(()), without("settings")),
        asked("one vote less", Ok(()), other(STANDBY())),
        asked("one voter less", Ok(()), out(1)),
        asked("a new voter", Ok(()), add(3..4, doc! {})),
        asked(
            "two new voters, who do not count yet",
            Ok(()),
            add(3..5, doc! {}),
        ),
        asked("eight voters, five of them new", Ok(()), add(3..8, doc! {})),
        asked(
            "a new voter for another",
            Ok(()),
            both(out(1), add(3..4, doc! {})),
        ),
        asked("50 members", Ok(()), add(3..50, STANDBY())),
        asked(
            "another host",
            Ok(()),
            other(doc! {"host": "127.0.0.1:9112"}),
        ),
        asked(
            "a host without a port",
            Ok(()),
            add(3..4, doc! {"host": "localhost", "votes": 0, "priority": 0}),
        ),
        asked(
            "IPv6",
            Ok(()),
            add(3..4, doc! {"host": "[::1]:9000", "votes": 0, "priority": 0}),
        ),
        asked(
            "127.1.2.3 is a loopback",
            Ok(()),
            add(
                3..4,
                doc! {"host": "127.1.2.3:9000", "votes": 0, "priority": 0},
            ),
        ),
        asked("votes null", Ok(()), other(doc! {"votes": Bson::Null})),
        asked(
            "_id 3.5",
            Ok(()),
            add(3..4, doc! {"_id": 3.5, "votes": 0, "priority": 0}),
        ),
        asked("priority 0.5", Ok(()), other(doc! {"priority": 0.5})),
        asked("hidden", Ok(()), other(doc! {"hidden": 1, "priority": 0})),
        asked(
            "delayed",
            Ok(()),
            other(doc! {"secondaryDelaySecs": 9, "priority": 0}),
        ),
        by_force(
            "two new voters by force, unmarked",
            Ok(()),
            both(add(3..5, doc! {}), nothing()),
        ),
        by_force(
            "the primary without priority, by force",
            Ok(()),
            own(doc! {"priority": 0}),
        ),
    ]
}

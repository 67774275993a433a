//! What is refused of the members.

use super::edits::{
    Row, STANDBY, add, asked, both, by_force, host_of_another, other, others, out, own, settings,
    top,
};
use mongodb::bson::doc;

/// What is refused leaves the set as it is, so these follow each other without waiting.
pub fn refused() -> Vec<Row> {
    let arbiter = || doc! { "arbiterOnly": true, "priority": 0 };
    let mut rows = vec![
        asked("two votes less", Err(103), others(STANDBY(), STANDBY())),
        asked(
            "one out and one without its vote",
            Err(103),
            both(other(STANDBY()), out(2)),
        ),
        asked("one host twice", Err(103), host_of_another(3, doc! {})),
        by_force(
            "one host twice by force",
            Err(103),
            host_of_another(3, doc! {}),
        ),
        asked("one _id twice", Err(103), add(1..2, STANDBY())),
        asked(
            "the same host under a new _id",
            Err(103),
            other(doc! {"_id": 9}),
        ),
        by_force("the same under force", Err(103), other(doc! {"_id": 9})),
        asked(
            "a name among loopbacks",
            Err(103),
            add(3..4, doc! {"host": "10.9.9.9:1", "votes": 0, "priority": 0}),
        ),
        asked(
            "0.0.0.0 is no loopback",
            Err(103),
            add(3..4, doc! {"host": "0.0.0.0:1", "votes": 0, "priority": 0}),
        ),
        asked(
            "LOCALHOST is none",
            Err(103),
            add(
                3..4,
                doc! {"host": "LOCALHOST:1", "votes": 0, "priority": 0},
            ),
        ),
        asked(
            "an empty host",
            Err(93),
            add(3..4, doc! {"host": "", "votes": 0, "priority": 0}),
        ),
        asked(
            "port 0",
            Err(93),
            add(
                3..4,
                doc! {"host": "localhost:0", "votes": 0, "priority": 0},
            ),
        ),
        asked(
            "IPv6 without brackets",
            Err(93),
            add(3..4, doc! {"host": "::1:9000", "votes": 0, "priority": 0}),
        ),
        asked("a negative _id", Err(93), add(-1..0, STANDBY())),
        asked(
            "_id 2^31",
            Err(93),
            add(3..4, doc! {"_id": 1_i64 << 31, "votes": 0, "priority": 0}),
        ),
        asked(
            "_id as text",
            Err(93),
            add(3..4, doc! {"_id": "3", "votes": 0, "priority": 0}),
        ),
        asked("votes 2", Err(93), other(doc! {"votes": 2})),
        by_force("votes 2 by force", Err(93), other(doc! {"votes": 2})),
        asked("votes -1", Err(93), other(doc! {"votes": -1})),
        asked("votes true", Err(93), other(doc! {"votes": true})),
        asked("votes 0.5", Err(93), other(doc! {"votes": 0.5})),
        asked("priority without a vote", Err(93), other(doc! {"votes": 0})),
        asked("priority 1001", Err(93), other(doc! {"priority": 1001})),
        asked("priority -1", Err(93), other(doc! {"priority": -1})),
        asked(
            "hidden with priority",
            Err(93),
            other(doc! {"hidden": true}),
        ),
        asked(
            "hidden as text",
            Err(93),
            other(doc! {"hidden": "yes", "priority": 0}),
        ),
        asked(
            "delayed with priority",
            Err(93),
            other(doc! {"secondaryDelaySecs": 9}),
        ),
        asked(
            "delayed too long",
            Err(93),
            other(doc! {"secondaryDelaySecs": 366 * 86_400 + 1, "priority": 0}),
        ),
        asked("slaveDelay", Err(93), other(doc! {"slaveDelay": 0})),
        asked(
            "an unknown field of a member",
            Err(93),
            other(doc! {"future": 1}),
        ),
        asked("newlyAdded", Err(93), other(doc! {"newlyAdded": true})),
        asked("not newlyAdded", Err(93), other(doc! {"newlyAdded": false})),
        asked(
            "a tag that is no text",
            Err(93),
            other(doc! {"tags": {"a": 1}}),
        ),
        asked(
            "buildIndexes",
            Err(103),
            other(doc! {"buildIndexes": false, "priority": 0}),
        ),
        asked(
            "buildIndexes with priority",
            Err(93),
            add(3..4, doc! {"buildIndexes": false}),
        ),
        asked(
            "an arbiter without a vote",
            Err(93),
            add(3..4, doc! {"arbiterOnly": true, "votes": 0, "priority": 0}),
        ),
        asked(
            "an arbiter with tags",
            Err(93),
            add(
                3..4,
                doc! {"arbiterOnly": true, "priority": 0, "tags": {"a": "b"}},
            ),
        ),
        asked("the first arbiter", Err(103), add(3..4, arbiter())),
        by_force("the first arbiter by force", Err(103), add(3..4, arbiter())),
        asked("51 members", Err(103), add(3..51, STANDBY())),
        by_force("eight voters by force", Err(103), add(3..8, doc! {})),
        asked(
            "nobody electable",
            Err(103),
            both(
                own(doc! {"priority": 0}),
                others(doc! {"priority": 0}, doc! {"priority": 0}),
            ),
        ),
        asked(
            "nobody votes",
            Err(103),
            both(own(STANDBY()), others(STANDBY(), STANDBY())),
        ),
        asked(
            "horizons of some",
            Err(103),
            own(doc! {"horizons": {"a": "h:1"}}),
        ),
        asked(
            "an address as a horizon",
            Err(103),
            both(
                own(doc! {"horizons": {"a": "10.0.0.1:1"}}),
                others(
                    doc! {"horizons": {"a": "10.0.0.2:1"}},
                    doc! {"horizons": {"a": "10.0.0.3:1"}},
                ),
            ),
        ),
        asked(
            "one endpoint twice",
            Err(103),
            both(
                own(doc! {"horizons": {"a": "h:1"}}),
                others(
                    doc! {"horizons": {"a": "h:1"}},
                    doc! {"horizons": {"a": "h:1"}},
                ),
            ),
        ),
        asked(
            "a reserved horizon",
            Err(93),
            own(doc! {"horizons": {"__default": "h:1"}}),
        ),
        asked(
            "the primary without priority",
            Err(104),
            own(doc! {"priority": 0}),
        ),
        asked("the primary without a vote", Err(104), own(STANDBY())),
        asked(
            "the primary hidden",
            Err(104),
            own(doc! {"hidden": true, "priority": 0}),
        ),
        asked("the primary out", Err(74), out(0)),
        by_force("the primary out by force", Err(74), out(0)),
        asked(
            "the primary elsewhere",
            Err(74),
            own(doc! {"host": "127.0.0.1:9111"}),
        ),
    ];
    // Two things wrong: which one is said.
    rows.extend([
        asked(
            "not electable, two votes less",
            Err(103),
            both(own(doc! {"priority": 0}), both(other(STANDBY()), out(2))),
        ),
        asked(
            "not electable, 51 members",
            Err(103),
            both(own(doc! {"priority": 0}), add(3..51, STANDBY())),
        ),
        asked(
            "not electable, an arbiter",
            Err(103),
            both(own(doc! {"priority": 0}), add(3..4, arbiter())),
        ),
        asked(
            "not electable, another name",
            Err(93),
            both(own(doc! {"priority": 0}), top(doc! {"_id": "other"})),
        ),
        asked(
            "getLastErrorDefaults, an arbiter",
            Err(103),
            both(
                settings(doc! {"getLastErrorDefaults": {"w": 2, "wtimeout": 0}}),
                add(3..4, arbiter()),
            ),
        ),
    ]);
    rows
}

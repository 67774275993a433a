//! Which model implies which, which anomaly implies which, and which model prohibits which.
//!
//! The facts are those of Adya's thesis, of Cerone, Bernardi & Gotsman ("A Framework for Transactional Consistency
//! Models with Atomic Visibility", 2015), and of Elle's own tables; `garbage-read`, `lost-append`, and
//! `cyclic-versions` in the order of a process or of real time, are ours.

/// A model, and the weaker models that it implies (the closest ones).
pub(super) const WEAKER: [(&str, &[&str]); 29] = [
    ("read-committed", &["read-uncommitted"]),
    ("monotonic-view", &["read-committed"]),
    ("monotonic-snapshot-read", &["read-committed"]),
    ("monotonic-atomic-view", &["read-committed"]),
    ("cursor-stability", &["read-committed"]),
    ("consistent-view", &["cursor-stability", "monotonic-view"]),
    ("forward-consistent-view", &["consistent-view"]),
    ("update-serializable", &["forward-consistent-view"]),
    ("read-atomic", &["monotonic-atomic-view"]),
    ("update-atomic", &["read-atomic"]),
    ("causal-cerone", &["read-atomic"]),
    ("prefix", &["causal-cerone"]),
    (
        "parallel-snapshot-isolation",
        &["causal-cerone", "update-atomic"],
    ),
    (
        "repeatable-read",
        &["cursor-stability", "monotonic-atomic-view"],
    ),
    (
        "snapshot-isolation",
        &[
            "forward-consistent-view",
            "monotonic-atomic-view",
            "monotonic-snapshot-read",
            "parallel-snapshot-isolation",
            "prefix",
        ],
    ),
    (
        "serializable",
        &[
            "repeatable-read",
            "snapshot-isolation",
            "update-serializable",
            "view-serializable",
        ],
    ),
    ("session-serializable", &["1SR"]),
    ("strong-session-read-uncommitted", &["read-uncommitted"]),
    (
        "strong-session-read-committed",
        &["read-committed", "strong-session-read-uncommitted"],
    ),
    (
        "strong-read-uncommitted",
        &["strong-session-read-uncommitted"],
    ),
    (
        "strong-read-committed",
        &["strong-session-read-committed", "strong-read-uncommitted"],
    ),
    (
        "strong-session-snapshot-isolation",
        &["snapshot-isolation", "strong-session-read-committed"],
    ),
    (
        "strong-session-serializable",
        &["serializable", "strong-session-snapshot-isolation"],
    ),
    (
        "strong-snapshot-isolation",
        &["strong-session-snapshot-isolation", "strong-read-committed"],
    ),
    (
        "strong-serializable",
        &[
            "serializable",
            "linearizable",
            "session-serializable",
            "strong-session-serializable",
            "strong-snapshot-isolation",
        ],
    ),
    ("linearizable", &["sequential"]),
    ("sequential", &["causal"]),
    ("causal", &["writes-follow-reads", "PRAM"]),
    (
        "PRAM",
        &["monotonic-reads", "monotonic-writes", "read-your-writes"],
    ),
];

/// A model, and the anomalies that it prohibits beyond those that weaker models prohibit.
pub(super) const PROHIBITED: [(&str, &[&str]); 23] = [
    (
        "read-uncommitted",
        &[
            "G0",
            "duplicate-elements",
            "cyclic-versions",
            "garbage-read",
        ],
    ),
    ("read-committed", &["G1"]),
    ("monotonic-view", &["G-monotonic"]),
    ("monotonic-snapshot-read", &["G-MSR"]),
    ("cursor-stability", &["G-cursor", "lost-update"]),
    ("consistent-view", &["G-single"]),
    ("forward-consistent-view", &["G-SIb"]),
    ("update-serializable", &["G-update"]),
    ("read-atomic", &["internal", "G1a", "future-read"]),
    ("update-atomic", &["lost-update"]),
    ("causal-cerone", &["internal", "G1a"]),
    ("prefix", &["internal", "G1a"]),
    ("parallel-snapshot-isolation", &["internal", "G1a"]),
    ("repeatable-read", &["G2-item", "lost-update"]),
    ("snapshot-isolation", &["internal", "G-SI", "G-nonadjacent"]),
    ("serializable", &["internal", "G2", "predicate-read-miss"]),
    ("strong-session-read-uncommitted", &["G0-process"]),
    ("strong-session-read-committed", &["G1c-process"]),
    ("strong-read-uncommitted", &["G0-realtime"]),
    ("strong-read-committed", &["G1c-realtime"]),
    (
        "strong-session-snapshot-isolation",
        &[
            "G1-process",
            "G-nonadjacent-process",
            "cyclic-versions-process",
        ],
    ),
    (
        "strong-snapshot-isolation",
        &[
            "G1-realtime",
            "G-nonadjacent-realtime",
            "cyclic-versions-realtime",
        ],
    ),
    ("strong-session-serializable", &["G1-process", "G2-process"]),
];

/// What strict serializability prohibits (apart, for the table above to stay readable).
pub(super) const PROHIBITED_BY_STRICT: (&str, &[&str]) =
    ("strong-serializable", &["G1c-realtime", "G2-realtime"]);

/// An anomaly, and the anomalies that are there whenever it is.
pub(super) const IMPLIED: [(&str, &[&str]); 40] = [
    ("G0", &["G1c", "G0-process"]),
    ("G0-process", &["G1c-process", "G0-realtime"]),
    ("G0-realtime", &["G1c-realtime"]),
    ("G1a", &["G1"]),
    ("G1b", &["G1"]),
    ("G1c", &["G1", "G1c-process"]),
    ("G1c-process", &["G1-process", "G1c-realtime"]),
    ("G1c-realtime", &["G1-realtime"]),
    ("G1", &["G1-process"]),
    ("G1-process", &["G1-realtime"]),
    (
        "G-single-item",
        &["G-single", "G-nonadjacent-item", "G-single-item-process"],
    ),
    (
        "G-single-item-process",
        &[
            "G-single-process",
            "G-nonadjacent-item-process",
            "G-single-item-realtime",
        ],
    ),
    (
        "G-single-item-realtime",
        &["G-single-realtime", "G-nonadjacent-item-realtime"],
    ),
    ("G-single", &["G-nonadjacent", "G-single-process"]),
    (
        "G-single-process",
        &["G-nonadjacent-process", "G-single-realtime"],
    ),
    ("G-single-realtime", &["G-nonadjacent-realtime"]),
    (
        "G-nonadjacent-item",
        &["G-nonadjacent", "G2-item", "G-nonadjacent-item-process"],
    ),
    (
        "G-nonadjacent-item-process",
        &[
            "G-nonadjacent-process",
            "G2-item-process",
            "G-nonadjacent-item-realtime",
        ],
    ),
    (
        "G-nonadjacent-item-realtime",
        &["G-nonadjacent-realtime", "G2-item-realtime"],
    ),
    ("G-nonadjacent", &["G2", "G-nonadjacent-process"]),
    (
        "G-nonadjacent-process",
        &["G2-process", "G-nonadjacent-realtime"],
    ),
    ("G-nonadjacent-realtime", &["G2-realtime"]),
    ("G2-item", &["G2", "G2-item-process"]),
    ("G2-item-process", &["G2-process", "G2-item-realtime"]),
    ("G2-item-realtime", &["G2-realtime"]),
    ("G2", &["G2-process"]),
    ("G2-process", &["G2-realtime"]),
    ("cyclic-versions", &["cyclic-versions-process"]),
    ("cyclic-versions-process", &["cyclic-versions-realtime"]),
    ("incompatible-order", &["G1a"]),
    ("future-read", &["G1c"]),
    ("dirty-update", &["G1a"]),
    ("lost-update", &["write-skew", "G2-item"]),
    ("write-skew", &["G2"]),
    // The reader comes before the appender because it did not see it, and after it in real time.
    ("lost-append", &["G-single-item-realtime"]),
    ("G-monotonic", &["G2"]),
    ("G-cursor", &["G2-item"]),
    ("G-SIb", &["G-SI"]),
    ("G-update", &["G2"]),
    ("G-MSR", &["G2"]),
];

/// All names, the worst anomaly first; what is not here comes last.
pub(super) const WORST_FIRST: [&str; 31] = [
    "duplicate-appends",
    "duplicate-writes",
    "garbage-read",
    "duplicate-elements",
    "cyclic-versions",
    "G0",
    "G1a",
    "dirty-update",
    "incompatible-order",
    "future-read",
    "G1b",
    "G1c",
    "internal",
    "lost-update",
    "lost-append",
    "G-single-item",
    "G-nonadjacent-item",
    "G2-item",
    "cyclic-versions-process",
    "G0-process",
    "G1c-process",
    "G-single-item-process",
    "G-nonadjacent-item-process",
    "G2-item-process",
    "cyclic-versions-realtime",
    "G0-realtime",
    "G1c-realtime",
    "G-single-item-realtime",
    "G-nonadjacent-item-realtime",
    "G2-item-realtime",
    "cycle-search-timeout",
];

//! The tables.

use super::models;
use crate::consistency::checker::elle::{Model, Options, ruled_out};

#[test]
fn names_are_read() {
    for (text, name) in [
        ("strict-serializable", "strong-serializable"),
        ("strong-serializable", "strong-serializable"),
        ("PL-2.99", "repeatable-read"),
        ("PL-SI", "snapshot-isolation"),
        (
            "strong-session-snapshot-isolation",
            "strong-session-snapshot-isolation",
        ),
        ("monotonic-atomic-view", "monotonic-atomic-view"),
    ] {
        assert_eq!(text.parse::<Model>().unwrap().name(), name);
    }
    for model in Model::all() {
        assert_eq!(model.name().parse::<Model>().unwrap(), model);
    }
    assert!("eventual".parse::<Model>().is_err());
}

#[test]
fn weakest_models() {
    let table: &[(&[&str], &[&str])] = &[
        (&[], &[]),
        (&["G0"], &["read-uncommitted"]),
        (&["duplicate-elements"], &["read-uncommitted"]),
        (&["garbage-read"], &["read-uncommitted"]),
        (&["G1a"], &["read-committed"]),
        (&["G1b"], &["read-committed"]),
        (&["G1c"], &["read-committed"]),
        (&["dirty-update"], &["read-committed"]),
        (&["incompatible-order"], &["read-committed"]),
        (&["internal"], &["read-atomic"]),
        (&["lost-update"], &["cursor-stability", "update-atomic"]),
        (&["G-single-item"], &["consistent-view", "repeatable-read"]),
        (
            &["G-nonadjacent-item"],
            &["repeatable-read", "snapshot-isolation"],
        ),
        (&["G2-item"], &["repeatable-read"]),
        (&["G0-process"], &["strong-session-read-uncommitted"]),
        (&["G1c-realtime"], &["strong-read-committed"]),
        (
            &["G-single-item-process"],
            &["strong-session-snapshot-isolation"],
        ),
        (&["G-single-item-realtime"], &["strong-snapshot-isolation"]),
        (&["lost-append"], &["strong-snapshot-isolation"]),
        (&["G2-item-realtime"], &["strong-serializable"]),
        (&["G2-item", "G1a"], &["read-committed"]),
    ];
    for (anomalies, models) in table {
        let found = ruled_out(anomalies.iter().copied());
        assert_eq!(
            found.iter().map(String::as_str).collect::<Vec<_>>(),
            *models,
            "{anomalies:?}"
        );
    }
}

#[test]
fn prohibited() {
    let snapshot = Options::models(models(&["snapshot-isolation"]));
    for name in [
        "G0",
        "G1a",
        "G1b",
        "G1c",
        "G-single-item",
        "G-nonadjacent-item",
        "lost-update",
        "internal",
    ] {
        assert!(snapshot.prohibits(name), "{name}");
    }
    for name in [
        "G2-item",
        "G-single-item-realtime",
        "lost-append",
        "G1c-process",
    ] {
        assert!(!snapshot.prohibits(name), "{name}");
    }
    assert!(Options::models(models(&["strong-snapshot-isolation"])).prohibits("lost-append"));
    assert!(!Options::models(models(&["strong-snapshot-isolation"])).prohibits("G2-item-realtime"));
    for name in ["G2-item-realtime", "G0", "lost-append", "garbage-read"] {
        assert!(Options::default().prohibits(name), "{name}");
    }
}

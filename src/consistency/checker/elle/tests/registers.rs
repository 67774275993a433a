//! What registers have of their own.

use super::simulate::check;
use super::{Line, models, names};
use crate::consistency::checker::elle::Options;
use crate::consistency::report::Verdict;
use std::collections::BTreeSet;

fn lines(texts: &[&str]) -> Vec<Line> {
    texts.iter().map(|text| Line::parse(text)).collect()
}

#[test]
fn anomalies() {
    let table: &[(&[&str], &str)] = &[
        (&["0 fail: w x 1", "1 ok: r x 1"], "G1a"),
        (&["0 ok: w x 1, w x 2", "1 ok: r x 1"], "G1b"),
        (&["0 ok: r x 7"], "garbage-read"),
        (&["0 ok: w x 1, r x 2", "1 ok: w x 2"], "internal"),
        (&["0 ok: w x 1, r x _"], "internal"),
        (&["0 ok: r x 1, w x 1"], "future-read"),
        (&["0 ok: r x _, w x 1", "1 ok: r x _, w x 2"], "lost-update"),
        (&["0 ok: r x _, w x 1", "1 ok: r x _, w x 2"], "G2-item"),
        (&["0 ok: r x _, w y 1", "1 ok: r y _, w x 1"], "G2-item"),
        (&["0 ok: w x 1, r y 1", "1 ok: w y 1, r x 1"], "G1c"),
        (
            &[
                "0 ok: r x 1, w x 2, w y 1",
                "1 ok: r x 1, r y 1",
                "2 ok: w x 1",
            ],
            "G-single-item",
        ),
        (
            &[
                "0 invoke: w x 1",
                "0 ok: w x 1",
                "1 invoke: r x _",
                "1 ok: r x _",
            ],
            "G-single-item-realtime",
        ),
    ];
    for (texts, name) in table {
        let finding = check(&lines(texts), true, &Options::default());
        assert!(names(&finding).contains(*name), "{name} {finding:#?}");
    }
}

#[test]
fn malformed() {
    for texts in [
        &["0 ok: w x 1", "1 ok: w x 1", "2 ok: r x 1"][..],
        &["0 ok: w x nil"],
        &["0 ok: r x _, w x 1", "1 ok: w x nil", "2 ok: r x _, w x 2"],
        &["0 ok: r x _, w x nil"],
        // If it was the one of unknown outcome there is nothing wrong.
        &[
            "0 info: w x 1",
            "1 invoke: r x _",
            "1 ok: r x 1",
            "2 invoke: w x 1",
            "2 ok: w x 1",
        ],
    ] {
        let finding = check(&lines(texts), true, &Options::default());
        assert_eq!(finding.verdict, Verdict::Unknown, "{finding:#?}");
        assert!(names(&finding).contains("duplicate-writes"));
    }
}

/// A value that is written more than once, where that does not matter, and what is wrong beside one where it does.
#[test]
fn repeated() {
    let table: &[(&[&str], Verdict, &str)] = &[
        (
            &["0 ok: w x 1", "1 ok: w x 1", "2 ok: w y 1", "3 ok: r y 1"],
            Verdict::Valid,
            "",
        ),
        (&["0 ok: w x 1, w x 1", "1 ok: r x 1"], Verdict::Valid, ""),
        (
            &["0 ok: w x 1, r x 1, w x 1", "1 ok: r x 1"],
            Verdict::Valid,
            "",
        ),
        (
            &[
                "0 ok: w x 1, r x 1",
                "1 ok: w x 1, r x 1",
                "2 ok: w y 1",
                "3 ok: r y 1",
            ],
            Verdict::Valid,
            "",
        ),
        (
            &["0 info: w x 1", "1 ok: w x 1", "2 ok: r x 1"],
            Verdict::Valid,
            "",
        ),
        (
            &["0 fail: w x 1", "1 ok: w x 1", "2 ok: r x 1"],
            Verdict::Valid,
            "",
        ),
        (
            &["0 fail: w x 1", "1 ok: w x 1, w x 2", "2 ok: r x 1"],
            Verdict::Invalid,
            "G1b",
        ),
        (
            &["0 fail: w x 1", "1 info: w x 1, w x 2", "2 ok: r x 1"],
            Verdict::Invalid,
            "G1b",
        ),
        (
            &["0 fail: w x 1", "1 fail: w x 1", "2 ok: r x 1"],
            Verdict::Invalid,
            "G1a",
        ),
        (
            &["0 fail: w x 1", "1 ok: r x 1", "2 ok: w z 1", "3 ok: w z 1"],
            Verdict::Invalid,
            "G1a",
        ),
        (
            &[
                "0 fail: w x 1",
                "1 ok: r x 1",
                "2 ok: w z 1",
                "3 ok: w z 1",
                "4 ok: r z 1",
            ],
            Verdict::Invalid,
            "G1a",
        ),
        (
            &["0 ok: r x _, w x 1", "1 ok: r x _, w x 1"],
            Verdict::Invalid,
            "lost-update",
        ),
    ];
    for (texts, verdict, name) in table {
        let finding = check(&lines(texts), true, &Options::default());
        assert_eq!(finding.verdict, *verdict, "{texts:?} {finding:#?}");
        let is = name.is_empty() || names(&finding).contains(*name);
        assert!(is, "{texts:?} {finding:#?}");
    }
}

/// What a transaction of unknown outcome is said to have read holds nobody to anything: it may never have been.
#[test]
fn reads_of_unknown_outcome() {
    let texts = [
        "0 ok: w x 1",
        "1 invoke: r x _, w x 2",
        "2 invoke: r x _, w x 3",
        "1 ok: r x 1, w x 2",
        "2 info: r x 1, w x 3",
    ];
    let finding = check(&lines(&texts), true, &Options::default());
    assert_eq!(finding.verdict, Verdict::Valid, "{finding:#?}");
}

/// Two writes that only the consistency of keys puts in an order.
#[test]
fn given_keys() {
    let stale = lines(&[
        "0 invoke: w x 1",
        "0 ok: w x 1",
        "0 invoke: w x 2",
        "0 ok: w x 2",
        "1 invoke: r x _",
        "2 invoke: r x _, r y _",
        "2 ok: r x 1, r y 1",
        "1 ok: r x 2",
        "3 invoke: w y 1",
        "3 ok: w y 1",
    ]);
    let ask = |linearizable_keys, sequential_keys| {
        let options = Options {
            linearizable_keys,
            sequential_keys,
            ..Options::models(models(&["serializable"]))
        };
        names(&check(&stale, true, &options))
    };
    assert!(!ask(false, false).contains("G-single-item-realtime"));
    assert!(
        ask(false, true)
            .iter()
            .any(|name| name.starts_with("G-single-item") || name.starts_with("G1c"))
    );
    assert!(ask(true, false).contains("cyclic-versions"));
}

/// What a model promises of its keys is used against histories of that model, and says nothing of weaker ones.
#[test]
fn promised_keys() {
    let one_after_another = |steps: &[(u64, &str)]| -> Vec<Line> {
        let texts = steps.iter().flat_map(|(process, steps)| {
            ["invoke", "ok"].map(|kind| format!("{process} {kind}: {steps}"))
        });
        texts.map(|text| Line::parse(&text)).collect()
    };
    let stale = [(0, "w x 1"), (0, "w x 2"), (1, "r x 1")];
    let own = [(0, "w x 1"), (0, "w x 2"), (0, "r x 1")];
    let skew = [(0, "w x 1"), (0, "w x 2, w y 2"), (1, "r x 1, r y 2")];
    type Steps<'a> = &'a [(u64, &'a str)];
    let table: &[(Steps, &str, &str, &str)] = &[
        (
            &stale,
            "strict-serializable",
            "cyclic-versions-realtime",
            "strong-snapshot-isolation",
        ),
        (
            &stale,
            "strong-snapshot-isolation",
            "cyclic-versions-realtime",
            "strong-snapshot-isolation",
        ),
        // The order of one client is enough to see it, and real time, which was not asked about, to see that it is wrong.
        (
            &stale,
            "strong-session-serializable",
            "G-single-item-realtime",
            "",
        ),
        (&stale, "serializable", "", ""),
        (
            &own,
            "strong-session-snapshot-isolation",
            "cyclic-versions-process",
            "strong-session-snapshot-isolation",
        ),
        (
            &own,
            "strict-serializable",
            "cyclic-versions-realtime",
            "strong-snapshot-isolation",
        ),
        (
            &skew,
            "strict-serializable",
            "cyclic-versions-realtime",
            "strong-snapshot-isolation",
        ),
    ];
    for (steps, model, name, not) in table {
        let finding = check(
            &one_after_another(steps),
            true,
            &Options::models(models(&[model])),
        );
        assert_eq!(
            finding.verdict == Verdict::Valid,
            not.is_empty(),
            "{model} {finding:#?}"
        );
        let is = |found: &BTreeSet<String>, one: &str| {
            found.iter().eq(Some(one).filter(|it| !it.is_empty()))
        };
        assert!(is(&names(&finding), name), "{model} {finding:#?}");
        assert!(is(&finding.not, not), "{model} {finding:#?}");
    }
}

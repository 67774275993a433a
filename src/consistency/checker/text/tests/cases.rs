//! A table of histories of one string, each with what must be found and what must be said.

use crate::consistency::checker::actions::{OnText, Text};
use crate::consistency::checker::finding::Finding;
use crate::consistency::checker::operation::{History, Names, OPEN, Operation};
use crate::consistency::checker::text::{BUDGET, check};
use crate::consistency::outcome::OutcomeType;
use crate::consistency::report::Verdict;

/// `client invoked completed action`, an operation a line: `g` or `gab` (get), `pab` (put), `aab` (append), `?` (a get
/// of nobody knows what); completed `-` for never.
fn history(text: &str) -> History<OnText> {
    let mut names = Names::default();
    let key = names.symbol("k");
    let mut operations = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [client, invoked, completed, action] = fields.as_slice() else {
            panic!("{line}");
        };
        let text = names.symbol(&action[1..]);
        operations.push(Operation {
            process: client.parse().unwrap(),
            invoked: invoked.parse().unwrap(),
            completed: completed.parse().unwrap_or(OPEN),
            outcome: if *completed == "-" {
                OutcomeType::Info
            } else {
                OutcomeType::Ok
            },
            action: OnText {
                key,
                action: match &action[..1] {
                    "g" => Text::Get(Some(text)),
                    "p" => Text::Put(text),
                    "a" => Text::Append(text),
                    _ => Text::Get(None),
                },
            },
        });
    }
    History {
        operations,
        names,
        times: Vec::new(),
    }
}

fn found(text: &str) -> Finding {
    check(&history(text), BUDGET)
}

#[test]
fn what_holds() {
    for text in [
        "",
        "0 0 1 g",
        "0 0 1 aab\n 1 2 3 gab\n 0 4 5 ac\n 1 6 7 gabc\n 0 8 9 px\n 1 10 11 gx",
        // The same string from other pieces.
        "0 0 1 aab\n 0 2 3 pa\n 0 4 5 ab\n 1 6 7 gab",
        // Unanswered operations may take effect late, or never.
        "0 0 - aab\n 1 1 2 g\n 1 3 4 gab\n 2 0 - px",
        // A put that was running hides what was appended before it.
        "0 0 1 aab\n 1 0 9 px\n 2 2 3 gx\n 2 4 5 ay\n 2 6 7 gxy",
        "0 0 1 a\n 0 2 3 p\n 1 4 5 g\n 1 6 7 ?",
    ] {
        assert_eq!(found(text).verdict, Verdict::Valid, "{text}");
    }
}

#[test]
fn what_does_not() {
    for (text, name, operations, said) in [
        (
            "0 0 1 aab\n 1 2 3 g",
            "stale-read",
            vec![1, 3],
            "client 1's get of \"\" (begun at line 3, answered at line 4) of key k does not show client 0's append of \"ab\"",
        ),
        (
            "0 0 9 aa\n 1 0 9 ab\n 2 1 2 ga\n 3 1 3 gb\n",
            "incompatible-order",
            vec![2, 3],
            "no continuation",
        ),
        (
            "0 0 9 aa\n 2 1 2 ga\n 3 3 4 g\n",
            "stale-read",
            vec![2, 4],
            "answered before and shows more",
        ),
        (
            "0 0 1 pa\n 0 2 3 pb\n 1 4 5 ga",
            "nonlinearizable",
            vec![5],
            "can only have been \"b\"",
        ),
        (
            "0 0 1 aa\n 1 2 3 gaa",
            "nonlinearizable",
            vec![3],
            "can only have been \"a\"",
        ),
    ] {
        let finding = found(text);
        assert_eq!(finding.verdict, Verdict::Invalid, "{text}");
        let anomaly = &finding.anomalies[0];
        assert_eq!(
            (anomaly.name.as_str(), &anomaly.operations),
            (name, &operations),
            "{finding:#?}"
        );
        assert!(anomaly.witness.contains(said), "{}", anomaly.witness);
    }
}

#[test]
fn symbols_without_a_text_are_their_numbers() {
    let mut history = history("0 0 1 p1\n 0 2 3 aa\n 1 4 5 g");
    history.operations[1].action.action = Text::Append(99_999);
    history.operations[2].action.action = Text::Get(Some(199_999));
    assert_eq!(check(&history, BUDGET).verdict, Verdict::Valid);
    history.operations[2].action.action = Text::Get(Some(199_998));
    assert_eq!(check(&history, BUDGET).verdict, Verdict::Invalid);
}

#[test]
fn past_the_budget() {
    let appends: String = (0..40)
        .map(|at| format!("{at} {at} 99 a{}\n", char::from(b'a' + at % 3)))
        .collect();
    let text = format!("{appends}50 41 42 gabcabcabcabcc\n50 43 44 gabcabcabcabccb");
    let finding = check(&history(&text), 2);
    assert_eq!(finding.verdict, Verdict::Unknown);
    assert!(
        finding
            .reason
            .contains("could be ordered, those answered before"),
        "{}",
        finding.reason
    );
    assert_eq!(found(&text).verdict, Verdict::Valid);
}

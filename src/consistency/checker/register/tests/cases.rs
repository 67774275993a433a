//! A table of histories, each with what must be found and what must be said.

use crate::consistency::checker::actions::{OnRegister, Register};
use crate::consistency::checker::operation::{History, Names, OPEN, Operation};
use crate::consistency::checker::register::{FailedCas, Options, check};
use crate::consistency::outcome::OutcomeType;
use crate::consistency::report::Verdict;

/// `client invoked completed action`, an operation a line; `w5`, `r5`, `r?`, `c5,6`; completed `-` for never, and a `!`
/// after the action for one that failed. Place `n` is at `n` tenths of a second.
fn history(text: &str) -> History<OnRegister> {
    let mut names = Names::default();
    let mut operations = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [client, invoked, completed, action] = fields.as_slice() else {
            panic!("{line}");
        };
        let failed = action.ends_with('!');
        let values: Vec<u32> = action.trim_end_matches('!')[1..]
            .split(',')
            .map(|value| if value == "-" { 0 } else { names.symbol(value) })
            .collect();
        let action = match (&action[..1], values.as_slice()) {
            ("r", _) if action.starts_with("r?") => Register::Read(None),
            ("r", [value]) => Register::Read(Some(*value)),
            ("w", [value]) => Register::Write(*value),
            ("c", [from, to]) => Register::CompareAndSet(*from, *to),
            _ => panic!("{line}"),
        };
        operations.push(Operation {
            process: client.parse().unwrap(),
            invoked: invoked.parse().unwrap(),
            completed: completed.parse().unwrap_or(OPEN),
            outcome: match (failed, *completed) {
                (true, _) => OutcomeType::Fail,
                (_, "-") => OutcomeType::Info,
                _ => OutcomeType::Ok,
            },
            action: OnRegister { key: 0, action },
        });
    }
    History {
        operations,
        names,
        times: (0..100).map(|tenth| tenth * 100_000_000).collect(),
    }
}

const COMPARED: Options = Options {
    initial: None,
    failed_cas: FailedCas::Compared,
    budget: 1_000_000,
};

fn assert_valid(text: &str) {
    let finding = check(&history(text), &COMPARED);
    assert_eq!(finding.verdict, Verdict::Valid, "{text}{finding:#?}");
    assert!(finding.anomalies.is_empty());
}

/// The name of the anomaly, its operations, and parts of what is said.
fn assert_invalid(text: &str, name: &str, operations: &[u32], said: &[&str]) {
    let finding = check(&history(text), &COMPARED);
    assert_eq!(finding.verdict, Verdict::Invalid, "{text}{finding:#?}");
    let anomaly = &finding.anomalies[0];
    assert_eq!(anomaly.name, name, "{text}{finding:#?}");
    assert_eq!(finding.reason, anomaly.witness);
    let mut named = anomaly.operations.clone();
    named.sort_unstable();
    assert_eq!(named, operations, "{text}{finding:#?}");
    for part in said {
        assert!(
            anomaly.witness.contains(part),
            "{part} is not in: {}",
            anomaly.witness
        );
    }
}

#[test]
fn what_holds() {
    for text in [
        "",
        "0 0 1 r-",
        "0 0 1 w1\n 1 2 3 r1",
        // Two reads of concurrent writes may see them in either order, if in the same.
        "0 0 9 w1\n 1 1 8 w2\n 2 2 3 r1\n 3 4 5 r2",
        // Unanswered writes may take effect late or never.
        "0 0 - w1\n 1 1 2 r-\n 1 3 4 r1\n 1 5 6 w2\n 1 7 8 r2",
        "0 0 - w1\n 1 1 2 r-",
        // A failed write did not happen, a read of nobody knows what says nothing.
        "0 0 1 w1!\n 1 2 3 r-\n 1 4 5 r?\n 1 6 7 r5!",
        // A value replaced by itself.
        "0 0 1 w1\n 1 2 3 c1,1\n 1 4 - c7,7",
        "0 0 1 w1\n 1 2 3 c1,2\n 2 4 5 c2,3\n 0 6 7 r3",
        // Failed compare-and-sets that are right.
        "0 0 1 w1\n 1 2 3 c2,3!\n 1 4 5 r1",
        "0 0 9 w1\n 1 1 8 c-,2!\n 2 2 7 r-",
        "0 0 1 w1\n 1 2 9 w2\n 2 3 4 c1,5!\n 3 6 7 r2",
        // One value several times.
        "0 0 1 w1\n 0 2 3 w2\n 0 4 5 w1\n 1 6 7 r1",
    ] {
        assert_valid(text);
    }
}

#[test]
fn garbage() {
    assert_invalid(
        "0 0 1 w1\n 1 2 3 r7",
        "garbage-read",
        &[3],
        &["client 1's read of 7", "0.300 s", "nobody"],
    );
    assert_invalid("0 0 1 w1!\n 1 2 3 r1", "garbage-read", &[3], &[]);
    assert_invalid(
        "0 0 1 w1\n 0 2 3 w1\n 1 4 5 c7,1",
        "garbage-read",
        &[5],
        &["compare-and-set from 7 to 1"],
    );
    assert_invalid("0 0 1 w1\n 1 2 3 c7,7", "garbage-read", &[3], &[]);
}

#[test]
fn from_the_future() {
    let said = &[
        "client 1's read of 1 was answered at 0.100 s, before client 0's write of 1",
        "began at 0.200 s",
    ];
    assert_invalid("1 0 1 r1\n 0 2 3 w1", "read-from-the-future", &[1, 3], said);
    assert_invalid(
        "1 0 1 r1\n 0 2 3 w1\n 0 4 5 w1",
        "read-from-the-future",
        &[1, 3],
        said,
    );
    // Each of two compare-and-sets follows on the other.
    assert_invalid(
        "0 0 5 c1,2\n 1 1 4 c2,1",
        "read-from-the-future",
        &[4, 5],
        &["from what it wrote itself"],
    );
}

#[test]
fn lost_updates() {
    assert_invalid(
        "0 0 1 w1\n 1 2 5 c1,2\n 2 3 6 c1,3",
        "lost-update",
        &[5, 6],
        &[
            "client 1's compare-and-set from 1 to 2",
            "client 2's compare-and-set from 1 to 3",
            "both took effect",
        ],
    );
    // The first was never answered, but what it wrote was read.
    assert_invalid(
        "0 0 1 w1\n 1 2 - c1,2\n 2 3 6 c1,3\n 4 7 8 r2",
        "lost-update",
        &[2, 6, 8],
        &["never answered but took effect", "client 4's read of 2"],
    );
}

#[test]
fn stale_reads() {
    assert_invalid(
        "0 0 1 w17\n 1 2 3 w18\n 2 4 5 r17",
        "stale-read",
        &[1, 3, 5],
        &[
            "client 2's read of 17 began at 0.400 s, although client 1's write of 18 had been answered at 0.300 s",
        ],
    );
    assert_invalid(
        "0 0 1 w1\n 2 4 5 r-",
        "stale-read",
        &[1, 5],
        &["client 2's read of nil", "from the beginning"],
    );
    assert_invalid(
        "0 0 1 w1\n 1 2 3 c1,2\n 2 4 5 r1",
        "stale-read",
        &[3, 5],
        &["client 2's read of 1 began at 0.400 s, although client 1's compare-and-set from 1 to 2"],
    );
    // Two readers see two writes in different orders.
    assert_invalid(
        "0 0 9 w1\n 1 1 8 w2\n 2 2 3 r1\n 3 4 5 r2\n 2 6 7 r1",
        "stale-read",
        &[3, 5, 7],
        &[],
    );
}

/// The lines of the operations by which each anomaly is known: its last ones.
fn told(text: &str) -> Vec<(String, Vec<u32>)> {
    let finding = check(&history(text), &COMPARED);
    let told = finding.anomalies.into_iter();
    told.map(|anomaly| (anomaly.name, anomaly.operations))
        .collect()
}

#[test]
fn every_read_that_is_wrong_is_told_once() {
    let of = |name: &str, operations: &[u32]| (name.to_owned(), operations.to_vec());
    // One read, after two compare-and-sets.
    let text = "0 0 1 w1\n 1 2 3 c1,2\n 1 4 5 c2,3\n 2 6 7 r3\n 2 8 9 r1";
    assert_eq!(told(text), [of("stale-read", &[3, 9])]);
    // Two of one value, by two clients.
    let text = "0 0 1 w1\n 1 2 3 c1,2\n 2 4 5 r1\n 3 6 7 r1";
    assert_eq!(
        told(text),
        [of("stale-read", &[3, 7]), of("stale-read", &[3, 5])]
    );
    // Of two values, and of the beginning.
    let text = "0 0 1 w1\n 0 2 3 w2\n 0 4 5 w3\n 1 6 7 r1\n 1 8 9 r2\n 1 10 11 r3\n 1 12 13 r-";
    let mut late: Vec<u32> = told(text)
        .iter()
        .map(|(name, operations)| {
            assert_eq!(name, "stale-read");
            operations[operations.len() - 1]
        })
        .collect();
    late.sort_unstable();
    assert_eq!(late, [7, 9, 13], "{:?}", told(text));
    // Of different kinds.
    let text = "0 0 1 w1\n 1 2 3 r7\n 0 4 5 w2\n 1 6 7 r1\n 2 8 9 c2,3\n 2 10 11 c2,4";
    assert_eq!(
        told(text),
        [
            of("garbage-read", &[3]),
            of("lost-update", &[9, 11]),
            of("stale-read", &[1, 5, 7])
        ]
    );
    // A value that is written twice.
    let text = "0 0 1 w1\n 0 2 3 w1\n 1 4 5 r7\n 1 6 7 r9\n 1 8 9 r11\n 0 10 11 w11";
    let names: Vec<String> = told(text).into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        ["garbage-read", "garbage-read", "read-from-the-future"]
    );
}

#[test]
fn what_overwrites_without_having_seen_is_at_fault_and_not_who_read_meanwhile() {
    let text = "0 0 1 w1\n 1 2 3 w2\n 2 4 5 r2\n 3 6 7 c1,3";
    assert_eq!(
        told(text),
        [("lost-update".to_owned(), vec![1, 3, 7])],
        "{:#?}",
        check(&history(text), &COMPARED)
    );
}

#[test]
fn each_key_is_told_of_before_any_is_told_of_twice() {
    let mut text = String::from("0 0 1 w1\n 0 2 3 w2\n");
    for read in 0..30 {
        text += &format!("1 {} {} r1\n", 4 + 2 * read, 5 + 2 * read);
    }
    let one = history(&text);
    let mut all = history("");
    all.names = one.names.clone();
    all.times = one.times.clone();
    for key in 0..70 {
        let key = 1_000_000 + key;
        all.operations
            .extend(one.operations.iter().cloned().map(|mut operation| {
                operation.action.key = key;
                operation
            }));
    }
    let found = check(&one, &COMPARED);
    assert_eq!(found.anomalies.len(), 16);
    let found = check(&all, &COMPARED);
    assert_eq!(found.counts["invalid-keys"], 70);
    let keys: std::collections::BTreeSet<&str> = found
        .anomalies
        .iter()
        .filter_map(|it| it.witness.split_once(" of key "))
        .map(|(_, rest)| &rest[..7])
        .collect();
    assert_eq!((found.anomalies.len(), keys.len()), (64, 64));
}

#[test]
fn failed_compares() {
    let text = "0 0 1 w1\n 1 2 3 c1,2!\n 2 4 5 r1";
    assert_invalid(
        text,
        "nonlinearizable",
        &[1, 3, 5],
        &["failed, although the value was there already at 0.100 s"],
    );
    let ignored = Options::default();
    assert_eq!(check(&history(text), &ignored).verdict, Verdict::Valid);
    // In each order one of the two failed ones is wrong: only a search can tell.
    let text = "0 0 1 w1\n 1 2 7 w2\n 2 3 4 c1,9!\n 3 5 6 c2,9!\n 2 8 9 r2";
    assert_invalid(
        text,
        "nonlinearizable",
        &[1, 4, 6, 7],
        &["can only have held 2"],
    );
}

#[test]
fn values_written_twice() {
    assert_invalid(
        "0 0 1 w1\n 0 2 3 w2\n 0 4 5 w1\n 0 6 7 w3\n 3 8 9 w1\n 0 10 11 w2\n 1 12 13 r1",
        "nonlinearizable",
        &[11, 13],
        &[
            "client 1's read of 1 (begun at 1.200 s, answered at 1.300 s)",
            "can only have held 2",
        ],
    );
}

#[test]
fn the_worst_key_decides() {
    let mut history = history("0 0 1 w1\n 1 2 3 r1\n 2 4 5 w1\n 2 6 7 r-");
    for operation in &mut history.operations[2..] {
        operation.action.key = 1_000_000;
    }
    let finding = check(&history, &COMPARED);
    assert_eq!(finding.verdict, Verdict::Invalid);
    assert_eq!(
        (finding.counts["keys"], finding.counts["invalid-keys"]),
        (2, 1)
    );
    assert!(
        finding.reason.contains("of key 1000000"),
        "{}",
        finding.reason
    );
}

#[test]
fn past_the_budget() {
    // Unanswered writes of each value twice, and reads in an order that needs all of them.
    let mut text = String::new();
    for value in 1..=10 {
        text += &format!("{value} {value} - w{value}\n{value} {value} - w{value}\n");
    }
    for round in 0..40 {
        text += &format!(
            "0 {} {} r{}\n",
            20 + 2 * round,
            21 + 2 * round,
            1 + round * round % 7
        );
    }
    let history = history(&text);
    let finding = check(
        &history,
        &Options {
            budget: 5,
            ..COMPARED
        },
    );
    assert_eq!(finding.verdict, Verdict::Unknown);
    assert!(
        finding.reason.contains("ended after") && finding.reason.contains("could be ordered"),
        "{}",
        finding.reason
    );
    assert_eq!(finding.counts["undecided-keys"], 1);
    assert_eq!(check(&history, &COMPARED).verdict, Verdict::Invalid);
}

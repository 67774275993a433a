//! Long, deep and strange histories come to an end, and nothing panics.

use super::simulate::check;
use super::{Line, Value, models, names};
use crate::consistency::checker::actions::{ListStep, ListTransactions, RegisterStep, Steps};
use crate::consistency::checker::elle::list_append::ListHistory;
use crate::consistency::checker::elle::{Options, list_append, rw_register};
use crate::consistency::checker::operation::{History, Names, Operation};
use crate::consistency::outcome::OutcomeType;
use crate::consistency::report::Verdict;
use proptest::prelude::*;

fn ok(process: u64, steps: Vec<(char, String, Value)>) -> [Line; 2] {
    let line = |kind: &str| Line {
        process,
        kind: kind.to_owned(),
        steps: steps.clone(),
    };
    [line("invoke"), line("ok")]
}

fn append(key: &str, value: usize) -> (char, String, Value) {
    ('a', key.to_owned(), Value::One(value.to_string()))
}

/// All transactions in one knot: each misses what the next one wrote, and the last what the first wrote.
#[test]
fn one_great_circle() {
    let count = 5_000;
    let lines: Vec<Line> = (0..count)
        .map(|at| {
            let missed = format!("k{}", (at + 1) % count);
            Line {
                process: at as u64,
                kind: "ok".to_owned(),
                steps: vec![
                    append(&format!("k{at}"), 1),
                    ('r', missed, Value::List(Vec::new())),
                ],
            }
        })
        .collect();
    let finding = check(&lines, false, &Options::models(models(&["serializable"])));
    assert_eq!(finding.verdict, Verdict::Invalid);
    assert!(names(&finding).contains("G2-item"));
    let finding = check(
        &lines,
        false,
        &Options::models(models(&["snapshot-isolation"])),
    );
    assert_eq!(finding.verdict, Verdict::Valid);
}

/// Everybody reads nothing and appends: as many missed writes as there are pairs.
#[test]
fn everybody_misses_everybody() {
    let lines: Vec<Line> = (0..5_000)
        .map(|at| Line {
            process: at as u64,
            kind: "ok".to_owned(),
            steps: vec![
                ('r', "x".to_owned(), Value::List(Vec::new())),
                append("x", at),
            ],
        })
        .collect();
    let finding = check(&lines, false, &Options::models(models(&["serializable"])));
    assert_eq!(finding.verdict, Verdict::Invalid);
    let found = names(&finding);
    assert!(
        found.contains("G2-item") && found.contains("lost-update"),
        "{found:?}"
    );
    assert!(
        !found
            .iter()
            .any(|name| name.starts_with("G-single") || name.starts_with("G1")),
        "{found:?}"
    );
}

/// A reader and appender of one list many times over does not come before itself.
#[test]
fn not_before_itself() {
    let mut lines: Vec<Line> = (0..200)
        .map(|at| Line {
            process: at as u64,
            kind: "ok".to_owned(),
            steps: vec![('r', "x".to_owned(), Value::List(Vec::new()))],
        })
        .collect();
    for at in 0..200usize {
        lines.push(Line {
            process: 1000 + at as u64,
            kind: "info".to_owned(),
            steps: vec![append("x", at)],
        });
    }
    lines.push(Line {
        process: 5000,
        kind: "ok".to_owned(),
        steps: vec![
            ('r', "x".to_owned(), Value::List(Vec::new())),
            append("x", 777),
        ],
    });
    let finding = check(&lines, false, &Options::default());
    assert_eq!(finding.verdict, Verdict::Valid, "{finding:#?}");
}

/// One transaction with very many steps.
#[test]
fn one_great_transaction() {
    let mut steps = Vec::new();
    for at in 0..20_000 {
        steps.push(append("x", at));
        steps.push(('r', format!("y{}", at % 100), Value::List(Vec::new())));
    }
    let mut lines = ok(0, steps.clone()).to_vec();
    lines.extend(ok(1, vec![('r', "x".to_owned(), Value::List(Vec::new()))]));
    let finding = check(&lines, false, &Options::default());
    assert!(
        names(&finding).contains("G-single-item-realtime"),
        "{:?}",
        names(&finding)
    );
}

/// With no steps to spend the answer is "unknown" where the search matters, and a cycle is found all the same.
#[test]
fn small_budget() {
    let lines: Vec<Line> = [
        "0 ok: r x [], r w [1]",
        "1 ok: a x 1, a y 1",
        "2 ok: r y [1], r z []",
        "3 ok: a z 1, a w 1",
    ]
    .iter()
    .map(|text| Line::parse(text))
    .collect();
    for (model, steps, verdict) in [
        ("consistent-view", 0, Verdict::Unknown),
        ("consistent-view", 1000, Verdict::Valid),
        ("read-committed", 0, Verdict::Valid),
        ("snapshot-isolation", 0, Verdict::Invalid),
        ("snapshot-isolation", 1000, Verdict::Invalid),
    ] {
        let options = Options {
            steps,
            ..Options::models(models(&[model]))
        };
        let finding = check(&lines, false, &options);
        assert_eq!(finding.verdict, verdict, "{model} {steps} {finding:#?}");
        let found = names(&finding);
        assert!(found.contains("G-nonadjacent-item"), "{found:?}");
        assert_eq!(
            found.contains("cycle-search-timeout"),
            steps == 0,
            "{found:?}"
        );
    }
}

fn outcome() -> impl Strategy<Value = OutcomeType> {
    prop_oneof![
        Just(OutcomeType::Ok),
        Just(OutcomeType::Fail),
        Just(OutcomeType::Info)
    ]
}

fn number() -> impl Strategy<Value = u32> {
    prop_oneof![
        0u32..12,
        0u32..12,
        0u32..12,
        0u32..12,
        any::<u32>(),
        Just(u32::MAX)
    ]
}

prop_compose! {
    fn operations()(list in prop::collection::vec((0u64..3, number(), number(), outcome(), number(), number()), 0..12)) -> Vec<Operation<Steps>> {
        list.into_iter()
            .map(|(process, invoked, completed, outcome, from, to)| Operation {
                process, invoked, completed, outcome, action: Steps(from, to),
            })
            .collect()
    }
}

fn history(operations: Vec<Operation<Steps>>) -> History<Steps> {
    History {
        operations,
        names: Names::default(),
        times: Vec::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// Whatever the numbers are, there is an answer.
    #[test]
    fn nonsense(
        operations in operations(),
        steps in prop::collection::vec((any::<bool>(), number(), number(), number()), 0..12),
        lists in prop::collection::vec(number(), 0..12),
        linearizable_keys in any::<bool>(),
        sequential_keys in any::<bool>(),
    ) {
        let options = Options { linearizable_keys, sequential_keys, ..Options::default() };
        let list_steps = steps.iter().map(|(read, key, one, two)| match read {
            true => ListStep::Read(*key, (*two % 7 != 0).then_some((*one, *two))),
            false => ListStep::Append(*key, *one),
        });
        let transactions = ListTransactions { steps: list_steps.collect(), lists };
        let both = ListHistory { history: history(operations.clone()), transactions };
        let _ = list_append::check(&both, &options);
        let register_steps: Vec<RegisterStep> = steps.iter().map(|(read, key, one, two)| match read {
            true => RegisterStep::Read(*key, (*two % 7 != 0).then_some(*one)),
            false => RegisterStep::Write(*key, *one),
        }).collect();
        let _ = rw_register::check(&history(operations), &register_steps, &options);
    }
}

use super::*;
use crate::consistency::checker::operation::Names;
use crate::consistency::checker::tables::{
    self, anomalies, elements, empty, jepsen_cases, table, verdict,
};
use crate::consistency::report::Verdict;
use proptest::prelude::*;

fn action(f: &str, value: &str, names: &mut Names) -> Queue {
    match (f, value) {
        ("enqueue", _) => Queue::Enqueue(names.symbol(value)),
        ("dequeue", "null") => Queue::Dequeue(None),
        ("dequeue", _) => Queue::Dequeue(Some(names.symbol(value))),
        (_, "null") => Queue::Drain(None),
        (_, "[]") => Queue::Drain(Some(Vec::new())),
        _ => Queue::Drain(Some(
            value
                .split(',')
                .map(|element| names.symbol(element))
                .collect(),
        )),
    }
}

/// History; verdict; elements that are told.
type Case = (
    &'static str,
    Verdict,
    &'static [(&'static str, &'static str)],
);

const CASES: &[Case] = &[
    ("", Verdict::Unknown, &[]),
    (
        "0 invoke enqueue a\n 0 info enqueue a",
        Verdict::Unknown,
        &[],
    ),
    (
        "0 invoke enqueue a\n 0 ok enqueue a",
        Verdict::Invalid,
        &[("lost", "a")],
    ),
    (
        "0 invoke enqueue a\n 0 ok enqueue a\n 1 invoke dequeue null\n 1 ok dequeue a",
        Verdict::Valid,
        &[("ok", "a")],
    ),
    (
        "0 invoke enqueue a\n 0 ok enqueue a\n 1 invoke dequeue null\n 1 info dequeue null",
        Verdict::Unknown,
        &[("lost", "a")],
    ),
    (
        "0 invoke enqueue a\n 0 ok enqueue a\n 1 invoke dequeue null\n 1 fail dequeue null",
        Verdict::Invalid,
        &[("lost", "a")],
    ),
    (
        "0 invoke enqueue a\n 0 fail enqueue a\n 1 invoke drain null\n 1 ok drain a",
        Verdict::Invalid,
        &[("ok", "a"), ("resurrected", "a")],
    ),
    (
        "0 invoke enqueue a\n 0 info enqueue a\n 1 invoke drain null\n 1 ok drain a,a",
        Verdict::Valid,
        &[("ok", "a"), ("recovered", "a"), ("duplicated", "a")],
    ),
    (
        "0 invoke drain null\n 0 ok drain x",
        Verdict::Invalid,
        &[("unexpected", "x")],
    ),
];

#[test]
fn what_goes_in_comes_out() {
    for (text, verdict, expected) in CASES {
        let finding = check(&table(text, action));
        assert_eq!(finding.verdict, *verdict, "{text}: {finding:?}");
        for name in CLASSES {
            let expected = expected
                .iter()
                .find(|pair| pair.0 == name)
                .map_or("", |pair| pair.1);
            assert_eq!(elements(&finding, name), expected, "{name} in {text}");
        }
    }
    let finding = check(&table(CASES[2].0, action));
    assert_eq!(
        finding.anomalies[0].witness,
        "client 0's enqueue of a, invoked at 0.000 s, was acknowledged, but a never came out"
    );
}

#[test]
fn jepsens_cases_hold() {
    for (name, lines, expect) in jepsen_cases("total-queue") {
        let finding = check(&tables::history(&lines, action));
        assert_eq!(finding.verdict, verdict(&expect["valid"]), "{name}");
        for class in ["lost", "unexpected", "duplicated", "recovered"] {
            let told = expect[class]
                .as_array()
                .unwrap()
                .iter()
                .map(|value| value.as_str().unwrap());
            assert_eq!(
                elements(&finding, class),
                told.collect::<Vec<_>>().join(","),
                "{name}: {class}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn results_are_those_of_multisets(operations in prop::collection::vec((0..6_u8, 1..5_u32), 0..30)) {
        let mut history: History<Queue> = empty();
        for ((kind, symbol), number) in operations.iter().zip(0_u32..) {
            history.operations.push(Operation {
                process: 0,
                invoked: 2 * number,
                completed: 2 * number + 1,
                outcome: [OutcomeType::Ok, OutcomeType::Fail, OutcomeType::Info][usize::from(kind % 3)],
                action: if *kind < 3 { Queue::Enqueue(*symbol) } else { Queue::Dequeue(Some(*symbol)) },
            });
        }
        let finding = check(&history);
        let mut expected = [0_u64; 6];
        for symbol in 1..5 {
            let count = |kinds: &[u8]| operations.iter().filter(|o| o.1 == symbol && kinds.contains(&o.0)).count() as u64;
            let (attempts, live, acked, out) = (count(&[0, 1, 2]), count(&[0, 2]), count(&[0]), count(&[3, 5]));
            expected[0] += acked.saturating_sub(out);
            expected[1] += if live == 0 { out.min(attempts) } else { 0 };
            expected[2] += if attempts == 0 { out } else { 0 };
            expected[3] += if attempts > 0 { out.saturating_sub(attempts) } else { 0 };
            expected[4] += out.min(live).saturating_sub(acked);
            expected[5] += out.min(attempts);
        }
        for (name, count) in CLASSES.iter().zip(expected) {
            prop_assert_eq!(finding.counts[&format!("{name}-count")], count, "{}", name);
        }
        prop_assert_eq!(finding.verdict == Verdict::Invalid, expected[..3].iter().sum::<u64>() > 0);
        let kinds = expected[..4].iter().filter(|count| **count > 0).count();
        prop_assert_eq!(anomalies(&finding).len(), kinds);
    }
}

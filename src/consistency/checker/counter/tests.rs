use super::*;
use crate::consistency::checker::operation::{Names, OPEN};
use crate::consistency::checker::tables::{
    self, anomalies, elements, jepsen_cases, table, verdict,
};
use crate::consistency::report::Verdict;
use proptest::prelude::*;

fn action(f: &str, value: &str, _: &mut Names) -> Counter {
    match f {
        "add" => Counter::Add(value.parse().unwrap()),
        _ => Counter::Read(value.parse().ok()),
    }
}

/// History; verdict; names of anomalies; reads out of bounds.
const CASES: &[(&str, Verdict, &[&str], &str)] = &[
    ("", Verdict::Valid, &[], ""),
    ("0 invoke add 1\n 0 ok add 1\n 0 invoke read null\n 0 fail read null", Verdict::Valid, &[], ""),
    ("0 invoke read null\n 0 ok read 0", Verdict::Valid, &[], ""),
    ("0 invoke read null\n 0 ok read 1", Verdict::Invalid, &["above-upper-bound"], "[0 1 0]"),
    ("0 invoke add 1\n 0 fail add 1\n 0 invoke read null\n 0 ok read 0", Verdict::Valid, &[], ""),
    ("0 invoke add 1\n 0 fail add 1\n 0 invoke read null\n 0 ok read 1", Verdict::Invalid, &["above-upper-bound"], "[0 1 0]"),
    ("0 invoke add 1\n 0 ok add 1\n 0 invoke read null\n 0 ok read 0", Verdict::Invalid, &["below-lower-bound"], "[1 0 1]"),
    (
        "0 invoke add 1\n 1 invoke read null\n 1 ok read 0\n 1 invoke read null\n 1 ok read 1",
        Verdict::Valid,
        &[],
        "",
    ),
    (
        "0 invoke add 1\n 1 invoke read null\n 1 ok read 1\n 1 invoke read null\n 1 ok read 0",
        Verdict::Invalid,
        &["backwards-read"],
        "",
    ),
    // The two reads overlap, so that either may come first.
    (
        "0 invoke add 1\n 1 invoke read null\n 2 invoke read null\n 1 ok read 1\n 2 ok read 0",
        Verdict::Valid,
        &[],
        "",
    ),
    // An add of less than nothing allows what follows.
    (
        "0 invoke add -1\n 1 invoke read null\n 1 ok read 0\n 1 invoke read null\n 1 ok read -1",
        Verdict::Valid,
        &[],
        "",
    ),
    (
        "0 invoke add -5\n 0 ok add -5\n 1 invoke read null\n 1 ok read 0",
        Verdict::Invalid,
        &["above-upper-bound"],
        "[-5 0 -5]",
    ),
    (
        "0 invoke add -5\n 0 fail add -5\n 1 invoke add 3\n 2 invoke read null\n 2 ok read 3\n 2 invoke read null\n 2 ok read 0",
        Verdict::Invalid,
        &["backwards-read"],
        "",
    ),
    (
        "0 invoke add 9223372036854775807\n 0 ok add 9223372036854775807\n 0 invoke add 9223372036854775807\n
         0 ok add 9223372036854775807\n 0 invoke read null\n 0 ok read -2",
        Verdict::Invalid,
        &["below-lower-bound"],
        "[18446744073709551614 -2 18446744073709551614]",
    ),
    (
        "0 invoke add -9223372036854775808\n 0 ok add -9223372036854775808\n 0 invoke read null\n
         0 ok read -9223372036854775808",
        Verdict::Valid,
        &[],
        "",
    ),
];

#[test]
fn reads_keep_within_bounds_and_do_not_go_backwards() {
    for (text, verdict, names, errors) in CASES {
        let finding = check(&table(text, action));
        assert_eq!(finding.verdict, *verdict, "{text}: {finding:?}");
        assert_eq!(&anomalies(&finding), names, "{text}");
        assert_eq!(elements(&finding, "errors"), *errors, "{text}");
    }
}

#[test]
fn jepsens_cases_hold() {
    for (name, lines, expect) in jepsen_cases("counter") {
        let history = tables::history(&lines, action);
        let finding = check(&history);
        assert_eq!(finding.verdict, verdict(&expect["valid"]), "{name}");
        let triples = |field: &str| -> Vec<String> {
            let told = expect[field].as_array().unwrap().iter();
            told.map(|triple| triple.to_string().replace(',', " "))
                .collect()
        };
        assert_eq!(
            finding.elements.get("errors").cloned().unwrap_or_default(),
            triples("errors"),
            "{name}"
        );
        let mut reads = reads(&history);
        bound(&history, &mut reads);
        reads.sort_by_key(|read| read.operation.completed);
        let found = reads
            .iter()
            .map(|read| format!("[{} {} {}]", read.lower, read.value, read.upper));
        assert_eq!(found.collect::<Vec<_>>(), triples("reads"), "{name}");
    }
}

#[test]
fn bad_reads_are_told_with_their_evidence() {
    let finding = check(&table(CASES[8].0, action));
    assert_eq!(
        finding.anomalies[0].witness,
        "client 1 read 0 at 0.004 s, although client 1's read of 1, which ended at 0.002 s, was over before that read \
         began at 0.003 s, and nothing is ever taken away"
    );
    assert_eq!(finding.anomalies[0].operations, [2, 4]);
    let finding = check(&table(CASES[6].0, action));
    assert_eq!(
        finding.anomalies[0].witness,
        "client 0 read 0 at 0.003 s, although the adds that were acknowledged before that read began at 0.002 s leave \
         at least 1"
    );
}

#[test]
fn every_bad_read_has_a_witness_up_to_a_thousand() {
    let lines: Vec<String> = (1..=1500)
        .flat_map(|value| {
            [
                "0 invoke read null".to_owned(),
                format!("0 ok read {value}"),
            ]
        })
        .collect();
    let finding = check(&tables::history(&lines, action));
    assert_eq!(finding.counts["errors-count"], 1500);
    assert_eq!(finding.anomalies.len(), 1000);
}

#[test]
fn completions_alone_bound_from_above() {
    let mut history = table(
        "0 invoke read null\n 0 ok read 1\n 1 invoke add 1\n 1 ok add 1",
        action,
    );
    for operation in &mut history.operations {
        operation.invoked = 0;
        operation.completed /= 2;
    }
    assert_eq!(check(&history).verdict, Verdict::Valid);
}

/// How many reads are out of bounds, and how many go backwards, by looking at all pairs of operations.
fn slow(history: &History<Counter>) -> (u64, u64) {
    let (mut errors, mut backwards) = (0, 0);
    let effects = || {
        history
            .operations
            .iter()
            .filter_map(|o| Some((o, effect(o)?)))
    };
    for read in &history.operations {
        let Some(shown) = value(read) else { continue };
        let (mut lower, mut upper) = (0_i128, 0_i128);
        for (add, amount) in effects() {
            let amount = i128::from(amount);
            if add.outcome == OutcomeType::Ok && add.completed < read.invoked {
                lower += amount;
                upper += amount;
            } else if add.invoked < read.completed {
                lower += amount.min(0);
                upper += amount.max(0);
            }
        }
        errors += u64::from(i128::from(shown) < lower || i128::from(shown) > upper);
        let earlier = |other: &&Operation<Counter>| other.completed < read.invoked;
        let greatest = history
            .operations
            .iter()
            .filter(earlier)
            .filter_map(value)
            .max();
        let grows = effects().all(|(_, amount)| amount >= 0);
        backwards += u64::from(grows && greatest.is_some_and(|greatest| greatest > shown));
    }
    (errors, backwards)
}

/// Clients that add and read; with `faithful` reads the counter works, else they are anything.
fn simulated(steps: &[(u8, u8, i8)], faithful: bool, negative: bool) -> History<Counter> {
    let mut history: History<Counter> = tables::empty();
    let mut open = [None; 8];
    let (mut counter, mut process) = (0_i64, [0_u64; 8]);
    for (place, (client, chance, amount)) in steps.iter().enumerate() {
        let (place, client) = (place as u32, usize::from(*client));
        let amount = if negative {
            i64::from(*amount)
        } else {
            i64::from(*amount).abs()
        } % 4;
        let Some(index) = open[client].take() else {
            open[client] = Some(history.operations.len());
            history.operations.push(Operation {
                process: client as u64 + 8 * process[client],
                invoked: place,
                completed: OPEN,
                outcome: OutcomeType::Info,
                action: if chance % 2 == 0 {
                    Counter::Read(None)
                } else {
                    Counter::Add(amount)
                },
            });
            continue;
        };
        let operation = &mut history.operations[index];
        (operation.outcome, operation.completed) = match chance % 8 {
            0 => (OutcomeType::Info, OPEN),
            1 => (OutcomeType::Fail, place),
            _ => (OutcomeType::Ok, place),
        };
        process[client] += u64::from(operation.outcome == OutcomeType::Info);
        match &mut operation.action {
            Counter::Read(shown) => *shown = Some(if faithful { counter } else { amount * 2 }),
            Counter::Add(amount) if operation.outcome == OutcomeType::Ok || chance % 16 == 0 => {
                counter += *amount
            }
            Counter::Add(_) => {}
        }
    }
    history
}

fn agrees(history: &History<Counter>) -> Result<Verdict, TestCaseError> {
    let finding = check(history);
    let (errors, backwards) = slow(history);
    prop_assert_eq!(finding.counts["reads-count"], reads(history).len() as u64);
    prop_assert_eq!(finding.counts["errors-count"], errors);
    prop_assert_eq!(finding.counts["backwards-read-count"], backwards);
    prop_assert_eq!(finding.anomalies.len() as u64, errors + backwards);
    prop_assert_eq!(finding.verdict == Verdict::Invalid, errors + backwards > 0);
    prop_assert_ne!(finding.verdict, Verdict::Unknown);
    Ok(finding.verdict)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn results_are_those_of_the_slow_way(
        steps in prop::collection::vec((0..5_u8, any::<u8>(), any::<i8>()), 0..60),
        negative in any::<bool>(),
    ) {
        agrees(&simulated(&steps, false, negative))?;
    }

    #[test]
    fn good_histories_pass_and_mutations_do_not(
        steps in prop::collection::vec((0..5_u8, any::<u8>(), any::<i8>()), 0..100),
        negative in any::<bool>(),
    ) {
        let good = simulated(&steps, true, negative);
        prop_assert_ne!(agrees(&good)?, Verdict::Invalid);
        for too_much in [-1000, 1000] {
            let mut bad = good.clone();
            let is_read = |o: &&mut Operation<Counter>| value(o).is_some();
            let Some(read) = bad.operations.iter_mut().rfind(is_read) else { return Ok(()) };
            read.action = Counter::Read(Some(too_much));
            prop_assert_eq!(agrees(&bad)?, Verdict::Invalid);
        }
    }
}

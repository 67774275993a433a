use super::*;
use crate::consistency::checker::operation::OPEN;
use crate::consistency::checker::simulated::{
    Step, arbitrary, faithful, list, reads, set_action, steps,
};
use crate::consistency::checker::tables::{anomalies, elements, jepsen_cases, table, verdict};
use crate::consistency::checker::{operation, tables};
use crate::consistency::outcome::OutcomeType;
use crate::consistency::report::Verdict;
use proptest::prelude::*;
use std::collections::BTreeSet;

const NAMES: [&str; 7] = [
    "ok",
    "lost",
    "late",
    "recovered",
    "resurrected",
    "unexpected",
    "duplicated",
];

/// History; verdict; elements that are told; why ours differs from Jepsen's, where it does.
type Case = (
    &'static str,
    Verdict,
    &'static [(&'static str, &'static str)],
    &'static str,
);

const CASES: &[Case] = &[
    (
        "0 invoke add 0\n 0 ok add 0\n 0 invoke add 1\n 0 ok add 1\n 1 invoke add 10\n 1 info add 10\n
         1 invoke add 11\n 1 info add 11\n 2 invoke add 20\n 2 fail add 20\n 2 invoke add 21\n 2 fail add 21\n
         4 invoke read null\n 4 ok read 0,10,20,30",
        Verdict::Invalid,
        &[("ok", "0,10,20"), ("lost", "1"), ("recovered", "10"), ("resurrected", "20"), ("unexpected", "30")],
        "Jepsen counts 20 as recovered, although its add is said to have failed",
    ),
    ("0 invoke add 0\n 0 ok add 0", Verdict::Unknown, &[], ""),
    ("", Verdict::Unknown, &[], ""),
    ("0 invoke read null\n 0 ok read []", Verdict::Valid, &[], ""),
    ("0 invoke read null\n 0 fail read null\n 0 invoke read null\n 0 ok read null", Verdict::Unknown, &[], ""),
    (
        "0 invoke add 5\n 0 ok add 5\n 0 invoke read null\n 0 ok read []\n 0 invoke read null\n 0 ok read 5",
        Verdict::Valid,
        &[("ok", "5")],
        "",
    ),
    (
        "0 invoke add 1\n 0 ok add 1\n 1 invoke read null\n 0 invoke add 2\n 0 ok add 2\n 1 ok read 1",
        Verdict::Unknown,
        &[("ok", "1"), ("late", "2")],
        "Jepsen calls 2 lost, although the read may have looked before it was added",
    ),
    (
        "1 invoke read null\n 1 ok read 1\n 0 invoke add 1\n 0 ok add 1",
        Verdict::Invalid,
        &[("unexpected", "1")],
        "Jepsen calls 1 ok, although it was read before its add was invoked",
    ),
    (
        "0 invoke add 1\n 0 fail add 1\n 0 invoke add 1\n 0 ok add 1\n 1 invoke read null\n 1 ok read 1,1",
        Verdict::Invalid,
        &[("ok", "1"), ("duplicated", "1")],
        "Jepsen does not count how often an element is shown",
    ),
];

#[test]
fn sets_are_judged_by_their_final_read() {
    for (text, verdict, expected, differs) in CASES {
        let finding = check(&table(text, set_action));
        assert_eq!(finding.verdict, *verdict, "{text}: {finding:?} ({differs})");
        for name in NAMES {
            let expected = expected
                .iter()
                .find(|pair| pair.0 == name)
                .map_or("", |pair| pair.1);
            assert_eq!(elements(&finding, name), expected, "{name} in {text}");
        }
    }
}

#[test]
fn jepsens_cases_hold_but_for_resurrected_elements() {
    for (name, lines, expect) in jepsen_cases("set") {
        let finding = check(&tables::history(&lines, set_action));
        assert_eq!(finding.verdict, verdict(&expect["valid"]), "{name}");
        let all = |field: &str| -> BTreeSet<String> {
            let told = expect[field].as_array().unwrap().iter();
            told.map(|value| value.to_string()).collect()
        };
        let ours = |names: &[&str]| -> BTreeSet<String> {
            let lines = names.iter().filter_map(|name| finding.elements.get(*name));
            lines.flatten().cloned().collect()
        };
        assert_eq!(ours(&["ok"]), all("ok"), "{name}");
        assert_eq!(ours(&["lost"]), all("lost"), "{name}");
        assert_eq!(ours(&["unexpected"]), all("unexpected"), "{name}");
        assert_eq!(
            ours(&["recovered", "resurrected"]),
            all("recovered"),
            "{name}"
        );
        for (field, count) in [
            ("attempt_count", "attempt-count"),
            ("acknowledged_count", "acknowledged-count"),
            ("ok_count", "ok-count"),
        ] {
            assert_eq!(
                Some(finding.counts[count]),
                expect[field].as_u64(),
                "{name}: {count}"
            );
        }
    }
}

#[test]
fn a_loss_is_told_with_its_evidence() {
    let finding = check(&table(CASES[0].0, set_action));
    assert_eq!(anomalies(&finding), ["lost", "resurrected", "unexpected"]);
    assert_eq!(
        finding.anomalies[0].witness,
        "client 0's add of 1 was acknowledged at 0.003 s, before client 4's final read began at 0.012 s, but the read \
         does not show it"
    );
    assert_eq!(finding.anomalies[0].operations, [3, 13]);
    assert_eq!(
        finding.reason,
        "of 6 elements: 1 lost, 1 resurrected, 1 unexpected"
    );
}

#[test]
fn completions_alone_are_enough_for_a_final_read() {
    let mut history = table(CASES[0].0, set_action);
    for operation in &mut history.operations {
        operation.invoked = 0;
    }
    let finding = check(&history);
    assert_eq!(elements(&finding, "lost"), "1");
    assert_eq!(elements(&finding, "unexpected"), "30");
    assert_eq!(elements(&finding, "late"), "");
}

#[test]
fn symbols_without_names_do_no_harm() {
    let operation = |process, invoked, action| operation::Operation {
        process,
        invoked,
        completed: invoked + 1,
        outcome: OutcomeType::Ok,
        action,
    };
    let finding = check(&History {
        operations: vec![
            operation(0, 0, Set::Add(u32::MAX)),
            operation(0, 2, Set::Read(Some(vec![7, u32::MAX - 1]))),
        ],
        ..tables::empty()
    });
    assert_eq!(elements(&finding, "lost"), u32::MAX.to_string());
    assert_eq!(
        elements(&finding, "unexpected"),
        format!("7,{}", u32::MAX - 1)
    );
}

/// The classes of all elements, by looking at every operation for every element.
fn reference(history: &History<Set>) -> Option<Vec<(&'static str, BTreeSet<u32>)>> {
    let reads = reads(history);
    let read = &history.operations[*reads.last()?];
    let Set::Read(Some(shown)) = &read.action else {
        panic!()
    };
    let mut classes: Vec<(&str, BTreeSet<u32>)> = NAMES.map(|name| (name, BTreeSet::new())).into();
    for element in 0..40 {
        let adds: Vec<_> = history
            .operations
            .iter()
            .filter(|o| o.action == Set::Add(element))
            .collect();
        let there = shown.contains(&element);
        let begun: Vec<_> = adds
            .iter()
            .filter(|add| add.invoked < read.completed)
            .collect();
        let acked = |before: u32| {
            adds.iter()
                .any(|a| a.outcome == OutcomeType::Ok && a.completed < before)
        };
        for (name, members) in &mut classes {
            let is_member = match *name {
                "ok" => there && !begun.is_empty(),
                "lost" => !there && acked(read.invoked),
                "late" => !there && !acked(read.invoked) && acked(OPEN),
                "recovered" => {
                    there
                        && !acked(OPEN)
                        && begun.iter().any(|add| add.outcome == OutcomeType::Info)
                }
                "resurrected" => {
                    there
                        && !begun.is_empty()
                        && begun.iter().all(|add| add.outcome == OutcomeType::Fail)
                }
                "unexpected" => there && begun.is_empty(),
                _ => shown.iter().filter(|shown| **shown == element).count() > 1,
            };
            if is_member {
                members.insert(element);
            }
        }
    }
    Some(classes)
}

fn agrees(steps: &[Step]) -> Result<(), TestCaseError> {
    let history = arbitrary(steps);
    let finding = check(&history);
    let Some(classes) = reference(&history) else {
        prop_assert_eq!(finding.verdict, Verdict::Unknown);
        return Ok(());
    };
    let mut wrong = false;
    for (name, members) in classes {
        let bad = matches!(name, "lost" | "resurrected" | "unexpected" | "duplicated");
        wrong |= bad && !members.is_empty();
        prop_assert_eq!(
            finding.counts[&format!("{name}-count")],
            members.len() as u64,
            "{}",
            name
        );
        prop_assert_eq!(
            elements(&finding, name),
            runs(&history.names, members).join(","),
            "{}",
            name
        );
    }
    prop_assert_eq!(finding.verdict == Verdict::Invalid, wrong);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn classes_are_those_of_the_slow_way(steps in steps(4, 40)) {
        agrees(&steps)?;
    }

    #[test]
    fn good_histories_pass_and_mutations_do_not(steps in steps(5, 120), chance in any::<prop::sample::Index>()) {
        let good = faithful(&steps);
        let finding = check(&good);
        prop_assert_ne!(finding.verdict, Verdict::Invalid, "{:?}", finding);
        let Some(last) = reads(&good).last().copied() else { return Ok(()) };

        let mut bad = good.clone();
        list(&mut bad, last).push(9999);
        prop_assert_eq!(anomalies(&check(&bad)), ["unexpected"]);

        let length = list(&mut good.clone(), last).len();
        if length == 0 {
            return Ok(());
        }
        let position = chance.index(length);
        let mut bad = good.clone();
        let element = list(&mut bad, last)[position];
        list(&mut bad, last).push(element);
        prop_assert_eq!(anomalies(&check(&bad)), ["duplicated"]);

        let mut bad = good.clone();
        list(&mut bad, last).remove(position);
        let began = bad.operations[last].invoked;
        let known = bad.operations.iter().any(|o| {
            o.action == Set::Add(element) && o.outcome == OutcomeType::Ok && o.completed < began
        });
        let finding = check(&bad);
        prop_assert_eq!(finding.verdict == Verdict::Invalid, known);

        let mut bad = good.clone();
        for operation in &mut bad.operations {
            if operation.action == Set::Add(element) {
                operation.outcome = OutcomeType::Fail;
            }
        }
        prop_assert_eq!(anomalies(&check(&bad)), ["resurrected"]);
    }
}

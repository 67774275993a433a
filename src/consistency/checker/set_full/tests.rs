use super::*;
use crate::consistency::checker::simulated::{
    Step, arbitrary, faithful, list, reads, set_action, steps,
};
use crate::consistency::checker::tables::{
    anomalies, elements, history, jepsen_cases, table, verdict,
};
use crate::consistency::outcome::OutcomeType;
use crate::consistency::report::Verdict;
use proptest::prelude::*;
use std::collections::BTreeMap;

const ANY: Options = Options {
    linearizable: false,
};
const LINEARIZABLE: Options = Options { linearizable: true };

/// History; verdict, and with `linearizable`; elements that are told; stable elements; latencies.
type Case = (
    &'static str,
    Verdict,
    Verdict,
    &'static [(&'static str, &'static str)],
    u64,
    &'static [(&'static str, u64)],
);

const CASES: &[Case] = &[
    ("", Verdict::Unknown, Verdict::Unknown, &[], 0, &[]),
    ("0 invoke add 0\n 0 ok add 0", Verdict::Unknown, Verdict::Unknown, &[("never-read", "0")], 0, &[]),
    (
        "0 invoke add 0\n 1 invoke read null\n 1 ok read []",
        Verdict::Unknown,
        Verdict::Unknown,
        &[("never-read", "0")],
        0,
        &[],
    ),
    (
        "1 invoke read null\n 0 invoke add 0\n 1 ok read 0\n 0 ok add 0",
        Verdict::Valid,
        Verdict::Valid,
        &[],
        1,
        &[("stable-latencies-0", 0)],
    ),
    (
        "0 invoke add 0\n 0 ok add 0\n 1 invoke read null\n 1 ok read []",
        Verdict::Invalid,
        Verdict::Invalid,
        &[("lost", "0")],
        0,
        &[("lost-latencies-1", 0)],
    ),
    (
        "1 invoke read null\n 0 invoke add 0\n 1 ok read []\n 0 ok add 0",
        Verdict::Unknown,
        Verdict::Unknown,
        &[("never-read", "0")],
        0,
        &[],
    ),
    (
        "0 invoke add 0\n 0 ok add 0\n 1 invoke add 1\n 2 invoke read null\n 2 ok read 1\n 1 ok add 1\n
         2 invoke read null\n 3 invoke read null\n 3 ok read 1\n 2 ok read 0",
        Verdict::Invalid,
        Verdict::Invalid,
        &[("lost", "0"), ("stale", "1")],
        1,
        &[("lost-latencies-0", 5), ("lost-latencies-1", 5), ("stable-latencies-0", 2), ("stable-latencies-1", 2)],
    ),
    (
        "0 invoke add 0\n 0 ok add 0\n 1 invoke read null\n 1 ok read []\n 1 invoke read null\n 1 ok read 0",
        Verdict::Valid,
        Verdict::Invalid,
        &[("stale", "0")],
        1,
        &[("stable-latencies-0.5", 1)],
    ),
    (
        "0 invoke add 0\n 0 ok add 0\n 1 invoke read null\n 1 ok read 0,0",
        Verdict::Invalid,
        Verdict::Invalid,
        &[("duplicated", "0")],
        1,
        &[],
    ),
    (
        "0 invoke add 0\n 0 fail add 0\n 1 invoke read null\n 1 ok read 0,7",
        Verdict::Invalid,
        Verdict::Invalid,
        &[("resurrected", "0"), ("unexpected", "7")],
        1,
        &[],
    ),
    (
        "1 invoke read null\n 1 ok read 3\n 0 invoke add 3\n 0 ok add 3\n 1 invoke read null\n 1 ok read 3",
        Verdict::Invalid,
        Verdict::Invalid,
        &[("unexpected", "3")],
        1,
        &[],
    ),
];

#[test]
fn elements_are_judged_by_all_reads() {
    for (text, verdict, linearizable, expected, stable, latencies) in CASES {
        let history = table(text, set_action);
        let finding = check(&history, ANY);
        assert_eq!(finding.verdict, *verdict, "{text}: {finding:?}");
        assert_eq!(
            check(&history, LINEARIZABLE).verdict,
            *linearizable,
            "{text}"
        );
        assert_eq!(finding.counts["stable-count"], *stable, "{text}");
        for name in NAMES {
            let expected = expected
                .iter()
                .find(|pair| pair.0 == name)
                .map_or("", |pair| pair.1);
            assert_eq!(elements(&finding, name), expected, "{name} in {text}");
        }
        for (name, milliseconds) in *latencies {
            assert_eq!(finding.counts[*name], *milliseconds, "{name} in {text}");
        }
    }
}

#[test]
fn jepsens_cases_hold() {
    for (name, lines, expect) in jepsen_cases("set-full") {
        let finding = check(&history(&lines, set_action), ANY);
        assert_eq!(finding.verdict, verdict(&expect["valid"]), "{name}");
        for (field, ours) in [
            ("lost", "lost"),
            ("stale", "stale"),
            ("never_read", "never-read"),
        ] {
            let Some(expected) = expect[field].as_array() else {
                continue;
            };
            let expected: Vec<String> = expected.iter().map(|value| value.to_string()).collect();
            assert_eq!(
                elements(&finding, ours),
                expected.join(","),
                "{name}: {field}"
            );
        }
        for (field, ours) in [
            ("attempt_count", "attempt-count"),
            ("stable_count", "stable-count"),
        ] {
            if let Some(expected) = expect[field].as_u64() {
                assert_eq!(finding.counts[ours], expected, "{name}: {field}");
            }
        }
        for (field, ours) in [
            ("lost_latencies_ms", "lost-latencies"),
            ("stable_latencies_ms", "stable-latencies"),
        ] {
            for (point, expected) in expect[field].as_object().into_iter().flatten() {
                let found = finding.counts.get(&format!("{ours}-{point}")).copied();
                assert_eq!(found, expected.as_u64(), "{name}: {field} {point}");
            }
        }
        for element in expect["duplicated"]
            .as_object()
            .into_iter()
            .flat_map(|duplicated| duplicated.keys())
        {
            assert_eq!(&elements(&finding, "duplicated"), element, "{name}");
        }
    }
}

#[test]
fn what_is_wrong_is_told_with_its_evidence() {
    let finding = check(&table(CASES[6].0, set_action), ANY);
    assert_eq!(anomalies(&finding), ["lost", "stale"]);
    assert_eq!(
        finding.anomalies[0].witness,
        "client 0's add of 0 was acknowledged at 0.001 s, but client 3's read, which began after that at 0.007 s, does \
         not show it; the last read that shows it: client 2's, which began at 0.006 s"
    );
    assert_eq!(finding.anomalies[0].operations, [1, 8, 9]);
    assert_eq!(
        finding.anomalies[1].witness,
        "client 2 read 1 at 0.004 s, but client 2's read, which began after that at 0.006 s, does not show it; a later \
         read shows it: client 3's, which began at 0.007 s"
    );
}

#[test]
fn completions_alone_tell_only_of_reads_by_themselves() {
    let mut history = table(CASES[6].0, set_action);
    history
        .operations
        .iter_mut()
        .for_each(|operation| operation.invoked = 0);
    assert_eq!(check(&history, LINEARIZABLE).verdict, Verdict::Unknown);
    list(&mut history, 4).push(77);
    assert_eq!(anomalies(&check(&history, ANY)), ["unexpected"]);
}

/// Jepsen's way: every element is updated at every read, in the order of the history.
#[derive(Default)]
struct Slow {
    attempted: Option<u32>,
    known: Option<u32>,
    present: Option<u32>,
    absent: Option<u32>,
    duplicated: bool,
    unexpected: bool,
    resurrected: bool,
}

fn slow(history: &History<Set>) -> BTreeMap<u32, Slow> {
    let mut elements: BTreeMap<u32, Slow> = (0..10_001)
        .map(|element| (element, Slow::default()))
        .collect();
    elements.retain(|element, _| *element < 130 || *element > 9_990);
    let mut lines: Vec<(u32, usize, bool)> = Vec::new();
    for (index, operation) in history.operations.iter().enumerate() {
        lines.push((operation.invoked, index, true));
        if operation.outcome == OutcomeType::Ok {
            lines.push((operation.completed, index, false));
        }
    }
    lines.sort_unstable();
    for (place, index, is_invocation) in lines {
        let operation = &history.operations[index];
        match &operation.action {
            Set::Add(element) => {
                let state = elements.get_mut(element).unwrap();
                if is_invocation {
                    state.attempted = state.attempted.or(Some(place));
                } else {
                    state.known = state.known.or(Some(place));
                }
            }
            Set::Read(Some(list)) if !is_invocation => {
                let invoked = Some(operation.invoked);
                for (element, state) in &mut elements {
                    let times = list.iter().filter(|shown| *shown == element).count();
                    state.duplicated |= times > 1;
                    if state.attempted.is_none() {
                        state.unexpected |= times > 0;
                    } else if times > 0 {
                        state.known = state.known.or(Some(place));
                        state.present = state.present.max(invoked);
                        state.resurrected |= history.operations.iter().all(|other| {
                            let is_add =
                                other.action == Set::Add(*element) && other.invoked < place;
                            !is_add || other.outcome == OutcomeType::Fail
                        });
                    } else {
                        state.absent = state.absent.max(invoked);
                    }
                }
            }
            Set::Read(_) => {}
        }
    }
    elements
}

fn agrees(history: &History<Set>) -> Result<(), TestCaseError> {
    let (finding, strict) = (check(history, ANY), check(history, LINEARIZABLE));
    let mut told: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    let (mut stable, mut attempts) = (0, 0);
    let (mut stable_latencies, mut lost_latencies) = (Vec::new(), Vec::new());
    for (element, state) in slow(history) {
        let mut tell = |name, is_so: bool| {
            if is_so {
                told.entry(name).or_default().push(element);
            }
        };
        tell("duplicated", state.duplicated);
        tell("unexpected", state.unexpected);
        tell("resurrected", state.resurrected);
        if state.attempted.is_none() {
            continue;
        }
        attempts += 1;
        let time = |place: u32| history.times[place as usize];
        let known = state.known.unwrap_or(u32::MAX);
        let is_stable = state.present.is_some() && state.absent < state.present;
        let is_lost = state.absent > state.present && state.absent > Some(known);
        stable += u64::from(is_stable);
        tell("lost", is_lost);
        tell("never-read", !is_lost && !is_stable);
        tell("stale", is_stable && state.absent > Some(known));
        let after = |last: Option<u32>| {
            last.map_or(0, |last| time(last) + 1)
                .saturating_sub(time(known))
                / 1_000_000
        };
        if is_stable {
            stable_latencies.push(after(state.absent));
        }
        if is_lost {
            lost_latencies.push(after(state.present));
        }
    }
    prop_assert_eq!(finding.counts["stable-count"], stable);
    prop_assert_eq!(finding.counts["attempt-count"], attempts);
    for name in NAMES {
        let expected = told.get(name).cloned().unwrap_or_default();
        prop_assert_eq!(
            finding.counts[&format!("{name}-count")],
            expected.len() as u64,
            "{}",
            name
        );
        prop_assert_eq!(
            elements(&finding, name),
            runs(&history.names, expected).join(","),
            "{}",
            name
        );
    }
    for (name, mut latencies) in [
        ("stable-latencies", stable_latencies),
        ("lost-latencies", lost_latencies),
    ] {
        for (point, milliseconds) in quantiles(&mut latencies) {
            prop_assert_eq!(finding.counts[&format!("{name}-{point}")], milliseconds);
        }
    }
    let wrong = ["lost", "resurrected", "unexpected", "duplicated"]
        .iter()
        .any(|name| told.contains_key(name));
    prop_assert_eq!(finding.verdict == Verdict::Invalid, wrong);
    prop_assert_eq!(
        strict.verdict == Verdict::Invalid,
        wrong || told.contains_key("stale")
    );
    prop_assert_eq!(finding.verdict == Verdict::Unknown, !wrong && stable == 0);
    // Every kind comes with a witness.
    let kinds = told.keys().filter(|name| **name != "never-read").count();
    prop_assert_eq!(
        finding.anomalies.len(),
        if stable == 0 && !wrong { 0 } else { kinds }
    );
    Ok(())
}

fn mutated(steps: &[Step], chance: prop::sample::Index) -> Result<(), TestCaseError> {
    let good = faithful(steps);
    let strict = check(&good, LINEARIZABLE);
    prop_assert_ne!(strict.verdict, Verdict::Invalid, "{:?}", strict);
    let shows = |index: &usize| !list(&mut good.clone(), *index).is_empty();
    let Some(read) = reads(&good).into_iter().rfind(shows) else {
        return Ok(());
    };
    let position = chance.index(list(&mut good.clone(), read).len());
    let mut bad = good.clone();
    let element = list(&mut bad, read).remove(position);
    let began = bad.operations[read].invoked;
    let known = bad.operations.iter().any(|operation| {
        let says = match &operation.action {
            Set::Add(added) => *added == element,
            Set::Read(list) => list.as_ref().is_some_and(|list| list.contains(&element)),
        };
        says && operation.outcome == OutcomeType::Ok && operation.completed < began
    });
    prop_assert_eq!(check(&bad, LINEARIZABLE).verdict == Verdict::Invalid, known);
    let mut bad = good.clone();
    list(&mut bad, read).insert(0, element);
    prop_assert!(anomalies(&check(&bad, ANY)).contains(&"duplicated".to_owned()));
    let mut bad = good;
    list(&mut bad, read)[position] = 9_999;
    prop_assert!(anomalies(&check(&bad, ANY)).contains(&"unexpected".to_owned()));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn results_are_those_of_the_slow_way(steps in steps(6, 50)) {
        agrees(&arbitrary(&steps))?;
    }

    #[test]
    fn results_are_those_of_the_slow_way_for_sets_that_work(steps in steps(6, 100)) {
        agrees(&faithful(&steps))?;
    }

    #[test]
    fn good_histories_pass_and_mutations_do_not(steps in steps(6, 100), chance in any::<prop::sample::Index>()) {
        mutated(&steps, chance)?;
    }
}

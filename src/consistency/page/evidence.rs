//! What proves the verdict: anomalies with their operations, and writes that were lost.

use super::operation::Outcome;
use super::run::Run;
use super::texts::shortened;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap, HashSet};

/// So many anomalies are shown in words.
pub const ANOMALIES: usize = 40;
/// So many operations of one anomaly are shown.
pub const OPERATIONS: usize = 24;
/// So many lost writes are told one by one.
pub const LOST: usize = 6;
/// The longest witness that is shown, in bytes.
const LONGEST: usize = 4000;

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anomaly {
    /// The field's name for it.
    pub name: String,
    /// The evidence in words.
    pub witness: String,
    /// Its operations, as numbers into [`Run::operations`].
    pub operations: Vec<usize>,
    /// How many more there are, or places at which there is no operation.
    pub more: usize,
}

/// What proves the verdict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The worst first.
    pub anomalies: Vec<Anomaly>,
    /// How many more were found.
    pub more: usize,
    /// Acknowledged writes that are lost, as numbers into [`Run::operations`], ascending.
    pub lost: Vec<usize>,
}

impl Evidence {
    /// Finds the operations behind the result.
    pub fn of(run: &Run) -> Self {
        let found = run
            .result
            .pointer("/finding/anomalies")
            .and_then(Value::as_array);
        let found = found.map(Vec::as_slice).unwrap_or_default();
        let shown = || found.iter().take(ANOMALIES);
        let wanted: HashSet<u32> = shown().flat_map(|it| places(it).0).collect();
        let known = run.at_places(&wanted);
        let anomalies: Vec<Anomaly> = shown().map(|it| anomaly(it, &known)).collect();
        let mut lost = lost_by_number(run);
        let writes = anomalies
            .iter()
            .filter(|anomaly| anomaly.name.starts_with("lost"));
        lost.extend(
            writes
                .flat_map(|anomaly| anomaly.operations.iter().copied())
                .filter(|number| {
                    run.operations.get(*number).is_some_and(|operation| {
                        operation.outcome == Outcome::Ok
                            && !run.function(operation).starts_with("read")
                    })
                }),
        );
        Self {
            more: found.len().saturating_sub(ANOMALIES),
            anomalies,
            lost: lost.into_iter().collect(),
        }
    }

    /// All operations that are told one by one, ascending: those of the anomalies, and the first that were lost.
    pub fn told(&self) -> Vec<usize> {
        let mut told = self.operations();
        told.extend(self.lost.iter().take(LOST));
        told.sort_unstable();
        told.dedup();
        told
    }

    /// All operations of all anomalies, ascending.
    pub fn operations(&self) -> Vec<usize> {
        let all = self
            .anomalies
            .iter()
            .flat_map(|anomaly| anomaly.operations.iter().copied());
        let all: BTreeSet<usize> = all.collect();
        all.into_iter().collect()
    }
}

/// The first places of an anomaly, and how many it has.
fn places(anomaly: &Value) -> (Vec<u32>, usize) {
    let all = anomaly.get("operations").and_then(Value::as_array);
    let all = all.map(Vec::as_slice).unwrap_or_default();
    let first = all.iter().take(OPERATIONS);
    let first = first.filter_map(|place| u32::try_from(place.as_u64()?).ok());
    (first.collect(), all.len())
}

fn anomaly(value: &Value, known: &HashMap<u32, usize>) -> Anomaly {
    let text =
        |name: &str, most| shortened(value.get(name).and_then(Value::as_str).unwrap_or("?"), most);
    let (places, count) = places(value);
    let mut operations: Vec<usize> = places
        .iter()
        .filter_map(|place| known.get(place).copied())
        .collect();
    operations.sort_unstable();
    operations.dedup();
    Anomaly {
        name: text("name", 80),
        witness: text("witness", LONGEST),
        more: count.saturating_sub(operations.len()),
        operations,
    }
}

/// Writes of single numbers that the result names as lost.
fn lost_by_number(run: &Run) -> BTreeSet<usize> {
    let list = run.result.get("lost-range").and_then(Value::as_str);
    let elements = run
        .result
        .pointer("/finding/elements/lost")
        .and_then(Value::as_array);
    let elements = elements.into_iter().flatten().filter_map(Value::as_str);
    let runs: Vec<(i64, i64)> = merged(list.into_iter().chain(elements));
    let is_lost = |number: i64| {
        let after = runs.partition_point(|(from, _)| *from <= number);
        after
            .checked_sub(1)
            .is_some_and(|last| runs.get(last).is_some_and(|(_, until)| number <= *until))
    };
    if runs.is_empty() {
        return BTreeSet::new();
    }
    let all = run.operations.iter().enumerate();
    let lost = all.filter(|(_, operation)| {
        operation.outcome == Outcome::Ok
            && operation.number.is_some_and(is_lost)
            && adds(run.function(operation))
    });
    lost.map(|(number, _)| number).collect()
}

fn adds(function: &str) -> bool {
    matches!(function, "append" | "add" | "write" | "enqueue")
}

/// From `3-7,9` to runs, ascending.
fn merged<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<(i64, i64)> {
    let runs = texts.flat_map(|text| text.split(','));
    let mut runs: Vec<(i64, i64)> = runs.filter_map(|text| one_run(text.trim())).collect();
    runs.sort_unstable();
    let mut merged: Vec<(i64, i64)> = Vec::new();
    for (from, until) in runs {
        match merged.last_mut() {
            Some((_, last)) if from <= *last => *last = until.max(*last),
            _ => merged.push((from, until)),
        }
    }
    merged
}

fn one_run(text: &str) -> Option<(i64, i64)> {
    if let Ok(number) = text.parse() {
        return Some((number, number));
    }
    // The first character may be the sign of the first number.
    let dash = text
        .char_indices()
        .skip(1)
        .find(|(_, character)| *character == '-')?
        .0;
    let (from, until) = (
        text.get(..dash)?.parse().ok()?,
        text.get(dash + 1..)?.parse().ok()?,
    );
    (from <= until).then_some((from, until))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_numbers() {
        type Case = (&'static [&'static str], &'static [(i64, i64)]);
        let table: [Case; 6] = [
            (&[""], &[]),
            (&["3-7,9"], &[(3, 7), (9, 9)]),
            (&["9", "3-7", "5-8"], &[(3, 8), (9, 9)]),
            (&["-3--1,-7"], &[(-7, -7), (-3, -1)]),
            (&["7-3", "a-b", "-", "1-"], &[]),
            (&["9223372036854775807"], &[(i64::MAX, i64::MAX)]),
        ];
        for (texts, expected) in table {
            assert_eq!(merged(texts.iter().copied()), expected, "{texts:?}");
        }
    }
}

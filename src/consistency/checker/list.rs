//! Compares all appends with the list at the end, element by element.
//!
//! Lengths are not enough: a lost write and a recovered one cancel out, and a duplicate hides a loss.

use std::collections::HashMap;

use crate::consistency::operation::Append;
use crate::consistency::outcome::OutcomeType;

/// What the comparison found; every list ascending, every value once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListCheck {
    /// Acknowledged, and not there.
    pub lost: Vec<i64>,
    /// Of unknown outcome, and there. Normal.
    pub recovered: Vec<i64>,
    /// There more than once.
    pub duplicated: Vec<i64>,
    /// There, though never attempted, or though it certainly failed.
    pub unexpected: Vec<i64>,
    /// There, before a value whose append was acknowledged before this one was even invoked.
    pub reordered: Vec<i64>,
    /// Elements that are no numbers.
    pub foreign: usize,
}

impl ListCheck {
    /// Whether the list holds what no correct store could hold, whatever the write concern.
    #[must_use]
    pub fn is_impossible(&self) -> bool {
        self.foreign > 0
            || !(self.duplicated.is_empty()
                && self.unexpected.is_empty()
                && self.reordered.is_empty())
    }
}

/// Compares `appends` (each value once) with the `list` and the number of `foreign` elements in it.
/// O(n log n).
#[must_use]
pub fn check(appends: &[Append], list: &[i64], foreign: usize) -> ListCheck {
    let by_value: HashMap<i64, &Append> = appends
        .iter()
        .map(|append| (i64::from(append.value), append))
        .collect();
    let mut times_there: HashMap<i64, u32> = HashMap::with_capacity(list.len());
    for element in list {
        *times_there.entry(*element).or_default() += 1;
    }
    let mut found = ListCheck {
        foreign,
        ..ListCheck::default()
    };
    for (element, times) in &times_there {
        if *times > 1 {
            found.duplicated.push(*element);
        }
        match by_value.get(element).map(|append| append.outcome) {
            Some(OutcomeType::Ok) => {}
            Some(OutcomeType::Info) => found.recovered.push(*element),
            Some(OutcomeType::Fail) | None => found.unexpected.push(*element),
        }
    }
    let acknowledged = appends
        .iter()
        .filter(|append| append.outcome == OutcomeType::Ok);
    let values = acknowledged.map(|append| i64::from(append.value));
    found.lost = values
        .filter(|value| !times_there.contains_key(value))
        .collect();
    found.reordered = reordered(&by_value, list);
    for values in [
        &mut found.lost,
        &mut found.recovered,
        &mut found.duplicated,
        &mut found.unexpected,
        &mut found.reordered,
    ] {
        values.sort_unstable();
        values.dedup();
    }
    found
}

/// Goes backwards and keeps the earliest acknowledgement of all that stands behind: whatever was
/// invoked after it should stand behind it too. Of a value that is there twice the first counts,
/// for the second is a duplicate already.
fn reordered(by_value: &HashMap<i64, &Append>, list: &[i64]) -> Vec<i64> {
    let mut first_place: HashMap<i64, usize> = HashMap::with_capacity(list.len());
    for (place, element) in list.iter().enumerate() {
        first_place.entry(*element).or_insert(place);
    }
    let mut found = Vec::new();
    let mut earliest_acknowledged_behind = u64::MAX;
    for (place, element) in list.iter().enumerate().rev() {
        let Some(append) = by_value
            .get(element)
            .filter(|_| first_place.get(element) == Some(&place))
        else {
            continue;
        };
        if append.invoked > earliest_acknowledged_behind {
            found.push(*element);
        }
        if append.outcome == OutcomeType::Ok {
            earliest_acknowledged_behind = earliest_acknowledged_behind.min(append.completed);
        }
    }
    found
}

#[cfg(test)]
mod tests;

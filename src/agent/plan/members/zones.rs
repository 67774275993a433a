//! How many are to vote, so that the loss of one zone leaves a majority wherever that is possible.

use super::here::{Owner, Seat};
use crate::model::desired::{Goal, Role, odd_voters};
use std::collections::BTreeMap;

/// How many members are to vote once all are ready: an odd number, at most what a person said and `mongod` takes. Without
/// a person's word it is the largest that can be spread over the zones, if any of three or more can.
pub fn electorate(seats: &[Seat], goal: &Goal) -> usize {
    let strangers = seats
        .iter()
        .filter(|seat| seat.member.votes && seat.owner == Owner::Stranger)
        .count();
    let barred = seats
        .iter()
        .filter(|seat| seat.unit().is_some() && !seat.eligible);
    let barred: Vec<_> = barred.filter_map(|seat| seat.unit()).collect();
    let leaves = goal.role == Role::Leaver;
    let can_vote = goal.units.iter().filter(|(unit, _)| {
        !barred.contains(unit) && goal.policy.of(unit).may_vote() && !(leaves && **unit == goal.me)
    });
    let zones: Vec<_> = can_vote.map(|(_, wanted)| wanted.zone.as_deref()).collect();
    let all = zones.len() + strangers;
    if all == 2 && goal.two_voters && goal.policy.voters != Some(1) {
        return 2;
    }
    match goal.policy.voters {
        Some(most) => odd_voters(all.min(most)),
        None => largest_that_spreads(zones, strangers),
    }
}

/// The largest odd number that can be spread over the zones of units that may vote so that no zone has the majority, if any
/// of three or more can; else the largest odd number.
pub fn largest_that_spreads<'a>(
    units: impl IntoIterator<Item = Option<&'a str>>,
    strangers: usize,
) -> usize {
    let mut zones: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    for zone in units {
        *zones.entry(zone).or_default() += 1;
    }
    // Whoever has no zone fails alone.
    let alone = zones.remove(&None).unwrap_or(0) + strangers;
    let largest = odd_voters(zones.values().sum::<usize>() + alone);
    let spreads = |size: &usize| {
        let quota = (size - 1) / 2;
        zones.values().map(|count| count.min(&quota)).sum::<usize>() + alone >= *size
    };
    let fitting = (3..=largest).rev().filter(|size| size % 2 == 1);
    fitting.into_iter().find(spreads).unwrap_or(largest)
}

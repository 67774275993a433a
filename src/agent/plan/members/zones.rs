//! How many are to vote, so that the loss of one zone leaves a majority wherever that is possible.

use super::here::{Owner, Seat};
use crate::model::desired::{Goal, MOST_VOTERS, Role, Wanted, odd_voters};
use std::collections::BTreeMap;

/// How many members are to vote once all are ready: an odd number, at most what a person said and `mongod` takes. Without
/// a person's word it is the largest that can be spread over the zones, if any of three or more can.
pub fn electorate(seats: &[Seat], goal: &Goal) -> usize {
    let mut zones: BTreeMap<Option<&str>, usize> = BTreeMap::new();
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
    for (_, Wanted { zone, .. }) in can_vote {
        *zones.entry(zone.as_deref()).or_default() += 1;
    }
    // Whoever has no zone fails alone.
    let alone = zones.remove(&None).unwrap_or(0) + strangers;
    let all = zones.values().sum::<usize>() + alone;
    if all == 2 && goal.two_voters && goal.policy.voters != Some(1) {
        return 2;
    }
    let most = goal.policy.voters.unwrap_or(MOST_VOTERS);
    let largest = odd_voters(all.min(most));
    if goal.policy.voters.is_some() {
        return largest;
    }
    let spreads = |size: &usize| {
        let quota = (size - 1) / 2;
        zones.values().map(|count| count.min(&quota)).sum::<usize>() + alone >= *size
    };
    let fitting = (3..=largest).rev().filter(|size| size % 2 == 1);
    fitting.into_iter().find(spreads).unwrap_or(largest)
}

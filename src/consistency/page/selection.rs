//! Which operations the timeline shows, if it cannot show all: those that matter first.

use super::evidence::Evidence;
use super::operation::Outcome;
use super::run::Run;

/// The most operations in a timeline; Jepsen's number too.
pub const MOST: usize = 10_000;

/// The part of [`MOST`] that is kept for a look at the rest, so that nothing seems to be empty that is not.
const REST: usize = MOST / 5;

/// What the timeline shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Numbers into [`Run::operations`], ascending.
    pub shown: Vec<usize>,
    /// How many operations there are.
    pub all: usize,
    /// Where something is left out: within so many nanoseconds of what matters nothing is.
    pub near: Option<u64>,
}

impl Selection {
    /// Chooses: evidence, lost writes and unknown outcomes; then what is nearest in time to those, to faults and to new
    /// primaries; then a fifth evenly from what is left. O(n log n).
    pub fn of(run: &Run, evidence: &Evidence, most: usize) -> Self {
        let all = run.operations.len();
        if all <= most {
            return Self {
                shown: (0..all).collect(),
                all,
                near: None,
            };
        }
        let moments = moments(run, evidence);
        let proof = evidence.told();
        // Evidence first whatever it takes; it is bounded.
        let distance = |number: usize| -> u64 {
            if proof.binary_search(&number).is_ok() {
                return 0;
            }
            run.operations.get(number).map_or(u64::MAX, |operation| {
                let (from, until) = (operation.invoked, operation.until(run.end));
                distance_to(&moments, from, until).saturating_add(1)
            })
        };
        // Where nothing matters more than the rest, all is even.
        let rest = match moments.is_empty() {
            true => most.saturating_sub(proof.len()),
            false => most.min(MOST) * REST / MOST,
        };
        let mut by_distance: Vec<(u64, usize)> =
            (0..all).map(|number| (distance(number), number)).collect();
        let first = most.saturating_sub(rest);
        let mut near = 0;
        if first > 0 && first < all {
            let (_, last, _) = by_distance.select_nth_unstable(first - 1);
            near = last.0.saturating_sub(1);
        }
        let mut shown: Vec<usize> = by_distance
            .iter()
            .take(first)
            .map(|(_, number)| *number)
            .collect();
        let mut left: Vec<usize> = by_distance
            .iter()
            .skip(first)
            .map(|(_, number)| *number)
            .collect();
        left.sort_unstable();
        let rest = rest.min(left.len());
        let even = (0..rest).filter_map(|number| left.get(number * left.len() / rest));
        shown.extend(even);
        shown.sort_unstable();
        Self {
            shown,
            all,
            near: (!moments.is_empty()).then_some(near),
        }
    }
}

/// The moments that matter, ascending.
fn moments(run: &Run, evidence: &Evidence) -> Vec<u64> {
    let mut moments = Vec::new();
    for fault in &run.faults {
        moments.push(fault.from);
        moments.extend(fault.until);
    }
    moments.extend(run.terms.iter().skip(1).map(|term| term.from));
    let numbers = evidence.operations();
    let numbers = numbers.iter().chain(&evidence.lost);
    let operations = numbers.filter_map(|number| run.operations.get(*number));
    moments.extend(operations.map(|operation| operation.until(run.end)));
    let unknown = run
        .operations
        .iter()
        .filter(|operation| operation.outcome == Outcome::Info);
    moments.extend(unknown.map(|operation| operation.invoked));
    moments.sort_unstable();
    moments.dedup();
    moments
}

fn distance_to(moments: &[u64], from: u64, until: u64) -> u64 {
    let next = moments.partition_point(|moment| *moment < from);
    let after = moments
        .get(next)
        .map_or(u64::MAX, |moment| moment.saturating_sub(until));
    let before = next.checked_sub(1).and_then(|last| moments.get(last));
    after.min(before.map_or(u64::MAX, |moment| from.saturating_sub(*moment)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_nothing_matters_all_is_even() {
        let operation = |place: u32| super::super::operation::Operation {
            invoked: u64::from(place),
            completed: u64::from(place) + 1,
            process: 0,
            number: None,
            place,
            completion: place,
            function: 0,
            outcome: Outcome::Ok,
            begun: true,
            text: 0,
        };
        let mut run = Run {
            operations: (0..1000).map(operation).collect(),
            end: 1001,
            ..Run::default()
        };
        let chosen = Selection::of(&run, &Evidence::default(), 100);
        let even: Vec<usize> = (0..100).map(|number| number * 10).collect();
        assert_eq!((chosen.shown, chosen.near), (even, None));
        // One of unknown outcome, and everything around it is there.
        run.operations[500].outcome = Outcome::Info;
        let chosen = Selection::of(&run, &Evidence::default(), 100);
        assert!((470..530).all(|number| chosen.shown.contains(&number)));
        assert_eq!((chosen.shown.len(), chosen.near.is_some()), (100, true));
        assert_eq!(
            Selection::of(&run, &Evidence::default(), 1000).shown.len(),
            1000
        );
        assert!(
            Selection::of(&run, &Evidence::default(), 0)
                .shown
                .is_empty()
        );
    }

    #[test]
    fn distances() {
        let moments = [10, 100];
        for (from, until, expected) in [
            (0, 4, 6),
            (5, 15, 0),
            (20, 30, 10),
            (70, 80, 20),
            (120, 150, 20),
        ] {
            assert_eq!(distance_to(&moments, from, until), expected, "{from}");
        }
        assert_eq!(distance_to(&[], 1, 2), u64::MAX);
    }
}

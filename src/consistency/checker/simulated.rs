//! Made-up histories of sets for tests: several clients, overlaps, failures and crashes.

use super::actions::Set;
use super::operation::{History, Names, OPEN, Operation};
use crate::consistency::outcome::OutcomeType;
use proptest::prelude::*;

/// A set as the lines of a table write it: `add 3`, `read 1,2`, `read []`, `read null`.
pub fn set_action(f: &str, value: &str, names: &mut Names) -> Set {
    match (f, value) {
        ("add" | "write", _) => Set::Add(names.symbol(value)),
        (_, "null" | "-") => Set::Read(None),
        (_, "[]") => Set::Read(Some(Vec::new())),
        _ => Set::Read(Some(
            value
                .split(',')
                .map(|element| names.symbol(element))
                .collect(),
        )),
    }
}

/// One step of a made-up history: which client goes on, and by what chances.
pub type Step = (u8, u8, u16);

/// Steps for some clients.
pub fn steps(clients: u8, most: usize) -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((0..clients, any::<u8>(), any::<u16>()), 0..most)
}

/// A history whose reads show anything: elements 1 to 8, any of them, some twice. One in three operations is a read.
pub fn arbitrary(steps: &[Step]) -> History<Set> {
    run(steps, |chance, _, _| match chance % 3 {
        0 => None,
        _ => Some(u32::from(chance >> 8) % 8 + 1),
    })
}

/// A history of a set that works: adds are of fresh elements and take effect at their completions, or not at all where
/// they fail; reads show what is there at theirs.
pub fn faithful(steps: &[Step]) -> History<Set> {
    let mut history = run(steps, |chance, fresh, _| (chance % 3 != 0).then_some(fresh));
    let mut events: Vec<(u32, usize)> = Vec::new();
    for (index, operation) in history.operations.iter().enumerate() {
        if operation.completed != OPEN {
            events.push((operation.completed, index));
        } else if operation.invoked % 2 == 0 {
            // An add of unknown outcome that takes effect at once.
            events.push((operation.invoked, index));
        }
    }
    events.sort_unstable();
    let mut there = Vec::new();
    for (_, index) in events {
        let operation = &mut history.operations[index];
        match &mut operation.action {
            Set::Add(symbol) if operation.outcome != OutcomeType::Fail => there.push(*symbol),
            Set::Add(_) => {}
            Set::Read(list) => *list = Some(there.clone()),
        }
    }
    history
}

fn run(steps: &[Step], add: impl Fn(u16, u32, usize) -> Option<u32>) -> History<Set> {
    let mut history = super::tables::empty();
    for text in 1..=steps.len().max(8) {
        history.names.symbol(&text.to_string());
    }
    let mut open: [Option<usize>; 256] = [None; 256];
    let mut crashes = 0;
    let mut fresh = 0;
    for (place, (client, chance, bits)) in steps.iter().enumerate() {
        let place = place as u32;
        history.times.push(u64::from(place) * 1_500_000);
        let Some(index) = open[usize::from(*client)].take() else {
            open[usize::from(*client)] = Some(history.operations.len());
            let added = add(*bits, fresh + 1, steps.len());
            fresh += u32::from(added.is_some());
            history.operations.push(Operation {
                process: u64::from(*client) + 256 * crashes,
                invoked: place,
                completed: OPEN,
                outcome: OutcomeType::Info,
                action: added.map_or(Set::Read(None), Set::Add),
            });
            continue;
        };
        let operation = &mut history.operations[index];
        (operation.outcome, operation.completed) = match chance % 8 {
            0 => (OutcomeType::Info, OPEN),
            1 => (OutcomeType::Fail, place),
            _ => (OutcomeType::Ok, place),
        };
        // A crashed client comes back under another number.
        crashes += u64::from(operation.outcome == OutcomeType::Info);
        if matches!(operation.action, Set::Read(_)) {
            let mut list: Vec<u32> = (0..8)
                .filter(|bit| bits >> bit & 1 == 1)
                .map(|bit| bit + 1)
                .collect();
            if chance % 5 == 0 {
                list.extend(list.first().copied());
            }
            operation.action = Set::Read(Some(list));
        }
    }
    history
}

/// The indexes of acknowledged reads of a history, in the order of their completions.
pub fn reads(history: &History<Set>) -> Vec<usize> {
    let mut reads: Vec<usize> = (0..history.operations.len())
        .filter(|index| super::adds::shown(&history.operations[*index]).is_some())
        .collect();
    reads.sort_by_key(|index| history.operations[*index].completed);
    reads
}

/// The list that an acknowledged read shows.
pub fn list(history: &mut History<Set>, index: usize) -> &mut Vec<u32> {
    match &mut history.operations[index].action {
        Set::Read(Some(list)) => list,
        action => panic!("{action:?}"),
    }
}

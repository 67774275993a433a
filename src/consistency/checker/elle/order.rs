//! The order of each process, and of real time.

use super::graph::{Builder, Kind};
use crate::consistency::checker::operation::{OPEN, Operation};
use crate::consistency::outcome::OutcomeType;
use std::collections::HashMap;

/// The operations in the order of their invocations, although a history should have them so.
fn by_invocation<A>(operations: &[Operation<A>]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..operations.len() as u32).collect();
    order.sort_by_key(|place| operations[*place as usize].invoked);
    order
}

/// Whether it is known to have happened, and when.
fn acknowledged<A>(operation: &Operation<A>) -> bool {
    operation.outcome == OutcomeType::Ok
        && operation.completed != OPEN
        && operation.completed >= operation.invoked
}

/// Adds what each process did one after the other; says whether there were any two acknowledged operations.
pub(super) fn add_process<A>(builder: &mut Builder, operations: &[Operation<A>]) -> bool {
    let mut last: HashMap<u64, u32> = HashMap::new();
    let mut any = false;
    for place in by_invocation(operations) {
        let operation = &operations[place as usize];
        if operation.outcome == OutcomeType::Fail {
            continue;
        }
        if let Some(before) = last.get(&operation.process)
            && operations[*before as usize].completed < operation.invoked
        {
            builder.add(*before, place, Kind::Process);
            any |= acknowledged(operation);
        }
        if acknowledged(operation) {
            last.insert(operation.process, place);
        }
    }
    any
}

/// Adds what was acknowledged before something else began; says whether there was anything.
///
/// A chain of nodes stands for the time line: who is acknowledged leads into it, who begins comes out of it. That takes
/// three edges an operation, where the pairs would be as many as the operations squared.
pub(super) fn add_realtime<A>(builder: &mut Builder, operations: &[Operation<A>]) -> bool {
    let mut ends: Vec<(u32, u32)> = operations
        .iter()
        .zip(0u32..)
        .filter(|(operation, _)| acknowledged(operation))
        .map(|(operation, place)| (operation.completed, place))
        .collect();
    ends.sort();
    let mut ends = ends.into_iter().peekable();
    let mut now: Option<u32> = None;
    for place in by_invocation(operations) {
        let operation = &operations[place as usize];
        if operation.outcome == OutcomeType::Fail {
            continue;
        }
        let mut fresh = false;
        while let Some((_, ended)) = ends.next_if(|(end, _)| *end < operation.invoked) {
            if !fresh {
                fresh = true;
                let next = builder.node();
                if let Some(before) = now {
                    builder.add(before, next, Kind::Through);
                }
                now = Some(next);
            }
            if let Some(node) = now {
                builder.add(ended, node, Kind::Realtime);
            }
        }
        if let Some(node) = now {
            builder.add(node, place, Kind::Through);
        }
    }
    now.is_some()
}

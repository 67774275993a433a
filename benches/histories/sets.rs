//! Histories of operations that overlap, and of a set that behaves.

use mongo_rs::consistency::checker::actions::Set;
use mongo_rs::consistency::checker::operation::{History, Names, Operation};
use mongo_rs::consistency::outcome::OutcomeType;

/// How many clients there are.
pub const CLIENTS: u64 = 20;

/// Operations that overlap: the one with this number, by one of the clients in turn.
pub fn operation<A>(number: u32, action: A) -> Operation<A> {
    let overlap = 2 * CLIENTS as u32 - 3;
    Operation {
        process: u64::from(number) % CLIENTS,
        invoked: 2 * number,
        completed: 2 * number + overlap,
        outcome: OutcomeType::Ok,
        action,
    }
}

/// A history of these operations, a line every 0.1 ms, with names for so many numbers.
pub fn history<A>(operations: Vec<Operation<A>>, names: u32) -> History<A> {
    let mut history = History {
        times: (0..operations.len() as u64 * 2 + 2 * CLIENTS)
            .map(|place| place * 100_000)
            .collect(),
        operations,
        names: Names::default(),
    };
    for name in 1..=names {
        history.names.symbol(&name.to_string());
    }
    history
}

/// Adds, and a read of everything at the end of so many.
pub fn sets(count: u32, between: u32) -> History<Set> {
    let mut operations = Vec::new();
    let mut list: Vec<u32> = Vec::new();
    for number in 1..=count {
        let is_read = number.is_multiple_of(between);
        operations.push(operation(
            number,
            if is_read {
                // What was added long enough ago.
                Set::Read(Some(
                    list[..list.len().saturating_sub(CLIENTS as usize - 2)].to_vec(),
                ))
            } else {
                list.push(number);
                Set::Add(number)
            },
        ));
    }
    history(operations, count)
}

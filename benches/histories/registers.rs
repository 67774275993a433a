//! Histories of a register that behaves, made by chance that is always the same.

use mongo_rs::consistency::checker::actions::{OnRegister, Register};
use mongo_rs::consistency::checker::operation::{History, Names, OPEN, Operation};
use mongo_rs::consistency::outcome::OutcomeType;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Reads, writes and compare-and-sets by so many clients at the same time. Written is each of `values` at random, or
/// (none) every value once; of `unanswered` in a hundred nobody knows what became of them.
pub fn registers(
    operations: usize,
    clients: usize,
    values: Option<u32>,
    unanswered: u32,
) -> History<OnRegister> {
    let rng = &mut StdRng::seed_from_u64(7);
    let mut history = History {
        operations: Vec::with_capacity(operations),
        names: Names::default(),
        times: Vec::new(),
    };
    let (mut state, mut next, mut place) = (0, 0, 0);
    let mut running: Vec<Option<(usize, bool)>> = vec![None; clients];
    let mut processes: Vec<u64> = (0..clients as u64).collect();
    while history.operations.len() < operations || running.iter().any(Option::is_some) {
        let client = rng.random_range(0..clients);
        let Some((at, done)) = running[client] else {
            if history.operations.len() < operations {
                next += 1;
                let value = values.map_or(next, |values| rng.random_range(1..=values));
                let action = match rng.random_range(0..10) {
                    0..5 => Register::Read(None),
                    5..8 => Register::Write(value),
                    _ => Register::CompareAndSet(state, value),
                };
                place += 1;
                running[client] = Some((history.operations.len(), false));
                history.operations.push(Operation {
                    process: processes[client],
                    invoked: place,
                    completed: OPEN,
                    outcome: OutcomeType::Info,
                    action: OnRegister { key: 0, action },
                });
            }
            continue;
        };
        let operation = &mut history.operations[at];
        if !done {
            running[client] = Some((at, true));
            operation.outcome = OutcomeType::Ok;
            match &mut operation.action.action {
                Register::Read(value) => *value = Some(state),
                Register::Write(value) => state = *value,
                Register::CompareAndSet(from, to) if *from == state => state = *to,
                Register::CompareAndSet(..) => operation.outcome = OutcomeType::Fail,
            }
            continue;
        }
        if rng.random_range(0..100) < unanswered {
            operation.outcome = OutcomeType::Info;
            processes[client] += clients as u64;
        } else {
            place += 1;
            operation.completed = place;
        }
        running[client] = None;
    }
    history
}

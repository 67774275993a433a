//! A slow check that shares nothing with the real one, and histories to try both on.

use super::{FailedCas, Options};
use crate::consistency::checker::actions::{OnRegister, Register};
use crate::consistency::checker::operation::{History, OPEN, Operation, Symbol};
use crate::consistency::outcome::OutcomeType;
use rand::Rng;
use rand::rngs::StdRng;

/// Tries every order of the operations of every key.
pub fn is_linearizable(history: &History<OnRegister>, options: &Options) -> bool {
    let mut keys: Vec<Symbol> = history
        .operations
        .iter()
        .map(|operation| operation.action.key)
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys.into_iter().all(|key| {
        let operations: Vec<_> = history
            .operations
            .iter()
            .filter(|operation| operation.action.key == key)
            .collect();
        some_order(
            &operations,
            &mut vec![false; operations.len()],
            options.initial(),
            options.failed_cas,
        )
    })
}

fn must(operation: &Operation<OnRegister>, failed: FailedCas) -> bool {
    match operation.outcome {
        OutcomeType::Info => false,
        OutcomeType::Ok => operation.completed != OPEN,
        OutcomeType::Fail => {
            operation.completed != OPEN
                && failed == FailedCas::Compared
                && matches!(operation.action.action, Register::CompareAndSet(..))
        }
    }
}

fn some_order(
    operations: &[&Operation<OnRegister>],
    done: &mut [bool],
    state: Symbol,
    failed: FailedCas,
) -> bool {
    let open = |place: usize, done: &[bool]| !done[place] && must(operations[place], failed);
    if (0..operations.len()).all(|place| !open(place, done)) {
        return true;
    }
    for place in 0..operations.len() {
        let operation = operations[place];
        let overtaken = (0..operations.len())
            .any(|other| open(other, done) && operations[other].completed < operation.invoked);
        if done[place] || overtaken {
            continue;
        }
        let is_failed = operation.outcome == OutcomeType::Fail;
        let next = match operation.action.action {
            _ if is_failed && !must(operation, failed) => None,
            Register::CompareAndSet(from, _) if is_failed => (from != state).then_some(state),
            Register::Read(value) => value.is_none_or(|value| value == state).then_some(state),
            Register::Write(value) => Some(value),
            Register::CompareAndSet(from, to) => (from == state).then_some(to),
        };
        if let Some(next) = next {
            done[place] = true;
            if some_order(operations, done, next, failed) {
                return true;
            }
            done[place] = false;
        }
    }
    false
}

/// What histories to make.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// How many operations.
    pub operations: usize,
    /// How many clients at once.
    pub clients: usize,
    /// How many keys.
    pub keys: u32,
    /// So many values, or each value once.
    pub values: Option<u32>,
    /// How many of 100 operations are not answered.
    pub unanswered: u32,
    /// How many of 100 results are made up.
    pub wrong: u32,
    /// How many of 100 operations are compare-and-sets.
    pub swaps: u32,
}

/// A history of registers that behave, but for the wrong results.
pub fn random(rng: &mut StdRng, shape: Shape) -> History<OnRegister> {
    let mut history = History {
        operations: Vec::new(),
        names: Default::default(),
        times: Vec::new(),
    };
    let mut states = vec![0; shape.keys as usize];
    let mut next_value = 0;
    // For each client its operation, and whether it took effect.
    let mut running: Vec<Option<(usize, bool)>> = vec![None; shape.clients];
    let mut processes: Vec<u64> = (0..shape.clients as u64).collect();
    let mut place = 0;
    while history.operations.len() < shape.operations || running.iter().any(Option::is_some) {
        let client = rng.random_range(0..shape.clients);
        place += 1;
        let Some((at, effective)) = running[client] else {
            if history.operations.len() < shape.operations {
                let known = shape.values.unwrap_or(next_value);
                let key = rng.random_range(0..shape.keys);
                let now = states[key as usize];
                let old = if rng.random_bool(0.6) {
                    now
                } else {
                    rng.random_range(0..=known)
                };
                let new = shape.values.map_or_else(
                    || {
                        next_value += 1;
                        next_value
                    },
                    |values| rng.random_range(0..=values),
                );
                let action = match rng.random_range(0..100) {
                    kind if kind < shape.swaps => Register::CompareAndSet(old, new),
                    kind if kind < 50 + shape.swaps / 2 => Register::Write(new),
                    _ => Register::Read(None),
                };
                running[client] = Some((history.operations.len(), false));
                history.operations.push(Operation {
                    process: processes[client],
                    invoked: place,
                    completed: OPEN,
                    outcome: OutcomeType::Info,
                    action: OnRegister { key, action },
                });
            }
            continue;
        };
        let known = shape.values.unwrap_or(next_value);
        let operation = &mut history.operations[at];
        let state = &mut states[operation.action.key as usize];
        if !effective {
            let lost = rng.random_range(0..200) < shape.unanswered;
            if !lost {
                operation.outcome = OutcomeType::Ok;
                match &mut operation.action.action {
                    Register::Read(value) => {
                        let wrong = rng.random_range(0..100) < shape.wrong;
                        *value = Some(if wrong {
                            rng.random_range(0..=known)
                        } else {
                            *state
                        });
                    }
                    Register::Write(value) => *state = *value,
                    Register::CompareAndSet(from, to) if from == state => *state = *to,
                    Register::CompareAndSet(..) => operation.outcome = OutcomeType::Fail,
                }
                let acknowledged = operation.outcome == OutcomeType::Ok;
                if rng.random_range(0..100) < shape.wrong
                    && !matches!(operation.action.action, Register::Read(_))
                {
                    operation.outcome = if acknowledged {
                        OutcomeType::Fail
                    } else {
                        OutcomeType::Ok
                    };
                }
            }
            running[client] = Some((at, true));
            continue;
        }
        if operation.outcome != OutcomeType::Info && rng.random_range(0..200) >= shape.unanswered {
            operation.completed = place;
        } else {
            operation.outcome = OutcomeType::Info;
            processes[client] += shape.clients as u64;
        }
        running[client] = None;
    }
    history
}

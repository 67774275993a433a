use super::literal::Literal;
use super::{FailedCas, Options};
use crate::consistency::checker::actions::{OnRegister, Register};
use crate::consistency::checker::operation::{OPEN, Operation, Symbol};
use crate::consistency::checker::search::{Call, Numbering};
use crate::consistency::outcome::OutcomeType;
use std::collections::HashSet;

/// The calls of one key that say anything.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    /// In the order of the history.
    pub calls: Vec<Call<Literal>>,
    /// The values by their numbers; the first is the one that the register begins with.
    pub values: Vec<Symbol>,
    /// The values that the register may begin with; one more than the last for any that does not matter.
    pub starts: Vec<u32>,
}

impl Prepared {
    /// Takes the operations at these places of a history.
    pub fn new(
        operations: &[Operation<OnRegister>],
        places: &[u32],
        options: &Options,
        numbering: &mut Numbering,
    ) -> Self {
        numbering.restart();
        numbering.number(options.initial());
        let calls = places
            .iter()
            .filter_map(|place| {
                let operation = &operations[*place as usize];
                let action = literal(operation, options, numbering)?;
                let call = Call::new(operation, *place, action);
                // A call that may never have happened and changes nothing says nothing.
                (call.is_required() || action.writes().is_some()).then_some(call)
            })
            .collect();
        Self {
            calls,
            values: numbering.symbols().to_vec(),
            starts: vec![0],
        }
    }

    /// Whether every value is written at most once, and the first value never.
    pub fn is_unique(&self) -> bool {
        let mut written = vec![false; self.values.len()];
        written[0] = true;
        self.calls
            .iter()
            .filter_map(|call| call.action.writes())
            .all(|value| !std::mem::replace(&mut written[value as usize], true))
    }

    /// Whether a failed compare-and-set has to be explained.
    pub fn differs(&self) -> usize {
        self.calls
            .iter()
            .filter(|call| matches!(call.action, Literal::Differ(_)))
            .count()
    }

    /// Forgets what these operations found. What they wrote stays.
    pub fn forget(&mut self, blamed: &HashSet<u32>) {
        self.calls.retain_mut(|call| {
            let Some(written) = call.action.writes() else {
                return !blamed.contains(&call.source);
            };
            if blamed.contains(&call.source) {
                call.action = Literal::Write(written);
            }
            true
        });
    }

    /// The same without failed compare-and-sets: fewer conditions.
    pub fn without_differs(&self) -> Self {
        let mut copy = self.clone();
        copy.calls
            .retain(|call| !matches!(call.action, Literal::Differ(_)));
        copy
    }
}

fn literal(
    operation: &Operation<OnRegister>,
    options: &Options,
    numbering: &mut Numbering,
) -> Option<Literal> {
    let action = operation.action.action;
    if operation.outcome == OutcomeType::Fail {
        return match action {
            Register::CompareAndSet(from, _)
                if options.failed_cas == FailedCas::Compared && operation.completed != OPEN =>
            {
                Some(Literal::Differ(numbering.number(from)))
            }
            _ => None,
        };
    }
    match action {
        Register::Read(value) => Some(Literal::Read(numbering.number(value?))),
        Register::Write(value) => Some(Literal::Write(numbering.number(value))),
        // To replace a value by itself is to read it.
        Register::CompareAndSet(from, to) if from == to => {
            Some(Literal::Read(numbering.number(from)))
        }
        Register::CompareAndSet(from, to) => {
            Some(Literal::Swap(numbering.number(from), numbering.number(to)))
        }
    }
}

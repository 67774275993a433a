//! Values that are written to a register more than once.
//!
//! As long as no acknowledged transaction read such a value, it does no harm: each write of it is a version of its own.
//! What was read of a value that several transactions wrote may be of any of them.

use crate::consistency::checker::actions::{RegisterStep, Steps};
use crate::consistency::checker::operation::{History, Symbol};
use crate::consistency::outcome::OutcomeType;

/// The steps of all transactions, and who made each.
pub(super) struct Made<'a> {
    history: &'a History<Steps>,
    steps: &'a [RegisterStep],
    /// Made when it is needed: few histories have such values.
    by: Option<Vec<u32>>,
}

impl<'a> Made<'a> {
    pub(super) fn new(history: &'a History<Steps>, steps: &'a [RegisterStep]) -> Self {
        Self {
            history,
            steps,
            by: None,
        }
    }

    /// Of the steps about one value of one register, ascending: for each the number of its version, from 0; none if
    /// all are of one version.
    pub(super) fn versions(&mut self, group: &[(Symbol, Symbol, u32)]) -> Option<Vec<u32>> {
        let steps = self.steps;
        let is_write = |step: u32| matches!(steps[step as usize], RegisterStep::Write(..));
        let writes = group.iter().map(|(.., step)| *step);
        let writes: Vec<u32> = writes.filter(|step| is_write(*step)).collect();
        if writes.len() < 2 {
            return None;
        }
        let history = self.history;
        let by = self.by.get_or_insert_with(|| made_by(history, steps));
        let writers: Vec<u32> = {
            let mut all: Vec<u32> = writes.iter().map(|step| by[*step as usize]).collect();
            all.sort_unstable();
            all.dedup();
            all
        };
        if writers.len() < 2 {
            return None;
        }
        let number_of = |(.., step): &(Symbol, Symbol, u32)| {
            let maker = by[*step as usize];
            let own = |write: &u32| write <= step && by[*write as usize] == maker;
            if writes.iter().any(own) {
                return writers.binary_search(&maker).ok();
            }
            let counts = history.operations[maker as usize].outcome == OutcomeType::Ok;
            (!counts).then_some(0)
        };
        let numbers: Option<Vec<usize>> = group.iter().map(number_of).collect();
        Some(numbers?.into_iter().map(|number| number as u32).collect())
    }
}

fn made_by(history: &History<Steps>, steps: &[RegisterStep]) -> Vec<u32> {
    let mut by = vec![0; steps.len()];
    for (operation, number) in history.operations.iter().zip(0u32..) {
        let Steps(from, to) = operation.action;
        if let Some(range) = by.get_mut(from as usize..to as usize) {
            range.fill(number);
        }
    }
    by
}

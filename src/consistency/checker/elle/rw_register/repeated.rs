//! Values that are written to a register more than once.
//!
//! As long as no acknowledged transaction read such a value, it does no harm: each write of it is a version of its own.
//! What was read of a value that several transactions wrote may be of any of them.

use crate::consistency::checker::FastMap;
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
        // Each writer, with its first write and the number of its version.
        let mut writers: FastMap<u32, (u32, u32)> = FastMap::default();
        for step in writes {
            let number = writers.len() as u32;
            writers.entry(by[step as usize]).or_insert((step, number));
        }
        if writers.len() < 2 {
            return None;
        }
        let number_of = |(.., step): &(Symbol, Symbol, u32)| {
            let maker = by[*step as usize];
            match writers.get(&maker) {
                Some((first, number)) if first <= step => Some(*number),
                _ if history.operations[maker as usize].outcome == OutcomeType::Ok => None,
                _ => Some(0),
            }
        };
        group.iter().map(number_of).collect()
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

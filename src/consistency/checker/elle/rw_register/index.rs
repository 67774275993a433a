//! The steps of all transactions, and the versions of all registers.

use super::repeated::Made;
use crate::consistency::checker::actions::{RegisterStep, Steps};
use crate::consistency::checker::operation::{History, NIL, Operation, Symbol};
use crate::consistency::outcome::OutcomeType;
use std::collections::BTreeSet;

/// No such version or operation.
pub(super) const NONE: u32 = u32::MAX;

/// The history with all versions numbered.
#[derive(Debug)]
pub(super) struct Index<'a> {
    pub(super) history: &'a History<Steps>,
    pub(super) steps: &'a [RegisterStep],
    /// Key and value of each version, ascending; from here on a version is its place here. A value that several
    /// transactions wrote, and that no acknowledged one read of another, is a version of each of them.
    pub(super) versions: Vec<(Symbol, Symbol)>,
    /// The version of each step; [`NONE`] for a read of what is not known.
    pub(super) version_of: Vec<u32>,
    /// Who wrote each version, whatever came of it, rather one who surely did; [`NONE`] for nobody.
    pub(super) writer: Vec<u32>,
    /// Whether it is the last that its transaction wrote to the register.
    pub(super) last: Vec<bool>,
    /// Versions that were read, and that more than one transaction may have written.
    pub(super) doubtful: BTreeSet<u32>,
    /// A version of which nothing can be inferred, and who wrote it: it is "nothing", or another did, too, both surely.
    pub(super) again: Option<(u32, u32)>,
}

impl<'a> Index<'a> {
    pub(super) fn new(history: &'a History<Steps>, steps: &'a [RegisterStep]) -> Self {
        let mut pairs: Vec<(Symbol, Symbol, u32)> = steps
            .iter()
            .zip(0u32..)
            .filter_map(|(step, place)| match *step {
                RegisterStep::Write(key, value) | RegisterStep::Read(key, Some(value)) => {
                    Some((key, value, place))
                }
                RegisterStep::Read(_, None) => None,
            })
            .collect();
        pairs.sort_unstable();
        let mut versions: Vec<(Symbol, Symbol)> = Vec::new();
        let mut version_of = vec![NONE; steps.len()];
        let mut made = Made::new(history, steps);
        for group in pairs.chunk_by(|one, two| (one.0, one.1) == (two.0, two.1)) {
            let numbers = made.versions(group);
            let first = versions.len();
            for (at, (key, value, place)) in group.iter().enumerate() {
                let number = numbers.as_ref().map_or(0, |numbers| numbers[at]);
                let version = first + number as usize;
                version_of[*place as usize] = version as u32;
                versions.resize(versions.len().max(version + 1), (*key, *value));
            }
        }
        let mut index = Self {
            history,
            steps,
            writer: vec![NONE; versions.len()],
            last: vec![false; versions.len()],
            versions,
            version_of,
            doubtful: BTreeSet::new(),
            again: None,
        };
        index.write();
        index
    }

    fn write(&mut self) {
        let mut writes: Vec<(Symbol, u32)> = Vec::new();
        let mut failed: Vec<u32> = Vec::new();
        for (operation, number) in self.history.operations.iter().zip(0u32..) {
            writes.clear();
            for (step, what) in self.steps_of(operation) {
                if let RegisterStep::Write(key, value) = what {
                    writes.push((*key, step));
                    let version = self.version_of[step as usize];
                    self.written(version, number);
                    if *value == NIL {
                        // It was there before, too: who reads it may have read that.
                        self.doubtful.insert(version);
                        self.again = self.again.or(Some((version, number)));
                    }
                }
            }
            writes.sort_unstable();
            for group in writes.chunk_by(|one, two| one.0 == two.0) {
                let Some((_, step)) = group.last() else {
                    continue;
                };
                let version = self.version_of[*step as usize];
                match operation.outcome {
                    OutcomeType::Fail => failed.push(version),
                    OutcomeType::Ok | OutcomeType::Info => self.last[version as usize] = true,
                }
            }
        }
        // What failed tells nothing of what another wrote.
        for version in failed {
            let writer = self.writer[version as usize];
            if self.outcome(writer) == OutcomeType::Fail {
                self.last[version as usize] = true;
            }
        }
    }

    /// One more transaction wrote this version: what failed was not written, if another may have been.
    fn written(&mut self, version: u32, number: u32) {
        let writer = self.writer[version as usize];
        if writer == NONE || writer == number {
            self.writer[version as usize] = number;
            return;
        }
        let sure = |writer: u32| match self.outcome(writer) {
            OutcomeType::Fail => 0,
            OutcomeType::Info => 1,
            OutcomeType::Ok => 2,
        };
        let (one, other) = (sure(writer), sure(number));
        if one.min(other) > 0 {
            self.doubtful.insert(version);
        }
        if one.min(other) == 2 {
            self.again = self.again.or(Some((version, number)));
        }
        if other > one {
            self.writer[version as usize] = number;
        }
    }

    /// The steps of an operation with their numbers; none where it points beyond the steps there are.
    pub(super) fn steps_of(
        &self,
        operation: &Operation<Steps>,
    ) -> impl Iterator<Item = (u32, &'a RegisterStep)> + use<'a> {
        let Steps(from, to) = operation.action;
        let steps: &'a [RegisterStep] = self.steps.get(from as usize..to as usize).unwrap_or(&[]);
        steps.iter().zip(from..).map(|(what, step)| (step, what))
    }

    pub(super) fn outcome(&self, operation: u32) -> OutcomeType {
        self.history.operations[operation as usize].outcome
    }

    pub(super) fn key(&self, version: u32) -> Symbol {
        self.versions[version as usize].0
    }

    pub(super) fn is_nothing(&self, version: u32) -> bool {
        self.versions[version as usize].1 == NIL
    }

    /// Who wrote the version as the last one to its register, if it may have happened.
    pub(super) fn installer(&self, version: u32) -> Option<u32> {
        let writer = self.writer[version as usize];
        let known = writer != NONE && self.last[version as usize];
        (known && self.outcome(writer) != OutcomeType::Fail).then_some(writer)
    }
}

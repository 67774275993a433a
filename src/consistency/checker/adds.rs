//! What a history of a set says of the adds of each element.

use super::actions::Set;
use super::numbering::Numbering;
use super::operation::{History, Operation, Symbol};
use crate::consistency::outcome::OutcomeType;

/// No operation.
pub const NONE: u32 = u32::MAX;

/// The adds of one element, as indexes of operations; [`NONE`] where there is no such add.
#[derive(Clone, Copy, Debug)]
pub struct Added {
    /// The one that was invoked first.
    pub attempted: u32,
    /// The one that was invoked first of those that may have taken effect.
    pub live: u32,
    /// The one that was acknowledged first.
    pub acknowledged: u32,
}

/// What a read that shows an element says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An add that was invoked before the read ended may have put it there.
    Added,
    /// Only adds that are said to have failed can have put it there.
    Resurrected,
    /// Nothing can have put it there: no add of it was invoked before the read ended.
    Unexpected,
}

impl Added {
    /// Where an element comes from that a read shows which ended at this place.
    #[inline]
    pub fn origin(&self, history: &History<Set>, read_completed: u32) -> Origin {
        // Not `<`: in a file of completions only all invocations stand at 0, and so may the first completion.
        let before = |add: u32| invoked(history, add).is_some_and(|place| place <= read_completed);
        if before(self.live) {
            Origin::Added
        } else if before(self.attempted) {
            Origin::Resurrected
        } else {
            Origin::Unexpected
        }
    }
}

/// The adds of every element, by its number.
pub fn adds(history: &History<Set>, numbering: &Numbering) -> Vec<Added> {
    let none = Added {
        attempted: NONE,
        live: NONE,
        acknowledged: NONE,
    };
    let mut elements = vec![none; numbering.len()];
    for (index, operation) in history.operations.iter().enumerate() {
        let Set::Add(symbol) = operation.action else {
            continue;
        };
        let Some(element) = numbering
            .number(symbol)
            .and_then(|number| elements.get_mut(number))
        else {
            continue;
        };
        let index = index as u32;
        let earlier =
            |than: u32| invoked(history, than).is_none_or(|place| operation.invoked < place);
        if earlier(element.attempted) {
            element.attempted = index;
        }
        if operation.outcome != OutcomeType::Fail && earlier(element.live) {
            element.live = index;
        }
        let sooner = completed(history, element.acknowledged)
            .is_none_or(|place| operation.completed < place);
        if operation.outcome == OutcomeType::Ok && sooner {
            element.acknowledged = index;
        }
    }
    elements
}

/// Numbers for all elements that were added, and for those of one more list.
pub fn elements_of(history: &History<Set>, list: &[Symbol]) -> Numbering {
    let added = history
        .operations
        .iter()
        .filter_map(|operation| match operation.action {
            Set::Add(symbol) => Some(symbol),
            Set::Read(_) => None,
        });
    Numbering::of(history.names.len(), added.chain(list.iter().copied()))
}

/// Numbers for all elements that were added, or shown by reads whose value is known.
pub fn elements(history: &History<Set>) -> Numbering {
    let symbols = history
        .operations
        .iter()
        .flat_map(|operation| match &operation.action {
            Set::Add(symbol) => std::slice::from_ref(symbol),
            Set::Read(_) => shown(operation).unwrap_or_default(),
        });
    Numbering::of(history.names.len(), symbols.copied())
}

/// What an acknowledged read showed, where that is known.
#[inline]
pub fn shown(operation: &Operation<Set>) -> Option<&[Symbol]> {
    match &operation.action {
        Set::Read(Some(list)) if operation.outcome == OutcomeType::Ok => Some(list),
        _ => None,
    }
}

fn invoked(history: &History<Set>, index: u32) -> Option<u32> {
    history
        .operations
        .get(index as usize)
        .map(|operation| operation.invoked)
}

fn completed(history: &History<Set>, index: u32) -> Option<u32> {
    history
        .operations
        .get(index as usize)
        .map(|operation| operation.completed)
}

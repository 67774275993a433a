use super::literal::Literal;
use crate::consistency::checker::operation::OPEN;
use crate::consistency::checker::search::{Call, Effect, Model};

/// A register, with what the whole history tells about its values.
#[derive(Debug)]
pub(super) struct RegisterModel {
    /// By value: one more than the last place at which a call of any use returns that finds it; 0 for none.
    useful: Vec<u64>,
    /// By value: one more than the last invocation of a required call that finds it; 0 for none.
    found: Vec<u64>,
    /// By value: how often it comes to be, by a write or as the start.
    written: Vec<u32>,
    /// By value: what the required compare-and-set from it, if any, leaves.
    successor: Vec<Option<u32>>,
    /// Whether some call needs a value not to be there, so that values that nobody finds are of use too.
    differs: bool,
    looks_ahead: bool,
    start: u32,
}

impl RegisterModel {
    /// For these calls, with values below the first number and a start that may be that number.
    pub fn new(calls: &[Call<Literal>], values: usize, start: u32, looks_ahead: bool) -> Self {
        let values = values + 1;
        let mut model = Self {
            useful: vec![0; values],
            found: vec![0; values],
            written: vec![0; values],
            successor: vec![None; values],
            differs: calls
                .iter()
                .any(|call| matches!(call.action, Literal::Differ(_))),
            looks_ahead,
            start,
        };
        model.written[start as usize] = 1;
        let mut swaps = Vec::new();
        for call in calls {
            if let Some(value) = call.action.writes() {
                model.written[value as usize] = model.written[value as usize].saturating_add(1);
            }
            match (call.action, call.is_required()) {
                (Literal::Swap(from, to), false) => swaps.push((from, to)),
                (action, true) => {
                    if let Some(value) = action.finds() {
                        let value = value as usize;
                        model.useful[value] = model.useful[value].max(u64::from(call.returned) + 1);
                        model.found[value] = model.found[value].max(u64::from(call.invoked) + 1);
                    }
                    if let Literal::Swap(from, to) = action {
                        model.successor[from as usize] = Some(to);
                    }
                }
                _ => {}
            }
        }
        model.spread(swaps);
        model
    }

    /// An unanswered compare-and-set makes a value useful for as long as what it leaves is. The longest first, so that
    /// each value is looked at once.
    fn spread(&mut self, mut swaps: Vec<(u32, u32)>) {
        swaps.sort_unstable_by_key(|swap| swap.1);
        let mut values: Vec<u32> = (0..self.useful.len() as u32).collect();
        values.sort_by_key(|value| std::cmp::Reverse(self.useful[*value as usize]));
        let mut done = vec![false; values.len()];
        for value in values {
            let until = self.useful[value as usize];
            let mut work = vec![value];
            while let Some(value) = work.pop() {
                if std::mem::replace(&mut done[value as usize], true) {
                    continue;
                }
                self.useful[value as usize] = self.useful[value as usize].max(until);
                let first = swaps.partition_point(|swap| swap.1 < value);
                work.extend(
                    swaps[first..]
                        .iter()
                        .take_while(|swap| swap.1 == value)
                        .map(|swap| swap.0),
                );
            }
        }
    }
}

impl Model for RegisterModel {
    type Action = Literal;

    fn start(&self) -> u32 {
        self.start
    }

    fn apply(&mut self, state: u32, action: Literal) -> Effect {
        match action {
            Literal::Read(value) if value == state => Effect::Becomes(state),
            Literal::Differ(value) if value != state => Effect::Becomes(state),
            Literal::Write(value) => Effect::Becomes(value),
            Literal::Swap(from, to) if from == state => Effect::Becomes(to),
            _ => Effect::Refused,
        }
    }

    fn changes(&self, action: Literal) -> bool {
        action.writes().is_some()
    }

    fn observes(&self, action: Literal) -> bool {
        !matches!(action, Literal::Write(_))
    }

    fn is_useful(&self, action: Literal, place: u32) -> bool {
        self.differs
            || !self.looks_ahead
            || action
                .writes()
                .is_some_and(|value| self.useful[value as usize] > u64::from(place))
    }

    fn may_leave(&self, state: u32, by: Literal, place: u32) -> bool {
        // The state that stands for all values that nobody finds any more may always be left.
        if !self.looks_ahead || state == OPEN || self.written[state as usize] != 1 {
            return true;
        }
        // It cannot come back. So all who find it must have been invoked, and one who replaces it must do so now.
        let state = state as usize;
        self.found[state] <= u64::from(place) + 1
            && self.successor[state].is_none_or(|to| by == Literal::Swap(state as u32, to))
    }

    fn overwrites(&self, action: Literal) -> bool {
        self.looks_ahead && !self.differs && matches!(action, Literal::Write(_))
    }

    fn is_idle(&self, action: Literal, place: u32) -> bool {
        // A value that nobody finds may still be what takes away one that must not be there.
        self.looks_ahead
            && !self.differs
            && matches!(action, Literal::Write(value) if self.useful[value as usize] <= u64::from(place))
    }

    fn fold(&self, state: u32, place: u32) -> u32 {
        let folds = self.looks_ahead
            && !self.differs
            && state != OPEN
            && self.useful[state as usize] <= u64::from(place);
        if folds { OPEN } else { state }
    }

    fn aims(&self, action: Literal) -> bool {
        self.looks_ahead && action.finds().is_some()
    }

    fn reaches(&mut self, state: u32, target: Literal) -> bool {
        target.finds() == Some(state)
    }

    fn resets(&mut self, action: Literal, target: Literal) -> bool {
        action.writes().is_some() && action.writes() == target.finds()
    }
}

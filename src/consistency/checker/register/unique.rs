//! Registers whose values are written at most once each: an order exists unless one of a few simple things is wrong
//! (Gibbons and Korach, "Testing Shared Memories", 1997; here with chains of compare-and-sets).
//!
//! All operations on one value stand together, and values that compare-and-sets lead from one to the next stand in a
//! chain. A chain whose first return is before its last invocation holds the register from the one to the other. Such
//! spans must not overlap, and no chain may have all of its time within such a span of another.

use super::evidence::Evidence;
use super::literal::Literal;
use super::prepare::Prepared;
use super::zones::{self, Span};
use crate::consistency::checker::operation::OPEN;
use crate::consistency::checker::search::Call;
use std::collections::HashSet;

/// No call.
pub(super) const NONE: u32 = u32::MAX;

/// The most faults of one kind that are told.
const TOLD: usize = 8;

/// Why there is no order. Calls are named by their places in [`Prepared::calls`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It found a value that nobody wrote.
    Garbage(u32),
    /// The first had returned with what only the second, invoked later, can have brought about.
    Future(u32, u32),
    /// Both replaced one value.
    Twice(u32, u32),
    /// What it replaced was there only because of it.
    Circular(u32),
    /// The value that the first found had been replaced by the second, which had returned before.
    Replaced(u32, u32),
    /// Two chains each were there before the other: the calls that returned first and those that were invoked last in
    /// each; [`NONE`] for the beginning.
    Overlap {
        /// Of the first chain.
        first: (u32, u32),
        /// Of the second chain.
        second: (u32, u32),
    },
    /// It failed although the value was there from before the second returned until after the third was invoked.
    Held(u32, u32, u32),
}

impl Fault {
    /// The call that is told to be wrong: what it found cannot be. Without that the fault is not there.
    pub fn blamed(self) -> u32 {
        match self {
            Self::Garbage(call)
            | Self::Future(call, _)
            | Self::Twice(_, call)
            | Self::Circular(call)
            | Self::Replaced(call, _)
            | Self::Held(call, ..) => call,
            Self::Overlap { first, .. } => first.1,
        }
    }
}

/// The calls that concern one value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value {
    /// What wrote it.
    pub writer: u32,
    /// The compare-and-set that replaced it.
    pub next: u32,
    /// The read that returned first.
    pub first_return: u32,
    /// The read that was invoked last.
    pub last_invocation: u32,
}

/// All faults of the first kind of which there are any; none where there is an order, if failed compare-and-sets are
/// passed over. With them: only those that cannot be explained in any order.
pub(super) fn faults(prepared: &Prepared) -> Vec<Evidence> {
    let mut table = Table::new(prepared);
    let faults = table.faults();
    faults
        .into_iter()
        .map(|fault| Evidence::new(fault, prepared, &table.values, &table.proofs))
        .collect()
}

struct Table<'a> {
    prepared: &'a Prepared,
    values: Vec<Value>,
    /// By value: the call that first told that an unanswered call wrote it.
    proofs: Vec<u32>,
    /// By value: the place from before which on it was certainly there, and the call that tells; and the same for the
    /// place until which.
    entered: Vec<(u32, u32)>,
    left: Vec<(u32, u32)>,
}

impl<'a> Table<'a> {
    fn new(prepared: &'a Prepared) -> Self {
        let none = Value {
            writer: NONE,
            next: NONE,
            first_return: NONE,
            last_invocation: NONE,
        };
        let mut values = vec![none; prepared.values.len()];
        for (place, call) in prepared.calls.iter().enumerate() {
            let place = place as u32;
            if let Some(value) = call.action.writes() {
                values[value as usize].writer = place;
            }
            if let Literal::Read(value) = call.action {
                let value = &mut values[value as usize];
                if value.first_return == NONE
                    || call.returned < prepared.calls[value.first_return as usize].returned
                {
                    value.first_return = place;
                }
                if value.last_invocation == NONE
                    || call.invoked > prepared.calls[value.last_invocation as usize].invoked
                {
                    value.last_invocation = place;
                }
            }
        }
        Self {
            prepared,
            entered: vec![(OPEN, NONE); values.len()],
            left: vec![(0, NONE); values.len()],
            proofs: vec![NONE; values.len()],
            values,
        }
    }

    fn faults(&mut self) -> Vec<Fault> {
        let faults = self.happened();
        if !faults.is_empty() {
            return faults;
        }
        let (spans, faults) = self.chains();
        if !faults.is_empty() {
            return faults;
        }
        let faults = zones::overlaps(&spans, TOLD);
        match faults.is_empty() {
            true => self.held(),
            false => faults
                .into_iter()
                .map(|fault| self.plainer(fault))
                .collect(),
        }
    }

    fn invoked(&self, call: u32) -> u32 {
        self.prepared.calls[call as usize].invoked
    }

    fn returned(&self, call: u32) -> u32 {
        self.prepared.calls[call as usize].returned
    }

    /// Finds out which unanswered calls happened and drops the others. An unanswered call happened if something that
    /// happened found its value.
    fn happened(&mut self) -> Vec<Fault> {
        let calls = &self.prepared.calls;
        let mut happened: Vec<bool> = calls.iter().map(|call| call.is_required()).collect();
        let mut work: Vec<u32> = (0..calls.len() as u32)
            .filter(|call| happened[*call as usize])
            .collect();
        let (mut garbage, mut future, mut twice) = (Vec::new(), Vec::new(), Vec::new());
        while let Some(place) = work.pop() {
            let call = &calls[place as usize];
            let Some(found) = call.action.finds() else {
                continue;
            };
            let value = &mut self.values[found as usize];
            if matches!(call.action, Literal::Swap(..)) {
                if value.next == NONE {
                    value.next = place;
                } else {
                    twice.push(Fault::Twice(value.next.min(place), value.next.max(place)));
                }
            }
            if found == 0 {
                continue;
            }
            if value.writer == NONE {
                garbage.push(Fault::Garbage(place));
                continue;
            }
            let writer = value.writer as usize;
            if call.returned < calls[writer].invoked {
                future.push(Fault::Future(place, value.writer));
            }
            if !std::mem::replace(&mut happened[writer], true) {
                self.proofs[found as usize] = place;
                work.push(value.writer);
            }
        }
        for value in &mut self.values {
            if value.writer != NONE && !happened[value.writer as usize] {
                value.writer = NONE;
            }
        }
        for mut faults in [garbage, future, twice] {
            if !faults.is_empty() {
                faults.sort_by_key(|fault| match fault {
                    Fault::Garbage(call) | Fault::Future(call, _) | Fault::Twice(_, call) => *call,
                    _ => 0,
                });
                faults.truncate(TOLD);
                return faults;
            }
        }
        Vec::new()
    }

    /// Walks each chain in its order. Within a chain nothing may have returned before something that comes earlier was
    /// invoked.
    fn chains(&mut self) -> (Vec<Span>, Vec<Fault>) {
        let mut spans = Vec::new();
        let mut faults = Vec::new();
        let mut visited = 0;
        let mut chain = Vec::new();
        for root in 0..self.values.len() {
            let writer = self.values[root].writer;
            let begins = root == 0
                || (writer != NONE
                    && matches!(
                        self.prepared.calls[writer as usize].action,
                        Literal::Write(_)
                    ));
            if !begins {
                continue;
            }
            self.members(root as u32, &mut chain);
            visited += chain.len();
            spans.push(self.walk(&chain, &mut faults));
        }
        let written = self
            .values
            .iter()
            .skip(1)
            .filter(|value| value.writer != NONE)
            .count()
            + 1;
        if faults.is_empty() && visited < written {
            faults.extend(self.circle());
        }
        faults.truncate(TOLD);
        (spans, faults)
    }

    fn members(&self, root: u32, chain: &mut Vec<u32>) {
        chain.clear();
        chain.push(root);
        let mut next = self.values[root as usize].next;
        while next != NONE
            && let Some(value) = self.prepared.calls[next as usize].action.writes()
        {
            chain.push(value);
            next = self.values[value as usize].next;
        }
    }

    fn walk(&mut self, chain: &[u32], faults: &mut Vec<Fault>) -> Span {
        // The call that was invoked last of all so far.
        let mut last = NONE;
        for value in chain {
            let Value {
                writer,
                first_return,
                last_invocation,
                ..
            } = self.values[*value as usize];
            for call in [writer, first_return] {
                if call != NONE && last != NONE && self.returned(call) < self.invoked(last) {
                    faults.push(self.disorder(last, call));
                }
                if call == writer {
                    last = self.later(last, writer);
                }
            }
            last = self.later(last, last_invocation);
            // Once the next is there this is gone, so the next one's invocation counts too.
            let until = self.later(last, self.values[*value as usize].next);
            if until != NONE {
                self.left[*value as usize] = (self.invoked(until), until);
            }
        }
        let mut first = NONE;
        for value in chain.iter().rev() {
            let Value {
                writer,
                first_return,
                next,
                ..
            } = self.values[*value as usize];
            for call in [next, first_return, writer] {
                if call != NONE && (first == NONE || self.returned(call) < self.returned(first)) {
                    first = call;
                }
            }
            if first != NONE {
                self.entered[*value as usize] = (self.returned(first), first);
            }
        }
        let begins = chain.first() == Some(&0);
        Span {
            from: if begins {
                -1
            } else {
                place(first, |call| self.returned(call))
            },
            first: if begins { NONE } else { first },
            begun: match begins {
                true => -1,
                false => place(first, |call| self.invoked(call)),
            },
            to: place(last, |call| self.invoked(call)),
            last,
        }
    }

    /// The same overlap, told so that a person follows. The chain comes back without whose last call all would be well: of
    /// two such the one whose call was later, and where there is none the chain that was there first. That the other came after it is shown by the first of its calls
    /// that can show it: the last one may be wrong itself.
    fn plainer(&self, fault: Fault) -> Fault {
        let Fault::Overlap { first, second } = fault else {
            return fault;
        };
        if first.0 == NONE || second.0 == second.1 {
            return fault;
        }
        let (one, other) = (self.calls_of(first.0), self.calls_of(second.0));
        let whole = |calls: &[u32]| self.extent(calls.iter().copied());
        let without = |calls: &[u32], last: u32| {
            self.extent(calls.iter().copied().filter(|call| *call != last))
        };
        let ends_with_one = !meet(without(&one, first.1), whole(&other));
        let ends_with_other = !meet(whole(&one), without(&other, second.1));
        let is_later = self.invoked(second.1) > self.invoked(first.1);
        let is_of_other = ends_with_other && (!ends_with_one || is_later);
        let (stale, newer, newer_calls) = match is_of_other {
            true => (second, first, one),
            false => (first, second, other),
        };
        let from = self.returned(stale.0);
        let later = newer_calls.into_iter();
        let later = later.filter(|call| self.invoked(*call) > from && self.returned(*call) != OPEN);
        let sooner = later.min_by_key(|call| self.invoked(*call));
        Fault::Overlap {
            first: stale,
            second: (newer.0, sooner.unwrap_or(newer.1)),
        }
    }

    /// All calls that happened and wrote or found a value of this one's chain.
    fn calls_of(&self, call: u32) -> Vec<u32> {
        let calls = &self.prepared.calls;
        let value_of = |call: &Call<Literal>| call.action.writes().or(call.action.finds());
        let mut root = value_of(&calls[call as usize]).unwrap_or(0);
        while let Some(writer) = calls.get(self.values[root as usize].writer as usize)
            && let Some(before) = writer.action.finds()
        {
            root = before;
        }
        let mut chain = Vec::new();
        self.members(root, &mut chain);
        let chain: HashSet<u32> = chain.into_iter().collect();
        let is_of_it = |place: &u32| {
            let call = &calls[*place as usize];
            let wrote = call.action.writes();
            let happened = call.is_required()
                || wrote.is_some_and(|value| self.values[value as usize].writer == *place);
            happened && value_of(call).is_some_and(|value| chain.contains(&value))
        };
        (0..calls.len() as u32).filter(is_of_it).collect()
    }

    /// The first return and the last invocation.
    fn extent(&self, calls: impl Iterator<Item = u32>) -> (u32, u32) {
        calls.fold((OPEN, 0), |(from, to), call| {
            (from.min(self.returned(call)), to.max(self.invoked(call)))
        })
    }

    fn later(&self, one: u32, other: u32) -> u32 {
        match (one, other) {
            (one, NONE) => one,
            (NONE, other) => other,
            (one, other) if self.invoked(other) > self.invoked(one) => other,
            (one, _) => one,
        }
    }

    /// The second call comes later in the chain and had returned before the first was invoked.
    fn disorder(&self, earlier: u32, later: u32) -> Fault {
        match self.prepared.calls[earlier as usize].action {
            Literal::Read(value) => {
                let next = self.values[value as usize].next;
                let by = if next != NONE && self.returned(next) < self.invoked(earlier) {
                    next
                } else {
                    later
                };
                Fault::Replaced(earlier, by)
            }
            _ => Fault::Future(later, earlier),
        }
    }

    /// A compare-and-set of those that lead to each other and from no beginning.
    fn circle(&self) -> Option<Fault> {
        let mut state = vec![0u32; self.values.len()];
        for start in 1..self.values.len() as u32 {
            let mut value = start;
            while value != 0 && state[value as usize] == 0 {
                state[value as usize] = start;
                let writer = self.values[value as usize].writer;
                if writer == NONE {
                    break;
                }
                match self.prepared.calls[writer as usize].action.finds() {
                    Some(from) if state[from as usize] == start => {
                        return Some(Fault::Circular(writer));
                    }
                    Some(from) => value = from,
                    None => break,
                }
            }
        }
        None
    }

    /// The failed compare-and-sets during all of whose time the value was there in any order.
    fn held(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (place, call) in self.prepared.calls.iter().enumerate() {
            let Literal::Differ(value) = call.action else {
                continue;
            };
            if value != 0 && self.values[value as usize].writer == NONE {
                continue;
            }
            let ((from, entered), (to, left)) =
                (self.entered[value as usize], self.left[value as usize]);
            let begun = value == 0 || (entered != NONE && from < call.invoked);
            if begun && left != NONE && to > call.returned {
                faults.push(Fault::Held(
                    place as u32,
                    if value == 0 { NONE } else { entered },
                    left,
                ));
            }
        }
        faults.truncate(TOLD);
        faults
    }
}

/// Whether each of two chains was there before the other.
fn meet(one: (u32, u32), other: (u32, u32)) -> bool {
    one.0 < other.1 && other.0 < one.1
}

fn place(call: u32, of: impl Fn(u32) -> u32) -> i64 {
    if call == NONE {
        -1
    } else {
        i64::from(of(call))
    }
}

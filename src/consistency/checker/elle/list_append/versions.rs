//! The order of the versions of each list.

use super::index::Index;
use crate::consistency::checker::actions::ListStep;
use crate::consistency::checker::elle::collected::Collected;
use crate::consistency::checker::operation::Symbol;
use crate::consistency::outcome::OutcomeType;
use std::collections::HashSet;

/// No such append, operation, or place.
pub(super) const NONE: u32 = u32::MAX;

/// Which version of its list a read saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// It is not known, or the step is no read.
    Unknown,
    /// The empty list.
    Nothing,
    /// The list up to the element at this place of the order.
    UpTo(u32),
    /// A list that does not fit the order.
    Astray,
}

/// For each list the elements in the order in which the longest read shows them.
#[derive(Debug)]
pub(super) struct Versions {
    /// For each key the longest list that was read.
    longest: Vec<(u32, u32)>,
    /// Where the elements of each key begin in the three vectors that follow; one more at the end.
    begin: Vec<u32>,
    /// The append behind each element of the longest list; [`NONE`] for garbage. Also for elements that come again.
    pub(super) elements: Vec<u32>,
    /// The nearest writer at or before each element that may have happened.
    before: Vec<u32>,
    /// The nearest one at or after it.
    after: Vec<u32>,
    /// For each append whether it is in the order (its place), in a read that does not fit it, or in none.
    pub(super) place: Vec<Place>,
    /// For each key the transactions whose appends to it no read shows, ascending.
    unseen: Vec<u32>,
    unseen_begin: Vec<u32>,
    /// For each step.
    pub(super) seen: Vec<Seen>,
    /// For each key the first place in its longest list where an element comes again.
    pub(super) again: Vec<u32>,
}

/// Where an append shows up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In no read.
    Unseen,
    /// At this place of the longest list.
    At(u32),
    /// Only in reads that do not fit the longest one.
    Astray,
}

impl Versions {
    pub(super) fn new(index: &Index, collected: &mut Collected) -> Self {
        let keys = index.keys.len();
        let mut versions = Self {
            longest: longest(index),
            begin: vec![0; keys + 1],
            elements: Vec::new(),
            before: Vec::new(),
            after: Vec::new(),
            place: vec![Place::Unseen; index.appends.len()],
            unseen: Vec::new(),
            unseen_begin: vec![0; keys + 1],
            seen: vec![Seen::Unknown; index.key_of.len()],
            again: vec![NONE; keys],
        };
        for key in 0..keys as u32 {
            versions.order(index, key);
        }
        versions.see(index, collected);
        for key in 0..keys as u32 {
            for append in index.begin[key as usize]..index.begin[key as usize + 1] {
                let operation = index.appends[append as usize].operation;
                if versions.place[append as usize] == Place::Unseen
                    && index.outcome(operation) != OutcomeType::Fail
                {
                    versions.unseen.push(operation);
                }
            }
            let begin = versions.unseen_begin[key as usize] as usize;
            versions.unseen[begin..].sort_unstable();
            let mut last = NONE;
            let mut kept = begin;
            for place in begin..versions.unseen.len() {
                let operation = versions.unseen[place];
                if operation != last {
                    last = operation;
                    versions.unseen[kept] = operation;
                    kept += 1;
                }
            }
            versions.unseen.truncate(kept);
            versions.unseen_begin[key as usize + 1] = kept as u32;
        }
        versions
    }

    fn order(&mut self, index: &Index, key: u32) {
        let begin = self.elements.len();
        let mut garbage = HashSet::new();
        for (place, value) in self
            .list(index, key)
            .iter()
            .zip(0u32..)
            .map(|(value, place)| (place, *value))
        {
            let append = index.find(key, value).unwrap_or(NONE);
            let again = match self.place.get_mut(append as usize) {
                Some(known) if *known == Place::Unseen => {
                    *known = Place::At(place);
                    false
                }
                Some(_) => true,
                None => !garbage.insert(value),
            };
            if again && self.again[key as usize] == NONE {
                self.again[key as usize] = place;
            }
            self.elements.push(append);
        }
        self.begin[key as usize + 1] = self.elements.len() as u32;
        let writers: Vec<u32> = (begin..self.elements.len())
            .map(|place| self.writer(index, begin, place))
            .collect();
        let mut nearest = NONE;
        self.before.extend(writers.iter().map(|writer| {
            if *writer != NONE {
                nearest = *writer;
            }
            nearest
        }));
        self.after.extend(&writers);
        let mut nearest = NONE;
        for after in self.after[begin..].iter_mut().rev() {
            if *after == NONE {
                *after = nearest;
            }
            nearest = *after;
        }
    }

    /// Who wrote the element, if it may have happened, and it is not there for the second time.
    fn writer(&self, index: &Index, begin: usize, place: usize) -> u32 {
        let append = self.elements[place];
        let Some(known) = index.appends.get(append as usize) else {
            return NONE;
        };
        let first = self.place[append as usize] == Place::At((place - begin) as u32);
        if first && index.outcome(known.operation) != OutcomeType::Fail {
            known.operation
        } else {
            NONE
        }
    }

    /// Compares every read with the longest one of its list.
    fn see(&mut self, index: &Index, collected: &mut Collected) {
        let mut astray: Vec<(u32, u32, u32)> = Vec::new();
        for (operation, number) in index.of.history.operations.iter().zip(0u32..) {
            if operation.outcome == OutcomeType::Fail {
                continue;
            }
            for (step, what) in index.steps_of(operation) {
                let ListStep::Read(_, range) = what else {
                    continue;
                };
                let Some(list) = index.list(*range) else {
                    continue;
                };
                let key = index.key_of[step as usize];
                self.seen[step as usize] = if list.is_empty() {
                    Seen::Nothing
                } else if self.list(index, key).starts_with(list) {
                    let append = self.elements[self.begin[key as usize] as usize + list.len() - 1];
                    match self.place.get(append as usize) {
                        // An element that comes again is the version that it first was.
                        Some(Place::At(place)) => Seen::UpTo(*place),
                        _ => Seen::UpTo(list.len() as u32 - 1),
                    }
                } else {
                    astray.push((key, step, number));
                    for value in list {
                        if let Some(append) = index.find(key, *value)
                            && self.place[append as usize] == Place::Unseen
                        {
                            self.place[append as usize] = Place::Astray;
                        }
                    }
                    Seen::Astray
                };
            }
        }
        self.tell_astray(index, astray, collected);
    }

    /// Tells the shortest astray read of each key.
    fn tell_astray(
        &self,
        index: &Index,
        mut astray: Vec<(u32, u32, u32)>,
        collected: &mut Collected,
    ) {
        let length = |step: u32| match index.of.transactions.steps[step as usize] {
            ListStep::Read(_, Some((from, to))) => to.saturating_sub(from),
            _ => 0,
        };
        astray.sort_by_key(|(key, step, _)| (*key, length(*step)));
        astray.dedup_by_key(|(key, _, _)| *key);
        for (key, step, operation) in astray {
            collected.add("incompatible-order", || {
                let ListStep::Read(_, range) = index.of.transactions.steps[step as usize] else {
                    return Default::default();
                };
                let list = index.list(range).unwrap_or(&[]);
                let longest = self.list(index, key);
                let (other, _) = first_read(index, key, longest).unwrap_or((operation, step));
                let same = list.iter().zip(longest).take_while(|(one, two)| one == two).count();
                let names = &index.of.history.names;
                let at = |list: &[Symbol]| list.get(same).map_or("its end".into(), |value| names.text(*value));
                (
                    format!(
                        "{} read {} with {} at place {}, although {} read it with {} there: neither list begins with \
                         the other",
                        super::who(index, operation),
                        index.key(key),
                        at(list),
                        same + 1,
                        super::who(index, other),
                        at(longest),
                    ),
                    vec![super::place(index, operation), super::place(index, other)],
                )
            });
        }
    }

    /// The longest list that was read of a key.
    pub(super) fn list<'a>(&self, index: &Index<'a>, key: u32) -> &'a [Symbol] {
        index.list(Some(self.longest[key as usize])).unwrap_or(&[])
    }

    /// The appends behind the elements of the longest list.
    pub(super) fn order_of(&self, key: u32) -> &[u32] {
        &self.elements[self.begin[key as usize] as usize..self.begin[key as usize + 1] as usize]
    }

    /// Who wrote the nearest element at or before this place, if anybody who may have happened did.
    pub(super) fn before(&self, key: u32, place: u32) -> Option<u32> {
        let at = self.begin[key as usize] + place;
        let inside = at < self.begin[key as usize + 1];
        inside
            .then(|| self.before[at as usize])
            .filter(|writer| *writer != NONE)
    }

    /// Who wrote the nearest element at or after this place.
    pub(super) fn after(&self, key: u32, place: u32) -> Option<u32> {
        let at = self.begin[key as usize] + place;
        let inside = at < self.begin[key as usize + 1];
        inside
            .then(|| self.after[at as usize])
            .filter(|writer| *writer != NONE)
    }

    /// Whether somebody who may have happened wrote the element at this place.
    pub(super) fn is_written(&self, index: &Index, key: u32, place: u32) -> bool {
        let begin = self.begin[key as usize] as usize;
        begin + (place as usize) < self.begin[key as usize + 1] as usize
            && self.writer(index, begin, begin + place as usize) != NONE
    }

    /// Who wrote the last element, of those who may have happened.
    pub(super) fn last(&self, key: u32) -> Option<u32> {
        self.before(key, (self.order_of(key).len() as u32).checked_sub(1)?)
    }

    /// The transactions whose appends no read shows, ascending.
    pub(super) fn unseen(&self, key: u32) -> &[u32] {
        let (from, to) = (
            self.unseen_begin[key as usize],
            self.unseen_begin[key as usize + 1],
        );
        &self.unseen[from as usize..to as usize]
    }
}

/// The longest list of each key, the first of several.
fn longest(index: &Index) -> Vec<(u32, u32)> {
    let mut longest = vec![(0u32, 0u32); index.keys.len()];
    for operation in &index.of.history.operations {
        if operation.outcome == OutcomeType::Fail {
            continue;
        }
        for (step, what) in index.steps_of(operation) {
            if let ListStep::Read(_, Some((from, to))) = what
                && index.list(Some((*from, *to))).is_some()
            {
                let known = &mut longest[index.key_of[step as usize] as usize];
                if to - from > known.1 - known.0 {
                    *known = (*from, *to);
                }
            }
        }
    }
    longest
}

/// The first read that shows exactly this list.
fn first_read(index: &Index, key: u32, list: &[Symbol]) -> Option<(u32, u32)> {
    for (operation, number) in index.of.history.operations.iter().zip(0u32..) {
        if operation.outcome == OutcomeType::Fail {
            continue;
        }
        for (step, what) in index.steps_of(operation) {
            if let ListStep::Read(_, range) = what
                && index.key_of[step as usize] == key
                && index.list(*range) == Some(list)
            {
                return Some((number, step));
            }
        }
    }
    None
}

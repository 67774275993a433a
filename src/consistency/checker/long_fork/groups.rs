//! The groups of keys that are read together, and what each read of a group saw.

use super::Pair;
use crate::consistency::checker::actions::Steps;
use crate::consistency::checker::operation::{History, NIL, Operation, Symbol};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// What one read saw.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The read.
    pub operation: &'a Operation<Steps>,
    /// A bit for each key of the group, in their order.
    pub bits: &'a [u64],
}

/// All groups.
#[derive(Default)]
pub struct Groups<'a> {
    numbers: HashMap<Vec<Symbol>, usize>,
    /// For each group: its reads, and their bits one after the other.
    reads: Vec<(Vec<&'a Operation<Steps>>, Vec<u64>)>,
    /// The group of each key, and the value that its readers saw.
    of_key: HashMap<Symbol, (usize, Symbol)>,
    /// Groups of which nothing can be said.
    unclear: Vec<bool>,
}

/// One group.
pub struct Group<'g, 'a> {
    /// Its keys, in order.
    pub keys: &'g [Symbol],
    reads: &'g [&'a Operation<Steps>],
    bits: &'g [u64],
}

impl<'a> Groups<'a> {
    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.reads.len()
    }

    /// Takes in a read. Answers with what is wrong, if it leaves something unclear.
    pub fn note(
        &mut self,
        history: &History<Steps>,
        operation: &'a Operation<Steps>,
        mut values: Vec<(Symbol, Symbol)>,
    ) -> Option<String> {
        values.sort_unstable();
        let keys: Vec<Symbol> = values.iter().map(|pair| pair.0).collect();
        let mut problem = None;
        let name = |key: Symbol| history.names.text(key);
        let count = self.numbers.len();
        let number = match self.numbers.entry(keys) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                self.reads.push((Vec::new(), Vec::new()));
                self.unclear.push(false);
                *new.insert(count)
            }
        };
        if let Some(pair) = values.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            problem = Some(format!(
                "key {} is read twice in one transaction",
                name(pair[0].0)
            ));
            self.unclear[number] = true;
        }
        let (reads, bits) = &mut self.reads[number];
        reads.push(operation);
        let start = bits.len();
        bits.resize(start + values.len().div_ceil(64), 0);
        for (position, (key, value)) in values.iter().enumerate() {
            bits[start + position / 64] |= u64::from(*value != NIL) << (position % 64);
            let (group, first) = self.of_key.entry(*key).or_insert((number, NIL));
            if *group != number {
                problem = Some(format!(
                    "key {} is read in two unequal groups of keys",
                    name(*key)
                ));
                self.unclear[number] = true;
                self.unclear[*group] = true;
            }
            if *value != NIL && *first != NIL && value != first {
                problem = Some(format!(
                    "key {} is read with distinct values, so it was written twice",
                    name(*key)
                ));
                self.unclear[*group] = true;
                self.unclear[number] = true;
            }
            if *first == NIL {
                *first = *value;
            }
        }
        problem
    }

    /// The groups of which something can be said; a group is not clear with a key that `unclear` names.
    pub fn clear(&self, unclear: impl Fn(Symbol) -> bool) -> Vec<Group<'_, 'a>> {
        let mut groups: Vec<(&Vec<Symbol>, usize)> = Vec::with_capacity(self.numbers.len());
        for (keys, number) in &self.numbers {
            if !self.unclear[*number] && !keys.iter().any(|key| unclear(*key)) {
                groups.push((keys, *number));
            }
        }
        groups.sort_unstable_by_key(|pair| pair.1);
        let group = groups.into_iter().map(|(keys, number)| {
            let (reads, bits) = &self.reads[number];
            Group { keys, reads, bits }
        });
        group.collect()
    }
}

impl<'g> Group<'g, '_> {
    /// Two reads of which each saw what the other did not, if there are such. Ordered by how many keys they saw, all
    /// reads are comparable if and only if each lies within the next; a neighbour that does not is a fork, because it
    /// saw no more than the next one and yet something else.
    pub fn fork(&self) -> Option<Pair<'g>> {
        let words = self.keys.len().div_ceil(64);
        let mut seen: Vec<(u32, Seen<'g>)> = self
            .reads
            .iter()
            .zip(self.bits.chunks(words.max(1)))
            .map(|(operation, bits)| {
                let count = bits.iter().map(|word| word.count_ones()).sum();
                (count, Seen { operation, bits })
            })
            .collect();
        seen.sort_by_key(|pair| pair.0);
        let forked = |pair: &&[(u32, Seen<'_>)]| {
            let words = pair[0].1.bits.iter().zip(pair[1].1.bits);
            words.into_iter().any(|(less, more)| less & !more != 0)
        };
        seen.windows(2)
            .find(forked)
            .map(|pair| (pair[0].1, pair[1].1))
    }
}

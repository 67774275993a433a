//! The steps of all transactions, by key and value.

use super::ListHistory;
use crate::consistency::checker::actions::{ListStep, Steps};
use crate::consistency::checker::elle::witness::{place, who};
use crate::consistency::checker::finding::Anomaly;
use crate::consistency::checker::operation::{Operation, Symbol};
use crate::consistency::outcome::OutcomeType;

/// One append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Append {
    pub(super) value: Symbol,
    /// Who did it.
    pub(super) operation: u32,
    /// Which step it is.
    pub(super) step: u32,
    /// Whether it is the last one of its transaction to the list.
    pub(super) last: bool,
}

/// The history with all keys and appends numbered.
#[derive(Debug)]
pub(super) struct Index<'a> {
    pub(super) of: &'a ListHistory,
    /// The keys, ascending. From here on a key is its place here.
    pub(super) keys: Vec<Symbol>,
    /// The key of each step.
    pub(super) key_of: Vec<u32>,
    /// All appends by key, and by value within a key.
    pub(super) appends: Vec<Append>,
    /// Where the appends of each key begin; one more at the end.
    pub(super) begin: Vec<u32>,
}

impl<'a> Index<'a> {
    /// Fails with what is wrong where a value was appended to a list twice.
    pub(super) fn new(of: &'a ListHistory) -> Result<Self, Anomaly> {
        let steps = &of.transactions.steps;
        let symbol = |step: &ListStep| match step {
            ListStep::Append(key, _) | ListStep::Read(key, _) => *key,
        };
        let (keys, key_of) = number(steps.iter().map(symbol));
        let mut begin = vec![0u32; keys.len() + 1];
        let mut index = Self {
            of,
            keys,
            key_of,
            appends: Vec::new(),
            begin: Vec::new(),
        };
        let mut count = 0u32;
        index.each_append(|key, _| {
            begin[key as usize + 1] += 1;
            count += 1;
        });
        for key in 0..index.keys.len() {
            begin[key + 1] += begin[key];
        }
        let mut next = begin.clone();
        let nothing = Append {
            value: 0,
            operation: 0,
            step: 0,
            last: false,
        };
        let mut appends = vec![nothing; count as usize];
        index.each_append(|key, append| {
            let place = &mut next[key as usize];
            appends[*place as usize] = append;
            *place += 1;
        });
        for key in 0..index.keys.len() {
            let group = &mut appends[begin[key] as usize..begin[key + 1] as usize];
            // Here they are in the order of the history, so that the steps of one transaction are together.
            for place in 0..group.len() {
                group[place].last = group
                    .get(place + 1)
                    .is_none_or(|next| next.operation != group[place].operation);
            }
            group.sort_by_key(|append| append.value);
        }
        index.appends = appends;
        index.begin = begin;
        match index.appended_twice() {
            Some(anomaly) => Err(anomaly),
            None => Ok(index),
        }
    }

    fn each_append(&self, mut each: impl FnMut(u32, Append)) {
        for (operation, action) in self.of.history.operations.iter().zip(0u32..) {
            for (step, what) in self.steps_of(operation) {
                if let ListStep::Append(_, value) = what {
                    let append = Append {
                        value: *value,
                        operation: action,
                        step,
                        last: false,
                    };
                    each(self.key_of[step as usize], append);
                }
            }
        }
    }

    fn appended_twice(&self) -> Option<Anomaly> {
        let mut twice = None;
        for key in 0..self.keys.len() as u32 {
            for pair in self.group(key).windows(2) {
                let earliest = twice
                    .as_ref()
                    .is_none_or(|(_, _, second)| pair[1].step < *second);
                if pair[0].value == pair[1].value && earliest {
                    twice = Some((key, pair[0], pair[1].step));
                    // The earliest second append of all is told.
                }
            }
        }
        let (key, first, second) = twice?;
        let again = self
            .group(key)
            .iter()
            .find(|append| append.step == second)?;
        Some(Anomaly {
            name: "duplicate-appends".to_owned(),
            witness: format!(
                "{} appended {} to {}, as {} did",
                who(&self.of.history, again.operation),
                self.of.history.names.text(again.value),
                self.key(key),
                who(&self.of.history, first.operation),
            ),
            operations: vec![
                place(self.operation(first.operation)),
                place(self.operation(again.operation)),
            ],
        })
    }

    pub(super) fn group(&self, key: u32) -> &[Append] {
        let (from, to) = (self.begin[key as usize], self.begin[key as usize + 1]);
        &self.appends[from as usize..to as usize]
    }

    /// The number of the append of a value to a list.
    pub(super) fn find(&self, key: u32, value: Symbol) -> Option<u32> {
        let place = self
            .group(key)
            .binary_search_by_key(&value, |append| append.value)
            .ok()?;
        Some(self.begin[key as usize] + place as u32)
    }

    pub(super) fn operation(&self, operation: u32) -> &Operation<Steps> {
        &self.of.history.operations[operation as usize]
    }

    pub(super) fn outcome(&self, operation: u32) -> OutcomeType {
        self.operation(operation).outcome
    }

    /// The steps of an operation with their numbers; none where it points beyond the steps there are.
    pub(super) fn steps_of(
        &self,
        operation: &Operation<Steps>,
    ) -> impl Iterator<Item = (u32, &'a ListStep)> + use<'a> {
        let Steps(from, to) = operation.action;
        let steps: &'a [ListStep] = self
            .of
            .transactions
            .steps
            .get(from as usize..to as usize)
            .unwrap_or(&[]);
        steps.iter().zip(from..).map(|(what, step)| (step, what))
    }

    /// The elements of a list that was read; none where it is not known.
    pub(super) fn list(&self, range: Option<(u32, u32)>) -> Option<&'a [Symbol]> {
        let (from, to) = range?;
        self.of.transactions.lists.get(from as usize..to as usize)
    }

    /// The name of a key.
    pub(super) fn key(&self, key: u32) -> std::borrow::Cow<'_, str> {
        self.of.history.names.text(self.keys[key as usize])
    }
}

/// Numbers symbols in ascending order: the symbols, and the number of each that came.
pub(in crate::consistency::checker::elle) fn number(
    symbols: impl Iterator<Item = Symbol> + Clone,
) -> (Vec<Symbol>, Vec<u32>) {
    let (mut count, mut greatest) = (0usize, 0u32);
    for symbol in symbols.clone() {
        count += 1;
        greatest = greatest.max(symbol);
    }
    // Symbols are handed out one after the other, so that a table is small; strange ones are sorted instead.
    if (greatest as usize) < 8 * count + 1024 {
        let mut table = vec![u32::MAX; greatest as usize + 1];
        for symbol in symbols.clone() {
            table[symbol as usize] = 0;
        }
        let mut keys = Vec::new();
        for (symbol, number) in table.iter_mut().enumerate() {
            if *number == 0 {
                *number = keys.len() as u32;
                keys.push(symbol as u32);
            }
        }
        let numbers = symbols.map(|symbol| table[symbol as usize]).collect();
        return (keys, numbers);
    }
    let mut keys: Vec<Symbol> = symbols.clone().collect();
    keys.sort_unstable();
    keys.dedup();
    let numbers = symbols
        .map(|symbol| keys.partition_point(|key| *key < symbol) as u32)
        .collect();
    (keys, numbers)
}

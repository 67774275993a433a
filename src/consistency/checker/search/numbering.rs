use super::FastMap;
use crate::consistency::checker::operation::Symbol;

/// Gives small numbers to symbols, anew for each group of them, without cost for starting anew.
pub(in crate::consistency::checker) struct Numbering {
    /// By symbol: the group in which it was last seen and its number there.
    dense: Vec<(u32, u32)>,
    /// The same for symbols beyond the table.
    sparse: FastMap<(u32, Symbol), u32>,
    group: u32,
    symbols: Vec<Symbol>,
}

impl Numbering {
    /// For symbols that are mostly below this number.
    pub fn new(expected: usize) -> Self {
        Self {
            dense: vec![(0, 0); expected],
            sparse: FastMap::default(),
            group: 0,
            symbols: Vec::new(),
        }
    }

    /// Forgets all numbers.
    pub fn restart(&mut self) {
        self.group += 1;
        self.symbols.clear();
    }

    /// The number of a symbol in this group: 0, 1, 2, … in the order in which they came.
    pub fn number(&mut self, symbol: Symbol) -> u32 {
        let next = self.symbols.len() as u32;
        let number = match self.dense.get_mut(symbol as usize) {
            Some((group, number)) if *group == self.group => *number,
            Some(place) => {
                *place = (self.group, next);
                next
            }
            None => *self.sparse.entry((self.group, symbol)).or_insert(next),
        };
        if number == next {
            self.symbols.push(symbol);
        }
        number
    }

    /// The symbols of this group by their numbers.
    pub fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }
}

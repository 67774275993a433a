//! Small numbers for the symbols of a history, so that what is known of each can stand in a vector.

use super::operation::Symbol;
use std::collections::HashMap;

/// Numbers from 0 on for symbols.
#[derive(Debug)]
pub enum Numbering {
    /// Symbols are their own numbers: the usual case, because symbols are given out from 0 on.
    Direct(usize),
    /// Few symbols, some of them great.
    Sparse {
        /// The number of a symbol.
        numbers: HashMap<Symbol, u32>,
        /// The symbol of a number.
        symbols: Vec<Symbol>,
    },
}

impl Numbering {
    /// Numbers for these symbols; `named` is how many symbols the history has names for.
    pub fn of(named: usize, symbols: impl Iterator<Item = Symbol> + Clone) -> Self {
        let (mut count, mut end) = (0_usize, 0_usize);
        for symbol in symbols.clone() {
            count += 1;
            end = end.max(symbol as usize + 1);
        }
        // A vector as long as the names, or some times as long as the input, is memory that the caller has anyway.
        if end <= named.max(count.saturating_mul(4).saturating_add(1024)) {
            return Self::Direct(end);
        }
        let mut numbers = HashMap::new();
        let mut sparse = Vec::new();
        for symbol in symbols {
            numbers.entry(symbol).or_insert_with(|| {
                sparse.push(symbol);
                (sparse.len() - 1) as u32
            });
        }
        Self::Sparse {
            numbers,
            symbols: sparse,
        }
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Direct(end) => *end,
            Self::Sparse { symbols, .. } => symbols.len(),
        }
    }

    /// The number of one of the symbols that [`Self::of`] was given. Any other symbol has none.
    #[inline]
    pub fn number(&self, symbol: Symbol) -> Option<usize> {
        match self {
            Self::Direct(end) => Some(symbol as usize).filter(|number| number < end),
            Self::Sparse { numbers, .. } => numbers.get(&symbol).map(|number| *number as usize),
        }
    }

    /// The symbol of a number.
    pub fn symbol(&self, number: usize) -> Symbol {
        match self {
            Self::Direct(_) => number as Symbol,
            Self::Sparse { symbols, .. } => symbols.get(number).copied().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lead_back_to_their_symbols() {
        for symbols in [vec![], vec![0, 5, 3, 5], vec![u32::MAX, 7, u32::MAX - 1, 7]] {
            let numbering = Numbering::of(1, symbols.iter().copied());
            assert!(numbering.len() <= 6, "{symbols:?}");
            for symbol in &symbols {
                let number = numbering.number(*symbol).unwrap();
                assert!(number < numbering.len());
                assert_eq!(numbering.symbol(number), *symbol);
            }
            assert_eq!(numbering.number(1_000_000), None);
        }
    }
}

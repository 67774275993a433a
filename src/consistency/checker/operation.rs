//! A history as the checkers see it: operations with a beginning, an end and an outcome.

use super::FastMap;
use crate::consistency::outcome::OutcomeType;
use std::borrow::Cow;
use std::collections::HashMap;

/// A name, a key or a value: its number in [`Names`]. Equal texts have equal numbers.
pub type Symbol = u32;

/// The symbol of "nothing": a value that was never written, `nil` and `null` in files.
pub const NIL: Symbol = 0;

/// The end of an operation that never completed, or whose completion says nothing.
pub const OPEN: u32 = u32::MAX;

/// One operation, from its invocation to its completion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation<A> {
    /// Who did it. A process does one operation at a time, and none after one whose outcome is unknown.
    pub process: u64,
    /// Place of the invocation among all lines of the history; 0 where a file has completions only, so that nothing is
    /// known to have been before it.
    pub invoked: u32,
    /// Place of the completion. [`OPEN`] for [`OutcomeType::Info`]: it may take effect at any time, or never.
    pub completed: u32,
    /// What is known of it.
    pub outcome: OutcomeType,
    /// What was done, and what came back.
    pub action: A,
}

impl<A> Operation<A> {
    /// The same, but something else was done.
    pub fn with<B>(&self, action: B) -> Operation<B> {
        Operation {
            process: self.process,
            invoked: self.invoked,
            completed: self.completed,
            outcome: self.outcome,
            action,
        }
    }
}

/// A whole history: operations in the order of their invocations, what their symbols mean, and when its lines happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History<A> {
    /// In the order of invocation.
    pub operations: Vec<Operation<A>>,
    /// What the symbols stand for.
    pub names: Names,
    /// Nanoseconds since the start, by place; empty where the file has no times.
    pub times: Vec<u64>,
}

impl<A> History<A> {
    /// A place for people: `at 12.345 s`, or `at line 17` where there are no times.
    pub fn moment(&self, place: u32) -> String {
        match self.times.get(place as usize) {
            Some(time) => format!("at {:.3} s", *time as f64 / 1e9),
            None => format!("at line {}", u64::from(place) + 1),
        }
    }
}

/// The texts behind the symbols.
///
/// Most are numbers, and may be as many as there are operations: those are kept as such, and small ones are found in an
/// array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    names: Vec<Name>,
    /// By number; [`NIL`] for one that has no symbol, or that is in `numbers`.
    small: Vec<Symbol>,
    numbers: FastMap<i64, Symbol>,
    texts: HashMap<Box<str>, Symbol>,
}

/// The text of a symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    /// A number as it is usually written.
    Number(i64),
    /// Any other.
    Text(Box<str>),
}

/// Numbers below this may always be in the array of [`Names`].
const SMALL: usize = 1 << 16;

impl Default for Names {
    fn default() -> Self {
        let nil: Box<str> = "nil".into();
        Self {
            names: vec![Name::Text(nil.clone())],
            small: Vec::new(),
            numbers: FastMap::default(),
            texts: [(nil, NIL)].into(),
        }
    }
}

impl Names {
    /// The symbol of a text; a new one for a text that was not there.
    pub fn symbol(&mut self, text: &str) -> Symbol {
        if let Some(number) = plain_number(text) {
            return self.number(number);
        }
        if let Some(symbol) = self.texts.get(text) {
            return *symbol;
        }
        let symbol = self.next(Name::Text(text.into()));
        self.texts.insert(text.into(), symbol);
        symbol
    }

    /// The symbol of the text of a number.
    pub fn number(&mut self, number: i64) -> Symbol {
        // The array grows with the names, so that it never takes much more than they do.
        let most = SMALL.max(self.names.len().saturating_mul(4));
        let small = usize::try_from(number).ok().filter(|small| *small < most);
        let known = small.and_then(|small| self.small.get(small));
        if let Some(symbol) = known.filter(|symbol| **symbol != NIL) {
            return *symbol;
        }
        if let Some(symbol) = self.numbers.get(&number) {
            return *symbol;
        }
        let symbol = self.next(Name::Number(number));
        match small {
            Some(small) => {
                if small >= self.small.len() {
                    self.small.resize((small + 1).next_power_of_two(), NIL);
                }
                if let Some(place) = self.small.get_mut(small) {
                    *place = symbol;
                }
            }
            None => _ = self.numbers.insert(number, symbol),
        }
        symbol
    }

    fn next(&mut self, name: Name) -> Symbol {
        let symbol = u32::try_from(self.names.len()).unwrap_or(OPEN);
        self.names.push(name);
        symbol
    }

    /// The text of a symbol; its number where it has none.
    pub fn text(&self, symbol: Symbol) -> Cow<'_, str> {
        match self.names.get(symbol as usize) {
            Some(Name::Text(text)) => (&**text).into(),
            Some(Name::Number(number)) => number.to_string().into(),
            None => symbol.to_string().into(),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Never: nothing has a name of its own.
    pub fn is_empty(&self) -> bool {
        false
    }
}

/// The number that a text is, if that number is written just so.
fn plain_number(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let first = digits.as_bytes().first()?;
    let plain = first.is_ascii_digit() && (*first != b'0' || text == "0");
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_have_equal_symbols_and_others_have_others() {
        let mut names = Names::default();
        let least = i64::MIN.to_string();
        let texts = [
            "nil",
            "0",
            "-0",
            "00",
            "7",
            "+7",
            "07",
            "7.0",
            "-7",
            "",
            "-",
            "x",
            "65535",
            "65536",
            "9223372036854775807",
            "9223372036854775808",
            "1 2",
            &least,
        ];
        let symbols: Vec<_> = texts.iter().map(|text| names.symbol(text)).collect();
        assert_eq!(symbols, (0..texts.len() as u32).collect::<Vec<_>>());
        for (text, symbol) in texts.iter().zip(symbols) {
            assert_eq!(names.symbol(text), symbol, "{text}");
            assert_eq!(names.text(symbol), *text);
        }
        assert_eq!(names.number(7), names.symbol("7"));
        assert_eq!(names.len(), texts.len());
        assert_eq!(names.text(1000), "1000");
    }

    #[test]
    fn a_number_keeps_its_symbol_when_the_array_has_grown_past_it() {
        let mut names = Names::default();
        let great = names.number(100_000);
        for number in 0..70_000 {
            names.number(number);
        }
        // Now there are enough names for that number to be in the array, too.
        assert_eq!(names.number(100_000), great);
        assert_eq!(names.number(100_001), 70_002);
        assert_eq!(names.symbol("100001"), 70_002);
        assert_eq!(names.symbol("100000"), great);
        assert_eq!(names.text(great), "100000");
    }
}

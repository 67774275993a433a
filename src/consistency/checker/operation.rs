//! A history as the checkers see it: operations with a beginning, an end and an outcome.

use crate::consistency::outcome::OutcomeType;

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    texts: Vec<String>,
    numbers: std::collections::HashMap<String, Symbol>,
}

impl Default for Names {
    fn default() -> Self {
        let nil = "nil".to_owned();
        Self {
            texts: vec![nil.clone()],
            numbers: [(nil, NIL)].into(),
        }
    }
}

impl Names {
    /// The symbol of a text; a new one for a text that was not there.
    pub fn symbol(&mut self, text: &str) -> Symbol {
        if let Some(symbol) = self.numbers.get(text) {
            return *symbol;
        }
        let symbol = u32::try_from(self.texts.len()).unwrap_or(OPEN);
        self.texts.push(text.to_owned());
        self.numbers.insert(text.to_owned(), symbol);
        symbol
    }

    /// The text of a symbol; its number where it has none.
    pub fn text(&self, symbol: Symbol) -> std::borrow::Cow<'_, str> {
        match self.texts.get(symbol as usize) {
            Some(text) => text.into(),
            None => symbol.to_string().into(),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Never: nothing has a name of its own.
    pub fn is_empty(&self) -> bool {
        false
    }
}

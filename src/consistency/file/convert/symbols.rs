//! The symbols of values, quickly where they are small numbers.

use crate::consistency::checker::operation::{NIL, Names, Symbol};
use crate::consistency::file::Value;

/// Numbers below this have their symbol in an array.
const SMALL: usize = 1 << 20;

/// Gives values their symbols.
#[derive(Default)]
pub(super) struct Symbols {
    names: Names,
    /// By number; [`NIL`] for one that has none yet.
    small: Vec<Symbol>,
    text: String,
}

impl Symbols {
    /// The symbol of a value's [`Value::text`].
    pub fn of(&mut self, value: &Value) -> Symbol {
        match value {
            Value::Nil => NIL,
            Value::Integer(number) => self.number(*number),
            other => self.names.symbol(&other.text()),
        }
    }

    /// The symbol of a string as it is, to be put together with others.
    pub fn string(&mut self, value: &Value) -> Symbol {
        match value.name() {
            Some(text) => self.names.symbol(text),
            None => self.of(value),
        }
    }

    fn number(&mut self, number: i64) -> Symbol {
        use std::fmt::Write;
        let small = usize::try_from(number).ok().filter(|small| *small < SMALL);
        if let Some(symbol) = small
            .and_then(|small| self.small.get(small))
            .filter(|symbol| **symbol != NIL)
        {
            return *symbol;
        }
        self.text.clear();
        // A string takes whatever is written.
        let _ = write!(self.text, "{number}");
        let symbol = self.names.symbol(&self.text);
        if let Some(small) = small {
            if small >= self.small.len() {
                self.small.resize((small + 1).next_power_of_two(), NIL);
            }
            if let Some(place) = self.small.get_mut(small) {
                *place = symbol;
            }
        }
        symbol
    }

    /// The names of all symbols.
    pub fn names(self) -> Names {
        self.names
    }
}

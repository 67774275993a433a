//! The symbols of values.

use crate::consistency::checker::operation::{NIL, Names, Symbol};
use crate::consistency::file::Value;

/// Gives values their symbols.
#[derive(Default)]
pub(super) struct Symbols {
    names: Names,
}

impl Symbols {
    /// The symbol of a value's [`Value::text`].
    pub fn of(&mut self, value: &Value) -> Symbol {
        match value {
            Value::Nil => NIL,
            Value::Integer(number) => self.names.number(*number),
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

    /// The names of all symbols.
    pub fn names(self) -> Names {
        self.names
    }
}

//! What the operations of each kind of history do.

use super::operation::Symbol;

/// An operation on one of many registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnRegister {
    /// Which register; each is checked for itself.
    pub key: Symbol,
    /// What was done.
    pub action: Register,
}

/// Reads and writes of a register that begins with one known value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Register {
    /// Read this; none where what was read is not known.
    Read(Option<Symbol>),
    /// Wrote this.
    Write(Symbol),
    /// Wrote the second where the first was. With outcome `Fail`: the first was not there ([`super::register`] is
    /// told to pass these over where a file does not tell them from operations that were never tried).
    CompareAndSet(Symbol, Symbol),
}

/// An operation on one string of a map of strings, each of which begins empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnText {
    /// Which string; each is checked for itself.
    pub key: Symbol,
    /// What was done.
    pub action: Text,
}

/// Reads, writes and appends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// Read this; none where what was read is not known.
    Get(Option<Symbol>),
    /// Wrote this.
    Put(Symbol),
    /// Added this at the end.
    Append(Symbol),
}

/// An operation on a set that only grows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Set {
    /// Added one element.
    Add(Symbol),
    /// Read all of it, in the order in which it was shown; none where that is not known.
    Read(Option<Vec<Symbol>>),
}

/// An operation on a counter that begins with 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// Added this; less than nothing is allowed.
    Add(i64),
    /// Read this; none where it is not known.
    Read(Option<i64>),
}

/// An operation on accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bank {
    /// Moved money.
    Transfer {
        /// From here.
        from: Symbol,
        /// To there.
        to: Symbol,
        /// So much.
        amount: i64,
    },
    /// Read all balances, none for one that was not there; none at all where what was read is not known.
    Read(Option<Vec<(Symbol, Option<i64>)>>),
}

/// One step of a transaction on lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListStep {
    /// Appended a value; every value is appended to a list once.
    Append(Symbol, Symbol),
    /// Read a list: where it stands in [`ListTransactions::lists`]; none where it is not known.
    Read(Symbol, Option<(u32, u32)>),
}

/// The steps and lists of all transactions in one place, for histories of a million of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListTransactions {
    /// The steps of all transactions, one transaction after the other.
    pub steps: Vec<ListStep>,
    /// The elements of all lists that were read, one list after the other.
    pub lists: Vec<Symbol>,
}

/// A transaction: its part of [`ListTransactions::steps`] (or of a vector of [`RegisterStep`]), from and to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps(pub u32, pub u32);

/// One step of a transaction on registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterStep {
    /// Wrote a value.
    Write(Symbol, Symbol),
    /// Read a value ([`super::operation::NIL`] for none yet); none where it is not known.
    Read(Symbol, Option<Symbol>),
}

use crate::consistency::checker::operation::{NIL, Symbol};

/// How to check registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The value that every register begins with; none for [`NIL`].
    pub initial: Option<Symbol>,
    /// What a failed compare-and-set says.
    pub failed_cas: FailedCas,
    /// How many configurations are looked at for one key before the answer is `unknown`. A million takes some 0.2 s;
    /// at most 4 million are kept at a time, in some 500 MiB. Keys whose values are unique need none, unless a failed
    /// compare-and-set says something of them.
    pub budget: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            initial: None,
            failed_cas: FailedCas::Ignored,
            budget: 30_000_000,
        }
    }
}

impl Options {
    /// The value that every register begins with.
    pub fn initial(&self) -> Symbol {
        self.initial.unwrap_or(NIL)
    }
}

/// What a compare-and-set with outcome `Fail` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailedCas {
    /// Nothing: it may never have been tried (Knossos' reading).
    #[default]
    Ignored,
    /// That at some moment between its invocation and its completion the first value was not there (Porcupine's
    /// reading of etcd's logs).
    Compared,
}

//! One operation of a workload: what is going to be done, and how it stands in a history.

use serde_json::{Value, json};

/// What a client does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `list-append`: add a number at the end of the list.
    Append(i32),
    /// `set`: put a number in.
    Add(i32),
    /// `set`: read all numbers.
    ReadSet,
    /// `register`: read one.
    Read(u32),
    /// `register`: write one; key and value.
    Write(u32, i64),
    /// `register`: write the second value where the first is; key, first, second.
    CompareAndSet(u32, i64, i64),
    /// `counter`: add.
    Increment(i64),
    /// `counter`: read.
    ReadCounter,
    /// `bank`: move money in a transaction; from, to, amount.
    Transfer(u32, u32, i64),
    /// `bank`: read all balances in a transaction.
    ReadBank,
    /// `bank`: read all balances without a transaction, which may show money on its way.
    ReadBankOutside,
    /// `txn-append`: appends to and reads of several lists in one transaction.
    Transaction(Vec<Step>),
    /// `gridfs`: read the number in the newest file, and store a file with the next one.
    Revise,
    /// `gridfs`: read the number in the newest file.
    ReadNewest,
}

/// One step of a transaction on lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Append a value; key and value.
    Append(u32, i64),
    /// Read the list of a key.
    Read(u32),
}

/// What an operation may have changed, which decides what an error says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: an error means that nothing was read.
    None,
    /// One statement.
    Statement,
    /// All statements of a transaction, or none.
    Transaction,
    /// Several statements one after the other.
    Statements,
}

impl Operation {
    /// Jepsen's name for it in a history.
    #[must_use]
    pub fn f(&self) -> &'static str {
        match self {
            Self::Append(_) => "append",
            Self::Add(_) | Self::Increment(_) => "add",
            Self::ReadSet
            | Self::Read(_)
            | Self::ReadCounter
            | Self::ReadBank
            | Self::ReadNewest => "read",
            Self::ReadBankOutside => "read-outside",
            Self::Write(..) => "write",
            Self::CompareAndSet(..) => "cas",
            Self::Transfer(..) => "transfer",
            Self::Transaction(_) => "txn",
            Self::Revise => "revise",
        }
    }

    /// Its value in a history, when it is invoked. What is to be read is null.
    #[must_use]
    pub fn value(&self) -> Value {
        match self {
            Self::Append(value) | Self::Add(value) => json!(value),
            Self::ReadSet
            | Self::ReadCounter
            | Self::ReadBank
            | Self::ReadBankOutside
            | Self::Revise
            | Self::ReadNewest => Value::Null,
            Self::Read(key) => json!([key, null]),
            Self::Write(key, value) => json!([key, value]),
            Self::CompareAndSet(key, from, to) => json!([key, [from, to]]),
            Self::Increment(by) => json!(by),
            Self::Transfer(from, to, amount) => json!({"from": from, "to": to, "amount": amount}),
            Self::Transaction(steps) => steps.iter().map(|step| step.value(None)).collect(),
        }
    }

    /// What an error of it leaves open.
    #[must_use]
    pub fn effect(&self) -> Effect {
        match self {
            Self::ReadSet
            | Self::Read(_)
            | Self::ReadCounter
            | Self::ReadBank
            | Self::ReadBankOutside
            | Self::ReadNewest => Effect::None,
            Self::Append(_)
            | Self::Add(_)
            | Self::Write(..)
            | Self::CompareAndSet(..)
            | Self::Increment(_) => Effect::Statement,
            Self::Transfer(..) | Self::Transaction(_) => Effect::Transaction,
            Self::Revise => Effect::Statements,
        }
    }
}

impl Step {
    /// Elle's micro-operation: `["append", 3, 17]`, `["r", 3, [1, 2]]`; null for a list that is not known.
    #[must_use]
    pub fn value(&self, list: Option<&[i64]>) -> Value {
        match self {
            Self::Append(key, value) => json!(["append", key, value]),
            Self::Read(key) => json!(["r", key, list]),
        }
    }
}

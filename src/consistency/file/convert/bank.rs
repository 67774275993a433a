//! Histories of accounts: `transfer` and `read`.

use super::pairing::{Pair, pair};
use super::symbols::Symbols;
use crate::consistency::checker::actions::Bank;
use crate::consistency::checker::operation::{History, Symbol};
use crate::consistency::file::{FileError, Lines, Value};
use std::collections::HashSet;
use std::io::BufRead;

/// Which reads of a history of accounts are meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reads {
    /// Those in transactions, as in every history of others.
    #[default]
    Inside,
    /// Those that our own workload makes without a transaction (`read-outside`).
    Outside,
}

/// Reads a history of accounts.
///
/// `reads` are those to be checked; the others say nothing then.
///
/// `f` is `transfer` with `{:from 0, :to 1, :amount 5}`, or `read`, acknowledged with a map of accounts to balances
/// (`{0 97}`, in JSON `{"0": 97}`), where nil is an account that was not there; or with nil where it is not known.
///
/// # Errors
/// What is wrong with the file, and where.
pub fn bank<R: BufRead>(lines: &mut Lines<R>, reads: Reads) -> Result<History<Bank>, FileError> {
    let mut symbols = Symbols::default();
    let paired = pair(lines, |pair| {
        let action = match &*pair.f {
            "transfer" => transfer(&pair, &mut symbols)?,
            "read" if reads == Reads::Outside => Bank::Read(None),
            "read-outside" if reads == Reads::Inside => Bank::Read(None),
            "read" | "read-outside" => match pair.answered() {
                None | Some(Value::Nil) => Bank::Read(None),
                Some(value) => Bank::Read(Some(balances(&pair, value, &mut symbols)?)),
            },
            other => {
                return Err(pair.wrong(format!("expected f to be transfer or read, not {other:?}")));
            }
        };
        Ok(Some(action))
    })?;
    Ok(History {
        operations: paired.operations,
        names: symbols.names(),
        times: paired.times,
    })
}

fn transfer(pair: &Pair, symbols: &mut Symbols) -> Result<Bank, FileError> {
    let value = pair.written()?;
    let part = |name: &str| value.get(name).filter(|part| !part.is_nil());
    match (
        part("from"),
        part("to"),
        part("amount").and_then(Value::integer),
    ) {
        (Some(from), Some(to), Some(amount)) => Ok(Bank::Transfer {
            from: symbols.of(from),
            to: symbols.of(to),
            amount,
        }),
        _ => Err(pair.wrong("expected a transfer: a map of from, to and amount (a whole number)")),
    }
}

fn balances(
    pair: &Pair,
    value: &Value,
    symbols: &mut Symbols,
) -> Result<Vec<(Symbol, Option<i64>)>, FileError> {
    let wrong = || pair.wrong("expected a map of accounts to balances (whole numbers)");
    let entries = value.entries().ok_or_else(wrong)?;
    let mut seen = HashSet::new();
    let mut balances = Vec::with_capacity(entries.len());
    for (account, balance) in entries {
        let balance = match balance {
            Value::Nil => None,
            balance => Some(balance.integer().ok_or_else(wrong)?),
        };
        let account = symbols.of(account);
        if !seen.insert(account) {
            return Err(pair.wrong("an account stands twice in what was read"));
        }
        balances.push((account, balance));
    }
    Ok(balances)
}

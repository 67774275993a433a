//! Histories of accounts: `transfer` and `read`.

use super::pairing::{Pair, pair};
use super::symbols::Symbols;
use crate::consistency::checker::actions::Bank;
use crate::consistency::checker::operation::{History, Symbol};
use crate::consistency::file::{FileError, Format, Lines, Value};
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
/// (`{0 97}`, in JSON `{"0": 97}`), where nil is an account that was not there; or with nil, in our own files where it is
/// not known, in those of others for no account at all.
///
/// # Errors
/// What is wrong with the file, and where.
pub fn bank<R: BufRead>(lines: &mut Lines<R>, reads: Reads) -> Result<History<Bank>, FileError> {
    let mut accounts = Accounts {
        symbols: Symbols::default(),
        // There the keys of maps are strings, whatever they were.
        by_name: matches!(lines.format(), Format::Json | Format::Own),
    };
    let own = lines.format() == Format::Own;
    let paired = pair(lines, |pair| {
        let action = match &*pair.f {
            "transfer" => transfer(&pair, &mut accounts)?,
            "read" if reads == Reads::Outside => Bank::Read(None),
            "read-outside" if reads == Reads::Inside => Bank::Read(None),
            "read" | "read-outside" => match pair.answered() {
                None => Bank::Read(None),
                Some(Value::Nil) if own => Bank::Read(None),
                // As with Jepsen: it shows no account, and so no money.
                Some(Value::Nil) => Bank::Read(Some(Vec::new())),
                Some(value) => Bank::Read(Some(balances(&pair, value, &mut accounts)?)),
            },
            other => {
                return Err(pair.wrong(format!("expected f to be transfer or read, not {other:?}")));
            }
        };
        Ok(Some(action))
    })?;
    Ok(History {
        operations: paired.operations,
        names: accounts.symbols.names(),
        times: paired.times,
    })
}

/// The symbols of accounts.
struct Accounts {
    symbols: Symbols,
    /// Whether `0` and `"0"` are one account.
    by_name: bool,
}

impl Accounts {
    fn of(&mut self, account: &Value) -> Symbol {
        match self.by_name {
            true => self.symbols.string(account),
            false => self.symbols.of(account),
        }
    }
}

fn transfer(pair: &Pair, accounts: &mut Accounts) -> Result<Bank, FileError> {
    let value = pair.written()?;
    let part = |name: &str| value.get(name).filter(|part| !part.is_nil());
    match (
        part("from"),
        part("to"),
        part("amount").and_then(Value::integer),
    ) {
        (Some(from), Some(to), Some(amount)) => Ok(Bank::Transfer {
            from: accounts.of(from),
            to: accounts.of(to),
            amount,
        }),
        _ => Err(pair.wrong(
            "expected a transfer: a map of from, to and amount (a whole number of at most 64 bits)",
        )),
    }
}

fn balances(
    pair: &Pair,
    value: &Value,
    accounts: &mut Accounts,
) -> Result<Vec<(Symbol, Option<i64>)>, FileError> {
    let wrong =
        || pair.wrong("expected a map of accounts to balances (whole numbers of at most 64 bits)");
    let entries = value.entries().ok_or_else(wrong)?;
    let mut seen = HashSet::new();
    let mut balances = Vec::with_capacity(entries.len());
    for (account, balance) in entries {
        let balance = match balance {
            Value::Nil => None,
            balance => Some(balance.integer().ok_or_else(wrong)?),
        };
        let account = accounts.of(account);
        if !seen.insert(account) {
            return Err(pair.wrong("an account stands twice in what was read"));
        }
        balances.push((account, balance));
    }
    Ok(balances)
}

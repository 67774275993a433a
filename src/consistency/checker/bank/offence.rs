//! What can be wrong with one read of a bank.

use crate::consistency::checker::operation::Symbol;

/// The kinds of bad reads; a read is of the first that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An account is shown more than once.
    DuplicateKey,
    /// Something is shown that is no account.
    UnexpectedKey,
    /// An account is shown without a balance.
    NilBalance,
    /// The balances do not sum up to the total.
    WrongTotal,
    /// An account is not shown, but the total is right.
    MissingKey,
    /// An account is overdrawn.
    NegativeValue,
}

impl Kind {
    /// Its name in findings.
    pub fn name(self) -> &'static str {
        match self {
            Self::DuplicateKey => "duplicate-key",
            Self::UnexpectedKey => "unexpected-key",
            Self::NilBalance => "nil-balance",
            Self::WrongTotal => "wrong-total",
            Self::MissingKey => "missing-key",
            Self::NegativeValue => "negative-value",
        }
    }
}

/// What is wrong with a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offence {
    /// The kind.
    pub kind: Kind,
    /// How bad it is among those of its kind: how many accounts, how far from the total, how much is overdrawn.
    pub badness: u128,
    /// The account to name, where the kind is about one.
    pub account: Symbol,
    /// The figure to name: a total, a number of accounts, a balance.
    pub figure: i128,
}

/// How many accounts there are of some sort, and the first of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Noted {
    /// How many.
    pub count: u32,
    first: Symbol,
}

impl Noted {
    /// One more.
    pub fn note(&mut self, account: Symbol) {
        if self.count == 0 {
            self.first = account;
        }
        self.count = self.count.saturating_add(1);
    }
}

/// What one pass over a read tells.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts {
    /// Shown more than once.
    pub duplicate: Noted,
    /// No accounts.
    pub unexpected: Noted,
    /// Without a balance.
    pub nil: Noted,
    /// How many different accounts are shown.
    pub accounts: usize,
    /// The sum of all balances.
    pub total: i128,
    overdrawn: u128,
    lowest: i64,
    lowest_account: Symbol,
}

impl Facts {
    /// Takes in a balance.
    pub fn balance(&mut self, account: Symbol, balance: i64) {
        self.total += i128::from(balance);
        if balance < 0 {
            self.overdrawn += u128::from(balance.unsigned_abs());
        }
        if balance < self.lowest {
            self.lowest = balance;
            self.lowest_account = account;
        }
    }

    /// What is wrong, where there should be so many accounts and so much money, if that is known.
    pub fn offence(
        &self,
        accounts: usize,
        total: Option<i128>,
        negative_allowed: bool,
    ) -> Option<Offence> {
        let noted = |kind, noted: Noted| Offence {
            kind,
            badness: u128::from(noted.count),
            account: noted.first,
            figure: i128::from(noted.count),
        };
        let figure = |kind, badness, account, figure| Offence {
            kind,
            badness,
            account,
            figure,
        };
        if self.duplicate.count > 0 {
            Some(noted(Kind::DuplicateKey, self.duplicate))
        } else if self.unexpected.count > 0 {
            Some(noted(Kind::UnexpectedKey, self.unexpected))
        } else if self.nil.count > 0 {
            Some(noted(Kind::NilBalance, self.nil))
        } else if let Some(total) = total.filter(|total| self.total != *total) {
            Some(figure(
                Kind::WrongTotal,
                self.total.abs_diff(total),
                0,
                self.total,
            ))
        } else if self.accounts < accounts {
            let missing = (accounts - self.accounts) as u128;
            Some(figure(Kind::MissingKey, missing, 0, self.accounts as i128))
        } else if self.lowest < 0 && !negative_allowed {
            Some(figure(
                Kind::NegativeValue,
                self.overdrawn,
                self.lowest_account,
                i128::from(self.lowest),
            ))
        } else {
            None
        }
    }
}

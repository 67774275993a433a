//! Accounts between which money is moved (Jepsen's `bank`): every read must show all of it.

use super::actions::Bank;
use super::evidence::{anomaly, count_of};
use super::finding::{Anomaly, Finding};
use super::numbering::Numbering;
use super::operation::{History, Operation, Symbol};
use crate::consistency::outcome::OutcomeType;

mod offence;

use offence::{Kind, Offence};

/// What is known of a bank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The money in all accounts together; without it, what the first acknowledged read shows that shows any account,
    /// none of them twice and none without a balance.
    pub total: Option<i64>,
    /// The accounts; without them, those of that read.
    pub accounts: Option<Vec<Symbol>>,
    /// Whether an account may be overdrawn.
    pub negative_allowed: bool,
    /// Whether a read may leave accounts out as long as the total is right, as of a bank that keeps no empty accounts.
    pub may_leave_out: bool,
}

type Balances = [(Symbol, Option<i64>)];

/// What each read must show.
struct Expected {
    numbering: Numbering,
    /// Whether a symbol is an account, by its number.
    is_account: Vec<bool>,
    /// How many accounts there are; 0 where that is not known.
    accounts: usize,
    total: Option<i128>,
    negative_allowed: bool,
    may_leave_out: bool,
}

/// All bad reads of one kind.
struct Kept<'a> {
    kind: Kind,
    count: u64,
    /// The first, the worst and the last.
    reads: [(&'a Operation<Bank>, Offence); 3],
}

/// Checks that every acknowledged read shows each account once with a balance, all of them with the right total, and
/// none below nothing unless that is allowed. A read is counted under the first kind it belongs to, in Jepsen's order:
/// `unexpected-key`, `nil-balance`, `wrong-total`, `negative-value`; two of our own are `duplicate-key` (before all)
/// and `missing-key` (where the total is right none the less, unless that is allowed). Linear; sums do not overflow.
///
/// `unknown` where there is no read, or none that shows any account while the accounts are not given. Counts are `read-count`, `error-count`
/// and one for each kind; elements are `total`, `lowest-total`, `highest-total` (of reads without a nil balance), and
/// `first`, `worst` and `last` of each kind under its name.
pub fn check(history: &History<Bank>, options: &Options) -> Finding {
    let mut reads: Vec<(&Operation<Bank>, &Balances)> =
        history.operations.iter().filter_map(read).collect();
    // In the order in which they ended, so that first and last are.
    reads.sort_by_key(|read| read.0.completed);
    if reads.is_empty() {
        return Finding::unknown("no read was acknowledged");
    }
    let (expected, model) = Expected::of(history, options, &reads);
    let mut kinds: Vec<Kept<'_>> = Vec::new();
    let mut totals: Option<(i128, i128)> = None;
    let mut seen = vec![0_u32; expected.numbering.len()];
    for ((operation, balances), turn) in reads.iter().zip(1_u32..) {
        let (total, offence) = expected.judge(balances, &mut seen, turn);
        if let Some(total) = total {
            totals = Some(totals.map_or((total, total), |(low, high)| {
                (low.min(total), high.max(total))
            }));
        }
        if let Some(offence) = offence {
            keep(&mut kinds, operation, offence);
        }
    }
    kinds.sort_by_key(|kept| kept.kind);
    let errors: u64 = kinds.iter().map(|kept| kept.count).sum();
    let source = match model.filter(|_| options.total.is_none()) {
        Some(model) => format!(
            " (as client {} read first, {})",
            model.process,
            history.moment(model.completed)
        ),
        None => String::new(),
    };
    let count = count_of(reads.len(), "read");
    let mut finding = if errors > 0 {
        let told: Vec<String> = kinds
            .iter()
            .map(|kept| format!("{} {}", kept.count, kept.kind.name()))
            .collect();
        let total = match expected.total {
            Some(total) => format!("the total should be {total}{source}"),
            None => "no read tells what the total should be".to_owned(),
        };
        let reason = format!("of {count}: {}; {total}", told.join(", "));
        Finding::invalid(
            reason,
            kinds
                .iter()
                .map(|kept| told_of(history, &expected, kept))
                .collect(),
        )
    } else if let (Some(total), true) = (expected.total, expected.accounts > 0) {
        Finding::valid(format!("{count}, each with a total of {total}{source}"))
    } else {
        Finding::unknown(format!("{count}, but none shows any account"))
    };
    finding
        .counts
        .insert("read-count".to_owned(), reads.len() as u64);
    finding.counts.insert("error-count".to_owned(), errors);
    if let Some(total) = expected.total {
        finding
            .elements
            .insert("total".to_owned(), vec![total.to_string()]);
    }
    if let Some((low, high)) = totals {
        finding
            .elements
            .insert("lowest-total".to_owned(), vec![low.to_string()]);
        finding
            .elements
            .insert("highest-total".to_owned(), vec![high.to_string()]);
    }
    for kept in &kinds {
        finding
            .counts
            .insert(format!("{}-count", kept.kind.name()), kept.count);
        let lines = ["first", "worst", "last"].iter().zip(&kept.reads);
        let lines = lines.map(|(which, bad)| {
            format!("{which}: {}", sentence(history, &expected, kept.kind, bad))
        });
        finding
            .elements
            .insert(kept.kind.name().to_owned(), lines.collect());
    }
    finding
}

fn read(operation: &Operation<Bank>) -> Option<(&Operation<Bank>, &Balances)> {
    match &operation.action {
        Bank::Read(Some(balances)) if operation.outcome == OutcomeType::Ok => {
            Some((operation, balances))
        }
        _ => None,
    }
}

impl Expected {
    /// What must hold, and the read from which it was told, if any was needed.
    fn of<'a>(
        history: &History<Bank>,
        options: &Options,
        reads: &[(&'a Operation<Bank>, &'a Balances)],
    ) -> (Self, Option<&'a Operation<Bank>>) {
        let given = options.accounts.as_deref().unwrap_or_default();
        let shown = reads
            .iter()
            .flat_map(|read| read.1.iter().map(|balance| balance.0));
        let numbering = Numbering::of(history.names.len(), given.iter().copied().chain(shown));
        let mut seen = vec![0_u32; numbering.len()];
        let mut complete = |(balances, turn): (&Balances, u32)| {
            !balances.is_empty()
                && balances.iter().all(|(account, balance)| {
                    let mark = numbering
                        .number(*account)
                        .and_then(|number| seen.get_mut(number));
                    balance.is_some()
                        && mark.is_some_and(|mark| std::mem::replace(mark, turn) != turn)
                })
        };
        let needed = options.total.is_none() || options.accounts.is_none();
        let mut candidates = reads.iter().zip(1_u32..).filter(|_| needed);
        let model = candidates
            .find(|(read, turn)| complete((read.1, *turn)))
            .map(|(read, _)| *read);
        let mut is_account = vec![false; numbering.len()];
        let mut mark = |account: Symbol| {
            if let Some(is_account) = numbering
                .number(account)
                .and_then(|number| is_account.get_mut(number))
            {
                *is_account = true;
            }
        };
        match (&options.accounts, model) {
            (Some(given), _) => given.iter().for_each(|account| mark(*account)),
            (None, Some(model)) => model.1.iter().for_each(|balance| mark(balance.0)),
            // Every account that is shown may be one.
            (None, None) => reads
                .iter()
                .flat_map(|read| read.1)
                .for_each(|balance| mark(balance.0)),
        }
        let known = options.accounts.is_some() || model.is_some();
        let count = is_account.iter().filter(|is_account| **is_account).count();
        let sum = || {
            model.map(|read| {
                read.1
                    .iter()
                    .filter_map(|balance| balance.1)
                    .map(i128::from)
                    .sum()
            })
        };
        let expected = Self {
            numbering,
            is_account,
            accounts: if known { count } else { 0 },
            total: options.total.map(i128::from).or_else(sum),
            negative_allowed: options.negative_allowed,
            may_leave_out: options.may_leave_out,
        };
        (expected, model.map(|read| read.0))
    }

    /// The total of a read, if no balance is nil, and what is wrong with it. `seen` holds the turn of the read that
    /// last showed each account; turns differ between reads.
    fn judge(
        &self,
        balances: &Balances,
        seen: &mut [u32],
        turn: u32,
    ) -> (Option<i128>, Option<Offence>) {
        let mut facts = offence::Facts::default();
        for (account, balance) in balances {
            let number = self.numbering.number(*account);
            if let Some(mark) = number.and_then(|number| seen.get_mut(number))
                && std::mem::replace(mark, turn) == turn
            {
                facts.duplicate.note(*account);
            } else if number.and_then(|number| self.is_account.get(number)) == Some(&true) {
                facts.accounts += 1;
            } else {
                facts.unexpected.note(*account);
            }
            match balance {
                None => facts.nil.note(*account),
                Some(balance) => facts.balance(*account, *balance),
            }
        }
        let total = (facts.nil.count == 0).then_some(facts.total);
        (
            total,
            facts.offence(
                if self.may_leave_out { 0 } else { self.accounts },
                self.total,
                self.negative_allowed,
            ),
        )
    }
}

fn keep<'a>(kinds: &mut Vec<Kept<'a>>, operation: &'a Operation<Bank>, offence: Offence) {
    let bad = (operation, offence);
    match kinds.iter_mut().find(|kept| kept.kind == offence.kind) {
        Some(kept) => {
            kept.count += 1;
            if offence.badness > kept.reads[1].1.badness {
                kept.reads[1] = bad;
            }
            kept.reads[2] = bad;
        }
        None => kinds.push(Kept {
            kind: offence.kind,
            count: 1,
            reads: [bad; 3],
        }),
    }
}

fn told_of(history: &History<Bank>, expected: &Expected, kept: &Kept<'_>) -> Anomaly {
    let told = |bad| sentence(history, expected, kept.kind, bad);
    let [first, worst, last] = &kept.reads;
    let mut witness = told(first);
    if kept.count > 1 {
        let (worst, last) = (told(worst), told(last));
        witness = format!(
            "{witness} (the first of {}; the worst: {worst}; the last: {last})",
            kept.count
        );
    }
    anomaly(
        kept.kind.name(),
        witness,
        &kept.reads.each_ref().map(|bad| bad.0),
    )
}

fn sentence(
    history: &History<Bank>,
    expected: &Expected,
    kind: Kind,
    (operation, offence): &(&Operation<Bank>, Offence),
) -> String {
    let who = format!("client {} read", operation.process);
    let when = history.moment(operation.completed);
    let account = history.names.text(offence.account);
    match kind {
        Kind::DuplicateKey => format!("{who} account {account} more than once {when}"),
        Kind::UnexpectedKey => format!("{who} account {account}, which there is not, {when}"),
        Kind::NilBalance => format!("{who} no balance of account {account} {when}"),
        Kind::WrongTotal => format!(
            "{who} a total of {} instead of {} {when}",
            offence.figure,
            expected.total.unwrap_or_default()
        ),
        Kind::MissingKey => format!(
            "{who} {} of {} accounts {when}",
            offence.figure, expected.accounts
        ),
        Kind::NegativeValue => format!("{who} {} in account {account} {when}", offence.figure),
    }
}

#[cfg(test)]
mod tests;

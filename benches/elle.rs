//! How long the list-append checker takes for valid histories of growing length.
//!
//! Run with `cargo bench --bench elle -- [transactions …]`.
#![allow(clippy::print_stdout, missing_docs)]

#[path = "histories/lists.rs"]
mod lists;

use lists::lists as history;
use mongo_rs::consistency::checker::actions::{ListStep, ListTransactions, Steps};
use mongo_rs::consistency::checker::elle::list_append::{ListHistory, check};
use mongo_rs::consistency::checker::elle::{Model, Options};
use mongo_rs::consistency::checker::operation::{History, Names, Operation, Symbol};
use mongo_rs::consistency::outcome::OutcomeType;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::time::Instant;

/// Every client reads an old version and appends: almost all transactions are in one component, with a great many missed
/// writes.
fn tangle(transactions: u32) -> ListHistory {
    let mut random = StdRng::seed_from_u64(9);
    let mut names = Names::default();
    let mut what = ListTransactions::default();
    let mut lists: Vec<(Symbol, Vec<Symbol>)> = Vec::new();
    let mut operations = Vec::new();
    for at in 0..transactions {
        if at % 500 == 0 {
            lists = (0..10)
                .map(|key| (names.symbol(&format!("k{at}-{key}")), Vec::new()))
                .collect();
        }
        let from = what.steps.len() as u32;
        for _ in 0..2 {
            let (key, list) = &lists[random.random_range(0..lists.len())];
            let begin = what.lists.len() as u32;
            let shown = list.len().saturating_sub(random.random_range(0..3));
            what.lists.extend(&list[..shown]);
            what.steps
                .push(ListStep::Read(*key, Some((begin, what.lists.len() as u32))));
        }
        let (key, list) = &mut lists[random.random_range(0..10)];
        let value = names.symbol(&list.len().to_string());
        list.push(value);
        what.steps.push(ListStep::Append(*key, value));
        operations.push(Operation {
            process: u64::from(at % 1000),
            invoked: at,
            completed: at + 1000,
            outcome: OutcomeType::Ok,
            action: Steps(from, what.steps.len() as u32),
        });
    }
    ListHistory {
        history: History {
            operations,
            names,
            times: Vec::new(),
        },
        transactions: what,
    }
}

/// A valid history with one read at its end that shows a list of its beginning without the last element: in real time
/// everything is in one component.
fn lost(transactions: u32) -> ListHistory {
    let mut history = history(transactions, false);
    let first = history
        .transactions
        .steps
        .iter()
        .find_map(|step| match step {
            ListStep::Append(key, _) => Some(*key),
            ListStep::Read(..) => None,
        });
    let from = history.transactions.steps.len() as u32;
    if let Some(key) = first {
        history
            .transactions
            .steps
            .push(ListStep::Read(key, Some((0, 0))));
    }
    let end = 3 * transactions;
    history.history.operations.push(Operation {
        process: 0,
        invoked: end,
        completed: end + 1,
        outcome: OutcomeType::Ok,
        action: Steps(from, history.transactions.steps.len() as u32),
    });
    history
}

/// Everybody reads an empty list, and appends to it.
fn crowd(transactions: u32) -> ListHistory {
    let mut names = Names::default();
    let key = names.symbol("k");
    let mut what = ListTransactions::default();
    let mut operations = Vec::new();
    for at in 0..transactions {
        let value = names.symbol(&at.to_string());
        what.steps.push(ListStep::Read(key, Some((0, 0))));
        what.steps.push(ListStep::Append(key, value));
        operations.push(Operation {
            process: u64::from(at),
            invoked: 2 * at,
            completed: 2 * at + 101,
            outcome: OutcomeType::Ok,
            action: Steps(2 * at, 2 * at + 2),
        });
    }
    ListHistory {
        history: History {
            operations,
            names,
            times: Vec::new(),
        },
        transactions: what,
    }
}

fn time(name: &str, history: &ListHistory) {
    let size = history.history.operations.len();
    for model in [
        Model::STRICT_SERIALIZABLE,
        Model::SNAPSHOT_ISOLATION,
        Model::SERIALIZABLE,
    ] {
        let begin = Instant::now();
        let finding = check(history, &Options::models(vec![model]));
        let seconds = begin.elapsed().as_secs_f64();
        println!(
            "{name}, {size:>8} transactions, {:>9} elements, {model}: {seconds:.3} s, {:.0} transactions/s: {:?}, {}",
            history.transactions.lists.len(),
            size as f64 / seconds,
            finding.verdict,
            finding.reason
        );
    }
}

fn main() {
    let mut sizes: Vec<u32> = std::env::args()
        .skip(1)
        .filter_map(|size| size.parse().ok())
        .collect();
    if sizes.is_empty() {
        sizes = vec![10_000, 30_000, 100_000, 300_000, 1_000_000];
    }
    for size in sizes {
        time("valid", &history(size, false));
        time("stale reads", &history(size, true));
        time("lost", &lost(size));
        time("tangle", &tangle(size));
        time("crowd", &crowd(size));
    }
}

//! Histories of transactions on lists that are strictly serializable, made by chance that is always the same.

use mongo_rs::consistency::checker::actions::{ListStep, ListTransactions, Steps};
use mongo_rs::consistency::checker::elle::list_append::ListHistory;
use mongo_rs::consistency::checker::operation::{History, Names, Operation, Symbol};
use mongo_rs::consistency::outcome::OutcomeType;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Appends after which a list gives way to a new one.
const RETIRED: u32 = 256;
/// Clients at a time.
const CLIENTS: u64 = 20;

/// Transactions of one to four steps on ten active lists, each taking effect at once between its invocation and its
/// completion, twenty of them under way at a time. With `skew` every hundredth read is of the list without its last
/// element.
pub fn lists(transactions: u32, skew: bool) -> ListHistory {
    let mut random = StdRng::seed_from_u64(7);
    let mut names = Names::default();
    let values: Vec<Symbol> = (1..=RETIRED)
        .map(|value| names.symbol(&value.to_string()))
        .collect();
    let mut active: Vec<(Symbol, Vec<Symbol>)> = Vec::new();
    let mut keys = 0u32;
    let mut fresh = |names: &mut Names| {
        keys += 1;
        (names.symbol(&format!("k{keys}")), Vec::new())
    };
    for _ in 0..10 {
        active.push(fresh(&mut names));
    }
    let mut what = ListTransactions::default();
    let mut operations: Vec<Operation<Steps>> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut now = 0u32;
    for _ in 0..transactions {
        if open.len() as u64 == CLIENTS {
            let done = open.swap_remove(random.random_range(0..open.len()));
            operations[done].completed = now;
            now += 1;
        }
        let busy: Vec<u64> = open
            .iter()
            .map(|place| operations[*place].process)
            .collect();
        let process = (0..CLIENTS)
            .find(|client| !busy.contains(client))
            .unwrap_or(CLIENTS);
        let from = what.steps.len() as u32;
        for _ in 0..random.random_range(1..=4) {
            let place = random.random_range(0..active.len());
            let (key, list) = &mut active[place];
            if random.random_bool(0.5) {
                let value = values[list.len()];
                list.push(value);
                what.steps.push(ListStep::Append(*key, value));
                if list.len() == values.len() {
                    active[place] = fresh(&mut names);
                }
            } else {
                let begin = what.lists.len() as u32;
                let less = usize::from(skew && random.random_ratio(1, 100));
                what.lists.extend(&list[..list.len().saturating_sub(less)]);
                what.steps
                    .push(ListStep::Read(*key, Some((begin, what.lists.len() as u32))));
            }
        }
        open.push(operations.len());
        operations.push(Operation {
            process,
            invoked: now,
            completed: now,
            outcome: OutcomeType::Ok,
            action: Steps(from, what.steps.len() as u32),
        });
        now += 1;
    }
    for place in open {
        operations[place].completed = now;
        now += 1;
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

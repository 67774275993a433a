//! How long the linear checkers take: `cargo bench --bench folds -- [operations]`.
#![allow(clippy::print_stdout)]

#[path = "histories/sets.rs"]
mod sets;

use mongo_rs::consistency::checker::actions::{Bank, Counter, RegisterStep, Set, Steps};
use mongo_rs::consistency::checker::finding::Finding;
use mongo_rs::consistency::checker::operation::{History, NIL, OPEN};
use mongo_rs::consistency::checker::{
    bank, causal_reverse, counter, long_fork, sessions, set, set_full,
};
use mongo_rs::consistency::outcome::OutcomeType;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sets::{CLIENTS, history, operation, sets};
use std::time::Instant;

fn main() {
    let wanted = std::env::args()
        .find(|text| text.parse::<u32>().is_ok())
        .and_then(|text| text.parse().ok());
    let count: u32 = wanted.unwrap_or(1_000_000);
    let mut adds = sets(count, count + 1);
    let all = Set::Read(Some((1..=count).collect()));
    adds.operations.push(operation(count + CLIENTS as u32, all));
    time("set, one read", || set::check(&adds));
    let reads = sets(count, count / 100);
    time("set-full, 100 reads", || {
        set_full::check(&reads, set_full::Options { linearizable: true })
    });
    time("monotonic reads, 100 reads", || {
        sessions::monotonic_reads(&reads)
    });
    time("read your writes, 100 reads", || {
        sessions::read_your_writes(&reads)
    });
    time("superset chain, 100 reads", || {
        sessions::superset_chain(&reads)
    });
    let gaps = gaps(count);
    time("set-full, half of the operations empty reads", || {
        set_full::check(&gaps, set_full::Options::default())
    });
    let counted = counters(count);
    time("counter", || counter::check(&counted));
    let accounts = banks(count);
    time("bank, 8 accounts", || {
        bank::check(&accounts, &bank::Options::default())
    });
    let (forks, steps) = forks(count);
    time("long fork, groups of 3", || {
        long_fork::check(&forks, &steps)
    });
    worst(count);
}

fn time(what: &str, check: impl Fn() -> Finding) {
    let start = Instant::now();
    let finding = check();
    let took = start.elapsed().as_secs_f64() * 1e3;
    println!(
        "{what:45} {took:8.1} ms   {:?}: {}",
        finding.verdict, finding.reason
    );
}

/// Every second operation is a read of nothing.
fn gaps(count: u32) -> History<Set> {
    let operation = |number: u32| {
        operation(
            number,
            if number.is_multiple_of(2) {
                Set::Add(number)
            } else {
                Set::Read(Some(Vec::new()))
            },
        )
    };
    history((0..count).map(operation).collect(), count)
}

fn counters(count: u32) -> History<Counter> {
    let mut sum = 0;
    let operations = (0..count).map(|number| {
        operation(
            number,
            if number.is_multiple_of(2) {
                sum += i64::from(number % 7);
                Counter::Add(i64::from(number % 7))
            } else {
                Counter::Read(Some(sum))
            },
        )
    });
    history(operations.collect(), 0)
}

fn banks(count: u32) -> History<Bank> {
    let mut random = StdRng::seed_from_u64(1);
    let mut balances = [100_i64; 8];
    let operations = (0..count).map(|number| {
        if number.is_multiple_of(2) {
            return operation(
                number,
                Bank::Read(Some((1..9).zip(balances.map(Some)).collect())),
            );
        }
        let (from, to) = (
            random.random_range(0..8_usize),
            random.random_range(0..8_usize),
        );
        let amount = random.random_range(0..=balances[from]);
        balances[from] -= amount;
        balances[to] += amount;
        let (from, to) = (from as u32 + 1, to as u32 + 1);
        operation(number, Bank::Transfer { from, to, amount })
    });
    history(operations.collect(), 8)
}

/// Groups of three keys: each is read before, between and after its writes.
fn forks(count: u32) -> (History<Steps>, Vec<RegisterStep>) {
    let mut operations = Vec::new();
    let mut steps = Vec::new();
    for number in 0..count {
        let (group, turn) = (number / 7, number % 7);
        let start = steps.len() as u32;
        if !turn.is_multiple_of(2) {
            steps.push(RegisterStep::Write(group * 3 + turn / 2 + 1, 1));
        } else {
            let value = |key| if key < turn / 2 { 1 } else { NIL };
            steps.extend(
                (0..3).map(|key| RegisterStep::Read(group * 3 + key + 1, Some(value(key)))),
            );
        }
        operations.push(operation(number, Steps(start, steps.len() as u32)));
    }
    (history(operations, 1), steps)
}

/// Histories in which as much as can be is wrong.
fn worst(count: u32) {
    let adds = (0..count).map(|number| operation(number, Set::Add(number)));
    let mut lost = history(adds.collect(), 0);
    lost.operations.push(operation(
        count + CLIENTS as u32,
        Set::Read(Some(Vec::new())),
    ));
    time("set, all lost", || set::check(&lost));
    let list: Vec<u32> = (1..count / 2).collect();
    let reads = (0..count).map(|number| {
        let mut read = operation(
            number,
            Set::Read(Some(if number == 0 {
                list.clone()
            } else {
                Vec::new()
            })),
        );
        read.process = 0;
        read.completed = read.invoked + 1;
        read
    });
    let backwards = history(reads.collect(), 0);
    time("monotonic reads, all bad", || {
        sessions::monotonic_reads(&backwards)
    });
    time("superset chain, all bad", || {
        sessions::superset_chain(&backwards)
    });
    let counted = history(
        (0..count)
            .map(|number| operation(number, Counter::Read(Some(i64::MIN))))
            .collect(),
        0,
    );
    time("counter, all bad", || counter::check(&counted));
    let steps: Vec<RegisterStep> = (0..2 * count)
        .map(|key| RegisterStep::Read(key / 3, Some(key % 2)))
        .collect();
    let reads = (0..count).map(|number| operation(number, Steps(2 * number, 2 * number + 2)));
    let unequal = history(reads.collect(), 0);
    time("long fork, unequal groups", || {
        long_fork::check(&unequal, &steps)
    });
    let crashed = (0..count).map(|number| {
        let mut operation = operation(
            number,
            if number == count - 1 {
                Counter::Read(Some(1))
            } else {
                Counter::Add(1)
            },
        );
        if number < count - 1 {
            operation.outcome = OutcomeType::Info;
            operation.completed = OPEN;
        }
        operation
    });
    let crashed = history(crashed.collect(), 0);
    time("counter, all adds crashed", || counter::check(&crashed));
    time("causal reverse, all lost", || causal_reverse::check(&lost));
}

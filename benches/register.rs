//! How long the register and string checkers take: `cargo bench --bench register`.
#![allow(clippy::print_stdout, missing_docs)]

#[path = "histories/registers.rs"]
mod registers;

use mongo_rs::consistency::checker::actions::{OnRegister, OnText, Register, Text};
use mongo_rs::consistency::checker::finding::Finding;
use mongo_rs::consistency::checker::operation::{History, Names, OPEN, Operation};
use mongo_rs::consistency::checker::{register, text};
use mongo_rs::consistency::outcome::OutcomeType;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use registers::registers;
use std::collections::HashMap;
use std::path::Path;
use std::time::Instant;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/research/data");

fn main() {
    kv();
    for (operations, clients, values, unanswered) in [
        (1_000_000, 50, None, 0),
        (100_000, 20, Some(5), 0),
        (100_000, 20, Some(2), 0),
        (100_000, 20, Some(50), 0),
        (100_000, 50, Some(5), 0),
        (20_000, 20, Some(5), 2),
        (100_000, 20, None, 1),
        (3_000, 3_000, Some(5), 0),
    ] {
        let history = registers(operations, clients, values, unanswered);
        report(
            &format!(
                "{operations} operations, {clients} clients, values {values:?}, {unanswered} % unanswered"
            ),
            || register::check(&history, &register::Options::default()),
        );
    }
    let mut history = registers(100_000, 20, None, 0);
    retry(&mut history);
    report(
        "100000 operations, 20 clients, unique but for one retry",
        || register::check(&history, &register::Options::default()),
    );
    stale(&mut history);
    report("the same with one stale read", || {
        register::check(&history, &register::Options::default())
    });
    let mut history = registers(20_000, 20, Some(5), 0);
    stale(&mut history);
    report(
        "20000 operations, 20 clients, 5 values, one stale read",
        || register::check(&history, &register::Options::default()),
    );
    let options = register::Options {
        failed_cas: register::FailedCas::Compared,
        ..register::Options::default()
    };
    let history = registers(100_000, 20, None, 1);
    report(
        "100000 operations, 20 clients, unique, failed compares",
        || register::check(&history, &options),
    );
    for (operations, clients, keys, puts, unanswered) in [
        (1712, 50, 10, 5, 0),
        (1712, 50, 1, 5, 0),
        (10_000, 20, 1, 0, 0),
        (10_000, 20, 10, 5, 1),
        (10_000, 20, 1, 0, 2),
    ] {
        let history = strings(operations, clients, keys, puts, unanswered);
        report(
            &format!(
                "strings: {operations} operations, {clients} clients, {keys} keys, {puts} % puts, {unanswered} % unanswered"
            ),
            || text::check(&history, text::BUDGET),
        );
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!(
        "{}",
        status
            .lines()
            .find(|line| line.starts_with("VmHWM"))
            .unwrap_or("no peak memory known")
    );
}

fn report(what: &str, check: impl Fn() -> Finding) {
    let begun = Instant::now();
    let finding = check();
    println!(
        "{:9.2} ms  {what}: {:?}, {} configurations",
        begun.elapsed().as_secs_f64() * 1e3,
        finding.verdict,
        finding.counts.get("configurations").unwrap_or(&0)
    );
    if !finding.anomalies.is_empty() || finding.reason.contains("ended after") {
        println!("              {}", finding.reason);
    }
}

/// One write is unanswered and done again.
fn retry(history: &mut History<OnRegister>) {
    let middle = history.operations.len() / 2;
    let mut writes = history.operations[middle..]
        .iter_mut()
        .filter(|operation| matches!(operation.action.action, Register::Write(_)));
    if let (Some(first), Some(second)) = (writes.next(), writes.next()) {
        let again = second.action.action;
        first.action.action = again;
        first.outcome = OutcomeType::Info;
        first.completed = OPEN;
    }
    let written: std::collections::HashSet<u32> = history
        .operations
        .iter()
        .filter_map(|operation| match operation.action.action {
            Register::Write(value) | Register::CompareAndSet(_, value) => Some(value),
            Register::Read(_) => None,
        })
        .chain([0])
        .collect();
    history
        .operations
        .retain(|operation| match operation.action.action {
            Register::Read(Some(value)) | Register::CompareAndSet(value, _) => {
                written.contains(&value)
            }
            _ => true,
        });
}

/// A read near the end shows what was there long before.
fn stale(history: &mut History<OnRegister>) {
    let count = history.operations.len();
    let old = history.operations[..count / 4]
        .iter()
        .rev()
        .find_map(|operation| match operation.action.action {
            Register::Read(value) => value,
            _ => None,
        });
    let read = history.operations[count * 3 / 4..]
        .iter_mut()
        .find(|operation| matches!(operation.action.action, Register::Read(value) if value != old));
    if let Some(read) = read {
        read.action.action = Register::Read(old);
    }
}

fn strings(
    operations: usize,
    clients: usize,
    keys: usize,
    puts: u32,
    unanswered: u32,
) -> History<OnText> {
    let rng = &mut StdRng::seed_from_u64(7);
    let mut names = Names::default();
    let mut states = vec![String::new(); keys];
    let mut history = Vec::new();
    let mut running: Vec<Option<(usize, bool, usize)>> = vec![None; clients];
    let mut place = 0;
    while history.len() < operations || running.iter().any(Option::is_some) {
        let client = rng.random_range(0..clients);
        let Some((at, done, key)) = running[client] else {
            if history.len() < operations {
                let key = rng.random_range(0..keys);
                let piece = names.symbol(&format!("x {client} {} y", history.len()));
                let action = match rng.random_range(0..100) {
                    kind if kind < puts => Text::Put(piece),
                    kind if kind < 50 => Text::Append(piece),
                    _ => Text::Get(None),
                };
                place += 1;
                running[client] = Some((history.len(), false, key));
                let key = names.symbol(&format!("key {key}"));
                history.push(Operation {
                    process: client as u64,
                    invoked: place,
                    completed: OPEN,
                    outcome: OutcomeType::Info,
                    action: OnText { key, action },
                });
            }
            continue;
        };
        let operation: &mut Operation<OnText> = &mut history[at];
        if done {
            if rng.random_range(0..100) >= unanswered {
                place += 1;
                operation.completed = place;
                operation.outcome = OutcomeType::Ok;
            }
            running[client] = None;
            continue;
        }
        running[client] = Some((at, true, key));
        match &mut operation.action.action {
            Text::Get(shown) => *shown = Some(names.symbol(&states[key])),
            Text::Put(text) => states[key] = names.text(*text).into_owned(),
            Text::Append(text) => states[key].push_str(&names.text(*text)),
        }
    }
    History {
        operations: history,
        names,
        times: Vec::new(),
    }
}

fn kv() {
    for text in texts(&Path::new(DATA).join("porcupine/kv")) {
        let mut history = History {
            operations: Vec::new(),
            names: Names::default(),
            times: Vec::new(),
        };
        let mut running: HashMap<u64, usize> = HashMap::new();
        for (place, line) in text.lines().enumerate() {
            let field = |name: &str| {
                line.split(name)
                    .nth(1)
                    .map(|rest| rest.trim_end_matches(['}', ' ']))
            };
            let word = |name: &str| field(name).and_then(|rest| rest.split([',', ' ']).next());
            let Some(process) = word(":process ").and_then(|process| process.parse().ok()) else {
                continue;
            };
            let value = field(":value ").unwrap_or_default().trim_matches('"');
            let value = history.names.symbol(value);
            let key = history
                .names
                .symbol(word(":key ").unwrap_or_default().trim_matches('"'));
            let ok = word(":type ") == Some(":ok");
            let action = match word(":f ") {
                Some(":put") => Text::Put(value),
                Some(":append") => Text::Append(value),
                _ => Text::Get(ok.then_some(value)),
            };
            if !ok {
                running.insert(process, history.operations.len());
                history.operations.push(Operation {
                    process,
                    invoked: place as u32,
                    completed: OPEN,
                    outcome: OutcomeType::Info,
                    action: OnText { key, action },
                });
            } else if let Some(at) = running.remove(&process) {
                let operation = &mut history.operations[at];
                operation.completed = place as u32;
                operation.outcome = OutcomeType::Ok;
                operation.action.action = action;
            }
        }
        report(
            &format!("{} operations on strings", history.operations.len()),
            || text::check(&history, text::BUDGET),
        );
    }
}

/// The files of a directory, in the order of their names.
fn texts(directory: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(directory) else {
        println!("skipped: there is no {}", directory.display());
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let read = |path| std::fs::read_to_string(path).ok();
    paths.into_iter().filter_map(read).collect()
}

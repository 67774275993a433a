//! How fast histories are read: MB/s for a list-append history of 100,000 transactions (or as many as are given).
//!
//! `cargo bench --bench parse -- [transactions]`

use mongo_rs::consistency::file::{Format, Lines, convert};
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Instant;

/// How many keys are in use at a time.
const KEYS: u64 = 10;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count = match std::env::args().find(|text| text.parse::<u32>().is_ok()) {
        Some(count) => count.parse()?,
        None => 100_000,
    };
    let mut out = std::io::stdout().lock();
    for (name, format, text) in [
        ("EDN", Format::Edn, history(count, false)),
        ("JSON", Format::Json, history(count, true)),
    ] {
        let megabytes = text.len() as f64 / 1e6;
        let begin = Instant::now();
        let lines = Lines::new(text.as_bytes(), Some(format))?
            .filter(Result::is_ok)
            .count();
        let parsed = begin.elapsed().as_secs_f64();
        let begin = Instant::now();
        let (history, transactions) =
            convert::list_append(&mut Lines::new(text.as_bytes(), Some(format))?)?;
        let converted = begin.elapsed().as_secs_f64();
        writeln!(
            out,
            "{name}: {megabytes:.1} MB, {lines} lines: parsed at {:.0} MB/s ({parsed:.2} s); \
             converted at {:.0} MB/s ({converted:.2} s) to {} transactions, {} steps, {} elements read",
            megabytes / parsed,
            megabytes / converted,
            history.operations.len(),
            transactions.steps.len(),
            transactions.lists.len(),
        )?;
    }
    Ok(())
}

/// A serial history of appends and reads; a key is left for another after 32 appends.
fn history(count: u64, json: bool) -> String {
    let mut text = String::new();
    let mut lists: Vec<(u64, Vec<u64>)> = (0..KEYS).map(|key| (key, Vec::new())).collect();
    let (mut random, mut next) = (1_u64, KEYS);
    for transaction in 0..count {
        let (mut asked, mut answered) = (String::new(), String::new());
        for _ in 0..=transaction % 3 {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let Some((key, list)) = lists.get_mut(((random >> 33) % KEYS) as usize) else {
                continue;
            };
            if (random >> 60) & 1 == 0 {
                let step = step(
                    "append",
                    &key.to_string(),
                    &(list.len() + 1).to_string(),
                    json,
                );
                asked += &step;
                answered += &step;
                list.push(list.len() as u64 + 1);
                if list.len() == 32 {
                    (*key, next) = (next, next + 1);
                    list.clear();
                }
            } else {
                asked += &step(
                    "r",
                    &key.to_string(),
                    if json { "null" } else { "nil" },
                    json,
                );
                let read = list.iter().map(u64::to_string).collect::<Vec<_>>();
                let read = format!("[{}]", read.join(if json { "," } else { " " }));
                answered += &step("r", &key.to_string(), &read, json);
            }
        }
        line(&mut text, transaction, "invoke", &asked, json);
        line(&mut text, transaction, "ok", &answered, json);
    }
    if json {
        format!("[{}]", text.trim_end_matches([',', '\n']))
    } else {
        text
    }
}

fn step(name: &str, key: &str, value: &str, json: bool) -> String {
    match json {
        true => format!("[\"{name}\",{key},{value}],"),
        false => format!("[:{name} {key} {value}] "),
    }
}

fn line(text: &mut String, transaction: u64, kind: &str, steps: &str, json: bool) {
    let (process, time) = (transaction % 10, transaction * 12_345);
    let index = transaction * 2 + u64::from(kind == "ok");
    let steps = steps.trim_end_matches([',', ' ']);
    // A string takes whatever is written.
    let _ = match json {
        true => writeln!(
            text,
            "{{\"index\":{index},\"time\":{time},\"type\":\"{kind}\",\"process\":{process},\"f\":\"txn\",\"value\":[{steps}]}},"
        ),
        false => writeln!(
            text,
            "{{:index {index}, :time {time}, :type :{kind}, :process {process}, :f :txn, :value [{steps}]}}"
        ),
    };
}

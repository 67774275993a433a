//! How fast the tester's own client is, against real servers: `cargo bench --bench client -- [appends] [rounds]`.
//!
//! On one set of three, in turns: the same loop in pymongo (`append.py`, one thread), `mongo-rs write-test` with one
//! client and with fifty; then the tester's loop with and without a history. Needs `mongod`, and a Python with pymongo:
//! `$PYTHON`, or `python3`.
#![allow(clippy::print_stdout, clippy::unwrap_used, dead_code)]

#[path = "client/commands.rs"]
mod commands;
#[path = "client/loops.rs"]
mod loops;
#[path = "../tests/outside/mongods.rs"]
mod mongods;
#[path = "client/recording.rs"]
mod recording;

use mongods::ReplicaSet;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let mut numbers = std::env::args().filter_map(|text| text.parse::<u32>().ok());
    let count = numbers.next().unwrap_or(1000).max(200);
    let rounds = numbers.next().unwrap_or(5).max(1);
    // As the command itself does it: one thread.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let set = ReplicaSet::start().await;
        beside_pymongo(&set.url(), count, rounds)?;
        recording::cost(&set.url(), count, rounds).await
    })
}

/// Appends a second of each, and how many times as fast as pymongo we are in each round.
fn beside_pymongo(url: &str, count: u32, rounds: u32) -> Outcome<()> {
    let (mut one, mut fifty) = (Vec::new(), Vec::new());
    println!("appends a second, {count} appends each:");
    println!("| round | pymongo | 1 client | 50 clients |\n|--:|--:|--:|--:|");
    for round in 0..rounds {
        // Whoever goes first has the younger set; so they take turns in that too.
        let ours_first = round % 2 == 1;
        let before = ours_first.then(|| commands::write_test(url, 1, count));
        let theirs = match commands::append_py(url, count) {
            Ok(theirs) => theirs,
            Err(why) => {
                println!("skipped: {why}");
                return Ok(());
            }
        };
        let ours = before.unwrap_or_else(|| commands::write_test(url, 1, count))?;
        let many = commands::write_test(url, 50, count)?;
        println!("| {} | {theirs:.0} | {ours:.0} | {many:.0} |", round + 1);
        one.push(ours / theirs);
        fifty.push(many / theirs);
    }
    for (name, ratios) in [("1 client", one), ("50 clients", fifty)] {
        println!("{name} beside pymongo: {}", spread(ratios));
    }
    Ok(())
}

/// Median, and the ends.
fn spread(mut ratios: Vec<f64>) -> String {
    ratios.sort_by(f64::total_cmp);
    let at = |place: usize| ratios.get(place).copied().unwrap_or(f64::NAN);
    let last = ratios.len().saturating_sub(1);
    format!(
        "{:.3} times as fast (median of {}; {:.3} to {:.3})",
        at(last / 2),
        ratios.len(),
        at(0),
        at(last)
    )
}

//! What recording costs, in two ways that check each other.
//!
//! Counted: what the two lines of an append take, written alone to a real file, divided by the time that an append takes
//! in the loop without a history. As everything is on one thread, recording cannot cost more of the loop than this.
//! Compared: the loop with a history beside the loop without, in turns. The servers' own noise is in this one.

use super::{Outcome, loops};
use mongo_rs::consistency::client::Performed;
use mongo_rs::consistency::history::History;
use mongo_rs::consistency::outcome::{Attempts, Outcome as Ended};
use std::time::Instant;

/// Lines for so many appends are written to know what those of one take.
const COUNTED: i32 = 200_000;

/// Measures and prints it, for one client and for fifty.
pub async fn cost(url: &str, count: u32, rounds: u32) -> Outcome<()> {
    let lines = lines()?;
    println!("the two lines of an append: {:.0} ns", lines * 1e9);
    for clients in [1, 50] {
        let (mut without, mut ratios, mut processor) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..rounds {
            let mut took = [0.0, 0.0];
            for turn in [round % 2, (round + 1) % 2] {
                let directory = tempfile::tempdir()?;
                let path = directory.path().join("history.jsonl");
                let history = match turn {
                    0 => None,
                    _ => Some(History::create(&path, false, Instant::now(), &"header")?),
                };
                let all = loops::run(url, clients, count, history.as_ref()).await?;
                if let Some(history) = &history {
                    history.flush();
                } else {
                    processor.push(all.processor / f64::from(count));
                }
                took[turn as usize] = all.seconds;
            }
            without.push(took[0] / f64::from(count));
            ratios.push(took[1] / took[0]);
        }
        let alone = median(&mut without);
        println!(
            "{clients} clients: an append every {:.0} µs, {:.0} µs of it processor time of the client; recording counted \
             {:.2} %; with a history {:.3} times as long (median of {rounds}; {:.3} to {:.3})",
            alone * 1e6,
            median(&mut processor) * 1e6,
            lines / alone * 100.0,
            median(&mut ratios),
            ratios.first().copied().unwrap_or(f64::NAN),
            ratios.last().copied().unwrap_or(f64::NAN),
        );
    }
    Ok(())
}

/// Seconds for the invocation and the completion of one append.
fn lines() -> Outcome<f64> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("history.jsonl");
    let history = History::create(&path, false, Instant::now(), &"header")?;
    let begun = Instant::now();
    for number in 0..COUNTED {
        history.invoke(7, "append", number.into());
        let performed = Performed {
            outcome: Ended::Ok,
            value: number.into(),
            attempts: Attempts {
                sent: 1,
                ..Attempts::default()
            },
        };
        history.complete(7, "append", &performed);
    }
    history.flush();
    let took = begun.elapsed().as_secs_f64();
    match history.error() {
        Some(error) => Err(error.into()),
        None => Ok(took / f64::from(COUNTED)),
    }
}

fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len().saturating_sub(1) / 2;
    numbers.get(middle).copied().unwrap_or(f64::NAN)
}

//! How long the register checker takes over Porcupine's etcd logs, all together, beside the times that are noted of
//! Go's Porcupine: `cargo bench --bench etcd -- [passes]`. Reading the files is not part of either.
#![allow(clippy::print_stdout)]

use mongo_rs::consistency::checker::actions::OnRegister;
use mongo_rs::consistency::checker::operation::History;
use mongo_rs::consistency::checker::register::{FailedCas, Options, check};
use mongo_rs::consistency::file::{Lines, convert};
use mongo_rs::consistency::report::Verdict;
use serde_json::Value;
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

const DATA: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../shared/research/data/porcupine"
);

/// A log, and what is known of it.
struct Log {
    history: History<OnRegister>,
    linearizable: bool,
    noted: Duration,
}

fn main() -> Result<(), Box<dyn Error>> {
    let directory = Path::new(DATA);
    if !directory.is_dir() {
        println!("skipped: there is no directory {DATA}");
        return Ok(());
    }
    let passes = std::env::args()
        .find_map(|text| text.parse().ok())
        .unwrap_or(20);
    let logs = logs(directory)?;
    let noted: Duration = logs.iter().map(|log| log.noted).sum();
    let mut times: Vec<Duration> = Vec::new();
    let mut wrong = 0;
    for pass in 0..passes {
        let (took, wrong_now) = pass_over(&logs);
        wrong = wrong_now;
        // The first pass of a process is the one that a user sees; it is told apart.
        if pass == 0 {
            println!("mongo-rs:  {:9.3} ms, the first pass", milliseconds(took));
        } else {
            times.push(took);
        }
    }
    times.sort_unstable();
    if let Some(median) = times.get(times.len() / 2) {
        println!(
            "mongo-rs:  {:9.3} ms, {} etcd logs, {wrong} verdicts wrong, median of {}; Porcupine as noted: {:.1} ms, {:.0} times as long",
            milliseconds(*median),
            logs.len(),
            times.len(),
            milliseconds(noted),
            noted.as_secs_f64() / median.as_secs_f64(),
        );
    }
    Ok(())
}

/// All logs once: the time of the checks, and how many verdicts are not the known ones.
fn pass_over(logs: &[Log]) -> (Duration, usize) {
    let options = Options {
        failed_cas: FailedCas::Compared,
        ..Options::default()
    };
    let (mut took, mut wrong) = (Duration::ZERO, 0);
    for log in logs {
        let begun = Instant::now();
        let finding = check(&log.history, &options);
        took += begun.elapsed();
        let known = match log.linearizable {
            true => Verdict::Valid,
            false => Verdict::Invalid,
        };
        wrong += usize::from(finding.verdict != known);
    }
    (took, wrong)
}

fn logs(directory: &Path) -> Result<Vec<Log>, Box<dyn Error>> {
    let text = std::fs::read_to_string(directory.join("expected.json"))?;
    let expected: Value = serde_json::from_str(&text)?;
    let files = expected["files"].as_array().ok_or("no list of files")?;
    let of_etcd = files
        .iter()
        .filter(|file| file["model"] == "etcd-cas-register");
    let log = |file: &Value| {
        let path = directory.join(file["file"].as_str().ok_or("a file without a name")?);
        let text = std::fs::read(path)?;
        let mut lines = Lines::new(text.as_slice(), None)?;
        Ok(Log {
            history: convert::register(&mut lines, convert::Options::default())?,
            linearizable: file["linearizable"] == true,
            noted: Duration::from_nanos(file["porcupine_go_ns_1cpu"].as_u64().unwrap_or(0)),
        })
    };
    of_etcd.map(log).collect()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

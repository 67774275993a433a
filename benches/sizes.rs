//! How cost grows with size: `cargo bench --bench sizes -- [FILE.svg] [largest size]`; with `peak` in front instead, how
//! much memory the largest size takes.
//!
//! Prints a table in Markdown and writes the same as a picture.
#![allow(clippy::print_stdout)]

#[path = "sizes/draw.rs"]
mod draw;
#[path = "histories/file.rs"]
mod file;
#[path = "histories/lists.rs"]
mod lists;
#[path = "sizes/peak.rs"]
mod peak;
#[path = "histories/registers.rs"]
mod registers;
#[path = "histories/sets.rs"]
mod sets;

use mongo_rs::consistency::checker::elle::{Model, Options, list_append};
use mongo_rs::consistency::checker::finding::Finding;
use mongo_rs::consistency::checker::{register, set_full};
use mongo_rs::consistency::file::Lines;
use mongo_rs::consistency::file::convert::{self, FailedCas};
use mongo_rs::consistency::report::Verdict;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// Clients at a time in the histories of a register.
pub const CLIENTS: usize = 50;
/// So often is one thing measured; the fastest counts, as it was disturbed least.
const ROUNDS: usize = 5;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Measures one thing at one size, in seconds.
type Measure = fn(u32) -> Outcome<f64>;

/// What was measured of one checker.
pub struct Series {
    name: &'static str,
    /// Size and seconds.
    points: Vec<(u32, f64)>,
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let largest = arguments.iter().find_map(|text| text.parse().ok());
    let largest: u32 = largest.unwrap_or(1_000_000);
    if arguments.iter().any(|text| text == "peak") {
        return peak::peak(largest);
    }
    let sizes: Vec<u32> = [1, 3, 10, 30, 100, 300, 1000]
        .map(|thousands| thousands * 1000)
        .into_iter()
        .filter(|size| *size <= largest)
        .collect();
    let kinds: [(&str, Measure); 4] = [
        ("register", of_register),
        ("list-append", of_lists),
        ("set-full", of_sets),
        ("reading a file", of_file),
    ];
    let mut all = Vec::new();
    for (name, measure) in kinds {
        let mut points = Vec::new();
        for size in &sizes {
            points.push((*size, measure(*size)?));
        }
        all.push(Series { name, points });
    }
    table(&sizes, &all);
    if let Some(path) = arguments.iter().find(|text| text.ends_with(".svg")) {
        std::fs::write(path, draw::draw(&all))?;
    }
    Ok(())
}

/// Seconds, and in brackets nanoseconds for each n log₂ n: what grows like n log n keeps them.
fn table(sizes: &[u32], all: &[Series]) {
    let names: Vec<&str> = all.iter().map(|series| series.name).collect();
    println!("| operations | {} |", names.join(" | "));
    println!("|--:|{}", "--:|".repeat(names.len()));
    for (row, size) in sizes.iter().enumerate() {
        let cells = all.iter().map(|series| {
            let (_, seconds) = series.points[row];
            let steps = f64::from(*size) * f64::from(*size).log2();
            format!("{:.2} ms ({:.1})", seconds * 1e3, seconds * 1e9 / steps)
        });
        println!("| {size} | {} |", cells.collect::<Vec<_>>().join(" | "));
    }
}

fn of_register(size: u32) -> Outcome<f64> {
    let history = registers::registers(size as usize, CLIENTS, None, 0);
    valid(|| register::check(&history, &register::Options::default()))
}

fn of_lists(size: u32) -> Outcome<f64> {
    let history = lists::lists(size, false);
    let options = Options::models(vec![Model::STRICT_SERIALIZABLE]);
    valid(|| list_append::check(&history, &options))
}

fn of_sets(size: u32) -> Outcome<f64> {
    let history = sets::sets(size, size / 40);
    valid(|| set_full::check(&history, set_full::Options { linearizable: true }))
}

/// From the file to the operations of a register.
fn of_file(size: u32) -> Outcome<f64> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("history.jsonl");
    write_file(size, &path)?;
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let mut lines = Lines::new(BufReader::new(File::open(&path)?), None)?;
        // So that refused compare-and-sets are operations too, and all can be counted.
        let options = convert::Options {
            failed_cas: Some(FailedCas::UnlessError),
            ..convert::Options::default()
        };
        let history = convert::register(&mut lines, options)?;
        times.push(begun.elapsed());
        if history.operations.len() != size as usize {
            return Err(format!(
                "{} operations of {size} were read",
                history.operations.len()
            )
            .into());
        }
    }
    Ok(fastest(&times))
}

/// A history of one register as a file.
pub fn write_file(size: u32, path: &Path) -> Outcome<()> {
    let history = registers::registers(size as usize, CLIENTS, None, 0);
    let mut out = BufWriter::new(File::create(path)?);
    file::write(&history, &mut out)?;
    Ok(out.flush()?)
}

/// The seconds that a check of a valid history takes.
fn valid(check: impl Fn() -> Finding) -> Outcome<f64> {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let finding = check();
        times.push(begun.elapsed());
        if finding.verdict != Verdict::Valid {
            return Err(finding.reason.into());
        }
    }
    Ok(fastest(&times))
}

fn fastest(times: &[Duration]) -> f64 {
    times
        .iter()
        .min()
        .copied()
        .unwrap_or_default()
        .as_secs_f64()
}

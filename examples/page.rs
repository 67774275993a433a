//! Writes the page of a history, or of one that is made up, and says how long it took and how large everything is:
//! `page HISTORY DIRECTORY`, or `page --sample OPERATIONS CLIENTS list-append|register DIRECTORY`.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

#[path = "../src/consistency/page/sample.rs"]
mod sample;

use mongo_rs::consistency::page;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;
use std::time::Instant;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (history, directory) = match arguments.as_slice() {
        ["--sample", operations, clients, workload, directory] => {
            std::fs::create_dir_all(directory).unwrap();
            let path = Path::new(directory).join("history.jsonl");
            let mut out = BufWriter::new(File::create(&path).unwrap());
            let sample = sample::Sample {
                operations: operations.parse().unwrap(),
                clients: clients.parse().unwrap(),
                register: *workload == "register",
            };
            sample::write(sample, &mut out).unwrap();
            out.flush().unwrap();
            (path.display().to_string(), *directory)
        }
        [history, directory] => ((*history).to_owned(), *directory),
        _ => {
            println!(
                "page HISTORY DIRECTORY | page --sample OPERATIONS CLIENTS WORKLOAD DIRECTORY"
            );
            return;
        }
    };
    let start = Instant::now();
    let mut file = BufReader::with_capacity(1 << 20, File::open(history).unwrap());
    let written = page::write(&mut file, Path::new(directory)).unwrap();
    println!(
        "{} operations, {} shown, {:.2} s",
        written.operations,
        written.shown,
        start.elapsed().as_secs_f64()
    );
    for (path, size) in &written.files {
        println!("{size:9} {}", path.display());
    }
    for note in &written.notes {
        println!("note: {note}");
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(peak) = status.lines().find(|line| line.starts_with("VmHWM")) {
        println!("{peak}");
    }
}

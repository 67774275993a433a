//! How much memory a large history of a register takes.

use super::{CLIENTS, Outcome, registers, write_file};
use mongo_rs::consistency::checker::register;
use nix::sys::resource::{UsageWho, getrusage};
use std::process::Command;
use std::time::Instant;

/// The checker alone, with its history; and the command, which reads the history from a file first.
pub fn peak(size: u32) -> Outcome<()> {
    // The command goes first: the history of this process is not to be there yet.
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("history.jsonl");
    // In a process of its own, or the peak of making the file would stand for the check.
    let history = registers::registers(size as usize, CLIENTS, None, 0);
    let begun = Instant::now();
    let finding = register::check(&history, &register::Options::default());
    println!(
        "{size} operations on a register, {CLIENTS} clients: {:?} in {:.3} s; peak of the process {} MiB (VmHWM)",
        finding.verdict,
        begun.elapsed().as_secs_f64(),
        high_water_mark()? / 1024,
    );
    drop(history);
    write_file(size, &path)?;
    let megabytes = std::fs::metadata(&path)?.len() / 1_000_000;
    let begun = Instant::now();
    let checked = Command::new(env!("CARGO_BIN_EXE_mongo-rs"))
        .args(["check", "--model", "cas-register"])
        .arg(&path)
        .output()?;
    let took = begun.elapsed().as_secs_f64();
    let said = String::from_utf8_lossy(&checked.stdout);
    let said = said.trim().rsplit('\t').next().unwrap_or_default();
    println!(
        "the same from a file of {megabytes} MB by `mongo-rs check`: {said} in {took:.3} s; peak of the process {} MiB",
        getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss() / 1024,
    );
    Ok(())
}

/// The most that this process has had, in KiB.
fn high_water_mark() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    let words = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(words.ok_or("no peak memory known")?.parse()?)
}

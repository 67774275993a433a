//! Between a command and its site: `lab site-start PROGRAM ARGUMENTS…` becomes that program, without what else its caller
//! had open.
//!
//! A site outlives the command that started it. With the caller's files it would keep the lock of `flock FILE lab deploy`,
//! or the pipe that a script reads until it ends. What a user hands to other commands on purpose (`lab client -- cat
//! <(…)`) stays.

use anyhow::Context;
use fs_err as fs;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// Standard input, output and error are the site's own by then.
const FIRST: i32 = 3;

/// Becomes the program. Only before there is a thread or anything of our own is open.
///
/// # Errors
/// It cannot be started.
pub fn run(command: &[OsString]) -> anyhow::Result<i32> {
    let open: Vec<i32> = fs::read_dir("/proc/self/fd")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|file| *file >= FIRST)
        .collect();
    for file in open {
        // The directory that was just read is gone already.
        let _ = nix::unistd::close(file);
    }
    let (program, arguments) = command
        .split_first()
        .context("no program was named after `site-start`")?;
    let error = Command::new(program).args(arguments).exec();
    Err(error).with_context(|| format!("failed to start {}", Path::new(program).display()))
}

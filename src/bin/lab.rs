//! The stand-in for Juju: for now only the two programs that are process 1 of a site and of a machine.

use mongo_rs::lab::{machine, site};
use std::ffi::OsString;
use std::path::Path;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let words: Vec<&str> = arguments
        .iter()
        .map(|word| word.to_str().unwrap_or_default())
        .collect();
    let code = match words[..] {
        ["site-init", home, "--", ..] => site::init::run(Path::new(home), &arguments[3..])?,
        ["machine-init", file] => machine::init::run(Path::new(file))?,
        _ => anyhow::bail!(
            "usage: lab site-init HOME -- PROGRAM [ARGUMENT]… | lab machine-init FILE"
        ),
    };
    std::process::exit(code)
}

//! The charm and command-line tool.

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mongo_rs::consistency::{Error, command};

/// MongoDB replica sets.
#[derive(Parser)]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    WriteTest(Box<command::WriteTestArgs>),
}

fn main() -> ExitCode {
    let Command::WriteTest(args) = Line::parse().command;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(command::run(*args, &mut std::io::stdout())),
        Err(error) => Err(Error::Output(error)),
    };
    outcome.unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "error: {error}");
        ExitCode::from(Error::EXIT_STATUS)
    })
}

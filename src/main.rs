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
    let outcome = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => {
            let outcome = runtime.block_on(command::run(*args, &mut std::io::stdout()));
            // A look-up of a host name cannot be interrupted, and must not hold the end up.
            runtime.shutdown_background();
            outcome
        }
        Err(error) => Err(Error::Output(error)),
    };
    outcome.unwrap_or_else(|error| {
        let _ = writeln!(std::io::stderr(), "error: {error}");
        ExitCode::from(Error::EXIT_STATUS)
    })
}

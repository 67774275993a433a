//! The same things as commands, for people: against any replica set, and for the faults of the unit they are on.

pub mod faults;
pub mod observe;
pub mod plan;
pub mod primary;
pub mod seeds;
pub mod situation;
pub mod url;

use crate::consistency::command::check::{self, CheckArgs};
use crate::consistency::command::export::{self, ExportArgs};
use crate::consistency::command::report::{self, ReportArgs};
use crate::consistency::command::{self as write_test, WriteTestArgs};
use crate::consistency::trial::command::{self as trial, TrialArgs};
use crate::model::connection_url::{ConnectionUrl, ConnectionUrlError};
use clap::{Parser, Subcommand};
use std::io::Write;
use std::process::ExitCode;

/// Exit status when a command could not do what it was asked (bad URL, nothing reachable, no primary).
pub const FAILED: u8 = 3;

/// The charm mongo-rs as a command-line tool. Juju calls the same program for every hook and action.
#[derive(Debug, Parser)]
#[command(name = "mongo-rs", version)]
pub struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say who is primary, and who says so.
    Primary(primary::PrimaryArgs),
    /// Print the connection string with all members of a set, found through any one that is alive.
    Url(url::UrlArgs),
    /// With --once: print the situation of a live set, as `plan` reads it. Without: on a unit, watch the set and have the
    /// agent woken when something changes; the agent starts this itself.
    Observe(observe::ObserveArgs),
    /// Print what the leader would do in a situation, and why.
    Plan(plan::PlanArgs),
    /// Let clients work on the set and compare what was acknowledged with what is there.
    WriteTest(WriteTestArgs),
    /// Let clients work while faults strike a Juju application, and compare what was acknowledged with what is there.
    Trial(Box<TrialArgs>),
    /// Check histories from files, ours or Jepsen's.
    Check(CheckArgs),
    /// Make the page of a history again.
    Report(ReportArgs),
    /// Write one of our histories as Jepsen, Knossos and elle-cli read them.
    Export(ExportArgs),
    /// On a unit: cut this machine off from the other members, until the kernel heals it.
    Partition(faults::PartitionArgs),
    /// On a unit: end what faults hold on this machine.
    Heal,
    /// On a unit: what faults hold on this machine, and for how long still.
    Faults,
    /// On a unit: end what faults hold here and is over.
    #[command(hide = true)]
    EndFaults(faults::EndArgs),
}

impl CommandLine {
    /// The least that is logged: a service tells its journal what it does.
    pub fn log_level(&self) -> tracing::Level {
        match &self.command {
            Command::Observe(arguments) if arguments.serves() => tracing::Level::INFO,
            _ => tracing::Level::WARN,
        }
    }
}

/// Runs a command and gives the exit status.
pub async fn run(line: CommandLine, out: &mut dyn Write) -> ExitCode {
    let done = match line.command {
        Command::Primary(arguments) => primary::run(&arguments, out).await,
        Command::Url(arguments) => url::run(&arguments, out).await,
        Command::Plan(arguments) => plan::run(&arguments, out),
        Command::WriteTest(arguments) => match write_test::run(arguments, out).await {
            // Its verdict is its exit status.
            Ok(code) => return code,
            Err(error) => Err(error.to_string()),
        },
        Command::Trial(arguments) => match trial::run(*arguments, out).await {
            Ok(code) => return code,
            Err(error) => Err(error.to_string()),
        },
        Command::Check(arguments) => match check::run(&arguments, out) {
            Ok(code) => return code,
            Err(error) => Err(error.to_string()),
        },
        Command::Report(arguments) => {
            report::run(&arguments, out).map_err(|error| error.to_string())
        }
        Command::Export(arguments) => {
            export::run(&arguments, out).map_err(|error| error.to_string())
        }
        Command::Partition(arguments) => faults::partition(&arguments, out).await,
        Command::Heal => faults::heal(out).await,
        Command::Faults => faults::show(out).await,
        Command::Observe(arguments) => observe::run(arguments, out).await,
        Command::EndFaults(arguments) => faults::end(&arguments).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // Standard error that is closed leaves nobody to tell.
            let _ = writeln!(std::io::stderr(), "error: {why}");
            ExitCode::from(FAILED)
        }
    }
}

/// A URL as a person typed it. Not by clap, which would show the password with what is wrong.
fn parsed(url: &str) -> Result<ConnectionUrl, String> {
    url.parse()
        .map_err(|error: ConnectionUrlError| error.to_string())
}

fn write(out: &mut dyn Write, text: &str) -> Result<(), String> {
    let failed = |error| format!("cannot write to standard output: {error}");
    out.write_all(text.as_bytes()).map_err(failed)?;
    out.flush().map_err(failed)
}

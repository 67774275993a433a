//! `mongo-rs write-test`: the write test as a command.
//!
//! In: arguments and signals. Out: progress on stderr, the report on `out`, and the exit status:
//! 0 valid, 1 invalid, 2 unknown; 3 ([`Error::EXIT_STATUS`]) if the test could not be made.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::error::Error;
use super::options::{DEFAULT_DATABASE, Stop, WriteTestOptions};
use super::progress::{Phase, Progress};
use super::report::Report;
use super::write_test::write_test;
use crate::model::connection_url::ConnectionUrl;

/// How the report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a person.
    #[default]
    Text,
    /// One JSON object.
    Json,
    /// One YAML document.
    Yaml,
}

/// Append numbers to one list, count what was acknowledged, and compare it element by element with
/// what is there at the end. Exit status: 0 valid, 1 invalid, 2 unknown, 3 the test could not be made.
#[derive(Clone, Debug, Args)]
pub struct WriteTestArgs {
    /// Where the set is: host, host:port, a:1,b:2 or mongodb://…; one live member is enough.
    #[arg(long, value_name = "URL")]
    pub url: String,
    /// Write concern majority; --majority=false is w:1, which loses writes when a primary is cut off.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    pub majority: bool,
    /// How many appends to attempt, over all clients.
    #[arg(long, value_name = "N", default_value_t = 6000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub count: u32,
    /// How many clients append at the same time.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub clients: u32,
    /// Appends a second over all clients; 0: as fast as it goes.
    #[arg(long, value_name = "PER-SECOND", default_value_t = 0.0)]
    pub rate: f64,
    /// Stop after so many seconds, even if the count is not reached.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub duration: Option<Duration>,
    /// Seconds that a server may take over one append.
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub timeout: Duration,
    /// Seconds to wait at the end until the set is whole and agrees.
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = seconds)]
    pub settle: Duration,
    /// Let the driver retry a write once; it hides what happened to the first attempt.
    #[arg(long)]
    pub retry_writes: bool,
    /// The history, written as it happens [default: ./mongo-rs-write-test-<id>.jsonl].
    #[arg(long, value_name = "FILE")]
    pub history: Option<PathBuf>,
    /// How to write the report.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// The database for the list.
    #[arg(long, value_name = "NAME", default_value = DEFAULT_DATABASE)]
    pub database: String,
    /// Leave the collection with the list.
    #[arg(long)]
    pub keep: bool,
}

/// Makes the test, and writes the report to `out` and the progress to stderr. SIGINT or SIGTERM stops
/// issuing; a second one ends the wait until the set is whole.
///
/// # Errors
/// [`Error`]; the caller writes it to stderr and exits with [`Error::EXIT_STATUS`].
pub async fn run(args: WriteTestArgs, out: &mut dyn Write) -> Result<ExitCode, Error> {
    let url = args.url.parse::<ConnectionUrl>()?;
    let (sender, stop) = Stop::channel();
    let signals = tokio::spawn(count_signals(sender));
    let format = args.format;
    let mut teller = Teller::new();
    let outcome = write_test(options(args, url, stop), &mut |progress| {
        teller.tell(&progress)
    })
    .await;
    teller.end();
    signals.abort();
    let report = outcome?;
    out.write_all(rendered(&report, format)?.as_bytes())?;
    out.flush()?;
    Ok(ExitCode::from(report.verdict.exit_status()))
}

fn options(args: WriteTestArgs, url: ConnectionUrl, stop: Stop) -> WriteTestOptions {
    WriteTestOptions {
        url,
        majority: args.majority,
        count: args.count,
        clients: args.clients,
        rate: args.rate,
        duration: args.duration,
        timeout: args.timeout,
        settle: args.settle,
        retry_writes: args.retry_writes,
        database: args.database,
        keep: args.keep,
        history: args.history,
        history_directory: PathBuf::from("."),
        stop,
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| format!("{text:?} is not a number of seconds"))?;
    Duration::try_from_secs_f64(seconds)
        .map_err(|error| format!("{text:?} is not a number of seconds: {error}"))
}

fn rendered(report: &Report, format: Format) -> std::io::Result<String> {
    Ok(match format {
        Format::Text => report.text(),
        Format::Json => serde_json::to_string_pretty(report)? + "\n",
        Format::Yaml => serde_yaml::to_string(report).map_err(std::io::Error::other)?,
    })
}

async fn count_signals(sender: watch::Sender<u32>) {
    let (Ok(mut interrupt), Ok(mut terminate)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) else {
        tracing::warn!("signals cannot be caught: one will end the test without a report");
        return;
    };
    loop {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        sender.send_modify(|requests| *requests += 1);
    }
}

/// Tells the progress on stderr: on a terminal in one line that is written over, else in plain lines.
struct Teller {
    terminal: bool,
    phase: Option<Phase>,
}

impl Teller {
    fn new() -> Self {
        Self {
            terminal: std::io::stderr().is_terminal(),
            phase: None,
        }
    }

    fn tell(&mut self, progress: &Progress) {
        self.phase = Some(progress.phase);
        let line = progress.line();
        // Progress that cannot be shown must not end a test.
        let _ = if self.terminal {
            write!(std::io::stderr(), "\r\x1b[2K{line}")
        } else {
            writeln!(std::io::stderr(), "{line}")
        };
    }

    fn end(&self) {
        if self.terminal && self.phase.is_some() {
            let _ = writeln!(std::io::stderr());
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: WriteTestArgs,
    }

    fn parse(arguments: &[&str]) -> Result<WriteTestArgs, clap::Error> {
        let line = ["mongo-rs", "--url", "a:1,b:2"].iter().chain(arguments);
        Line::try_parse_from(line).map(|line| line.args)
    }

    #[test]
    fn majority_is_a_flag_with_an_optional_value() {
        assert!(parse(&[]).unwrap().majority);
        assert!(parse(&["--majority"]).unwrap().majority);
        assert!(parse(&["--majority=true"]).unwrap().majority);
        assert!(!parse(&["--majority=false"]).unwrap().majority);
        assert!(parse(&["--majority=perhaps"]).is_err());
    }

    #[test]
    fn bad_values_are_refused_before_anything_is_done() {
        let table = [
            ["--count", "0"],
            ["--count", "1000001"],
            ["--clients", "0"],
            ["--clients", "1001"],
            ["--timeout", "-1"],
            ["--duration", "soon"],
        ];
        for arguments in table {
            let error = parse(&arguments).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{arguments:?}");
        }
    }

    #[test]
    fn defaults_are_those_of_the_library() {
        let url: ConnectionUrl = "a:1,b:2".parse().unwrap();
        let from_line = options(parse(&[]).unwrap(), url.clone(), Stop::never());
        let from_library = WriteTestOptions::new(url);
        let without_stop = |options: &WriteTestOptions| {
            format!("{options:?}")
                .split("stop:")
                .next()
                .unwrap()
                .to_owned()
        };
        assert_eq!(without_stop(&from_line), without_stop(&from_library));
    }
}

//! `mongo-rs write-test`: the write test as a command.
//!
//! In: arguments and signals. Out: progress on stderr, the report on `out`, and the exit status:
//! 0 valid, 1 invalid, 2 unknown; 3 ([`Error::EXIT_STATUS`]) if the test could not be made.

pub mod check;
pub mod export;
pub mod report;
pub(super) mod teller;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::Value;

use self::teller::{Teller, count_signals};
use super::error::Error;
use super::options::{DEFAULT_DATABASE, Stop, WriteTestOptions};
use super::report::Report;
use super::workload::Workload;
use super::workload::settings::{Mode, Preference, ReadLevel, Written};
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

/// Let clients work on the set, count what was acknowledged, and compare it with what is there at the end. Exit status: 0
/// valid, 1 invalid, 2 unknown, 3 the test could not be made.
#[derive(Clone, Debug, Args)]
pub struct WriteTestArgs {
    /// Where the set is: host, host:port, a:1,b:2 or mongodb://…; one live member is enough.
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// What the clients do.
    #[arg(long, value_enum, default_value_t)]
    pub workload: Workload,
    /// Operations to attempt, over all clients.
    #[arg(long, allow_negative_numbers = true, value_name = "N", default_value_t = 6000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub count: u32,
    /// Clients that work at the same time.
    #[arg(long, allow_negative_numbers = true, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub clients: u32,
    /// Seconds after which no operation begins, even if the count is not reached.
    #[arg(long, allow_negative_numbers = true, value_name = "SECONDS", value_parser = seconds)]
    pub duration: Option<Duration>,
    /// Operations a second over all clients; 0: as fast as it goes.
    #[arg(
        long,
        allow_negative_numbers = true,
        value_name = "PER-SECOND",
        default_value_t = 0.0
    )]
    pub rate: f64,
    /// Registers, lists or accounts at a time.
    #[arg(long, allow_negative_numbers = true, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub keys: u32,
    /// What chance goes by; none: another one each time.
    #[arg(long, allow_negative_numbers = true, value_name = "N")]
    pub seed: Option<u64>,
    /// Write concern majority; false is write concern 1, which loses writes when a primary is cut off.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    pub majority: bool,
    /// Write concern, majority or a number of members; none: as majority says.
    #[arg(long, allow_negative_numbers = true, value_name = "W")]
    pub write_concern: Option<Written>,
    /// Read concern; none: the one at which the workload must hold.
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub read_concern: Option<ReadLevel>,
    /// Member that is read.
    #[arg(long, value_enum, value_name = "WHO", default_value_t = Preference::Primary)]
    pub read_preference: Preference,
    /// Whether an acknowledged write is in the journal; none: the default of the set.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub journal: Option<bool>,
    /// Let the driver try a write a second time; it hides what happened to the first attempt.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true", action = clap::ArgAction::Set)]
    pub retry_writes: bool,
    /// Whom a client knows: the whole set, or one member, so that it stays with a primary that is none any more.
    #[arg(long, value_enum, default_value_t)]
    pub mode: Mode,
    /// Seconds that a server may take over one statement.
    #[arg(long, allow_negative_numbers = true, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub timeout: Duration,
    /// Seconds to wait at the end until the set is whole and agrees.
    #[arg(long, allow_negative_numbers = true, value_name = "SECONDS", default_value = "120", value_parser = seconds)]
    pub settle: Duration,
    /// The history, written as it happens; none: mongo-rs-write-test-ID/history.jsonl here.
    #[arg(long, value_name = "FILE")]
    pub history: Option<PathBuf>,
    /// Write over a history that is there.
    #[arg(long)]
    pub overwrite: bool,
    /// How to write the report.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// The database for what is written.
    #[arg(long, value_name = "NAME", default_value = DEFAULT_DATABASE)]
    pub database: String,
    /// Leave what was written.
    #[arg(long)]
    pub keep: bool,
}

/// Makes the test, and writes the report to `out` and the progress to stderr. SIGINT or SIGTERM stops
/// issuing; a second one ends the wait until the set is whole.
///
/// # Errors
/// [`Error`]; the caller writes it to stderr and exits with [`Error::EXIT_STATUS`].
pub async fn run(args: WriteTestArgs, out: &mut dyn Write) -> Result<ExitCode, Error> {
    let url = args.url.as_deref().ok_or(Error::NoUrl)?;
    let url = url.parse::<ConnectionUrl>()?;
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
    let report = outcome?.with_page();
    out.write_all(rendered(&report, format)?.as_bytes())?;
    out.flush()?;
    Ok(ExitCode::from(report.verdict.exit_status()))
}

pub(super) fn options(args: WriteTestArgs, url: ConnectionUrl, stop: Stop) -> WriteTestOptions {
    let of_majority = match args.majority {
        true => Written::Majority,
        false => Written::Members(1),
    };
    WriteTestOptions {
        url,
        workload: args.workload,
        written: args.write_concern.unwrap_or(of_majority),
        journal: args.journal,
        read: args.read_concern,
        preference: args.read_preference,
        mode: args.mode,
        count: args.count,
        clients: args.clients,
        keys: args.keys,
        seed: args.seed,
        rate: args.rate,
        duration: args.duration,
        timeout: args.timeout,
        settle: args.settle,
        retry_writes: args.retry_writes,
        database: args.database,
        keep: args.keep,
        history: args.history,
        overwrite: args.overwrite,
        history_directory: PathBuf::from("."),
        stop,
    }
}

/// The same options from the parameters of an action: each is taken as the command's option of its name.
///
/// # Errors
/// The parameter, its value and what is allowed, in one line.
pub fn from_parameters(
    url: &ConnectionUrl,
    parameters: &BTreeMap<String, Value>,
) -> Result<WriteTestOptions, String> {
    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: WriteTestArgs,
    }
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        // Juju sends whole numbers as floats at times.
        Value::Number(number) => number.as_f64().unwrap_or_default().to_string(),
        other => other.to_string(),
    };
    let given = parameters.iter().map(|(name, value)| (name, text(value)));
    let given = given.filter(|(_, value)| !value.is_empty());
    let words = given.map(|(name, value)| format!("--{name}={value}"));
    let words = ["write-test".to_owned(), "--url=given".to_owned()]
        .into_iter()
        .chain(words);
    let line = <Line as clap::Parser>::try_parse_from(words).map_err(|error| {
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default();
        first.trim_start_matches("error: ").to_owned()
    })?;
    Ok(options(line.args, url.clone(), Stop::never()))
}

fn rendered(report: &Report, format: Format) -> std::io::Result<String> {
    Ok(match format {
        Format::Text => report.text(),
        Format::Json => serde_json::to_string_pretty(report)? + "\n",
        Format::Yaml => serde_yaml::to_string(report).map_err(std::io::Error::other)?,
    })
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| format!("{text:?} is not a number of seconds"))?;
    Duration::try_from_secs_f64(seconds)
        .map_err(|error| format!("{text:?} is not a number of seconds: {error}"))
}

#[cfg(test)]
mod tests;

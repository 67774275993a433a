//! `mongo-rs trial`: a trial as a command.

use super::experiments::{Experiment, MORE, SEED};
use super::juju::Juju;
use super::nemesis::{FaultKind, Orders};
use super::suite::{Row, experiment, history_of, table};
use super::{TrialError, TrialReport, trial, url};
use crate::consistency::command::teller::{Teller, count_signals};
use crate::consistency::command::{Format, WriteTestArgs, options};
use crate::consistency::error::Error;
use crate::consistency::history::refuse_history;
use crate::consistency::options::{Stop, WriteTestOptions};
use crate::consistency::report::RolledBack;
use clap::Args;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

/// The most operations that a trial makes: what is checked and shown is held in memory.
const MOST: u32 = 1_000_000;

/// Let clients work on the set of a Juju application while faults strike it, and compare what was acknowledged with what
/// is there at the end. Exit status: 0 valid, 1 invalid, 2 unknown (also if no fault bit), 3 the trial could not be made.
#[derive(Clone, Debug, Args)]
#[command(mut_arg("count", |arg| arg.hide(true).value_parser(no_count)))]
#[command(mut_arg("duration", |arg| arg.hide(true).value_parser(no_duration)))]
pub struct TrialArgs {
    /// The application; faults are asked of its units by juju, which must be on PATH.
    #[arg(long, value_name = "NAME", default_value = "mongo-rs")]
    pub app: String,
    /// The faults, one after the other, by chance.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [FaultKind::Partition, FaultKind::Kill, FaultKind::Pause, FaultKind::Flaky])]
    pub faults: Vec<FaultKind>,
    /// Seconds that the clients work; at most for a million operations.
    #[arg(long, allow_negative_numbers = true, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub time_limit: u64,
    /// Seconds that a fault holds, from and to.
    #[arg(long, allow_negative_numbers = true, value_name = "FROM-TO", default_value = "5-15", value_parser = range)]
    pub hold: (u64, u64),
    /// Seconds of quiet before each fault, from and to.
    #[arg(long, allow_negative_numbers = true, value_name = "FROM-TO", default_value = "3-8", value_parser = range)]
    pub rest: (u64, u64),
    /// Instead of one trial, a suite of them: what a set keeps at which setting, as a table. Exit status 0: all as
    /// expected, 1: not, 2: something was not found out.
    #[arg(
        long,
        value_enum,
        conflicts_with_all = [
            "faults", "workload", "clients", "majority", "write_concern", "read_concern", "mode", "retry_writes"
        ]
    )]
    pub suite: Option<Suite>,
    /// Of a suite: how many rounds of each setting.
    #[arg(long, requires = "suite", allow_negative_numbers = true, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rounds: u32,
    /// Of a suite: only these experiments.
    #[arg(long, requires = "suite", value_name = "NAME", value_delimiter = ',')]
    pub only: Vec<String>,
    /// What the clients do, and how.
    #[command(flatten)]
    pub test: WriteTestArgs,
}

/// The suites.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Suite {
    /// The questions that jupsen left open.
    Seed,
    /// Transactions, and faults of other kinds.
    More,
}

impl Suite {
    fn experiments(self) -> &'static [Experiment] {
        match self {
            Self::Seed => &SEED,
            Self::More => &MORE,
        }
    }
}

/// Makes the trial, and writes the report to `out` and the progress to stderr.
///
/// # Errors
/// [`TrialError`]; the caller writes it to stderr and exits with [`Error::EXIT_STATUS`].
pub async fn run(args: TrialArgs, out: &mut dyn Write) -> Result<ExitCode, TrialError> {
    let chosen = args
        .suite
        .map(|suite| chosen(suite, &args.only))
        .transpose()?;
    let juju = Juju::find().await?;
    let url = match &args.test.url {
        Some(url) => url.parse().map_err(Error::from)?,
        None => url(&juju, &args.app).await?,
    };
    let (sender, stop) = Stop::channel();
    let signals = tokio::spawn(count_signals(sender));
    let format = args.test.format;
    let mut options = options(args.test, url, stop);
    options.duration = Some(Duration::from_secs(args.time_limit));
    options.count = MOST;
    // One seed for the clients and the nemesis, so that one number says it all.
    let seed = options.seed.unwrap_or_else(rand::random);
    options.seed = Some(seed);
    let orders = Orders {
        application: args.app,
        kinds: args.faults,
        seed,
        hold: args.hold,
        rest: args.rest,
    };
    let mut teller = Teller::new();
    if let Some(chosen) = chosen {
        let rows = rows(&juju, chosen, &orders, &options, args.rounds, &mut teller).await;
        teller.end();
        signals.abort();
        return write_rows(&rows?, format, out).map_err(|error| Error::from(error).into());
    }
    let outcome = trial(juju, orders, options, &mut |progress| {
        teller.tell(&progress)
    })
    .await;
    teller.end();
    signals.abort();
    let report = outcome?;
    write(&report, format, out).map_err(Error::from)?;
    Ok(ExitCode::from(report.verdict.exit_status()))
}

async fn rows(
    juju: &Juju,
    settings: Vec<&Experiment>,
    orders: &Orders,
    common: &WriteTestOptions,
    rounds: u32,
    teller: &mut Teller,
) -> Result<Vec<Row>, TrialError> {
    // Nothing is begun of which the last would be refused.
    if let (Some(path), false) = (&common.history, common.overwrite) {
        for setting in &settings {
            for round in 1..=rounds {
                refuse_history(&history_of(path, setting, round))?;
            }
        }
    }
    let mut rows = Vec::new();
    for setting in settings {
        let row = experiment(juju, orders, common, setting, rounds, &mut |progress| {
            teller.tell(&progress)
        })
        .await?;
        rows.push(row);
    }
    Ok(rows)
}

/// The experiments of a suite, or those of these names.
fn chosen(suite: Suite, only: &[String]) -> Result<Vec<&'static Experiment>, TrialError> {
    let all = suite.experiments();
    let unknown = only
        .iter()
        .find(|name| !all.iter().any(|experiment| experiment.name == *name));
    if let Some(name) = unknown {
        let known: Vec<&str> = all.iter().map(|experiment| experiment.name).collect();
        return Err(TrialError::NoExperiment {
            name: name.clone(),
            known: known.join(", "),
        });
    }
    let chosen = |experiment: &&Experiment| {
        only.is_empty() || only.iter().any(|name| name == experiment.name)
    };
    Ok(all.iter().filter(chosen).collect())
}

fn write_rows(rows: &[Row], format: Format, out: &mut dyn Write) -> std::io::Result<ExitCode> {
    match format {
        Format::Text => write!(out, "{}", table(rows))?,
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(rows)?)?,
        Format::Yaml => {
            let text = serde_yaml::to_string(rows).map_err(std::io::Error::other)?;
            write!(out, "{text}")?;
        }
    }
    out.flush()?;
    let failed = rows.iter().any(|row| row.as_expected == Some(false));
    let open = rows.iter().any(|row| row.as_expected.is_none());
    Ok(ExitCode::from(match (failed, open) {
        (true, _) => 1,
        (false, true) => 2,
        (false, false) => 0,
    }))
}

fn write(report: &TrialReport, format: Format, out: &mut dyn Write) -> std::io::Result<()> {
    match format {
        Format::Text => write!(out, "{}", text(report))?,
        Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(report)?)?,
        Format::Yaml => {
            let text = serde_yaml::to_string(report).map_err(std::io::Error::other)?;
            write!(out, "{text}")?;
        }
    }
    out.flush()
}

fn text(report: &TrialReport) -> String {
    let mut text = format!("{}: {}\n", report.verdict.name(), report.reason);
    for fault in &report.faults {
        let (from, until) = (fault.from as f64 / 1e9, fault.until as f64 / 1e9);
        let (kind, unit) = (fault.kind.name(), &fault.unit);
        text += &match &fault.installed {
            Ok(()) => format!("  {from:7.1} s to {until:7.1} s  {kind} of {unit}\n"),
            Err(why) => format!("  {from:7.1} s  no {kind} of {unit}: {why}\n"),
        };
    }
    let rolled_back = report.report.rolled_back.as_ref();
    for line in rolled_back.map(RolledBack::lines).unwrap_or_default() {
        text += &format!("  {line}\n");
    }
    let of_test = report.report.text();
    // Its first line is in ours.
    text + of_test.split_once('\n').map_or("", |(_, rest)| rest)
}

/// The number of operations of a write test: only its default, which comes through here too.
fn no_count(text: &str) -> Result<u32, String> {
    match text {
        "6000" => Ok(6000),
        _ => Err(
            "a trial has no number of operations: say with --time-limit how long it is to last"
                .to_owned(),
        ),
    }
}

/// The duration of a write test.
fn no_duration(_: &str) -> Result<Duration, String> {
    Err("how long a trial lasts is said with --time-limit".to_owned())
}

fn range(text: &str) -> Result<(u64, u64), String> {
    let wrong =
        || format!("{text:?} is not two numbers of seconds, the smaller one first, as in 5-15");
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let (from, to) = (
        from.parse().map_err(|_| wrong())?,
        to.parse().map_err(|_| wrong())?,
    );
    match from <= to && to <= 3600 {
        true => Ok((from, to)),
        false => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_has_the_experiments_that_are_asked_for() {
        let names = |only: &[&str]| {
            let only: Vec<String> = only.iter().map(|name| (*name).to_owned()).collect();
            chosen(Suite::Seed, &only)
                .map(|chosen| chosen.iter().map(|it| it.name).collect::<Vec<_>>())
                .map_err(|error| error.to_string())
        };
        assert_eq!(names(&[]).unwrap().len(), SEED.len());
        assert_eq!(names(&["4a", "3a"]).unwrap(), ["3a", "4a"]);
        let unknown = names(&["3a", "12"]).unwrap_err();
        assert!(
            unknown.contains("\"12\"") && unknown.contains("1, 2, 3a"),
            "{unknown}"
        );
    }

    #[test]
    fn what_would_be_ignored_is_refused() {
        #[derive(Debug, clap::Parser)]
        struct Line {
            #[command(flatten)]
            args: TrialArgs,
        }
        let parsed = |line: &str| {
            let words = ["trial"].into_iter().chain(line.split_whitespace());
            <Line as clap::Parser>::try_parse_from(words).map(|line| line.args)
        };
        for good in [
            "",
            "--workload register --clients 3 --faults kill --time-limit 9",
            "--suite seed --rounds 2 --only 3a --rate 50 --time-limit 9 --hold 3",
        ] {
            let args = parsed(good).unwrap();
            assert_eq!(
                (args.test.count, args.test.duration),
                (6000, None),
                "{good}"
            );
        }
        for (bad, named) in [
            ("--count 7", "--time-limit"),
            ("--duration 7", "--time-limit"),
            ("--suite seed --workload set", "--workload"),
            ("--suite seed --clients 3", "--clients"),
            ("--suite seed --majority=false", "--majority"),
            ("--suite seed --write-concern 1", "--write-concern"),
            ("--suite seed --read-concern local", "--read-concern"),
            ("--suite more --mode pinned", "--mode"),
            ("--suite more --retry-writes", "--retry-writes"),
            ("--suite more --faults kill", "--faults"),
            ("--rounds 3", "--suite"),
            ("--only 3a", "--suite"),
        ] {
            let error = parsed(bad).unwrap_err().to_string();
            assert!(error.contains(named), "{bad}: {error}");
        }
    }

    #[test]
    fn ranges_of_seconds() {
        assert_eq!(range("5-15"), Ok((5, 15)));
        assert_eq!(range("7"), Ok((7, 7)));
        for text in ["", "15-5", "5-", "-5", "a-b", "1-2-3", "1-9999"] {
            assert!(range(text).is_err(), "{text}");
        }
    }
}

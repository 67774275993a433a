//! `mongo-rs check`: histories from files, whoever wrote them, against a model.

use super::Format as Output;
use crate::consistency::check::{Checked, Model, Question, check};
use crate::consistency::checker::elle;
use crate::consistency::error::Error;
use crate::consistency::file::Format;
use crate::consistency::file::convert::{FailedCas, NilRead, Options};
use crate::consistency::report::Verdict;
use clap::{Args, ValueEnum};
use serde_json::json;
use std::fs::File;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Check histories from files, ours or Jepsen's: a line for each, FILE, a tab, and true, false or unknown. Exit status:
/// 0 all true, 1 one false, 2 one unknown, 3 a file that cannot be read.
#[derive(Clone, Debug, Args)]
pub struct CheckArgs {
    /// What the histories are of.
    #[arg(long, value_enum)]
    pub model: Model,
    /// For list-append and rw-register: what must hold; empty: strict-serializable.
    #[arg(
        long,
        value_name = "MODEL",
        value_delimiter = ',',
        visible_alias = "consistency-models",
        help = "For list-append and rw-register: what must hold [default: strict-serializable]",
        long_help = models_help()
    )]
    pub consistency_model: Vec<elle::Model>,
    /// For list-append and rw-register: what must not be, whatever the model says.
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = anomaly)]
    pub anomalies: Vec<String>,
    /// For rw-register: each key is known to be linearizable by itself [default: where the consistency model promises
    /// it: strong-snapshot-isolation, strict-serializable].
    #[arg(long)]
    pub linearizable_keys: bool,
    /// For rw-register: each key is known to be sequentially consistent by itself [default: where the model promises
    /// it: the strong-session ones].
    #[arg(long)]
    pub sequential_keys: bool,
    /// For set-full: a read that misses what was acknowledged before it makes a history false. For monotonic-reads: so
    /// does one that misses what any client was shown before.
    #[arg(long)]
    pub linearizable: bool,
    /// For bank: the money in all accounts together [default: what the first read shows].
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    pub total: Option<i64>,
    /// For bank: accounts may be overdrawn.
    #[arg(long)]
    pub negative_balances: bool,
    /// For registers: what each of them holds at the beginning [default: nil].
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true)]
    pub initial: Option<String>,
    /// For registers: what a failed cas says [default: compared in logs; elsewhere where its error says so].
    #[arg(long, value_enum)]
    pub failed_cas: Option<FailedCasArg>,
    /// For registers: what a read of nil says [default: initial in logs and our own histories, unknown elsewhere].
    #[arg(long, value_enum)]
    pub nil_read: Option<NilReadArg>,
    /// The format of the files [default: told by their content].
    #[arg(long, value_enum)]
    pub input: Option<Format>,
    /// How to write what was found.
    #[arg(long, value_enum, default_value_t)]
    pub format: Output,
    /// The histories.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// What a failed compare-and-set says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailedCasArg {
    /// Nothing.
    Ignored,
    /// That the value was another one.
    Compared,
}

/// What a read of nil says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum NilReadArg {
    /// Nothing.
    Unknown,
    /// That nothing was there.
    Initial,
}

/// Checks all files and writes what was found, each as soon as it is known. A file that cannot be read does not keep
/// the others from being checked.
///
/// # Errors
/// [`Error::Output`].
pub fn run(args: &CheckArgs, out: &mut dyn Write) -> Result<ExitCode, Error> {
    let question = question(args);
    let mut worst = 0;
    let mut all = Vec::new();
    for path in &args.files {
        let checked = checked(path, &question);
        worst = match (worst, status(&checked)) {
            (3, _) | (_, 3) => 3,
            (1, _) | (_, 1) => 1,
            (one, other) => one.max(other),
        };
        match args.format {
            Output::Text => text(path, &checked, out)?,
            Output::Json | Output::Yaml => all.push(value(path, args.model, &checked)),
        }
    }
    match args.format {
        Output::Text => {}
        Output::Json => writeln!(
            out,
            "{}",
            serde_json::to_string_pretty(&all).map_err(std::io::Error::other)?
        )?,
        Output::Yaml => write!(
            out,
            "{}",
            serde_yaml::to_string(&all).map_err(std::io::Error::other)?
        )?,
    }
    out.flush()?;
    Ok(ExitCode::from(worst))
}

fn models_help() -> String {
    format!(
        "For list-append and rw-register: what must hold [default: strict-serializable, that is \
         strong-serializable], of {}; and Adya's names (PL-1, \
         PL-2, PL-SI, PL-3, …)",
        elle::names()
    )
}

/// A name that nobody knows would be looked for in vain, and the answer be true.
fn anomaly(name: &str) -> Result<String, String> {
    let known = elle::known_anomalies();
    match known.contains(name) {
        true => Ok(name.to_owned()),
        false => {
            let known: Vec<&str> = known.into_iter().collect();
            Err(format!(
                "there is no such anomaly; known are {}",
                known.join(", ")
            ))
        }
    }
}

fn question(args: &CheckArgs) -> Question {
    Question {
        consistency_models: args.consistency_model.clone(),
        anomalies: args.anomalies.clone(),
        linearizable_keys: args.linearizable_keys,
        sequential_keys: args.sequential_keys,
        linearizable: args.linearizable,
        total: args.total,
        negative_balances: args.negative_balances,
        initial: args.initial.clone(),
        format: args.input,
        file: Options {
            nil_read: args.nil_read.map(|said| match said {
                NilReadArg::Unknown => NilRead::Unknown,
                NilReadArg::Initial => NilRead::Initial,
            }),
            failed_cas: args.failed_cas.map(|said| match said {
                FailedCasArg::Ignored => FailedCas::Ignored,
                FailedCasArg::Compared => FailedCas::Compared,
            }),
        },
        ..Question::new(args.model)
    }
}

/// What was found, or why nothing could be, with the line of the file where it is known.
type Found = Result<Checked, (Option<u64>, String)>;

fn checked(path: &Path, question: &Question) -> Found {
    let file = open(path).map_err(|why| (None, why))?;
    check(file, question).map_err(|error| (Some(error.line), error.to_string()))
}

pub(super) fn open(path: &Path) -> Result<BufReader<File>, String> {
    let opened = File::open(path).map_err(|error| format!("cannot be opened: {error}"))?;
    Ok(BufReader::with_capacity(1 << 16, opened))
}

fn status(found: &Found) -> u8 {
    match found {
        Ok(checked) => checked.finding.verdict.exit_status(),
        Err(_) => Error::EXIT_STATUS,
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Valid => "true",
        Verdict::Invalid => "false",
        Verdict::Unknown => "unknown",
    }
}

fn text(path: &Path, found: &Found, out: &mut dyn Write) -> Result<(), Error> {
    // Standard error that is closed leaves nobody to tell.
    let mut errors = std::io::stderr();
    match found {
        Ok(checked) => {
            writeln!(out, "{}\t{}", path.display(), word(checked.finding.verdict))?;
            for note in &checked.notes {
                let _ = writeln!(errors, "{}: {note}", path.display());
            }
            // What a witness says already need not be said twice.
            let finding = &checked.finding;
            let said = finding
                .anomalies
                .iter()
                .any(|it| it.witness == finding.reason);
            if finding.verdict != Verdict::Valid && !said {
                let _ = writeln!(errors, "{}: {}", path.display(), finding.reason);
            }
            for anomaly in &finding.anomalies {
                let _ = writeln!(
                    errors,
                    "{}: {}: {}",
                    path.display(),
                    anomaly.name,
                    anomaly.witness
                );
            }
        }
        Err((_, why)) => {
            let _ = writeln!(errors, "error: {}: {why}", path.display());
        }
    }
    Ok(())
}

fn value(path: &Path, model: Model, found: &Found) -> serde_json::Value {
    let file = path.display().to_string();
    match found {
        Ok(checked) => {
            let valid = match checked.finding.verdict {
                Verdict::Valid => json!(true),
                Verdict::Invalid => json!(false),
                Verdict::Unknown => json!("unknown"),
            };
            json!({"file": file, "model": model, "valid": valid, "finding": checked.finding, "notes": checked.notes})
        }
        Err((line, why)) => json!({"file": file, "model": model, "error": why, "line": line}),
    }
}

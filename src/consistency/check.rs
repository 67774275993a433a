//! Checks a history from a file, ours or another's, against a model.

use super::checker::actions;
use super::checker::elle::{self, list_append::ListHistory};
use super::checker::finding::{Anomaly, Finding};
use super::checker::operation::History;
use super::checker::{
    bank, causal_reverse, counter, long_fork, register, revisions, sessions, set, set_full, text,
};
use super::file::convert::{self, Reads};
use super::file::{FileError, Format, Lines, NAMELESS, READER, Value};
use super::report::Verdict;
use std::io::BufRead;

/// What a history is a history of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    /// Registers: read, write, cas. Linearizability.
    CasRegister,
    /// Strings by key: get, put, append. Linearizability.
    Kv,
    /// Transactions that append to and read lists (Elle).
    ListAppend,
    /// Transactions that write and read registers (Elle).
    RwRegister,
    /// A set that is read at the end.
    Set,
    /// A set that is read all the time.
    SetFull,
    /// A set: no read of a client misses what an earlier read of that client showed.
    MonotonicReads,
    /// A set: no read of a client misses what that client added before.
    ReadYourWrites,
    /// A set: no read shows an element without one that was acknowledged before that one was added.
    CausalReverse,
    /// A counter: add and read.
    Counter,
    /// Accounts: transfer and read.
    Bank,
    /// Writes that two readers saw in opposite orders.
    LongFork,
    /// A number in files that clients raise without protection: revise and read.
    Gridfs,
}

/// What is asked of a history.
#[derive(Clone, Debug)]
pub struct Question {
    /// What it is a history of.
    pub model: Model,
    /// For the models of Elle: what must hold. Empty: strict serializability.
    pub consistency_models: Vec<elle::Model>,
    /// For the models of Elle: what must not be, whatever the consistency models say.
    pub anomalies: Vec<String>,
    /// For `rw-register`: each key is known to be linearizable by itself, whatever the consistency model promises.
    pub linearizable_keys: bool,
    /// For `rw-register`: each key is known to be sequentially consistent by itself.
    pub sequential_keys: bool,
    /// For `set-full`: an element that a read misses after it was acknowledged makes the history invalid. For
    /// `monotonic-reads`: what any client was shown counts, not only what the same one was.
    pub linearizable: bool,
    /// What the file leaves open about registers.
    pub file: convert::Options,
    /// For `bank`: the money in all accounts together; none: what the first read shows.
    pub total: Option<i64>,
    /// For `bank`: accounts may be overdrawn.
    pub negative_balances: bool,
    /// For registers: what each of them holds at the beginning; none: nothing.
    pub initial: Option<String>,
    /// Which reads of a bank.
    pub reads: Reads,
    /// The format of the file; none: told by its content.
    pub format: Option<Format>,
}

impl Question {
    /// Whether the model holds, everything else as it is by default.
    #[must_use]
    pub fn new(model: Model) -> Self {
        Self {
            model,
            consistency_models: Vec::new(),
            anomalies: Vec::new(),
            linearizable_keys: false,
            sequential_keys: false,
            linearizable: false,
            file: convert::Options::default(),
            total: None,
            negative_balances: false,
            initial: None,
            reads: Reads::Inside,
            format: None,
        }
    }
}

/// What was found, and what must be said of the file though it is no error.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// What was found.
    pub finding: Finding,
    /// Of the file.
    pub notes: Vec<String>,
}

/// Checks a history.
///
/// # Errors
/// What is wrong with the file, and in which line.
pub fn check<R: BufRead>(reader: R, question: &Question) -> Result<Checked, FileError> {
    let mut lines = Lines::new(reader, question.format)?;
    let mut finding = finding(&mut lines, question)?;
    // The numbers by which those without one go in here are in no file.
    let nobody = [
        (format!("client {READER}"), "the reader"),
        (format!("client {NAMELESS}"), "the client"),
    ];
    for text in [&mut finding.reason]
        .into_iter()
        .chain(finding.anomalies.iter_mut().map(|it| &mut it.witness))
    {
        for (number, name) in &nobody {
            *text = text.replace(number, name);
        }
    }
    let mut notes = lines.notes().to_vec();
    if finding.verdict == Verdict::Valid && lines.all_passed_over() {
        finding = Finding::unknown("no line is of a client: their processes must be numbers");
    }
    if question.model == Model::Counter && finding.counts.get("reads-count") == Some(&0) {
        // As Jepsen has it: true, for nothing contradicts it. But it should be known how little that is.
        notes.push(finding.reason.clone());
    }
    Ok(Checked { finding, notes })
}

fn finding<R: BufRead>(lines: &mut Lines<R>, question: &Question) -> Result<Finding, FileError> {
    Ok(match question.model {
        Model::CasRegister => {
            let mut history = convert::register(lines, question.file)?;
            let names = &mut history.names;
            let initial = question.initial.as_deref().map(|text| names.symbol(text));
            // The reader leaves those out that compared nothing.
            let failed_cas = register::FailedCas::Compared;
            register::check(
                &history,
                &register::Options {
                    failed_cas,
                    initial,
                    ..register::Options::default()
                },
            )
        }
        Model::Kv => text::check(&convert::kv(lines, question.file)?, text::BUDGET),
        Model::ListAppend => {
            let (history, transactions) = convert::list_append(lines)?;
            let history = ListHistory {
                history,
                transactions,
            };
            elle::list_append::check(&history, &of_elle(question))
        }
        Model::RwRegister => {
            let (history, steps) = convert::rw_register(lines)?;
            elle::rw_register::check(&history, &steps, &of_elle(question))
        }
        Model::Set => set::check(&convert::set(lines)?),
        Model::SetFull => {
            let linearizable = question.linearizable;
            let options = || set_full::Options { linearizable };
            of_each_set(lines, |history| set_full::check(history, options()))?
        }
        Model::MonotonicReads if question.linearizable => {
            of_each_set(lines, sessions::superset_chain)?
        }
        Model::MonotonicReads => of_each_set(lines, sessions::monotonic_reads)?,
        Model::ReadYourWrites => of_each_set(lines, sessions::read_your_writes)?,
        Model::CausalReverse => of_each_set(lines, causal_reverse::check)?,
        Model::Counter => counter::check(&convert::counter(lines)?),
        Model::Bank => {
            let history = convert::bank(lines, question.reads)?;
            let options = bank::Options {
                total: question.total.or_else(|| total(lines.header())),
                negative_allowed: question.negative_balances,
                // Our own workload deletes no account.
                may_leave_out: lines.format() != Format::Own,
                ..bank::Options::default()
            };
            bank::check(&history, &options)
        }
        Model::LongFork => {
            let (history, steps) = convert::long_fork(lines)?;
            long_fork::check(&history, &steps)
        }
        Model::Gridfs => revisions::check(&convert::revisions(lines)?),
    })
}

fn of_each_set<R: BufRead>(
    lines: &mut Lines<R>,
    check: impl Fn(&History<actions::Set>) -> Finding,
) -> Result<Finding, FileError> {
    let keys = convert::set_full(lines)?.into_iter();
    let found = keys.map(|of_key| {
        let finding = check(&of_key.history);
        (of_key.key, placed(finding, &of_key.places))
    });
    Ok(all_of(found.collect()))
}

fn of_elle(question: &Question) -> elle::Options {
    let options = match question.consistency_models.is_empty() {
        true => elle::Options::default(),
        false => elle::Options::models(question.consistency_models.clone()),
    };
    elle::Options {
        anomalies: question.anomalies.clone(),
        linearizable_keys: question.linearizable_keys,
        sequential_keys: question.sequential_keys,
        ..options
    }
}

/// What all accounts hold together, as the header of our own history says.
fn total(header: Option<&Value>) -> Option<i64> {
    header?.get("total")?.integer()
}

/// Places among the lines of a key, as places in the file.
fn placed(mut finding: Finding, places: &[u32]) -> Finding {
    if !places.is_empty() {
        for place in finding
            .anomalies
            .iter_mut()
            .flat_map(|it| &mut it.operations)
        {
            *place = places.get(*place as usize).copied().unwrap_or(*place);
        }
    }
    finding
}

/// One finding of those of all keys: the worst decides, and figures are added up.
fn all_of(mut found: Vec<(Option<String>, Finding)>) -> Finding {
    if found.len() == 1 {
        return found.swap_remove(0).1;
    }
    let rank = |verdict| match verdict {
        Verdict::Invalid => 0,
        Verdict::Unknown => 1,
        Verdict::Valid => 2,
    };
    found.sort_by_key(|(_, finding)| rank(finding.verdict));
    let keys = found.len();
    let mut all = match found.first() {
        None => return Finding::unknown("there is nothing in the history"),
        Some((key, first)) => Finding {
            reason: format!(
                "of {keys} keys, {}: {}",
                key.as_deref().unwrap_or("nil"),
                first.reason
            ),
            anomalies: Vec::new(),
            counts: Default::default(),
            elements: Default::default(),
            ..first.clone()
        },
    };
    for (key, finding) in found {
        let key = key.as_deref().unwrap_or("nil");
        // Latencies of several keys cannot be added; they are in the findings of single keys.
        for (name, count) in finding
            .counts
            .into_iter()
            .filter(|(name, _)| !name.contains("latenc"))
        {
            *all.counts.entry(name).or_default() += count;
        }
        for (name, elements) in finding.elements {
            let named = elements
                .into_iter()
                .map(|element| format!("{key}: {element}"));
            all.elements.entry(name).or_default().extend(named);
        }
        all.anomalies
            .extend(finding.anomalies.into_iter().map(|it| Anomaly {
                witness: format!("key {key}: {}", it.witness),
                ..it
            }));
    }
    all
}

#[cfg(test)]
#[path = "check_test.rs"]
mod tests;

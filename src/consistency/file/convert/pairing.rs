//! Pairs each process's invocation with its next completion.
//!
//! * `:info` completes nothing: the operation stays open, for it may take effect at any time. Its process should not
//!   do anything more; where one does, that is noted, and the operation before stays open.
//! * A process that begins an operation before its last one ended is an error, and so is a completion of nothing.
//! * A file that begins with a completion has completions only; then no operation is known to begin after another
//!   ended, and an invocation is an error.
//! * Lines without a process are those of one client: an invocation, and what completes it, one after the other.
//! * The nemesis and other processes that are no clients only take up places.

use super::times::Times;
use crate::consistency::checker::FastMap;
use crate::consistency::checker::operation::{OPEN, Operation};
use crate::consistency::file::line::shown;
use crate::consistency::file::{FileError, Kind, Line, Lines, NAMELESS, Process, Value};
use crate::consistency::outcome::OutcomeType;
use std::borrow::Cow;
use std::io::BufRead;

/// What the lines of an operation say.
pub(super) struct Pair {
    /// The line of the file that says most: that of the completion, else that of the invocation.
    pub at: u64,
    /// What was done.
    pub f: Cow<'static, str>,
    /// The key that stands apart from the value.
    pub key: Option<Box<Value>>,
    /// The value of the invocation; none in a file of completions only.
    pub invocation: Option<Value>,
    /// The value of the completion, also where that says `:info`; none if nothing completed it.
    pub completion: Option<Value>,
    /// What went wrong, as the completion says it.
    pub error: Option<Box<Value>>,
    /// What is known of it.
    pub outcome: OutcomeType,
}

impl Pair {
    /// An operation that nothing completed, or not yet.
    fn begun(invocation: Invocation) -> Self {
        Self {
            at: invocation.at,
            f: invocation.f,
            key: invocation.key,
            invocation: Some(invocation.value),
            completion: None,
            error: None,
            outcome: OutcomeType::Info,
        }
    }

    /// An operation that this line completes.
    fn of(invocation: Option<Invocation>, completion: Line, outcome: OutcomeType) -> Self {
        let (key, invocation) =
            invocation.map_or((None, None), |began| (began.key, Some(began.value)));
        Self {
            at: completion.at,
            f: completion.f,
            key: completion.key.map(Box::new).or(key),
            invocation,
            completion: Some(completion.value),
            error: completion.error.map(Box::new),
            outcome,
        }
    }

    /// Something is wrong with it.
    pub fn wrong(&self, message: impl Into<String>) -> FileError {
        let value = self.completion.as_ref().or(self.invocation.as_ref());
        FileError::new(self.at, 0, message, &value.map(shown).unwrap_or_default())
    }

    /// What was asked for: the value of the invocation; in a file without invocations that of the completion.
    pub fn asked(&self) -> Option<&Value> {
        self.invocation.as_ref().or(self.completion.as_ref())
    }

    /// What came back from an operation that was acknowledged.
    pub fn answered(&self) -> Option<&Value> {
        match self.outcome {
            OutcomeType::Ok => self.completion.as_ref(),
            OutcomeType::Fail | OutcomeType::Info => None,
        }
    }

    /// What was written: what both lines say, or the one that says something. What an operation was not acknowledged
    /// with may be anything (`:timed-out`), and counts only in a file without invocations.
    pub fn written(&self) -> Result<&Value, FileError> {
        match (self.asked(), self.answered()) {
            (Some(asked), Some(answered)) if asked.is_nil() => Ok(answered),
            (Some(asked), Some(answered)) if answered.is_nil() || asked == answered => Ok(asked),
            // Equal sets may stand in different orders.
            (Some(asked), Some(answered)) if asked.text() == answered.text() => Ok(asked),
            (Some(asked), Some(_)) => Err(self.wrong(format!(
                "acknowledged with another value than {}",
                shown(asked)
            ))),
            (Some(value), None) | (None, Some(value)) => Ok(value),
            (None, None) => Err(self.wrong("expected a value")),
        }
    }
}

/// Operations in the order of their invocations, and the times of all lines.
pub(super) struct Paired<A> {
    pub operations: Vec<Operation<A>>,
    pub times: Vec<u64>,
}

/// What an invocation says.
struct Invocation {
    /// The number of the operation among all.
    number: usize,
    place: u32,
    at: u64,
    f: Cow<'static, str>,
    key: Option<Box<Value>>,
    value: Value,
}

/// What is known of a process.
#[derive(Default)]
enum State {
    /// It does nothing.
    #[default]
    Idle,
    /// It began this.
    Busy(Invocation),
    /// Its last operation ended with `:info`.
    Crashed,
}

/// Reads all lines; `convert` makes of each operation what was done, or nothing for one that is to be left out.
pub(super) fn pair<R: BufRead, A>(
    lines: &mut Lines<R>,
    mut convert: impl FnMut(Pair) -> Result<Option<A>, FileError>,
) -> Result<Paired<A>, FileError> {
    // In the order of invocation; none for those that are open, or left out.
    let mut operations: Vec<Option<Operation<A>>> = Vec::new();
    let times = each(lines, &mut |number, operation| {
        let action = convert(operation.action)?;
        if number >= operations.len() {
            operations.resize_with(number + 1, || None);
        }
        if let Some(place) = operations.get_mut(number) {
            *place = action.map(|action| Operation {
                process: operation.process,
                invoked: operation.invoked,
                completed: operation.completed,
                outcome: operation.outcome,
                action,
            });
        }
        Ok(())
    })?;
    Ok(Paired {
        operations: operations.into_iter().flatten().collect(),
        times,
    })
}

/// Takes each operation once it is whole, with its number in the order of invocations.
type Sink<'a> = &'a mut dyn FnMut(usize, Operation<Pair>) -> Result<(), FileError>;

/// Reads all lines, and gives away each operation as soon as it is whole; at last those that nothing completed. Every
/// number from 0 on comes once. The times of all lines come back.
pub(super) fn each<R: BufRead>(
    lines: &mut Lines<R>,
    sink: Sink<'_>,
) -> Result<Vec<u64>, FileError> {
    let mut pairing = Pairing::default();
    for line in lines.by_ref() {
        pairing.line(line?, sink)?;
    }
    if pairing.crashed_on > 0 {
        lines.note(format!(
            "{} operations were begun by processes whose last one ended with :info; those stay open",
            pairing.crashed_on
        ));
    }
    if pairing.nameless > 0 {
        lines.note(format!(
            "{} lines name no process; they are taken for those of one client",
            pairing.nameless
        ));
    }
    if let Some(note) = pairing.others() {
        lines.pass_over(note);
    }
    pairing.end(sink)
}

#[derive(Default)]
struct Pairing {
    /// How many operations there were.
    operations: usize,
    /// How many lines there were.
    places: u32,
    times: Times,
    processes: FastMap<u64, State>,
    /// Where the first completion without an invocation was, if the file began with one.
    completions_only: Option<u64>,
    /// Whether there was an invocation.
    invocations: bool,
    /// How many operations were begun by processes whose last one ended with `:info`.
    crashed_on: u64,
    /// How many lines name no process.
    nameless: u64,
    /// How many lines there were of processes that are neither clients nor the nemesis, and the name of the first.
    others: Option<(u64, String)>,
}

impl Pairing {
    fn line(&mut self, line: Line, sink: Sink<'_>) -> Result<(), FileError> {
        let place = self.places;
        if place >= OPEN - 1 {
            return Err(line.wrong("more lines than a history may have"));
        }
        self.places += 1;
        self.times.put(line.time);
        let Some(process) = line.process.client() else {
            match line.process {
                Process::Other(name) if name != "nemesis" => {
                    self.others.get_or_insert((0, name)).0 += 1
                }
                _ => {}
            }
            return Ok(());
        };
        self.nameless += u64::from(process == NAMELESS);
        match line.kind {
            Kind::Invoke => self.invocation(process, line, place),
            Kind::Ok => self.completion(process, line, place, OutcomeType::Ok, sink),
            Kind::Fail => self.completion(process, line, place, OutcomeType::Fail, sink),
            Kind::Info => self.completion(process, line, OPEN, OutcomeType::Info, sink),
        }
    }

    /// What is passed over though it might have been meant as a client.
    fn others(&self) -> Option<String> {
        let (count, name) = self.others.as_ref()?;
        let name: String = name.chars().take(40).collect();
        Some(format!(
            "{count} lines of processes that are no clients are passed over, the first of {name:?}"
        ))
    }

    fn invocation(&mut self, process: u64, line: Line, place: u32) -> Result<(), FileError> {
        if let Some(at) = self.completions_only {
            return Err(line.wrong(format!(
                "an invocation, but line {at} completes an operation that nothing began"
            )));
        }
        self.invocations = true;
        let state = self.processes.entry(process).or_default();
        match state {
            State::Idle => {}
            State::Crashed => self.crashed_on += 1,
            State::Busy(before) => {
                let message = format!(
                    "{} begins this before it ended what it began in line {}",
                    named(process),
                    before.at
                );
                return Err(line.wrong(message));
            }
        }
        *state = State::Busy(Invocation {
            number: self.operations,
            place,
            at: line.at,
            f: line.f,
            key: line.key.map(Box::new),
            value: line.value,
        });
        self.operations += 1;
        Ok(())
    }

    fn completion(
        &mut self,
        process: u64,
        line: Line,
        completed: u32,
        outcome: OutcomeType,
        sink: Sink<'_>,
    ) -> Result<(), FileError> {
        let state = self.processes.entry(process).or_default();
        let (number, invoked, invocation) = match std::mem::take(state) {
            State::Busy(began) => (began.number, began.place, Some(began)),
            _ if self.invocations => {
                return Err(line.wrong(format!(
                    "{} completes an operation that it did not begin",
                    named(process)
                )));
            }
            _ => {
                self.completions_only.get_or_insert(line.at);
                self.operations += 1;
                (self.operations - 1, 0, None)
            }
        };
        if outcome == OutcomeType::Info && invocation.is_some() {
            *state = State::Crashed;
        }
        if let Some(began) = invocation.as_ref().filter(|began| began.f != line.f) {
            let message = format!(
                "{} completes {:?}, but began {:?}",
                named(process),
                line.f,
                began.f
            );
            return Err(line.wrong(message));
        }
        let operation = Operation {
            process,
            invoked,
            completed,
            outcome,
            action: Pair::of(invocation, line, outcome),
        };
        sink(number, operation)
    }

    /// What nothing completed is open.
    fn end(self, sink: Sink<'_>) -> Result<Vec<u64>, FileError> {
        let mut open: Vec<_> = self.processes.into_iter().collect();
        // The order of a hash map is its own.
        open.sort_unstable_by_key(|(process, _)| *process);
        for (process, state) in open {
            if let State::Busy(began) = state {
                let number = began.number;
                let operation = Operation {
                    process,
                    invoked: began.place,
                    completed: OPEN,
                    outcome: OutcomeType::Info,
                    action: Pair::begun(began),
                };
                sink(number, operation)?;
            }
        }
        Ok(self.times.all())
    }
}

/// A process in an error.
fn named(process: u64) -> String {
    match process {
        NAMELESS => "the one process that lines without a process are taken for".to_owned(),
        process => format!("process {process}"),
    }
}

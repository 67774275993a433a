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
use crate::consistency::checker::operation::{OPEN, Operation};
use crate::consistency::file::line::shown;
use crate::consistency::file::{FileError, Kind, Line, Lines, NAMELESS, Process, Value};
use crate::consistency::outcome::OutcomeType;
use std::collections::HashMap;
use std::io::BufRead;

/// What the lines of an operation say.
pub(super) struct Pair {
    /// The line of the file that says most: that of the completion, else that of the invocation.
    pub at: u64,
    /// What was done.
    pub f: Box<str>,
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
    fn of(invocation: Option<Line>, completion: Option<Line>, outcome: OutcomeType) -> Self {
        let mut pair = Self {
            at: 0,
            f: "".into(),
            key: None,
            invocation: None,
            completion: None,
            error: None,
            outcome,
        };
        if let Some(line) = invocation {
            pair.at = line.at;
            pair.f = line.f.into();
            pair.key = line.key.map(Box::new);
            pair.invocation = Some(line.value);
        }
        if let Some(line) = completion {
            pair.at = line.at;
            pair.f = line.f.into();
            pair.key = line.key.map(Box::new).or(pair.key);
            pair.completion = Some(line.value);
            pair.error = line.error.map(Box::new);
        }
        pair
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

/// What is known of a process.
enum State {
    /// Its operation has this number among all, this place, and this beginning.
    Busy(usize, u32, Box<Line>),
    /// Its last operation ended with `:info`.
    Crashed,
}

/// Reads all lines; `convert` makes of each operation what was done, or nothing for one that is to be left out.
pub(super) fn pair<R: BufRead, A>(
    lines: &mut Lines<R>,
    mut convert: impl FnMut(Pair) -> Result<Option<A>, FileError>,
) -> Result<Paired<A>, FileError> {
    let mut pairing = Pairing::default();
    for line in lines.by_ref() {
        pairing.line(line?, &mut convert)?;
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
        lines.note(note);
    }
    pairing.end(&mut convert)
}

struct Pairing<A> {
    /// In the order of invocation; none for those that are open, or left out.
    operations: Vec<Option<Operation<A>>>,
    /// How many lines there were.
    places: u32,
    times: Times,
    processes: HashMap<u64, State>,
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

impl<A> Default for Pairing<A> {
    fn default() -> Self {
        Self {
            operations: Vec::new(),
            places: 0,
            times: Times::default(),
            processes: HashMap::new(),
            completions_only: None,
            invocations: false,
            crashed_on: 0,
            nameless: 0,
            others: None,
        }
    }
}

type Convert<'a, A> = &'a mut dyn FnMut(Pair) -> Result<Option<A>, FileError>;

impl<A> Pairing<A> {
    fn line(&mut self, line: Line, convert: Convert<'_, A>) -> Result<(), FileError> {
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
            Kind::Ok => self.completion(process, line, place, OutcomeType::Ok, convert),
            Kind::Fail => self.completion(process, line, place, OutcomeType::Fail, convert),
            Kind::Info => self.completion(process, line, OPEN, OutcomeType::Info, convert),
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
        if let Some(State::Busy(_, _, before)) = self.processes.get(&process) {
            let message = format!(
                "{} begins this before it ended what it began in line {}",
                named(process),
                before.at
            );
            return Err(line.wrong(message));
        }
        let state = State::Busy(self.operations.len(), place, Box::new(line));
        if let Some(State::Crashed) = self.processes.insert(process, state) {
            self.crashed_on += 1;
        }
        self.operations.push(None);
        Ok(())
    }

    fn completion(
        &mut self,
        process: u64,
        line: Line,
        completed: u32,
        outcome: OutcomeType,
        convert: Convert<'_, A>,
    ) -> Result<(), FileError> {
        let (number, invoked, invocation) = match self.processes.remove(&process) {
            Some(State::Busy(number, invoked, invocation)) => (number, invoked, Some(*invocation)),
            _ if self.invocations => {
                return Err(line.wrong(format!(
                    "{} completes an operation that it did not begin",
                    named(process)
                )));
            }
            _ => {
                self.completions_only.get_or_insert(line.at);
                self.operations.push(None);
                (self.operations.len() - 1, 0, None)
            }
        };
        if outcome == OutcomeType::Info && invocation.is_some() {
            self.processes.insert(process, State::Crashed);
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
        let action = convert(Pair::of(invocation, Some(line), outcome))?;
        self.put(
            number,
            operation(process, invoked, completed, outcome, action),
        );
        Ok(())
    }

    fn put(&mut self, number: usize, operation: Option<Operation<A>>) {
        if let Some(slot) = self.operations.get_mut(number) {
            *slot = operation;
        }
    }

    /// What nothing completed is open.
    fn end(mut self, convert: Convert<'_, A>) -> Result<Paired<A>, FileError> {
        let mut open: Vec<_> = std::mem::take(&mut self.processes).into_iter().collect();
        // The order of a hash map is another each time.
        open.sort_unstable_by_key(|(process, _)| *process);
        for (process, state) in open {
            if let State::Busy(number, invoked, invocation) = state {
                let outcome = OutcomeType::Info;
                let action = convert(Pair::of(Some(*invocation), None, outcome))?;
                self.put(number, operation(process, invoked, OPEN, outcome, action));
            }
        }
        Ok(Paired {
            operations: self.operations.into_iter().flatten().collect(),
            times: self.times.all(),
        })
    }
}

/// A process in an error.
fn named(process: u64) -> String {
    match process {
        NAMELESS => "the one process that lines without a process are taken for".to_owned(),
        process => format!("process {process}"),
    }
}

fn operation<A>(
    process: u64,
    invoked: u32,
    completed: u32,
    outcome: OutcomeType,
    action: Option<A>,
) -> Option<Operation<A>> {
    Some(Operation {
        process,
        invoked,
        completed,
        outcome,
        action: action?,
    })
}

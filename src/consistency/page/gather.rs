//! From a history to a [`Run`], line by line. A history that breaks off is shown up to there, and says so.

use super::PageError;
use super::fault::{Fault, Term, put_down};
use super::json::json;
use super::operation::{NEVER, Operation, Outcome};
use super::run::Run;
use super::texts::shortened;
use super::trouble::is_trouble;
use crate::consistency::file::{Kind, Line, Lines, Process, READER, Value};
use std::collections::HashMap;
use std::io::BufRead;

/// So many functions are told apart; a workload has three at most.
const FUNCTIONS: usize = 12;
/// So many classes of errors are told apart.
const CLASSES: usize = 40;
/// So many faults and terms are kept.
const MOST: usize = 20_000;
/// Where a file has no times, a line takes so long: nanoseconds.
const LINE: u64 = 1_000_000;

/// Reads a history. The bytes of an operation that are kept are bounded, whatever its line holds.
///
/// # Errors
/// [`PageError::Empty`] for a file without a line, [`PageError::History`] for one whose first lines cannot be read.
pub fn gather(history: &mut impl BufRead) -> Result<Run, PageError> {
    let mut lines = Lines::new(history, None)?;
    let mut gathering = Gathering::default();
    while let Some(line) = lines.next() {
        match line {
            Ok(line) => {
                if gathering.run.lines == 0 {
                    let mode = lines.header().and_then(|header| header.get("mode"));
                    gathering.pinned = mode.and_then(Value::name) == Some("pinned");
                }
                gathering.line(line);
            }
            Err(error) if gathering.run.lines == 0 && lines.header().is_none() => {
                return Err(error.into());
            }
            Err(error) => {
                let note = format!(
                    "the history cannot be read further, and is shown up to there: {error}"
                );
                gathering.run.notes.push(note);
                break;
            }
        }
    }
    if gathering.run.lines == 0 && lines.header().is_none() {
        return Err(PageError::Empty);
    }
    let (header, result) = (lines.header().map(json), lines.result().map(json));
    let notes = lines.notes().to_vec();
    Ok(gathering.finish(
        header.unwrap_or_default(),
        result.unwrap_or_default(),
        notes,
    ))
}

#[derive(Default)]
struct Gathering {
    run: Run,
    numbers: HashMap<String, u16>,
    /// The operation that each process is in.
    busy: HashMap<u64, usize>,
    /// When operations ended without being acknowledged, and when they began.
    trouble: Vec<(u64, u64)>,
    timeless: bool,
    /// Whether each client knew one member only.
    pinned: bool,
    healed: Option<u64>,
}

impl Gathering {
    fn line(&mut self, line: Line) {
        let place = self.run.lines;
        if place == u32::MAX {
            return;
        }
        self.run.lines += 1;
        let time = line.time.unwrap_or_else(|| {
            self.timeless = true;
            u64::from(place) * LINE
        });
        self.run.end = self.run.end.max(time);
        match (line.process.client(), line.kind) {
            (Some(process), Kind::Invoke) => self.invocation(process, line, place, time),
            (Some(process), _) => self.completion(process, line, place, time),
            (None, _) if matches!(&line.process, Process::Other(name) if name == "nemesis") => {
                self.nemesis(&line, time);
            }
            _ => {}
        }
    }

    fn invocation(&mut self, process: u64, line: Line, place: u32, time: u64) {
        let operation = Operation {
            invoked: time,
            completed: NEVER,
            process,
            number: line.value.integer(),
            place,
            completion: place,
            function: self.function(&line.f),
            outcome: Outcome::Info,
            begun: true,
            text: self.run.texts.put(&format_args!("{}", line.value)),
        };
        // One that the process was still in stays open.
        self.busy.insert(process, self.run.operations.len());
        self.run.operations.push(operation);
    }

    fn completion(&mut self, process: u64, line: Line, place: u32, time: u64) {
        if process != READER {
            self.run.worked = self.run.worked.max(time);
        }
        let outcome = match line.kind {
            Kind::Ok => Outcome::Ok,
            Kind::Fail => Outcome::Fail,
            Kind::Info | Kind::Invoke => Outcome::Info,
        };
        let class = (outcome != Outcome::Ok).then(|| class(line.error.as_ref()));
        if let Some(class) = &class {
            if process != READER && is_trouble(line.error.as_ref(), self.pinned) {
                let known = self.busy.get(&process);
                let known = known.and_then(|number| self.run.operations.get(*number));
                let began = known.map_or(time, |operation| operation.invoked);
                self.trouble.push((time, began));
            }
            let errors = &mut self.run.errors;
            let named = (outcome, class.clone());
            if errors.len() < CLASSES || errors.contains_key(&named) {
                *errors.entry(named).or_default() += 1;
            }
        }
        let began = self.busy.remove(&process);
        let known = began.and_then(|number| self.run.operations.get_mut(number));
        let text = match &class {
            Some(class) => Some(
                self.run
                    .texts
                    .put(&format_args!("{} ({class})", line.value)),
            ),
            None if line.value.is_collection() || known.is_none() => {
                Some(self.run.texts.put(&format_args!("{}", line.value)))
            }
            // What was acknowledged is what was asked for.
            None => None,
        };
        match known {
            Some(operation) => {
                operation.completed = time;
                operation.completion = place;
                operation.outcome = outcome;
                operation.text = text.unwrap_or(operation.text);
            }
            None => {
                let function = self.function(&line.f);
                self.run.operations.push(Operation {
                    invoked: time,
                    completed: time,
                    process,
                    number: line.value.integer(),
                    place,
                    completion: place,
                    function,
                    outcome,
                    begun: false,
                    text: text.unwrap_or(u32::MAX),
                });
            }
        }
    }

    fn function(&mut self, name: &str) -> u16 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let functions = &mut self.run.functions;
        if functions.len() == FUNCTIONS {
            return FUNCTIONS as u16;
        }
        let name = match functions.len() {
            last if last + 1 == FUNCTIONS => "others",
            _ if name.is_empty() => "?",
            _ => name,
        };
        let number = functions.len() as u16;
        functions.push(shortened(name, 40));
        self.numbers.insert(name.to_owned(), number);
        number
    }

    fn nemesis(&mut self, line: &Line, time: u64) {
        let told = |name: &str| {
            line.value
                .get(name)
                .map(|value| shortened(&value.text(), 200))
        };
        match &*line.f {
            "primary" => {
                if let Some(address) = told("address")
                    && self.run.terms.len() < MOST
                {
                    let term = line.value.get("term").and_then(Value::integer);
                    self.run.terms.push(Term {
                        address,
                        term,
                        from: time,
                    });
                }
                return;
            }
            "end" => {
                let (kind, unit) = (told("fault"), told("unit"));
                let open = self.run.faults.iter_mut().rev().find(|fault| {
                    fault.until.is_none()
                        && kind.as_ref() == Some(&fault.kind)
                        && unit.as_ref() == Some(&fault.unit)
                });
                if let Some(fault) = open {
                    fault.until = Some(moment(&line.value, "until", time).max(fault.from));
                }
            }
            "heal" => self.healed = Some(time),
            "no-target" => {}
            kind => {
                if let Some(unit) = told("unit")
                    && self.run.faults.len() < MOST
                {
                    self.run.faults.push(Fault {
                        kind: shortened(kind, 40),
                        unit,
                        parameters: parameters(&line.value),
                        installed: installed(&line.value),
                        skipped: outcome(&line.value).is_some_and(|it| it == "skipped"),
                        from: moment(&line.value, "from", time),
                        until: None,
                        troubled: 0,
                        elections: 0,
                    });
                }
            }
        }
        self.run.nemesis = true;
    }

    fn finish(
        self,
        header: serde_json::Value,
        result: serde_json::Value,
        notes: Vec<String>,
    ) -> Run {
        let Self {
            mut run,
            mut trouble,
            ..
        } = self;
        (run.header, run.result) = (header, result);
        // What the reader found wrong with the file comes after what it noted before.
        run.notes.splice(0..0, notes);
        if self.timeless {
            let note = "some lines have no time; each of those is taken to be a millisecond after the one before";
            run.notes.push(note.to_owned());
        }
        let open = run
            .operations
            .iter()
            .filter(|operation| operation.completed == NEVER)
            .count();
        if open > 0 && run.lines > 0 {
            run.notes.push(format!(
                "{open} operations have no end in the history; they are shown as unknown"
            ));
        }
        // Completions without an invocation, among operations that were begun before them.
        run.operations.sort_by_key(|operation| operation.place);
        run.terms.sort_by_key(|term| term.from);
        trouble.sort_unstable();
        let (elections, end) = (run.elections(), run.end);
        for fault in run.faults.iter_mut().filter(|fault| fault.until.is_none()) {
            fault.until = self.healed.filter(|healed| *healed >= fault.from);
        }
        run.faults.sort_by_key(|fault| fault.from);
        put_down(&mut run.faults, &trouble, &elections, run.worked, end);
        run
    }
}

/// The class of an error, or what else stands there.
fn class(error: Option<&Value>) -> String {
    let Some(error) = error else {
        return "no reason given".to_owned();
    };
    let class = error.get("class").unwrap_or(error);
    let name = match class.elements() {
        Some([first, ..]) => first.text(),
        _ => class.text(),
    };
    shortened(&name, 40)
}

/// A moment that is told in the line of a nemesis, which is written only when its action has answered; else that of the
/// line.
fn moment(value: &Value, name: &str, of_line: u64) -> u64 {
    let told = value.get(name).and_then(Value::integer);
    let told = told.and_then(|told| u64::try_from(told).ok());
    told.map_or(of_line, |told| told.min(of_line))
}

fn parameters(value: &Value) -> String {
    let parameters = value.get("parameters").and_then(Value::elements);
    let texts: Vec<_> = parameters
        .unwrap_or_default()
        .iter()
        .map(Value::text)
        .collect();
    shortened(&texts.join(" "), 200)
}

/// As in a trial: only an outcome of `installed` is one.
fn installed(value: &Value) -> Result<(), String> {
    if let Some(error) = value.get("error") {
        return Err(shortened(&error.text(), 300));
    }
    match outcome(value) {
        Some(outcome) if outcome == "installed" => Ok(()),
        Some(outcome) => {
            let reason = result(value, "reason").unwrap_or_default();
            Err(shortened(format!("{outcome} {reason}").trim(), 300))
        }
        None => Err("no outcome".to_owned()),
    }
}

fn outcome(value: &Value) -> Option<String> {
    result(value, "outcome")
}

/// One of an action's results, as a line of a nemesis tells them.
fn result(value: &Value, name: &str) -> Option<String> {
    let results = value.get("results")?;
    results.get(name).map(|told| told.text().into())
}

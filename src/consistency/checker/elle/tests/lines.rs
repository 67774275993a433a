//! Histories line by line.

use crate::consistency::checker::actions::{ListStep, ListTransactions, RegisterStep, Steps};
use crate::consistency::checker::elle::list_append::ListHistory;
use crate::consistency::checker::operation::{History, NIL, Names, OPEN, Operation, Symbol};
use crate::consistency::outcome::OutcomeType;
use std::collections::BTreeMap;

/// What a step has as its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Nothing,
    One(String),
    List(Vec<String>),
}

/// One step: `a`, `r` or `w`, key, value.
pub type Micro = (char, String, Value);

/// One line of a history.
#[derive(Clone, Debug)]
pub struct Line {
    pub process: u64,
    /// `invoke`, `ok`, `fail`, `info`
    pub kind: String,
    pub steps: Vec<Micro>,
}

impl Line {
    /// Reads `0 ok: a x 1, r y [1,2], r z _`.
    pub fn parse(text: &str) -> Self {
        let (head, steps) = text.split_once(": ").unwrap();
        let (process, kind) = head.split_once(' ').unwrap();
        let steps = steps.split(", ").map(|step| {
            let parts: Vec<&str> = step.split(' ').collect();
            let value = match parts[2] {
                "_" => Value::Nothing,
                list if list.starts_with('[') => Value::List(
                    list[1..list.len() - 1]
                        .split(',')
                        .filter(|element| !element.is_empty())
                        .map(str::to_owned)
                        .collect(),
                ),
                one => Value::One(one.to_owned()),
            };
            (parts[0].chars().next().unwrap(), parts[1].to_owned(), value)
        });
        Self {
            process: process.parse().unwrap(),
            kind: kind.to_owned(),
            steps: steps.collect(),
        }
    }
}

/// Process, invocation, completion, outcome, steps.
type Whole = (u64, u32, u32, OutcomeType, Vec<Micro>);

fn whole(lines: &[Line]) -> Vec<Whole> {
    let mut open: BTreeMap<u64, (u32, Vec<Micro>)> = BTreeMap::new();
    let mut all: Vec<Whole> = Vec::new();
    for (line, place) in lines.iter().zip(0u32..) {
        let outcome = match line.kind.as_str() {
            "invoke" => {
                if let Some((invoked, steps)) =
                    open.insert(line.process, (place, line.steps.clone()))
                {
                    all.push((line.process, invoked, OPEN, OutcomeType::Info, steps));
                }
                continue;
            }
            "ok" => OutcomeType::Ok,
            "fail" => OutcomeType::Fail,
            _ => OutcomeType::Info,
        };
        let invoked = open.remove(&line.process).map_or(0, |(invoked, _)| invoked);
        let completed = if outcome == OutcomeType::Info {
            OPEN
        } else {
            place
        };
        all.push((
            line.process,
            invoked,
            completed,
            outcome,
            line.steps.clone(),
        ));
    }
    for (process, (invoked, steps)) in open {
        all.push((process, invoked, OPEN, OutcomeType::Info, steps));
    }
    all.sort_by_key(|whole| whole.1);
    all
}

fn known(value: &Value, outcome: OutcomeType) -> bool {
    *value != Value::Nothing || outcome == OutcomeType::Ok
}

fn history<S>(
    lines: &[Line],
    mut step: impl FnMut(&mut History<Steps>, &Micro, OutcomeType) -> S,
) -> (History<Steps>, Vec<S>) {
    let mut history = History {
        operations: Vec::new(),
        names: Names::default(),
        times: Vec::new(),
    };
    let mut steps = Vec::new();
    for (process, invoked, completed, outcome, micros) in whole(lines) {
        let from = steps.len() as u32;
        for micro in &micros {
            steps.push(step(&mut history, micro, outcome));
        }
        history.operations.push(Operation {
            process,
            invoked,
            completed,
            outcome,
            action: Steps(from, steps.len() as u32),
        });
    }
    (history, steps)
}

pub fn lists(lines: &[Line]) -> ListHistory {
    let mut elements: Vec<Symbol> = Vec::new();
    let (history, steps) = history(lines, |history, (what, key, value), outcome| {
        let key = history.names.symbol(key);
        match value {
            Value::One(value) => ListStep::Append(key, history.names.symbol(value)),
            _ if *what != 'r' || !known(value, outcome) => ListStep::Read(key, None),
            value => {
                let from = elements.len() as u32;
                if let Value::List(list) = value {
                    elements.extend(list.iter().map(|element| history.names.symbol(element)));
                }
                ListStep::Read(key, Some((from, elements.len() as u32)))
            }
        }
    });
    ListHistory {
        history,
        transactions: ListTransactions {
            steps,
            lists: elements,
        },
    }
}

pub fn registers(lines: &[Line]) -> (History<Steps>, Vec<RegisterStep>) {
    history(lines, |history, (what, key, value), outcome| {
        let key = history.names.symbol(key);
        let symbol = match value {
            Value::One(value) => Some(history.names.symbol(value)),
            _ => known(value, outcome).then_some(NIL),
        };
        match (what, symbol) {
            ('w', Some(value)) => RegisterStep::Write(key, value),
            (_, symbol) => RegisterStep::Read(key, symbol),
        }
    })
}

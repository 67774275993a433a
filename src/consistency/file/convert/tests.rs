use super::*;

mod models;
mod order;
mod registers;

use crate::consistency::checker::actions::{
    Bank, Counter, ListStep, Register, RegisterStep, Set, Text,
};
use crate::consistency::checker::operation::{History, NIL, OPEN};
use crate::consistency::file::{FileError, Format, Lines, READER};
use crate::consistency::outcome::OutcomeType;

fn lines(text: &str) -> Lines<&[u8]> {
    Lines::new(text.as_bytes(), None).expect("it begins")
}

/// Each operation in a line: process, places, outcome and whatever `action` says.
fn shown<A>(history: &History<A>, action: impl Fn(&A) -> String) -> Vec<String> {
    let place = |place: u32| {
        if place == OPEN {
            "open".to_owned()
        } else {
            place.to_string()
        }
    };
    history
        .operations
        .iter()
        .map(|operation| {
            let (from, to) = (place(operation.invoked), place(operation.completed));
            format!(
                "{} {from}-{to} {:?} {}",
                operation.process,
                operation.outcome,
                action(&operation.action)
            )
        })
        .collect()
}

fn registers(text: &str, options: Options) -> Result<Vec<String>, FileError> {
    let history = register(&mut lines(text), options)?;
    let name = |symbol| history.names.text(symbol);
    Ok(shown(&history, |action| {
        let key = name(action.key);
        match action.action {
            Register::Read(None) => format!("{key} read"),
            Register::Read(Some(value)) => format!("{key} read {}", name(value)),
            Register::Write(value) => format!("{key} write {}", name(value)),
            Register::CompareAndSet(from, to) => format!("{key} cas {} {}", name(from), name(to)),
        }
    }))
}

fn edn(lines: &[(&str, u64, &str, &str)]) -> String {
    let line = |(kind, process, f, value): &(&str, u64, &str, &str)| {
        format!("{{:type :{kind} :process {process} :f :{f} :value {value}}}\n")
    };
    lines.iter().map(line).collect()
}

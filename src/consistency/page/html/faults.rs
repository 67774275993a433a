//! What was tried, and what came of it: faults, coverage, primaries.

use super::element::{Cell, heading, note, paragraph, table};
use crate::consistency::page::escape::text;
use crate::consistency::page::fault::{Fault, class};
use crate::consistency::page::number::{many, moment, thousands};
use crate::consistency::page::operation::Outcome;
use crate::consistency::page::run::Run;

/// So many rows a table has.
const ROWS: usize = 100;

/// The part of the page; without a nemesis only the primaries.
pub fn faults(run: &Run) -> String {
    let mut html = String::new();
    if run.nemesis {
        html += &heading("faults", "What was tried");
        html += &paragraph(&coverage(run));
        if !run.faults.is_empty() {
            html += &of_faults(run);
            html += &note(
                "Not acknowledged: operations that failed or stayed unknown while the fault was in place or up to 15 s after it, but not when the next one had begun. What is refused without any fault too is not counted: a compare-and-set that found another value, a transaction that met another one, and, to a client that knows one member only, what that one does not do because it is no primary. A fault bit if there was one of them, or an election.",
            );
        }
    }
    if !run.terms.is_empty() {
        html += &heading("primaries", "Who was primary");
        html += &of_terms(run);
    }
    html
}

fn coverage(run: &Run) -> String {
    let count = |wanted: &dyn Fn(&Fault) -> bool| {
        run.faults.iter().filter(|fault| wanted(fault)).count() as u64
    };
    let (installed, bit) = (count(&|fault| fault.installed.is_ok()), count(&Fault::bit));
    let elections = run.elections().len() as u64;
    let info = run.count(Outcome::Info) as f64 / run.operations.len().max(1) as f64;
    format!(
        "{} asked for, {installed} in place, {bit} felt; {} seen while clients worked; {:.1} % of all operations are of unknown outcome.",
        many(run.faults.len() as u64, "fault was", "faults were"),
        many(elections, "election was", "elections were"),
        100.0 * info
    )
}

fn of_faults(run: &Run) -> String {
    let row = |fault: &Fault| {
        let kind = format!(
            r#"<span><span class="chip {}"></span>{}</span>"#,
            class(&fault.kind),
            text(&fault.kind)
        );
        let outcome = match &fault.installed {
            Err(why) => format!("not in place: {why}"),
            Ok(()) if fault.bit() => "bit".to_owned(),
            Ok(()) => "in place, but nothing came of it".to_owned(),
        };
        let cells = vec![
            Cell::Html(kind),
            Cell::Word(fault.unit.clone()),
            Cell::Word(fault.parameters.clone()),
            Cell::Number(moment(fault.from)),
            Cell::Number(fault.until.map_or_else(|| "?".to_owned(), moment)),
            Cell::Number(thousands(fault.troubled)),
            Cell::Number(thousands(fault.elections)),
            Cell::Long(outcome),
        ];
        (None, cells)
    };
    let rows: Vec<_> = run.faults.iter().take(ROWS).map(row).collect();
    let heads = [
        "Fault",
        "Asked of",
        "How",
        "From",
        "To",
        "Not acknowledged",
        "Elections",
        "Result",
    ];
    let mut html = table("Faults", &heads, &rows);
    html += &rest(run.faults.len());
    html
}

fn of_terms(run: &Run) -> String {
    let rows = run
        .terms
        .iter()
        .enumerate()
        .take(ROWS)
        .map(|(number, term)| {
            let next = run.terms.get(number + 1);
            let cells = vec![
                Cell::Word(term.address.clone()),
                Cell::Number(
                    term.term
                        .map_or_else(|| "?".to_owned(), |term| term.to_string()),
                ),
                Cell::Number(moment(term.from)),
                Cell::Number(next.map_or_else(|| "the end".to_owned(), |next| moment(next.from))),
            ];
            (None, cells)
        });
    let mut html = table(
        "Primaries",
        &["Primary", "Term", "First seen", "Until another was seen"],
        &rows.collect::<Vec<_>>(),
    );
    html += &rest(run.terms.len());
    html
}

fn rest(count: usize) -> String {
    match count > ROWS {
        true => note(&format!(
            "And {} more, in the history.",
            thousands((count - ROWS) as u64)
        )),
        false => String::new(),
    }
}

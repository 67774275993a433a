//! The evidence in words, every operation of it with a link to the timeline.

use super::element::{Cell, heading, note, paragraph, table};
use crate::consistency::page::escape::text;
use crate::consistency::page::evidence::{Anomaly, Evidence, LOST};
use crate::consistency::page::number::{length, many, moment, thousands};
use crate::consistency::page::operation::Operation;
use crate::consistency::page::run::Run;
use std::collections::BTreeSet;

/// All of it; nothing where there is none.
pub fn witnesses(run: &Run, evidence: &Evidence) -> String {
    if evidence.anomalies.is_empty() && evidence.lost.is_empty() {
        return String::new();
    }
    let mut html = heading("evidence", "The evidence");
    let mut told = BTreeSet::new();
    for anomaly in &evidence.anomalies {
        html += &witness(run, anomaly, &mut told);
    }
    if evidence.more > 0 {
        html += &note(&format!(
            "{} more are in results.json.",
            many(evidence.more as u64, "anomaly", "anomalies")
        ));
    }
    if !evidence.lost.is_empty() {
        html += &lost(run, evidence, &mut told);
    }
    html
}

fn witness(run: &Run, anomaly: &Anomaly, told: &mut BTreeSet<usize>) -> String {
    let mut html = format!(
        r#"<article class="witness"><h3>{}</h3>{}<blockquote>{}</blockquote>"#,
        text(&anomaly.name),
        meaning(&anomaly.name).map(note).unwrap_or_default(),
        text(&anomaly.witness)
    );
    if !anomaly.operations.is_empty() {
        html += &operations(run, &anomaly.operations, told);
    }
    if anomaly.more > 0 && !anomaly.operations.is_empty() {
        html += &note(&format!(
            "{} more of its operations are in results.json.",
            thousands(anomaly.more as u64)
        ));
    }
    html += "</article>";
    html
}

/// A table of operations. The first time that one is told it gets a place that links can lead to.
fn operations(run: &Run, numbers: &[usize], told: &mut BTreeSet<usize>) -> String {
    let found = numbers
        .iter()
        .filter_map(|number| Some((*number, run.operations.get(*number)?)));
    let rows = found.map(|(number, operation)| {
        let id = told
            .insert(number)
            .then(|| format!("i{}", operation.completion));
        (id, row(run, operation))
    });
    let heads = ["Who", "What", "Outcome", "Begun", "Took", ""];
    table("Operations", &heads, &rows.collect::<Vec<_>>())
}

fn row(run: &Run, operation: &Operation) -> Vec<Cell> {
    let took = operation.latency().map_or_else(|| "?".to_owned(), length);
    let place = operation.completion;
    vec![
        Cell::Word(run.client_name(run.client(operation.process))),
        Cell::Long(format!(
            "{} {}",
            run.function(operation),
            run.texts.get(operation.text)
        )),
        Cell::Word(operation.outcome.name().to_owned()),
        Cell::Number(moment(operation.invoked)),
        Cell::Number(took),
        Cell::Html(format!(
            r##"<a class="show" href="#t{place}" data-place="{place}">in the timeline</a>"##
        )),
    ]
}

fn lost(run: &Run, evidence: &Evidence, told: &mut BTreeSet<usize>) -> String {
    let ends = evidence
        .lost
        .iter()
        .filter_map(|number| run.operations.get(*number));
    let ends = ends.map(|operation| operation.until(run.end));
    let (first, last) = ends.fold((u64::MAX, 0), |(first, last), end| {
        (first.min(end), last.max(end))
    });
    let count = evidence.lost.len() as u64;
    let mut html = format!(
        r#"<article class="witness"><h3>{}</h3>"#,
        many(count, "lost write", "lost writes")
    );
    let when = match count {
        1 => format!("It was acknowledged at {}", moment(first)),
        _ => format!(
            "The first was acknowledged at {}, the last at {}",
            moment(first),
            moment(last)
        ),
    };
    let during = run
        .faults
        .iter()
        .find(|fault| fault.installed.is_ok() && fault.from <= last && fault.end(run.end) >= first);
    let during = during.map(|fault| {
        format!(
            ", while a {} that was asked of {} was in place ({} to {})",
            fault.kind,
            fault.unit,
            moment(fault.from),
            moment(fault.end(run.end))
        )
    });
    html += &paragraph(&format!("{when}{}.", during.unwrap_or_default()));
    let shown: Vec<usize> = evidence.lost.iter().copied().take(LOST).collect();
    html += &operations(run, &shown, told);
    if evidence.lost.len() > shown.len() {
        let more = (evidence.lost.len() - shown.len()) as u64;
        html += &note(&format!("And {more} more; all are marked in the plots."));
    }
    html += "</article>";
    html
}

/// What a name of the field means. Names by Adya (G0 to G2) and by Jepsen's checkers.
fn meaning(name: &str) -> Option<&'static str> {
    let plain = name
        .trim_end_matches("-realtime")
        .trim_end_matches("-process");
    Some(match plain {
        "nonlinearizable" => {
            "No order of the operations exists that one register could have had and that agrees with real time."
        }
        "lost" | "lost-append" | "lost-write" => "Something that was acknowledged is not there.",
        "lost-update" => {
            "Two read the same version and both replaced it, so that one of the two changes is gone."
        }
        "stale" | "stale-read" => "A read did not see what had been acknowledged before it began.",
        "duplicated" | "duplicate-elements" => {
            "Something is there more than once though it was put there once."
        }
        "unexpected" => "Something is there that nobody put there, or that had certainly failed.",
        "dirty-read" | "G1a" => "Something was seen that a failed operation had written.",
        "G1b" => "A state in the middle of a transaction was seen.",
        "G1c" => "Transactions saw each other's writes in a circle.",
        "G0" => "Two transactions wrote over each other in different orders.",
        "G-single" => "A transaction saw some effects of another and missed others (read skew).",
        "G-nonadjacent" => {
            "A circle of transactions in which reads missed writes, never twice in a row; snapshots exclude it."
        }
        "G2-item" | "G2" => {
            "Transactions that each missed the other's writes (write skew). MongoDB permits it."
        }
        "internal" => "A transaction did not see its own writes.",
        "incompatible-order" => {
            "Two reads show the same list in orders that cannot both have been."
        }
        "long-fork" => "Two readers saw two writes in opposite orders.",
        "wrong-total" => "The sum of all accounts changed, though money was only moved.",
        _ => return None,
    })
}

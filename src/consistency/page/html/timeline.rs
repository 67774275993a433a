//! The timeline: a drawing for everybody, and its data for the script that makes it move.

use super::element::heading;
use crate::consistency::page::escape::{script, text};
use crate::consistency::page::evidence::Evidence;
use crate::consistency::page::fault::class;
use crate::consistency::page::number::{length, thousands};
use crate::consistency::page::operation::{NEVER, Outcome};
use crate::consistency::page::plot;
use crate::consistency::page::run::Run;
use crate::consistency::page::selection::Selection;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// So many faults and terms go with the data.
const MOST: usize = 2000;

/// The part of the page.
pub fn timeline(run: &Run, evidence: &Evidence, selection: &Selection) -> String {
    let mut html = String::from(r#"<section id="timeline">"#);
    html += &heading("clients", "What each client did");
    html += &format!(r#"<p class="note">{}</p>"#, text(&told(selection)));
    html += r#"<div class="bar live-only" role="group" aria-label="Timeline"><button id="in" aria-label="Zoom in">+</button><button id="out" aria-label="Zoom out">−</button><button id="left" aria-label="Earlier">←</button><button id="right" aria-label="Later">→</button><button id="all">All</button><button id="previous">Previous operation</button><button id="next">Next operation</button></div>"#;
    html += r#"<div class="live-only"><canvas id="canvas" height="400" tabindex="0" role="application" aria-label="Timeline by client. Plus and minus zoom, arrows move, 0 shows all, n and p go from operation to operation." aria-describedby="told"></canvas><p id="told" aria-live="polite"></p><p class="note">Drag to move, <kbd>Ctrl</kbd> and wheel or two fingers to zoom, or by keys: <kbd>+</kbd> <kbd>−</kbd> <kbd>←</kbd> <kbd>→</kbd> <kbd>0</kbd>, <kbd>n</kbd> and <kbd>p</kbd> for the next and the previous operation.</p></div>"#;
    html += &format!(
        r#"<figure class="static-only">{}</figure>"#,
        plot::timeline(run, evidence, selection).inline()
    );
    let data = script(&data(run, evidence, selection).to_string());
    html += &format!(r#"<script type="application/json" id="data">{data}</script></section>"#);
    html
}

fn told(selection: &Selection) -> String {
    let mut told = String::from(
        "A row for each client, a box for each operation from its invocation to its completion. ",
    );
    if selection.shown.len() < selection.all {
        told += &format!(
            "Only {} of {} operations are drawn: ",
            thousands(selection.shown.len() as u64),
            thousands(selection.all as u64)
        );
        told += &match selection.near {
            Some(near) => format!(
                "the evidence, all within {} of a fault, an election, a lost write or an unknown outcome (or as many as fit), and some of the rest, evenly.",
                length(near)
            ),
            None => "some of all, evenly.".to_owned(),
        };
        told += " An empty place does not mean that nothing happened there.";
    }
    told.trim_end().to_owned()
}

/// What the script draws. Times are microseconds; operations are lists, for there are many: row, function, outcome,
/// begin, length (-1: never ended), place, text, and 1 for evidence, 2 for lost.
fn data(run: &Run, evidence: &Evidence, selection: &Selection) -> Value {
    let rows = plot::rows(run);
    let mut labels = vec![String::new(); rows.values().max().map_or(0, |last| last + 1)];
    for (client, row) in &rows {
        if let Some(label) = labels.get_mut(*row)
            && label.is_empty()
        {
            *label = run.client_name(*client);
        }
    }
    let proof: BTreeSet<usize> = evidence.operations().into_iter().collect();
    let lost: BTreeSet<usize> = evidence.lost.iter().copied().collect();
    let shown = selection
        .shown
        .iter()
        .filter_map(|number| Some((*number, run.operations.get(*number)?)));
    let operations = shown.map(|(number, operation)| {
        let outcome = Outcome::ALL
            .iter()
            .position(|outcome| *outcome == operation.outcome);
        let length = match operation.completed {
            NEVER => -1,
            completed => i64::try_from(completed.saturating_sub(operation.invoked) / 1000)
                .unwrap_or(i64::MAX),
        };
        let mark = u8::from(proof.contains(&number)) + 2 * u8::from(lost.contains(&number));
        json!([
            rows.get(&run.client(operation.process)),
            operation.function,
            outcome,
            operation.invoked / 1000,
            length,
            operation.completion,
            run.texts.get(operation.text),
            mark
        ])
    });
    let faults = run
        .faults
        .iter()
        .filter(|fault| fault.installed.is_ok())
        .take(MOST);
    let faults = faults.map(|fault| {
        json!([
            class(&fault.kind),
            fault.kind,
            fault.from / 1000,
            fault.end(run.end) / 1000
        ])
    });
    let terms = run
        .terms
        .iter()
        .enumerate()
        .take(MOST)
        .map(|(number, term)| {
            let next = run.terms.get(number + 1).map_or(run.end, |next| next.from);
            json!([term.address, term.term, term.from / 1000, next / 1000])
        });
    json!({
        "end": run.end / 1000,
        "rows": labels,
        "functions": run.functions,
        "operations": operations.collect::<Vec<_>>(),
        "faults": faults.collect::<Vec<_>>(),
        "terms": terms.collect::<Vec<_>>(),
    })
}

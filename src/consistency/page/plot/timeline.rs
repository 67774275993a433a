//! A row for each client and a box for each operation, from its invocation to its completion. After Jepsen's
//! `timeline.html`, but to the scale of time.

use super::frame::{Sample, Size, fault_entries, legend, shades, strips, time_axis, time_scale, x};
use super::lanes::lanes;
use super::svg::Svg;
use crate::consistency::page::evidence::Evidence;
use crate::consistency::page::number::{coordinate, moment, thousands};
use crate::consistency::page::operation::{Operation, Outcome};
use crate::consistency::page::run::Run;
use crate::consistency::page::selection::Selection;
use std::collections::{BTreeMap, HashSet};

/// The height of all rows together, and that of one.
const ROWS: f64 = 420.0;
const HIGHEST: f64 = 17.0;
/// Rows beyond this share places.
pub const MOST_ROWS: usize = 400;

/// The rows of a run: its clients in their order, the reader last.
pub fn rows(run: &Run) -> BTreeMap<u64, usize> {
    let clients: HashSet<u64> = run
        .operations
        .iter()
        .map(|operation| run.client(operation.process))
        .collect();
    let mut clients: Vec<u64> = clients.into_iter().collect();
    clients.sort_unstable();
    let count = clients.len();
    let row = |place: usize| match count > MOST_ROWS {
        true => place * MOST_ROWS / count,
        false => place,
    };
    (0..)
        .zip(clients)
        .map(|(place, client)| (client, row(place)))
        .collect()
}

/// Draws it, all of the run at once.
pub fn timeline(run: &Run, evidence: &Evidence, selection: &Selection) -> Svg {
    let size = Size::Wide;
    let rows = rows(run);
    let count = rows.values().max().map_or(0, |last| last + 1);
    let pitch = (ROWS / count.max(1) as f64).min(HIGHEST);
    let description = format!(
        "Timeline of {} of {} operations in {} rows, one for each client.",
        thousands(selection.shown.len() as u64),
        thousands(selection.all as u64),
        count
    );
    let mut svg = Svg::new("wide", size.width(), 400.0, description);
    let mut entries: Vec<(Sample, String)> = Outcome::ALL
        .iter()
        .map(|outcome| {
            (
                Sample::Mark(box_class(*outcome), |x, y| {
                    format!("M{} {}h12", coordinate(x - 6.0), coordinate(y))
                }),
                outcome.name().to_owned(),
            )
        })
        .collect();
    entries.extend(fault_entries(run));
    let time = time_scale(run, size);
    let above = legend(&mut svg, size, 14.0, &entries) + 2.0;
    let mut over = svg.part();
    let top = strips(&mut over, run, &time, above);
    let bottom = top + pitch * count as f64;
    let (left, right) = size.sides();
    shades(&mut svg, run, &time, (top, bottom));
    names(&mut svg, run, &rows, top, pitch);
    let end = lanes(&mut over, run, evidence, &time, size, bottom);
    let height = time_axis(&mut svg, &time, size, top, end);
    svg.put(&over);
    let place = |operation: &Operation| -> (f64, f64, f64) {
        let row = rows
            .get(&run.client(operation.process))
            .copied()
            .unwrap_or(0);
        let (from, until) = (
            x(&time, operation.invoked),
            x(&time, operation.until(run.end)),
        );
        (
            from,
            until.max(from + 0.7).min(right.max(from + 0.7)),
            top + (row as f64 + 0.5) * pitch,
        )
    };
    for outcome in Outcome::ALL {
        svg.path(
            &format!("box {} h{}", outcome.name(), thickness(pitch)),
            &boxes(run, selection, outcome, &place),
        );
    }
    for number in evidence.told() {
        let Some(operation) = run.operations.get(number) else {
            continue;
        };
        let (from, until, y) = place(operation);
        let half = (pitch / 2.0).max(2.0);
        svg.target(
            &format!("t{}", operation.completion),
            "one",
            [from - 2.0, y - half, until - from + 4.0, half * 2.0],
            &told(run, operation),
        );
    }
    svg.line("axis", (left, bottom), (right, bottom));
    svg.set_height(height);
    svg
}

fn box_class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "box ok h6",
        Outcome::Info => "box info h6",
        Outcome::Fail => "box fail h6",
    }
}

fn thickness(pitch: f64) -> u32 {
    // A whole number of points, of which the style sheet of the page has a class each.
    (pitch * 0.72).clamp(1.0, 12.0) as u32
}

fn boxes(
    run: &Run,
    selection: &Selection,
    outcome: Outcome,
    place: &impl Fn(&Operation) -> (f64, f64, f64),
) -> String {
    let mut seen = HashSet::new();
    let mut steps = String::new();
    let shown = selection
        .shown
        .iter()
        .filter_map(|number| run.operations.get(*number));
    for operation in shown.filter(|operation| operation.outcome == outcome) {
        let (from, until, y) = place(operation);
        // Half a point is as fine as anybody sees.
        let spot = ((from * 2.0) as i64, (until * 2.0) as i64, y as i64);
        if seen.insert(spot) {
            steps += &format!(
                "M{} {}h{}",
                coordinate(from),
                coordinate(y),
                coordinate(until - from)
            );
        }
    }
    steps
}

fn names(svg: &mut Svg, run: &Run, rows: &BTreeMap<u64, usize>, top: f64, pitch: f64) {
    let every = (11.0 / pitch).ceil().max(1.0) as usize;
    let mut last = None;
    for (client, row) in rows {
        if row % every == 0 && last != Some(row) {
            last = Some(row);
            let (x, y) = (
                Size::Wide.sides().0 - 7.0,
                top + (*row as f64 + 0.5) * pitch + 3.5,
            );
            svg.text("lane", x, y, "end", &texts_name(run, *client));
        }
    }
}

fn texts_name(run: &Run, client: u64) -> String {
    let name = run.client_name(client);
    match name.len() > 12 {
        true => format!("…{}", client % 100_000),
        false => name,
    }
}

/// An operation in a sentence.
pub fn told(run: &Run, operation: &Operation) -> String {
    let (function, value) = (run.function(operation), run.texts.get(operation.text));
    let who = run.client_name(run.client(operation.process));
    let (from, until) = (moment(operation.invoked), moment(operation.until(run.end)));
    format!(
        "{who}: {function} {value}, {}, {from} to {until}",
        operation.outcome.name()
    )
}

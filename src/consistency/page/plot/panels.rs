//! A small drawing for each function below each other: quantiles of latencies, and rates. After Jepsen's
//! `latency-quantiles` and `rate`, which have all functions in one drawing.

use super::frame::{
    Sample, Size, fault_entries, legend, shades, strips, time_axis, time_scale, value_axis,
};
use super::lanes::lanes;
use super::marks::{self, Mark};
use super::svg::Svg;
use crate::consistency::page::evidence::Evidence;
use crate::consistency::page::number::{coordinate, length, tick};
use crate::consistency::page::operation::Outcome;
use crate::consistency::page::run::Run;
use crate::consistency::page::scale::Scale;
use crate::consistency::page::windows::{QUANTILES, latencies, rate, window};

/// So many functions get a panel.
const PANELS: usize = 6;
/// A line has a mark for about every so many points of the drawing.
const APART: f64 = 11.0;

/// One line: its class, the shape of its marks, and its points.
struct Line {
    class: &'static str,
    mark: Mark,
    points: Vec<(f64, f64)>,
}

/// One panel: its function, its lines, and the domain of its values.
struct Panel {
    name: String,
    lines: Vec<Line>,
    domain: (f64, f64),
}

const OF_QUANTILES: [(&str, Mark); 4] = [
    ("series q50", marks::dot),
    ("series q95", marks::square),
    ("series q99", marks::triangle),
    ("series q100", marks::diamond),
];

/// Draws the quantiles.
pub fn quantiles(run: &Run, evidence: &Evidence, size: Size) -> Svg {
    let window = window(run.end as f64 / 1e9);
    let mut panels = Vec::new();
    for (function, name) in (0..).zip(&run.functions).take(PANELS) {
        let found = latencies(run, function, window);
        let values = || {
            found
                .iter()
                .flat_map(|(_, values)| values.iter().map(|value| *value as f64 / 1e6))
        };
        if found.is_empty() {
            continue;
        }
        let domain = values().fold((f64::MAX, 0.0f64), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        let lines = OF_QUANTILES
            .iter()
            .enumerate()
            .map(|(place, (class, mark))| Line {
                class,
                mark: *mark,
                points: found
                    .iter()
                    .map(|(middle, values)| {
                        (
                            *middle,
                            values.get(place).map_or(0.0, |value| *value as f64 / 1e6),
                        )
                    })
                    .collect(),
            });
        panels.push(Panel {
            name: name.clone(),
            lines: lines.collect(),
            domain: (domain.0.max(1e-3), domain.1 * 1.05),
        });
    }
    let entries = OF_QUANTILES
        .iter()
        .zip(QUANTILES)
        .map(|((class, mark), name)| {
            (
                Sample::Mark(class, *mark),
                if name == "1" {
                    "1 (slowest)".to_owned()
                } else {
                    name.to_owned()
                },
            )
        });
    let entries: Vec<_> = entries.chain(fault_entries(run)).collect();
    let told = format!(
        "Quantiles of latencies in windows of {} s. {}",
        tick(window),
        told(run)
    );
    panel_plot(run, evidence, size, &entries, &panels, "latency (ms)", told)
}

/// The median and the slowest of each function, in words.
fn told(run: &Run) -> String {
    let mut told = Vec::new();
    for (function, name) in (0..).zip(&run.functions).take(PANELS) {
        // One window that holds everything.
        let whole = latencies(run, function, run.end as f64 / 1e9 + 1.0);
        if let Some((_, [median, _, slow, slowest])) = whole.first() {
            told.push(format!(
                "{name}: median {}, 0.99 {}, slowest {}",
                length(*median),
                length(*slow),
                length(*slowest)
            ));
        }
    }
    told.join("; ")
}

/// Draws the rates.
pub fn rates(run: &Run, evidence: &Evidence, size: Size) -> Svg {
    const LINES: [(Outcome, &str); 3] = [
        (Outcome::Ok, "series ok"),
        (Outcome::Info, "series info"),
        (Outcome::Fail, "series fail"),
    ];
    let window = window(run.end as f64 / 1e9);
    let mut panels = Vec::new();
    for (function, name) in (0..).zip(&run.functions).take(PANELS) {
        let lines = LINES.iter().filter_map(|(outcome, class)| {
            let rates = rate(run, function, *outcome, window)?;
            let points = (0..)
                .zip(rates)
                .map(|(place, rate)| ((f64::from(place) + 0.5) * window, rate));
            Some(Line {
                class,
                mark: marks::of(*outcome),
                points: points.collect(),
            })
        });
        let lines: Vec<Line> = lines.collect();
        let highest = lines
            .iter()
            .flat_map(|line| &line.points)
            .fold(0.0f64, |high, point| high.max(point.1));
        if !lines.is_empty() {
            panels.push(Panel {
                name: name.clone(),
                lines,
                domain: (-1.0, highest),
            });
        }
    }
    let shown = LINES.iter().filter(|(outcome, _)| {
        run.operations
            .iter()
            .any(|operation| operation.outcome == *outcome)
    });
    let entries = shown.map(|(outcome, class)| {
        (
            Sample::Mark(class, marks::of(*outcome)),
            outcome.name().to_owned(),
        )
    });
    let entries: Vec<_> = entries.chain(fault_entries(run)).collect();
    let highest = panels.iter().map(|panel| {
        format!(
            "{}: at most {} a second",
            panel.name,
            tick(panel.domain.1.round())
        )
    });
    let highest: Vec<String> = highest.collect();
    let told = format!(
        "Completed operations a second in windows of {} s. {}",
        tick(window),
        highest.join("; ")
    );
    panel_plot(
        run,
        evidence,
        size,
        &entries,
        &panels,
        "operations a second",
        told,
    )
}

fn panel_plot(
    run: &Run,
    evidence: &Evidence,
    size: Size,
    entries: &[(Sample, String)],
    panels: &[Panel],
    unit: &str,
    description: String,
) -> Svg {
    let mut svg = Svg::new(size.class(), size.width(), 400.0, description);
    let time = time_scale(run, size);
    let mut over = svg.part();
    let first = legend(&mut svg, size, 14.0, entries) + 2.0;
    let first = strips(&mut over, run, &time, first) + 22.0;
    let height = match panels.len() {
        0 | 1 => size.height() * 0.8,
        2 => size.height() * 0.5,
        _ => size.height() * 0.4,
    };
    let mut top = first;
    let mut bottom = top;
    for panel in panels {
        bottom = top + height;
        shades(&mut svg, run, &time, (top, bottom));
        let values = match panel.domain.0 < 0.0 {
            true => Scale::linear((0.0, panel.domain.1 * 1.05), (bottom, top)),
            false => Scale::logarithmic(panel.domain, (bottom, top)),
        };
        value_axis(&mut svg, &values, size, 5);
        svg.text(
            "label",
            size.sides().0,
            top - 6.0,
            "start",
            &format!("{} — {unit}", panel.name),
        );
        svg.line("axis", (size.sides().0, bottom), (size.sides().1, bottom));
        for line in &panel.lines {
            draw(&mut svg, line, &time, &values);
        }
        top = bottom + 30.0;
    }
    let end = lanes(&mut over, run, evidence, &time, size, bottom);
    let height = time_axis(&mut svg, &time, size, first, end);
    svg.put(&over);
    svg.set_height(height);
    svg
}

fn draw(svg: &mut Svg, line: &Line, time: &Scale, values: &Scale) {
    let place = |(second, value): &(f64, f64)| (time.at(*second), values.at(*value));
    let mut steps = String::new();
    for point in &line.points {
        let (x, y) = place(point);
        let step = if steps.is_empty() { 'M' } else { 'L' };
        steps += &format!("{step}{} {}", coordinate(x), coordinate(y));
    }
    svg.path(&format!("{} stroke", line.class), &steps);
    let mut last = f64::MIN;
    let mut marks = String::new();
    for (x, y) in line.points.iter().map(place) {
        if x - last >= APART {
            last = x;
            marks += &(line.mark)(x, y);
        }
    }
    svg.path(line.class, &marks);
}

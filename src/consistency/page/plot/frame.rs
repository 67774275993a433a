//! What all drawings have in common: two sizes, a time axis, faults behind everything.

use super::marks::Mark;
use super::svg::{Svg, text_width};
use crate::consistency::page::fault::{Fault, class};
use crate::consistency::page::number::{coordinate, moment, tick};
use crate::consistency::page::run::Run;
use crate::consistency::page::scale::Scale;
use std::collections::BTreeSet;

/// For what a drawing is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// Jepsen's width, 900.
    Wide,
    /// For a telephone: drawn again, not made smaller, so that its texts stay readable.
    Narrow,
}

/// Faults at the same time that are told apart, and the height of one.
const LANES: usize = 6;
const LANE: f64 = 16.0;
/// Kinds of faults in a legend.
const KINDS: usize = 8;
/// Up to so many faults or terms are drawn one by one.
const FEW: usize = 250;

/// How fine places are told apart, if so many are to be drawn: more would only cover each other, and fill the page.
pub fn grain(count: usize) -> f64 {
    if count <= FEW { 1.0 } else { 4.0 }
}

impl Size {
    /// The class in style sheets.
    pub fn class(self) -> &'static str {
        match self {
            Self::Wide => "wide",
            Self::Narrow => "narrow",
        }
    }

    /// The width of a drawing.
    pub fn width(self) -> f64 {
        match self {
            Self::Wide => 900.0,
            Self::Narrow => 340.0,
        }
    }

    /// Where the axes begin and end.
    pub fn sides(self) -> (f64, f64) {
        match self {
            Self::Wide => (84.0, 888.0),
            Self::Narrow => (69.0, 334.0),
        }
    }

    /// The height of the main part.
    pub fn height(self) -> f64 {
        match self {
            Self::Wide => 290.0,
            Self::Narrow => 210.0,
        }
    }

    fn time_ticks(self) -> usize {
        match self {
            Self::Wide => 12,
            Self::Narrow => 5,
        }
    }
}

/// The time axis: seconds from 0 to the end of the run.
pub fn time_scale(run: &Run, size: Size) -> Scale {
    Scale::linear((0.0, (run.end as f64 / 1e9).max(0.001)), size.sides())
}

/// The place of a moment.
pub fn x(scale: &Scale, nanoseconds: u64) -> f64 {
    scale.at(nanoseconds as f64 / 1e9)
}

/// Draws the time axis below everything, with lines up to the top. Returns where it ends.
pub fn time_axis(svg: &mut Svg, scale: &Scale, size: Size, top: f64, bottom: f64) -> f64 {
    let (left, right) = size.sides();
    let mut grid = String::new();
    for second in scale.ticks(size.time_ticks()) {
        let at = scale.at(second);
        grid += &format!(
            "M{} {}V{}",
            coordinate(at),
            coordinate(top),
            coordinate(bottom)
        );
        svg.text("tick", at, bottom + 15.0, "middle", &tick(second));
    }
    svg.path("grid", &grid);
    svg.line("axis", (left, bottom), (right, bottom));
    svg.text(
        "label",
        (left + right) / 2.0,
        bottom + 31.0,
        "middle",
        "Time (s)",
    );
    bottom + 38.0
}

/// Draws an axis for values, with lines across.
pub fn value_axis(svg: &mut Svg, scale: &Scale, size: Size, most: usize) {
    let (left, right) = size.sides();
    let mut grid = String::new();
    for value in scale.ticks(most) {
        let at = scale.at(value);
        grid += &format!(
            "M{} {}H{}",
            coordinate(left),
            coordinate(at),
            coordinate(right)
        );
        svg.text("tick", left - 7.0, at + 4.0, "end", &tick(value));
    }
    svg.path("grid", &grid);
}

/// The kinds of faults that were in place, by name.
fn kinds(run: &Run) -> Vec<&str> {
    let kinds: BTreeSet<&str> = installed(run).map(|fault| fault.kind.as_str()).collect();
    kinds.into_iter().take(KINDS).collect()
}

/// Draws faults behind a part from `top` to `bottom`, with a line at each beginning and end.
pub fn shades(svg: &mut Svg, run: &Run, scale: &Scale, (top, bottom): (f64, f64)) {
    let mut edges = String::new();
    let mut before = None;
    let grain = grain(run.faults.len());
    for fault in installed(run) {
        let (from, until) = (x(scale, fault.from), x(scale, fault.end(run.end)));
        // Those that cannot be told apart are drawn once.
        let spot = (
            (from / grain).round(),
            (grain == 1.0).then_some(until.round()),
        );
        if before.replace(spot) == Some(spot) {
            continue;
        }
        let colour = class(&fault.kind);
        svg.rect(
            &format!("pale {colour}"),
            [from, top, (until - from).max(1.0), bottom - top],
            "",
        );
        for edge in [from, until] {
            edges += &format!(
                "M{} {}V{}",
                coordinate(edge),
                coordinate(top),
                coordinate(bottom)
            );
        }
    }
    svg.path("edge", &edges);
}

/// Draws a strip for each fault, with its name where there is room; those at the same time are below each other, in the
/// last lane all that are left. Returns where the strips end.
pub fn strips(svg: &mut Svg, run: &Run, scale: &Scale, top: f64) -> f64 {
    let mut free: Vec<f64> = Vec::new();
    let mut before = None;
    let grain = grain(run.faults.len());
    for fault in installed(run) {
        let (from, until) = (x(scale, fault.from), x(scale, fault.end(run.end)));
        let spot = (from / grain).round();
        if grain > 1.0 && before.replace(spot) == Some(spot) {
            continue;
        }
        let width = (until - from).max(1.5);
        let lane = match free.iter().position(|end| *end <= from + 0.01) {
            Some(lane) => lane,
            None if free.len() < LANES => {
                free.push(0.0);
                free.len() - 1
            }
            None => LANES - 1,
        };
        if let Some(end) = free.get_mut(lane) {
            *end = from + width;
        }
        let y = top + LANE * lane as f64;
        svg.rect(
            &format!("strip {}", class(&fault.kind)),
            [from, y, width, LANE - 2.0],
            &told(run, fault),
        );
        if text_width(&fault.kind) < width {
            svg.text("on", from + 4.0, y + 10.5, "start", &fault.kind);
        }
    }
    top + LANE * free.len() as f64
}

fn installed(run: &Run) -> impl Iterator<Item = &Fault> {
    run.faults.iter().filter(|fault| fault.installed.is_ok())
}

fn told(run: &Run, fault: &Fault) -> String {
    let (from, until) = (moment(fault.from), moment(fault.end(run.end)));
    format!("{} of {}, {from} to {until}", fault.kind, fault.unit)
}

/// One entry of a legend: how it is drawn, and what it is.
pub enum Sample {
    /// A mark, drawn around a middle.
    Mark(&'static str, Mark),
    /// A filled box.
    Box(String),
}

/// Draws a legend in one line or more, from `left`. Returns where the next part may begin.
pub fn legend(svg: &mut Svg, size: Size, top: f64, entries: &[(Sample, String)]) -> f64 {
    let (left, right) = match size {
        Size::Wide => size.sides(),
        Size::Narrow => (6.0, size.sides().1),
    };
    let (mut at, mut y) = (left, top);
    for (sample, text) in entries {
        let width = 18.0 + text_width(text) + 14.0;
        if at > left && at + width > right + 14.0 {
            (at, y) = (left, y + 18.0);
        }
        match sample {
            Sample::Mark(class, draw) => svg.path(class, &draw(at + 6.0, y - 4.0)),
            Sample::Box(class) => {
                svg.rect(&format!("strip {class}"), [at, y - 9.0, 13.0, 10.0], "")
            }
        }
        svg.text("legend", at + 18.0, y, "start", text);
        at += width;
    }
    y + 12.0
}

/// The legend's entries for the faults.
pub fn fault_entries(run: &Run) -> Vec<(Sample, String)> {
    let kinds = kinds(run).into_iter();
    kinds
        .map(|kind| (Sample::Box(class(kind).to_owned()), kind.to_owned()))
        .collect()
}

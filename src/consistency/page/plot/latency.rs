//! Every operation at its invocation and its latency, by outcome. After Jepsen's `latency-raw`.

use super::frame::{
    Sample, Size, fault_entries, legend, shades, strips, time_axis, time_scale, value_axis, x,
};
use super::lanes::{describe, lanes};
use super::marks;
use super::svg::Svg;
use crate::consistency::page::bins::{Bins, MOST, bins};
use crate::consistency::page::evidence::Evidence;
use crate::consistency::page::number::{length, thousands};
use crate::consistency::page::operation::Outcome;
use crate::consistency::page::run::Run;
use crate::consistency::page::scale::Scale;

/// The shortest latency that the axis shows: a microsecond, in milliseconds.
const SHORTEST: f64 = 1e-3;

/// So much higher than the highest point the axis goes at least, so that no mark is cut.
const HEADROOM: f64 = 1.05;

/// Draws it.
pub fn latency(run: &Run, evidence: &Evidence, size: Size) -> Svg {
    let all: Vec<(u64, u64, Outcome)> = run
        .operations
        .iter()
        .filter_map(|operation| Some((operation.invoked, operation.latency()?, operation.outcome)))
        .collect();
    let lowest = all
        .iter()
        .map(|(_, latency, _)| *latency)
        .min()
        .unwrap_or(1_000_000);
    let highest = all
        .iter()
        .map(|(_, latency, _)| *latency)
        .max()
        .unwrap_or(100_000_000);
    let mut svg = Svg::new(
        size.class(),
        size.width(),
        400.0,
        description(run, evidence, &all, lowest, highest),
    );
    let counts =
        Outcome::ALL.map(|outcome| all.iter().filter(|one| one.2 == outcome).count() as u64);
    let mut entries: Vec<(Sample, String)> = Outcome::ALL
        .iter()
        .zip(counts)
        .filter(|(_, count)| *count > 0)
        .map(|(outcome, count)| {
            (
                Sample::Mark(outcome_class(*outcome), marks::of(*outcome)),
                format!("{} {}", outcome.name(), thousands(count)),
            )
        })
        .collect();
    entries.extend(fault_entries(run));
    if !evidence.lost.is_empty() {
        let text = format!("lost {}", thousands(evidence.lost.len() as u64));
        entries.push((Sample::Mark("lost", marks::wedge), text));
    }
    let time = time_scale(run, size);
    let above = legend(&mut svg, size, 14.0, &entries);
    let mut over = svg.part();
    let top = strips(&mut over, run, &time, above + 18.0);
    let bottom = top + size.height();
    let milliseconds = |nanoseconds: u64| nanoseconds as f64 / 1e6;
    let domain = (
        milliseconds(lowest).max(SHORTEST),
        milliseconds(highest) * HEADROOM,
    );
    let values = Scale::logarithmic(domain, (bottom, top));
    shades(&mut svg, run, &time, (top, bottom));
    let end = lanes(&mut over, run, evidence, &time, size, bottom);
    svg.text("label", 6.0, above + 6.0, "start", "Latency (ms)");
    value_axis(&mut svg, &values, size, 10);
    let height = time_axis(&mut svg, &time, size, top, end);
    svg.put(&over);
    svg.line("axis", (size.sides().0, bottom), (size.sides().1, bottom));
    let bins = binned(&all, size, &time, &values);
    let [some, many] = bins.steps.map(|step| thousands(step.into()));
    let key = format!("stronger: {some} or more, {many} or more");
    svg.text("label", size.sides().1, above + 6.0, "end", &key);
    points(&mut svg, &bins);
    svg.set_height(height);
    svg
}

fn outcome_class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "mark ok l2 large",
        Outcome::Info => "mark info",
        Outcome::Fail => "mark fail l1",
    }
}

fn binned(all: &[(u64, u64, Outcome)], size: Size, time: &Scale, values: &Scale) -> Bins {
    let place = |(invoked, latency, _): &(u64, u64, Outcome)| {
        (
            x(time, *invoked) as f32,
            values.at(*latency as f64 / 1e6) as f32,
        )
    };
    let series = Outcome::ALL.map(|outcome| {
        all.iter()
            .filter(|one| one.2 == outcome)
            .map(place)
            .collect::<Vec<(f32, f32)>>()
    });
    let most = match size {
        Size::Wide => MOST,
        Size::Narrow => MOST / 3,
    };
    bins(&series, most)
}

/// Small series are drawn over large ones.
fn points(svg: &mut Svg, bins: &Bins) {
    let mut order: Vec<usize> = (0..bins.series.len()).collect();
    order.sort_by_key(|place| std::cmp::Reverse(bins.series.get(*place).map_or(0, Vec::len)));
    for place in order {
        let (Some(outcome), Some(series)) = (Outcome::ALL.get(place), bins.series.get(place))
        else {
            continue;
        };
        let draw = marks::of(*outcome);
        for level in 0..3 {
            let marks = series.iter().filter(|mark| mark.2 == level);
            let steps: String = marks.map(|(x, y, _)| draw(*x, *y)).collect();
            let wide = if bins.cell > 2.0 { " wide-cell" } else { "" };
            svg.path(
                &format!("mark {} l{}{wide}", outcome.name(), level + 1),
                &steps,
            );
        }
    }
}

fn description(
    run: &Run,
    evidence: &Evidence,
    all: &[(u64, u64, Outcome)],
    lowest: u64,
    highest: u64,
) -> String {
    if all.is_empty() {
        return "Latencies: there are none in this history.".to_owned();
    }
    format!(
        "Latency of {} operations over time, from {} to {}, on a logarithmic scale; {}.",
        thousands(all.len() as u64),
        length(lowest),
        length(highest),
        describe(run, evidence)
    )
}

//! The lanes between a drawing and its time axis: lost writes, evidence, and who was primary when.

use super::frame::{Size, grain, x};
use super::marks::wedge;
use super::svg::{Svg, text_width};
use crate::consistency::page::evidence::Evidence;
use crate::consistency::page::fault::Term;
use crate::consistency::page::number::{coordinate, many, moment, thousands};
use crate::consistency::page::run::Run;
use crate::consistency::page::scale::Scale;
use std::collections::BTreeSet;

/// The height of a lane.
const LANE: f64 = 19.0;
/// Marks that are closer to each other than this are one.
const CLOSE: f64 = 9.0;
/// So many members get a lane of their own.
const MEMBERS: usize = 7;

/// Draws the lanes that this run has, from `top`. Returns where they end.
pub fn lanes(
    svg: &mut Svg,
    run: &Run,
    evidence: &Evidence,
    scale: &Scale,
    size: Size,
    top: f64,
) -> f64 {
    let mut y = top + 6.0;
    let completed = |numbers: &[usize]| -> Vec<u64> {
        let found = numbers
            .iter()
            .filter_map(|number| run.operations.get(*number));
        found.map(|operation| operation.until(run.end)).collect()
    };
    if !evidence.lost.is_empty() {
        let moments = completed(&evidence.lost);
        y = rug(svg, scale, size, y, "lost", "lost writes", &moments);
    }
    let proof = evidence.operations();
    if !proof.is_empty() {
        y = rug(svg, scale, size, y, "proof", "evidence", &completed(&proof));
    }
    if !run.terms.is_empty() {
        y = primaries(svg, run, scale, size, y);
    }
    y + 2.0
}

/// Moments as wedges; those that are close to each other are one bar, with their number beside it.
fn rug(
    svg: &mut Svg,
    scale: &Scale,
    size: Size,
    y: f64,
    class: &str,
    name: &str,
    moments: &[u64],
) -> f64 {
    let (left, right) = size.sides();
    svg.text("lane", left - 7.0, y + 12.0, "end", short_name(name, size));
    let mut places: Vec<f64> = moments.iter().map(|moment| x(scale, *moment)).collect();
    places.sort_by(f64::total_cmp);
    let mut wedges = String::new();
    for close in places.chunk_by(|first, second| second - first < CLOSE) {
        let (Some(first), Some(last)) = (close.first(), close.last()) else {
            continue;
        };
        let many = thousands(close.len() as u64);
        wedges += &wedge(*first, y + 7.0);
        if close.len() == 1 {
            continue;
        }
        wedges += &wedge(*last, y + 7.0);
        svg.rect(
            class,
            [*first, y + 3.0, last - first, 4.0],
            &format!("{many} {name}"),
        );
        let anchor = match last + 8.0 + text_width(&many) < right {
            true => (last + 8.0, "start"),
            false => (first - 8.0, "end"),
        };
        svg.text("lane", anchor.0, y + 11.0, anchor.1, &many);
    }
    svg.path(class, &wedges);
    y + LANE
}

fn short_name(name: &str, size: Size) -> &str {
    match (size, name) {
        (Size::Narrow, "lost writes") => "lost",
        _ => name,
    }
}

/// A lane for each member that was ever primary, with bars from when it was seen until another was.
fn primaries(svg: &mut Svg, run: &Run, scale: &Scale, size: Size, top: f64) -> f64 {
    let (left, right) = size.sides();
    let mut members: Vec<&str> = Vec::new();
    for term in &run.terms {
        if !members.contains(&term.address.as_str()) && members.len() <= MEMBERS {
            members.push(&term.address);
        }
    }
    let labels = short_addresses(&members);
    for (lane, label) in labels.iter().enumerate().take(MEMBERS) {
        let y = top + lane as f64 * LANE;
        svg.rect("empty", [left, y, right - left, LANE - 4.0], "");
        svg.text("lane", left - 7.0, y + 12.0, "end", label);
    }
    let mut before = None;
    let grain = grain(run.terms.len());
    for (number, term) in run.terms.iter().enumerate() {
        let next = run.terms.get(number + 1).map_or(run.end, |next| next.from);
        let (from, until) = (x(scale, term.from), x(scale, next));
        let lane = members
            .iter()
            .position(|member| *member == term.address)
            .unwrap_or(MEMBERS);
        let spot = ((from / grain).round() as i64, lane);
        if lane >= MEMBERS || before.replace(spot) == Some(spot) {
            continue;
        }
        let y = top + lane as f64 * LANE;
        let width = (until - from).max(1.5);
        svg.rect("primary", [from, y, width, LANE - 4.0], &told(term, next));
        let text = [
            format!("primary in term {}", number_of(term)),
            format!("term {}", number_of(term)),
            number_of(term),
        ];
        if let Some(fits) = text.iter().find(|text| text_width(text) + 8.0 < width) {
            svg.text("on-primary", from + 5.0, y + 11.5, "start", fits);
        }
    }
    let shown = labels.len().min(MEMBERS) as f64;
    let mut end = top + shown * LANE;
    if members.len() > MEMBERS {
        svg.text("lane", left, end + 9.0, "start", "and other members");
        end += LANE;
    }
    // The bars hide the lines of the time axis; a line at each election brings them back.
    let elections = run
        .terms
        .iter()
        .skip(1)
        .map(|term| (x(scale, term.from) / grain).round() as i64);
    let elections: BTreeSet<i64> = elections.collect();
    let line = |at: &i64| {
        format!(
            "M{} {}V{}",
            coordinate(*at as f64 * grain),
            coordinate(top),
            coordinate(end - 4.0)
        )
    };
    svg.path("election", &elections.iter().map(line).collect::<String>());
    end
}

fn number_of(term: &Term) -> String {
    term.term.map_or("?".to_owned(), |term| term.to_string())
}

fn told(term: &Term, next: u64) -> String {
    let (from, until) = (moment(term.from), moment(next));
    format!(
        "{} was primary in term {}, seen {from} to {until}",
        term.address,
        number_of(term)
    )
}

/// Addresses without what they have in common, so that they fit beside a lane: the port if it is one and the same, the
/// host if only ports differ, the domain of names, and the beginning of what is too long still.
pub fn short_addresses(addresses: &[&str]) -> Vec<String> {
    let parts: Vec<(&str, &str)> = addresses
        .iter()
        .map(|address| address.rsplit_once(':').unwrap_or((address, "")))
        .collect();
    let same = |of: fn(&(&str, &str)) -> String| {
        let parts: BTreeSet<String> = parts.iter().map(of).collect();
        parts.len() < 2
    };
    let (one_host, one_port) = (same(|it| it.0.to_owned()), same(|it| it.1.to_owned()));
    let hosts: Vec<&str> = parts.iter().map(|(host, _)| *host).collect();
    let domain = domain(&hosts);
    let of = |(host, port): &(&str, &str)| {
        let name = host.strip_suffix(&domain).unwrap_or(host);
        let text = match (one_host, one_port) {
            (_, true) => name.to_owned(),
            (true, false) => format!(":{port}"),
            (false, false) => format!("{name}:{port}"),
        };
        let count = text.chars().count();
        match count > 12 {
            true => format!("…{}", text.chars().skip(count - 9).collect::<String>()),
            false => text,
        }
    };
    parts.iter().map(of).collect()
}

/// What all names end with after their first labels, with its dot; nothing for numbers, whose end tells them apart.
fn domain(hosts: &[&str]) -> String {
    let of = |host: &&str| {
        let is_name = host.contains(|letter: char| letter.is_alphabetic()) && !host.contains(':');
        let after = host.split_once('.').map(|(_, domain)| format!(".{domain}"));
        after.filter(|_| is_name)
    };
    let mut domains = hosts.iter().map(of);
    let first = domains.next().flatten();
    match first {
        Some(first) if domains.all(|domain| domain.as_deref() == Some(&first)) => first,
        _ => String::new(),
    }
}

/// In a sentence, for those who cannot see the lanes.
pub fn describe(run: &Run, evidence: &Evidence) -> String {
    let mut told = Vec::new();
    if !evidence.lost.is_empty() {
        told.push(format!(
            "{} marked",
            many(
                evidence.lost.len() as u64,
                "lost write is",
                "lost writes are"
            )
        ));
    }
    let faults = run
        .faults
        .iter()
        .filter(|fault| fault.installed.is_ok())
        .count();
    told.push(many(faults as u64, "fault", "faults"));
    told.push(many(run.terms.len() as u64, "primary", "primaries"));
    told.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart_in_little_room() {
        let table: [(&[&str], &[&str]); 9] = [
            (
                &["10.61.0.10:27017", "10.61.0.11:27017"],
                &["10.61.0.10", "10.61.0.11"],
            ),
            (&["a:1", "a:2"], &[":1", ":2"]),
            (&["a:1", "b:2"], &["a:1", "b:2"]),
            (&["mongo-3.example.internal:27017"], &["mongo-3"]),
            // Members on loopback differ by their ports alone.
            (
                &["127.0.0.1:27017", "127.0.0.1:40123"],
                &[":27017", ":40123"],
            ),
            (
                &[
                    "mongo-3.example.internal:27017",
                    "mongo-4.example.internal:27018",
                ],
                &["…o-3:27017", "…o-4:27018"],
            ),
            (
                &["juju-a1b2c3-default-0.lxd:1", "juju-a1b2c3-default-1.lxd:1"],
                &["…default-0", "…default-1"],
            ),
            (
                &["192.168.100.10:1", "192.168.100.11:1"],
                &["…68.100.10", "…68.100.11"],
            ),
            (&["[fd00::1]:1", "äöü:1"], &["[fd00::1]", "äöü"]),
        ];
        for (addresses, expected) in table {
            assert_eq!(short_addresses(addresses), expected);
        }
    }
}

//! A set that only grows, judged by all its reads (Jepsen's `checker/set-full`).
//!
//! Rules: jepsen.checker's `set-full`. For each element: `known` is where its add was acknowledged, or where the first
//! read ended that shows it, whichever came first; `last-present` and `last-absent` are where the latest read began
//! that shows it, and that does not (of the reads that ended after its add began). An element is `stable` if its
//! last-present is later than its last-absent; `lost` if it is known, and last-absent is later than both; else
//! `never-read`. A stable element is `stale` if its last-absent is later than it was known.
//!
//! Three things make a history invalid that Jepsen does not look for (or not with success): an element that a read
//! shows more than once, one that was never added, and one whose every add failed.

use super::actions::Set;
use super::adds::{Added, NONE, adds, elements};
use super::evidence::{completions_only, count_of};
use super::finding::Finding;
use super::numbering::Numbering;
use super::operation::{History, Symbol};
use super::quantiles::quantiles;
use super::runs::runs;
use element::{Element, Outcome, Reads};

mod element;
mod witness;

/// What is asked of a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether a stale element makes the history invalid: a read that begins after an element is known must show it.
    pub linearizable: bool,
}

/// What was found of all elements.
struct Results {
    attempts: u64,
    stable: u64,
    by_name: [(&'static str, Vec<(Symbol, usize)>); 6],
    stable_latencies: Vec<u64>,
    lost_latencies: Vec<u64>,
    /// The stale element that was absent for the longest.
    worst_stale: Option<usize>,
}

/// The names under which elements are told, the worst first.
const NAMES: [&str; 6] = [
    "lost",
    "resurrected",
    "unexpected",
    "duplicated",
    "stale",
    "never-read",
];

/// Checks every element against every read. `unknown` where no element is stable and nothing is wrong, and where the
/// history has completions only and no read is wrong by itself. O(t + n log n) for n operations whose reads show t
/// elements together.
///
/// Counts are `attempt-count`, `stable-count`, `lost-count`, …, and `stable-latencies-0.95`, `lost-latencies-1`, … in
/// milliseconds where the history has times; elements are under `lost`, `stale`, `never-read`, ….
pub fn check(history: &History<Set>, options: Options) -> Finding {
    let numbering = elements(history);
    let added = adds(history, &numbering);
    let reads = Reads::of(history);
    let found = element::scan(history, &numbering, &added, &reads);
    let mut results = collect(history, &numbering, &added, &reads, &found);
    let anomalies: Vec<_> = results
        .by_name
        .iter()
        .filter_map(|(name, members)| {
            let &(symbol, number) = match *name {
                "stale" => members
                    .iter()
                    .find(|member| Some(member.1) == results.worst_stale)?,
                _ => members.first()?,
            };
            let element = found.get(number)?;
            witness::of(history, &reads, name, symbol, added.get(number)?, element)
        })
        .collect();
    let count = |name: &str| {
        results
            .by_name
            .iter()
            .find(|pair| pair.0 == name)
            .map_or(0, |pair| pair.1.len())
    };
    let wrong: Vec<String> = NAMES[..5]
        .iter()
        .filter(|name| **name != "stale" || options.linearizable)
        .filter(|name| count(name) > 0)
        .map(|name| format!("{} {name}", count(name)))
        .collect();
    let attempts = count_of(results.attempts as usize, "element");
    let mut finding = if !wrong.is_empty() {
        Finding::invalid(format!("of {attempts}: {}", wrong.join(", ")), anomalies)
    } else if completions_only(history) {
        Finding::unknown(
            "the history has completions only, so that it is not known which reads came after which adds",
        )
    } else if results.stable == 0 {
        Finding::unknown(format!("of {attempts}, none was read in the end"))
    } else {
        let stale = match count("stale") {
            0 => String::new(),
            stale => format!(", {stale} of them stale for a while, which is allowed"),
        };
        let reason = format!(
            "of {attempts}, {} were read in the end{stale}; none was lost",
            results.stable
        );
        Finding {
            anomalies,
            ..Finding::valid(reason)
        }
    };
    finding
        .counts
        .insert("attempt-count".to_owned(), results.attempts);
    finding
        .counts
        .insert("stable-count".to_owned(), results.stable);
    for (name, members) in results.by_name {
        finding
            .counts
            .insert(format!("{name}-count"), members.len() as u64);
        if !members.is_empty() {
            let symbols = members.into_iter().map(|member| member.0);
            finding
                .elements
                .insert(name.to_owned(), runs(&history.names, symbols));
        }
    }
    for (name, latencies) in [
        ("stable-latencies", &mut results.stable_latencies),
        ("lost-latencies", &mut results.lost_latencies),
    ] {
        for (point, milliseconds) in quantiles(latencies) {
            finding
                .counts
                .insert(format!("{name}-{point}"), milliseconds);
        }
    }
    finding
}

fn collect(
    history: &History<Set>,
    numbering: &Numbering,
    added: &[Added],
    reads: &Reads,
    found: &[Element],
) -> Results {
    let mut results = Results {
        attempts: 0,
        stable: 0,
        by_name: NAMES.map(|name| (name, Vec::new())),
        stable_latencies: Vec::new(),
        lost_latencies: Vec::new(),
        worst_stale: None,
    };
    let [lost, resurrected, unexpected, duplicated, stale, never_read] = &mut results.by_name;
    let mut longest = None;
    for (number, (element, added)) in found.iter().zip(added).enumerate() {
        let member = (numbering.symbol(number), number);
        if element.resurrected != NONE {
            resurrected.1.push(member);
        }
        if element.unexpected != NONE {
            unexpected.1.push(member);
        }
        if element.duplicated != NONE {
            duplicated.1.push(member);
        }
        let Some(attempt) = history.operations.get(added.attempted as usize) else {
            continue;
        };
        results.attempts += 1;
        let (present, absent) = (
            reads.at(element.last_present),
            reads.last_absent(element, attempt.invoked),
        );
        let invoked = |read: Option<&element::Read>| read.map(|read| read.invoked);
        match element.outcome(present, absent) {
            Outcome::Stable => {
                results.stable += 1;
                let stable_latency = latency(history, invoked(absent), element.known);
                results.stable_latencies.extend(stable_latency);
                if let Some(absent) = absent.filter(|read| read.invoked > element.known) {
                    stale.1.push(member);
                    let length = (stable_latency, absent.invoked - element.known);
                    if longest.is_none_or(|longest| length > longest) {
                        longest = Some(length);
                        results.worst_stale = Some(number);
                    }
                }
            }
            Outcome::Lost => {
                lost.1.push(member);
                results
                    .lost_latencies
                    .extend(latency(history, invoked(present), element.known));
            }
            Outcome::NeverRead => never_read.1.push(member),
        }
    }
    results
}

/// Whole milliseconds from where an element was known to just after the last read that began otherwise; 0 where there
/// was no such read, or none so late. None where the history has no times.
fn latency(history: &History<Set>, last: Option<u32>, known: u32) -> Option<u64> {
    let time = |place: u32| history.times.get(place as usize).copied();
    let known = time(known)?;
    let end = match last {
        Some(place) => time(place)?.saturating_add(1),
        None => 0,
    };
    Some(end.saturating_sub(known) / 1_000_000)
}

#[cfg(test)]
mod tests;

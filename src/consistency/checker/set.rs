//! A set that only grows, judged by its final read (Jepsen's `checker/set`).
//!
//! Rules: jepsen.checker's `set`, with two differences. An element whose every add failed but which is there is
//! `resurrected`, not `recovered`: either the failure was wrongly classified or a dirty write came through. And an add
//! that was acknowledged only after the final read began is not lost when the read misses it: it is `late`.

use super::actions::Set;
use super::adds::{Added, NONE, Origin, adds, elements_of, shown};
use super::evidence::{anomaly, completions_only, count_of};
use super::finding::{Anomaly, Finding};
use super::numbering::Numbering;
use super::operation::{History, Operation, Symbol};
use super::runs::runs;
use crate::consistency::outcome::OutcomeType;

/// The elements of each class, in the order of their symbols.
#[derive(Default)]
struct Classes {
    attempts: u64,
    acknowledged: u64,
    /// Read and attempted.
    ok: Vec<Symbol>,
    /// Acknowledged before the read began, and not read.
    lost: Vec<(Symbol, Added)>,
    /// Acknowledged after the read began, and not read.
    late: Vec<Symbol>,
    /// Attempted with unknown outcome, and read.
    recovered: Vec<Symbol>,
    /// Failed, and read.
    resurrected: Vec<(Symbol, Added)>,
    /// Never attempted before the read ended, and read.
    unexpected: Vec<(Symbol, Added)>,
    /// Read more than once in the one read, and how often.
    duplicated: Vec<(Symbol, u32)>,
}

/// Checks that the last acknowledged read shows every element whose add was acknowledged before it, no element that
/// was never added or whose add failed, and none twice. `unknown` where there is no such read, or where it misses
/// elements that are `late`, and nothing is wrong. Linear.
///
/// Counts are `attempt-count`, `acknowledged-count` and `ok-count`, `lost-count`, …; elements are under `ok`, `lost`, ….
/// In a file of completions only, where nothing tells when the final read began, everything that was acknowledged
/// before its completion counts as being before it.
pub fn check(history: &History<Set>) -> Finding {
    let read = final_read(history);
    let contents = read.and_then(shown).unwrap_or_default();
    let numbering = elements_of(history, contents);
    let added = adds(history, &numbering);
    let read = match read {
        Some(read) if shown(read).is_some() => read,
        other => {
            let why = match other {
                Some(_) => "the final read shows nothing that is known",
                None => "no read was acknowledged",
            };
            let mut finding =
                Finding::unknown(format!("{why}, so that nothing is known of what was kept"));
            count_adds(&mut finding, &added);
            return finding;
        }
    };
    let classes = classify(history, read, contents, &numbering, &added);
    let anomalies = witnesses(history, read, &classes);
    let mut finding = if !anomalies.is_empty() {
        Finding::invalid(reason(&classes), anomalies)
    } else if classes.late.is_empty() {
        let count = count_of(classes.acknowledged as usize, "element");
        Finding::valid(format!(
            "the final read shows all {count} that were acknowledged"
        ))
    } else {
        let count = count_of(classes.late.len(), "element");
        Finding::unknown(format!(
            "{count} that the final read does not show: the adds were acknowledged only after it began"
        ))
    };
    finding
        .counts
        .insert("attempt-count".to_owned(), classes.attempts);
    finding
        .counts
        .insert("acknowledged-count".to_owned(), classes.acknowledged);
    let firsts = |pairs: &[(Symbol, Added)]| pairs.iter().map(|pair| pair.0).collect::<Vec<_>>();
    let duplicated = classes.duplicated.iter().map(|pair| pair.0).collect();
    for (name, symbols) in [
        ("ok", classes.ok),
        ("lost", firsts(&classes.lost)),
        ("late", classes.late),
        ("recovered", classes.recovered),
        ("resurrected", firsts(&classes.resurrected)),
        ("unexpected", firsts(&classes.unexpected)),
        ("duplicated", duplicated),
    ] {
        finding
            .counts
            .insert(format!("{name}-count"), symbols.len() as u64);
        if !symbols.is_empty() {
            finding
                .elements
                .insert(name.to_owned(), runs(&history.names, symbols));
        }
    }
    finding
}

/// The acknowledged read that completed last, whatever it shows.
fn final_read(history: &History<Set>) -> Option<&Operation<Set>> {
    let reads = history
        .operations
        .iter()
        .filter(|operation| matches!(operation.action, Set::Read(_)))
        .filter(|operation| operation.outcome == OutcomeType::Ok);
    reads.max_by_key(|operation| operation.completed)
}

fn classify(
    history: &History<Set>,
    read: &Operation<Set>,
    contents: &[Symbol],
    numbering: &Numbering,
    added: &[Added],
) -> Classes {
    let began = if completions_only(history) {
        read.completed
    } else {
        read.invoked
    };
    let mut times = vec![0_u32; numbering.len()];
    for number in contents
        .iter()
        .filter_map(|symbol| numbering.number(*symbol))
    {
        times[number] = times[number].saturating_add(1);
    }
    let mut classes = Classes::default();
    for (number, (added, times)) in added.iter().zip(times).enumerate() {
        let symbol = numbering.symbol(number);
        classes.attempts += u64::from(added.attempted != NONE);
        classes.acknowledged += u64::from(added.acknowledged != NONE);
        if times > 1 {
            classes.duplicated.push((symbol, times));
        }
        if times > 0 {
            match added.origin(history, read.completed) {
                Origin::Unexpected => classes.unexpected.push((symbol, *added)),
                Origin::Resurrected => {
                    classes.ok.push(symbol);
                    classes.resurrected.push((symbol, *added));
                }
                Origin::Added => {
                    classes.ok.push(symbol);
                    if added.acknowledged == NONE {
                        classes.recovered.push(symbol);
                    }
                }
            }
        } else if let Some(add) = history.operations.get(added.acknowledged as usize) {
            if add.completed < began {
                classes.lost.push((symbol, *added));
            } else {
                classes.late.push(symbol);
            }
        }
    }
    classes
}

/// One witness for each kind of what must not be.
fn witnesses(history: &History<Set>, read: &Operation<Set>, classes: &Classes) -> Vec<Anomaly> {
    let text = |symbol: Symbol| history.names.text(symbol);
    let the_read = format!(
        "client {}'s final read, which ended {}",
        read.process,
        history.moment(read.completed)
    );
    let mut anomalies = Vec::new();
    if let Some((symbol, added)) = classes.lost.first()
        && let Some(add) = history.operations.get(added.acknowledged as usize)
    {
        let witness = format!(
            "client {}'s add of {} was acknowledged {}, before client {}'s final read began {}, but the read does not \
             show it",
            add.process,
            text(*symbol),
            history.moment(add.completed),
            read.process,
            history.moment(read.invoked),
        );
        anomalies.push(anomaly("lost", witness, &[add, read]));
    }
    if let Some((symbol, added)) = classes.resurrected.first()
        && let Some(add) = history.operations.get(added.attempted as usize)
    {
        let witness = format!(
            "client {}'s add of {} is said to have failed, invoked {}, but {the_read}, shows it",
            add.process,
            text(*symbol),
            history.moment(add.invoked),
        );
        anomalies.push(anomaly("resurrected", witness, &[add, read]));
    }
    if let Some((symbol, added)) = classes.unexpected.first() {
        let symbol = text(*symbol);
        anomalies.push(match history.operations.get(added.attempted as usize) {
            None => anomaly(
                "unexpected",
                format!("{the_read}, shows {symbol}, which nobody added"),
                &[read],
            ),
            Some(add) => {
                let invoked = history.moment(add.invoked);
                let witness = format!(
                    "{the_read}, shows {symbol}, of which the first add was invoked only {invoked}"
                );
                anomaly("unexpected", witness, &[read, add])
            }
        });
    }
    if let Some((symbol, times)) = classes.duplicated.first() {
        let witness = format!("{the_read}, shows {} {times} times", text(*symbol));
        anomalies.push(anomaly("duplicated", witness, &[read]));
    }
    anomalies
}

fn reason(classes: &Classes) -> String {
    let kinds = [
        (classes.lost.len(), "lost"),
        (classes.resurrected.len(), "resurrected"),
        (classes.unexpected.len(), "unexpected"),
        (classes.duplicated.len(), "duplicated"),
    ];
    let found = kinds
        .iter()
        .filter(|kind| kind.0 > 0)
        .map(|(count, kind)| format!("{count} {kind}"));
    format!(
        "of {}: {}",
        count_of(classes.attempts as usize, "element"),
        found.collect::<Vec<_>>().join(", ")
    )
}

fn count_adds(finding: &mut Finding, added: &[Added]) {
    let count = |test: fn(&Added) -> bool| added.iter().filter(|added| test(added)).count() as u64;
    let attempts = count(|added| added.attempted != NONE);
    let acknowledged = count(|added| added.acknowledged != NONE);
    finding.counts.insert("attempt-count".to_owned(), attempts);
    finding
        .counts
        .insert("acknowledged-count".to_owned(), acknowledged);
}

#[cfg(test)]
mod tests;

use super::evidence::Evidence;
use super::prepare::Prepared;
use super::unique::{Fault, NONE};
use super::words::Words;
use crate::consistency::checker::finding::Anomaly;

/// A fault in words that a person follows.
pub(super) fn anomaly(evidence: &Evidence, prepared: &Prepared, words: &Words<'_>) -> Anomaly {
    let source = |call: u32| prepared.calls[call as usize].source;
    let (name, mut witness, mut calls) = match evidence.fault {
        Fault::Garbage(call) => garbage(source(call), words),
        Fault::Future(early, late) => future(source(early), source(late), words),
        Fault::Twice(one, other) => twice(source(one), source(other), words),
        Fault::Circular(call) => circular(source(call), words),
        Fault::Replaced(read, by) => replaced(source(read), source(by), words),
        Fault::Overlap { first, second } => {
            let known = |call: u32| (call != NONE).then(|| source(call));
            overlap(
                (known(first.0), known(first.1)),
                (known(second.0), known(second.1)),
                words,
            )
        }
        Fault::Held(failed, from, to) => held(
            source(failed),
            (from != NONE).then(|| source(from)),
            source(to),
            words,
        ),
    };
    ties(evidence, prepared, words, &mut witness, &mut calls);
    let mut operations: Vec<u32> = calls.into_iter().map(|call| words.line(call)).collect();
    let mut told = std::collections::HashSet::new();
    operations.retain(|line| told.insert(*line));
    Anomaly {
        name: name.to_owned(),
        witness,
        operations,
    }
}

/// Adds what ties the calls of a fault together.
fn ties(
    evidence: &Evidence,
    prepared: &Prepared,
    words: &Words<'_>,
    witness: &mut String,
    calls: &mut Vec<u32>,
) {
    /// The most that are named in the sentence.
    const NAMED: usize = 4;
    let source = |call: &u32| prepared.calls[*call as usize].source;
    let links: Vec<u32> = evidence.links.iter().map(source).collect();
    if links.len() > NAMED {
        witness.push_str(&format!(
            "; {} compare-and-sets lead from value to value",
            links.len()
        ));
    } else if !links.is_empty() {
        let links: Vec<String> = links.iter().map(|link| words.whole(*link)).collect();
        witness.push_str(&format!("; from value to value led {}", links.join(", ")));
    }
    for (call, proof) in evidence.proofs.iter().take(NAMED) {
        witness.push_str(&format!(
            "; {} was never answered but took effect: {} found its value",
            words.deed(source(call)),
            words.deed(source(proof))
        ));
    }
    calls.extend(links);
    calls.extend(
        evidence
            .proofs
            .iter()
            .flat_map(|(call, proof)| [source(call), source(proof)]),
    );
}

type Told = (&'static str, String, Vec<u32>);

fn garbage(call: u32, words: &Words<'_>) -> Told {
    let witness = format!(
        "{}{}, answered {}: nobody ever wrote that value",
        words.deed(call),
        words.of_key(),
        words.ended(call)
    );
    ("garbage-read", witness, vec![call])
}

fn future(early: u32, late: u32, words: &Words<'_>) -> Told {
    let witness = format!(
        "{}{} was answered {}, before {}, without which it could not be so, began {}",
        words.deed(early),
        words.of_key(),
        words.ended(early),
        words.deed(late),
        words.begun(late)
    );
    ("read-from-the-future", witness, vec![early, late])
}

fn twice(one: u32, other: u32, words: &Words<'_>) -> Told {
    let witness = format!(
        "{} and {}{} both took effect, although that value was written only once: one of the two updates is lost",
        words.whole(one),
        words.whole(other),
        words.of_key()
    );
    ("lost-update", witness, vec![one, other])
}

fn circular(call: u32, words: &Words<'_>) -> Told {
    let witness = format!(
        "{}{}: what it replaced came, through other compare-and-sets, from what it wrote itself",
        words.whole(call),
        words.of_key()
    );
    ("read-from-the-future", witness, vec![call])
}

fn replaced(read: u32, by: u32, words: &Words<'_>) -> Told {
    let witness = format!(
        "{}{} began {}, although {}, which came after that value, had been answered {}",
        words.deed(read),
        words.of_key(),
        words.begun(read),
        words.deed(by),
        words.ended(by)
    );
    ("stale-read", witness, vec![by, read])
}

type Chain = (Option<u32>, Option<u32>);

/// The first of the two was there first, and comes back.
fn overlap(stale: Chain, newer: Chain, words: &Words<'_>) -> Told {
    let is_read = stale.1.is_some_and(|call| words.is_read(call));
    let mut calls: Vec<u32> = [stale.0, newer.1, newer.0, stale.1]
        .into_iter()
        .flatten()
        .collect();
    calls.dedup();
    let mut parts = Vec::new();
    if let (Some(late), Some(early)) = (stale.1, newer.0) {
        parts.push(format!(
            "{}{} began {}, although {} had been answered {}, before that",
            words.deed(late),
            words.of_key(),
            words.begun(late),
            words.deed(early),
            words.ended(early)
        ));
    }
    if let (Some(late), Some(early)) = (newer.1, stale.0) {
        let subject = if newer.0 == newer.1 {
            "the latter had begun".to_owned()
        } else {
            format!("{} began", words.deed(late))
        };
        parts.push(format!(
            "{subject} {}, after {} had been answered {}",
            words.begun(late),
            words.deed(early),
            words.ended(early)
        ));
    } else {
        parts.push(
            "the value that it shows was there only from the beginning until the first write"
                .to_owned(),
        );
    }
    (
        if is_read { "stale-read" } else { "lost-update" },
        parts.join("; "),
        calls,
    )
}

fn held(failed: u32, from: Option<u32>, to: u32, words: &Words<'_>) -> Told {
    let since = from.map_or_else(
        || "from the beginning".to_owned(),
        |from| format!("already {} ({})", words.ended(from), words.deed(from)),
    );
    let witness = format!(
        "{}{} failed, although the value was there {since}, and still {} ({})",
        words.whole(failed),
        words.of_key(),
        words.begun(to),
        words.deed(to)
    );
    (
        "nonlinearizable",
        witness,
        from.into_iter().chain([failed, to]).collect(),
    )
}

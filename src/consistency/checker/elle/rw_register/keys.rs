//! The order of versions where keys are known to be consistent by themselves.

use super::index::{Index, NONE};
use super::{place, who};
use crate::consistency::checker::actions::RegisterStep;
use crate::consistency::checker::elle::collected::Collected;
use crate::consistency::checker::elle::graph::Graph;
use crate::consistency::checker::operation::{OPEN, Symbol};
use crate::consistency::outcome::OutcomeType;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};

/// For how many versions directly before one is kept that they are.
const DIRECT: usize = 64;

/// What is sure of each key by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sure {
    /// Real time orders its versions.
    pub(super) linearizable: bool,
    /// The order of each process orders its versions.
    pub(super) sequential: bool,
}

/// What an acknowledged transaction has to do with one register: the version it met and the one it left.
struct Touch {
    key: Symbol,
    operation: u32,
    first: u32,
    last: u32,
}

/// Pairs of versions of which the first comes before the second.
pub(super) fn given(index: &Index, sure: Sure, collected: &mut Collected) -> Vec<(u32, u32)> {
    let mut given = Vec::new();
    if !sure.linearizable && !sure.sequential {
        return given;
    }
    let touches = touches(index);
    if sure.sequential {
        let mut latest: BTreeMap<(u64, Symbol), u32> = BTreeMap::new();
        for touch in &touches {
            let process = index.history.operations[touch.operation as usize].process;
            let before = latest.insert((process, touch.key), touch.last);
            given.extend(
                before
                    .filter(|before| *before != touch.first)
                    .map(|before| (before, touch.first)),
            );
        }
    }
    if sure.linearizable {
        for pair in linear(index, &touches, collected) {
            given.push(pair);
        }
    }
    given.sort_unstable();
    given.dedup();
    given
}

fn touches(index: &Index) -> Vec<Touch> {
    let mut touches = Vec::new();
    let mut here: BTreeMap<Symbol, (u32, u32)> = BTreeMap::new();
    for (operation, number) in index.history.operations.iter().zip(0u32..) {
        if operation.outcome != OutcomeType::Ok {
            continue;
        }
        here.clear();
        for (step, what) in index.steps_of(operation) {
            let version = index.version_of[step as usize];
            if version == NONE {
                continue;
            }
            let (RegisterStep::Read(key, _) | RegisterStep::Write(key, _)) = what;
            here.entry(*key).or_insert((version, version)).1 = version;
        }
        for (key, (first, last)) in &here {
            // A version that the transaction wrote over itself was nobody else's.
            let first = if index.writer[*first as usize] == number {
                *last
            } else {
                *first
            };
            touches.push(Touch {
                key: *key,
                operation: number,
                first,
                last: *last,
            });
        }
    }
    touches
}

/// One version in time.
#[derive(Clone, Copy)]
struct Span {
    version: u32,
    /// When it was surely there for the first time.
    known: u64,
    /// When somebody who met it began for the last time.
    met: Option<u32>,
}

/// A version comes before another if somebody who left it was acknowledged before somebody who met the other began.
/// Of these pairs those are kept that do not follow from others.
fn linear(index: &Index, touches: &[Touch], collected: &mut Collected) -> Vec<(u32, u32)> {
    let mut spans: Vec<Span> = (0..index.versions.len() as u32)
        .map(|version| Span {
            version,
            known: u64::MAX,
            met: None,
        })
        .collect();
    for touch in touches {
        let operation = &index.history.operations[touch.operation as usize];
        let met = &mut spans[touch.first as usize].met;
        *met = (*met).max(Some(operation.invoked));
        if operation.completed != OPEN && operation.completed >= operation.invoked {
            let known = &mut spans[touch.last as usize].known;
            *known = (*known).min(operation.completed.into());
        }
    }
    let mut pairs = Vec::new();
    let mut dropped = 0u64;
    let key = |span: &Span| index.key(span.version);
    for group in spans.chunk_by_mut(|one, two| key(one) == key(two)) {
        dropped += direct(group, &mut pairs);
    }
    if dropped > 0 {
        collected.count("version-orders-left-out", dropped);
        collected.note(format!("{dropped} orders of two versions were left out"));
    }
    pairs
}

/// The pairs of one key; how many were left out.
fn direct(group: &mut [Span], pairs: &mut Vec<(u32, u32)>) -> u64 {
    group.sort_by_key(|span| span.known);
    // The versions of a key follow each other.
    let least = group.iter().map(|span| span.version).min().unwrap_or(0);
    let mut known = vec![0; group.len()];
    for (span, place) in group.iter().zip(0usize..) {
        known[(span.version - least) as usize] = place;
    }
    // For each number of versions that were known first, the three of them that were met last.
    let mut latest: Vec<[Option<(u32, u32)>; 3]> = vec![[None; 3]];
    for span in group.iter() {
        let mut top = latest.last().copied().unwrap_or([None; 3]);
        let entry = span.met.map(|met| (met, span.version));
        if entry > top[2] {
            top[2] = entry;
            top.sort_unstable_by(|one, two| two.cmp(one));
        }
        latest.push(top);
    }
    let mut dropped = 0;
    for second in group.iter() {
        let Some(met) = second.met else { continue };
        let before = group.partition_point(|span| span.known < met.into());
        let mut others = latest[before]
            .iter()
            .flatten()
            .filter(|(_, version)| *version != second.version);
        let last = others.next();
        let next = others.next();
        let mut count = 0;
        for first in group[..before].iter().rev() {
            // Who was known before another was met, that itself comes before, is not directly before.
            if last.is_some_and(|(met, version)| {
                *version != first.version && first.known < (*met).into()
            }) {
                break;
            }
            if first.version == second.version {
                continue;
            }
            if count < DIRECT {
                pairs.push((first.version, second.version));
            } else {
                dropped += 1;
                if dropped as usize > group.len() {
                    break;
                }
            }
            count += 1;
        }
        // The one that was met last may be known long before all others.
        if let Some((_, version)) = last
            && let place = known[(*version - least) as usize]
            && place < before
            && next.is_none_or(|(met, _)| group[place].known >= u64::from(*met))
        {
            pairs.push((*version, second.version));
        }
        // Two that come before each other are told whatever is between them.
        if let Some((met, version)) = last
            && second.known < (*met).into()
        {
            pairs.extend([(*version, second.version), (second.version, *version)]);
        }
    }
    dropped
}

/// Tells of versions in a circle, of which this pair is a part.
pub(super) fn tell(index: &Index, graph: &Graph, pair: (u32, u32), collected: &mut Collected) {
    let circle = circle(graph, pair);
    let names = &index.history.names;
    let texts: Vec<_> = circle
        .iter()
        .chain(circle.first())
        .map(|version| names.text(index.versions[*version as usize].1))
        .collect();
    let writers: Vec<u32> = circle
        .iter()
        .map(|version| index.writer[*version as usize])
        .filter(|writer| *writer != NONE)
        .collect();
    collected.add("cyclic-versions", || {
        let wrote: Vec<String> = writers
            .iter()
            .map(|writer| who(index.history, *writer))
            .collect();
        (
            format!(
                "the versions of {} come before themselves: {} (written by {})",
                names.text(index.key(pair.0)),
                texts.join(" < "),
                if wrote.is_empty() {
                    "nobody".to_owned()
                } else {
                    wrote.join(", ")
                }
            ),
            writers
                .iter()
                .map(|writer| place(&index.history.operations[*writer as usize]))
                .collect(),
        )
    });
}

/// A shortest circle through a pair.
fn circle(graph: &Graph, (one, two): (u32, u32)) -> Vec<u32> {
    let mut back: BTreeMap<u32, u32> = BTreeMap::from([(two, two)]);
    let mut queue = VecDeque::from([two]);
    while let Some(version) = queue.pop_front() {
        if version == one {
            break;
        }
        for edge in graph.edges(version) {
            if let Entry::Vacant(new) = back.entry(edge.to()) {
                new.insert(version);
                queue.push_back(edge.to());
            }
        }
    }
    let mut circle = vec![one];
    let mut version = one;
    while version != two {
        let Some(before) = back.get(&version) else {
            break;
        };
        version = *before;
        circle.push(version);
    }
    circle.reverse();
    circle.rotate_right(1);
    circle
}

//! What is lost: updates from one version, and acknowledged appends.

use super::index::Index;
use super::versions::{Place, Versions};
use super::{place, who};
use crate::consistency::checker::actions::ListStep;
use crate::consistency::checker::elle::Options;
use crate::consistency::checker::elle::anomalies::Asked;
use crate::consistency::checker::elle::collected::Collected;
use crate::consistency::checker::operation::OPEN;
use crate::consistency::outcome::OutcomeType;

/// So many lost appends of one list are told by name, and of so many lists.
const NAMED: usize = 1000;

/// Two acknowledged transactions that read one version first and then both appended to it.
pub(super) fn updates(index: &Index, versions: &Versions, collected: &mut Collected) {
    // Key, length of what was read, transaction.
    let mut updates: Vec<(u32, u32, u32)> = Vec::new();
    let mut steps: Vec<(u32, u32)> = Vec::new();
    for (operation, number) in index.of.history.operations.iter().zip(0u32..) {
        if operation.outcome != OutcomeType::Ok {
            continue;
        }
        steps.clear();
        steps.extend(
            index
                .steps_of(operation)
                .map(|(step, _)| (index.key_of[step as usize], step)),
        );
        steps.sort_unstable();
        for group in steps.chunk_by(|one, two| one.0 == two.0) {
            let what = |step: u32| &index.of.transactions.steps[step as usize];
            let appends = group
                .iter()
                .any(|(_, step)| matches!(what(*step), ListStep::Append(..)));
            let Some((key, first)) = group.first() else {
                continue;
            };
            if let (true, ListStep::Read(_, range)) = (appends, what(*first))
                && let Some(list) = index.list(*range)
                && versions.list(index, *key).starts_with(list)
            {
                updates.push((*key, list.len() as u32, number));
            }
        }
    }
    updates.sort_unstable();
    for group in updates.chunk_by(|one, two| (one.0, one.1) == (two.0, two.1)) {
        let [(key, length, first), .., (_, _, second)] = group else {
            continue;
        };
        collected.add("lost-update", || {
            (
                format!(
                    "{} and {} both read {} with {length} elements, and both appended to it",
                    who(index, *first),
                    who(index, *second),
                    index.key(*key)
                ),
                group
                    .iter()
                    .map(|(_, _, operation)| place(index, *operation))
                    .collect(),
            )
        });
    }
}

/// Acknowledged appends that are in no read, although one of the list began after the acknowledgement.
///
/// A cycle in real time goes through each of them, and tells of it under its own name; therefore they are anomalies of
/// their own only if they were asked for by name, or if nothing else tells that what was asked for does not hold. They
/// are counted in any case.
pub(super) fn appends(
    index: &Index,
    versions: &Versions,
    (options, asked): (&Options, &Asked),
    collected: &mut Collected,
) {
    // For each key the acknowledged read that began last.
    let mut last: Vec<Option<(u32, u32)>> = vec![None; index.keys.len()];
    for (operation, number) in index.of.history.operations.iter().zip(0u32..) {
        if operation.outcome != OutcomeType::Ok {
            continue;
        }
        for (step, what) in index.steps_of(operation) {
            if let ListStep::Read(_, range) = what
                && index.list(*range).is_some()
            {
                let known = &mut last[index.key_of[step as usize] as usize];
                *known = (*known).max(Some((operation.invoked, number)));
            }
        }
    }
    let by_name = options.anomalies.iter().any(|name| name == "lost-append");
    let tell =
        by_name || asked.prohibits("lost-append") && !collected.any(|name| asked.prohibits(name));
    let (mut count, mut elements) = (0u64, Vec::new());
    for key in 0..index.keys.len() as u32 {
        let Some((began, reader)) = last[key as usize] else {
            continue;
        };
        let mut here: Vec<(u32, u32)> = Vec::new();
        for append in index.begin[key as usize]..index.begin[key as usize + 1] {
            let known = &index.appends[append as usize];
            let operation = index.operation(known.operation);
            let acknowledged = operation.outcome == OutcomeType::Ok && operation.completed != OPEN;
            if versions.place[append as usize] == Place::Unseen
                && acknowledged
                && operation.completed < began
            {
                here.push((known.step, append));
            }
        }
        if here.is_empty() {
            continue;
        }
        here.sort_unstable();
        count += here.len() as u64;
        let text = |append: u32| {
            index
                .of
                .history
                .names
                .text(index.appends[append as usize].value)
        };
        if elements.len() < NAMED {
            let values: Vec<_> = here
                .iter()
                .take(NAMED)
                .map(|(_, append)| text(*append))
                .collect();
            let more = if here.len() > NAMED { ",…" } else { "" };
            elements.push(format!("{}: {}{more}", index.key(key), values.join(",")));
        }
        if !tell {
            continue;
        }
        for (_, append) in here {
            let writer = index.appends[append as usize].operation;
            collected.add("lost-append", || {
                (
                    format!(
                        "client {}'s append of {} to {} was acknowledged {}, but no read shows it, not even that of \
                         client {} which began {}",
                        index.operation(writer).process,
                        text(append),
                        index.key(key),
                        index.of.history.moment(index.operation(writer).completed),
                        index.operation(reader).process,
                        index.of.history.moment(began)
                    ),
                    vec![place(index, writer), place(index, reader)],
                )
            });
        }
    }
    if count > 0 {
        collected.count("lost-appends", count);
        collected.elements("lost-appends", elements);
        collected.note(format!(
            "{count} acknowledged appends are in no read that began after them"
        ));
    }
}

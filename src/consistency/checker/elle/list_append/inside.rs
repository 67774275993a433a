//! Transactions that disagree with themselves: internal, future-read.

use super::index::Index;
use super::versions::{Place, Seen, Versions};
use super::{place, who};
use crate::consistency::checker::actions::ListStep;
use crate::consistency::checker::elle::collected::Collected;
use crate::consistency::checker::operation::Symbol;
use crate::consistency::outcome::OutcomeType;

/// Looks at every acknowledged transaction once.
pub(super) fn check(index: &Index, versions: &Versions, collected: &mut Collected) {
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
            if group.len() > 1 {
                internal(index, number, group, collected);
                future(index, versions, number, group, collected);
            }
        }
    }
}

/// A read that differs from what the transaction itself read and appended before.
fn internal(index: &Index, operation: u32, group: &[(u32, u32)], collected: &mut Collected) {
    let mut base: Option<&[Symbol]> = None;
    let mut own: Vec<Symbol> = Vec::new();
    for (key, step) in group {
        match &index.of.transactions.steps[*step as usize] {
            ListStep::Append(_, value) => own.push(*value),
            ListStep::Read(_, range) => {
                let Some(list) = index.list(*range) else {
                    continue;
                };
                let fits = match base {
                    Some(base) => {
                        list.len() == base.len() + own.len()
                            && list.starts_with(base)
                            && list.ends_with(&own)
                    }
                    None => list.ends_with(&own),
                };
                if !fits {
                    let names = &index.of.history.names;
                    collected.add("internal", || {
                        let mut before = base.map_or_else(|| "…".to_owned(), |base| super::story::list(names, base));
                        if !own.is_empty() {
                            before = format!("{before} and its own {}", super::story::list(names, &own));
                        }
                        (
                            format!(
                                "{} read {} as {}, although in the same transaction it had {before} before",
                                who(index, operation),
                                index.key(*key),
                                super::story::list(names, list),
                            ),
                            vec![place(index, operation)],
                        )
                    });
                }
                base = Some(list);
                own.clear();
            }
        }
    }
}

/// A read that shows what the transaction appends only later.
fn future(
    index: &Index,
    versions: &Versions,
    operation: u32,
    group: &[(u32, u32)],
    collected: &mut Collected,
) {
    let mut longest = 0;
    let mut tell = |key: u32, value: Symbol| {
        collected.add("future-read", || {
            (
                format!(
                    "{} read {} in {} before it appended it in the same transaction",
                    who(index, operation),
                    index.of.history.names.text(value),
                    index.key(key)
                ),
                vec![place(index, operation)],
            )
        });
    };
    for (key, step) in group {
        match &index.of.transactions.steps[*step as usize] {
            ListStep::Append(_, value) => {
                let at = index
                    .find(*key, *value)
                    .map(|append| versions.place[append as usize]);
                if let Some(Place::At(at)) = at
                    && (at as usize) < longest
                {
                    tell(*key, *value);
                }
            }
            ListStep::Read(_, range) => {
                let list = index.list(*range).unwrap_or(&[]);
                match versions.seen[*step as usize] {
                    Seen::UpTo(_) => longest = longest.max(list.len()),
                    Seen::Astray => {
                        for value in list {
                            let append = index
                                .find(*key, *value)
                                .map(|append| index.appends[append as usize]);
                            if append.is_some_and(|append| {
                                append.operation == operation && append.step > *step
                            }) {
                                tell(*key, *value);
                            }
                        }
                    }
                    Seen::Nothing | Seen::Unknown => {}
                }
            }
        }
    }
}

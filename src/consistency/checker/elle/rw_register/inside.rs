//! What one read shows: garbage, G1a, G1b; and transactions that disagree with themselves.

use super::index::{Index, NONE};
use super::{place, who};
use crate::consistency::checker::actions::RegisterStep;
use crate::consistency::checker::elle::collected::Collected;
use crate::consistency::checker::operation::Symbol;
use crate::consistency::outcome::OutcomeType;

/// Looks at every acknowledged transaction once.
pub(super) fn check(index: &Index, collected: &mut Collected) {
    let mut steps: Vec<(Symbol, u32)> = Vec::new();
    let mut updates: Vec<(u32, u32)> = Vec::new();
    for (operation, number) in index.history.operations.iter().zip(0u32..) {
        if operation.outcome != OutcomeType::Ok {
            continue;
        }
        steps.clear();
        for (step, what) in index.steps_of(operation) {
            if index.version_of[step as usize] == NONE {
                continue;
            }
            let (RegisterStep::Read(key, _) | RegisterStep::Write(key, _)) = what;
            steps.push((*key, step));
            if let RegisterStep::Read(..) = what {
                read(index, number, step, collected);
            }
        }
        steps.sort_unstable();
        for group in steps.chunk_by(|one, two| one.0 == two.0) {
            internal(index, number, group, collected);
            let [(_, first), rest @ ..] = group else {
                continue;
            };
            let writes = rest
                .iter()
                .any(|(_, step)| matches!(index.steps[*step as usize], RegisterStep::Write(..)));
            if writes && matches!(index.steps[*first as usize], RegisterStep::Read(..)) {
                updates.push((index.version_of[*first as usize], number));
            }
        }
    }
    lost_updates(index, updates, collected);
}

fn read(index: &Index, reader: u32, step: u32, collected: &mut Collected) {
    let version = index.version_of[step as usize];
    if index.is_nothing(version) {
        return;
    }
    let (key, value) = index.versions[version as usize];
    let names = &index.history.names;
    let text = || {
        format!(
            "{} read {} as {}",
            who(index.history, reader),
            names.text(key),
            names.text(value)
        )
    };
    let at = |operation: u32| place(&index.history.operations[operation as usize]);
    let writer = index.writer[version as usize];
    if writer == NONE {
        collected.add("garbage-read", || {
            (
                format!("{}, although nobody wrote that", text()),
                vec![at(reader)],
            )
        });
    } else if index.outcome(writer) == OutcomeType::Fail {
        collected.add("G1a", || {
            (
                format!(
                    "{}, although that write by {} failed",
                    text(),
                    who(index.history, writer)
                ),
                vec![at(reader), at(writer)],
            )
        });
    } else if writer != reader && !index.last[version as usize] {
        collected.add("G1b", || {
            (
                format!(
                    "{}, although {} wrote something else to it later in the same transaction",
                    text(),
                    who(index.history, writer)
                ),
                vec![at(reader), at(writer)],
            )
        });
    }
}

/// A read that differs from what the transaction itself read or wrote last, or shows what it writes only later.
fn internal(index: &Index, operation: u32, group: &[(Symbol, u32)], collected: &mut Collected) {
    let names = &index.history.names;
    let here = || vec![place(&index.history.operations[operation as usize])];
    let mut known: Option<u32> = None;
    let mut written = false;
    for (key, step) in group {
        let version = index.version_of[*step as usize];
        let value = index.versions[version as usize].1;
        if let RegisterStep::Write(..) = index.steps[*step as usize] {
            written = true;
        } else if let Some(known) = known
            && known != version
        {
            let done = if written { "written or read" } else { "read" };
            let before = names.text(index.versions[known as usize].1);
            collected.add("internal", || {
                (
                    format!(
                        "{} read {} as {}, although it had {done} {before} in the same transaction before",
                        who(index.history, operation),
                        names.text(*key),
                        names.text(value)
                    ),
                    here(),
                )
            });
        }
        known = Some(version);
    }
    // Steps ascend, so that the first time that a version is read shows whether it was written before.
    let mut writes: Vec<(u32, u32)> = Vec::new();
    for (_, step) in group {
        if let RegisterStep::Write(..) = index.steps[*step as usize] {
            writes.push((index.version_of[*step as usize], *step));
        }
    }
    writes.sort_unstable();
    for (key, step) in group {
        let version = index.version_of[*step as usize];
        let RegisterStep::Read(..) = index.steps[*step as usize] else {
            continue;
        };
        // The first of them: a value may be written more than once.
        let found = writes.partition_point(|(other, _)| *other < version);
        let write = writes.get(found).filter(|(other, _)| *other == version);
        // Where another wrote it, too, it read that one's.
        if write.is_some_and(|(_, write)| write > step) && !index.doubtful.contains(&version) {
            collected.add("future-read", || {
                (
                    format!(
                        "{} read {} as {} before it wrote that in the same transaction",
                        who(index.history, operation),
                        names.text(*key),
                        names.text(index.versions[version as usize].1)
                    ),
                    here(),
                )
            });
        }
    }
}

fn lost_updates(index: &Index, mut updates: Vec<(u32, u32)>, collected: &mut Collected) {
    updates.sort_unstable();
    for group in updates.chunk_by(|one, two| one.0 == two.0) {
        let [(version, first), .., (_, second)] = group else {
            continue;
        };
        // The two may have read two writes of one value.
        if index.doubtful.contains(version) {
            continue;
        }
        let (key, value) = index.versions[*version as usize];
        collected.add("lost-update", || {
            (
                format!(
                    "{} and {} both read {} as {}, and both wrote to it",
                    who(index.history, *first),
                    who(index.history, *second),
                    index.history.names.text(key),
                    index.history.names.text(value)
                ),
                group
                    .iter()
                    .map(|(_, operation)| place(&index.history.operations[*operation as usize]))
                    .collect(),
            )
        });
    }
}

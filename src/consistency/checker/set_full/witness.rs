//! The evidence that an element is not what it should be, in words.

use super::element::{Element, Reads};
use crate::consistency::checker::actions::Set;
use crate::consistency::checker::adds::Added;
use crate::consistency::checker::evidence::anomaly;
use crate::consistency::checker::finding::Anomaly;
use crate::consistency::checker::operation::{History, Operation, Symbol};

/// The evidence for one element under one of the names of a finding; none for what is no anomaly.
pub fn of(
    history: &History<Set>,
    reads: &Reads,
    name: &str,
    symbol: Symbol,
    added: &Added,
    element: &Element,
) -> Option<Anomaly> {
    let operation = |index: u32| history.operations.get(index as usize);
    let read_at = |position: u32| reads.at(position).and_then(|read| operation(read.index));
    let text = history.names.text(symbol);
    match name {
        "lost" | "stale" => {
            let attempt = operation(added.attempted)?;
            let absent = reads.last_absent(element, attempt.invoked)?;
            let (known_by, absent) = (operation(element.known_by)?, operation(absent.index)?);
            Some(missing(
                history,
                name,
                &text,
                known_by,
                absent,
                read_at(element.last_present),
            ))
        }
        "resurrected" => {
            let (add, read) = (operation(added.attempted)?, read_at(element.resurrected)?);
            let witness = format!(
                "client {}'s add of {text} is said to have failed, invoked {}, but client {} read it {}",
                add.process,
                history.moment(add.invoked),
                read.process,
                history.moment(read.completed),
            );
            Some(anomaly(name, witness, &[add, read]))
        }
        "unexpected" => {
            let read = read_at(element.unexpected)?;
            let who = format!(
                "client {} read {text} {}",
                read.process,
                history.moment(read.completed)
            );
            Some(match operation(added.attempted) {
                None => anomaly(name, format!("{who}, which nobody added"), &[read]),
                Some(add) => {
                    let invoked = history.moment(add.invoked);
                    let witness = format!("{who}, before its first add was invoked {invoked}");
                    anomaly(name, witness, &[read, add])
                }
            })
        }
        "duplicated" => {
            let read = read_at(element.duplicated)?;
            let (moment, times) = (history.moment(read.completed), element.most);
            let witness = format!(
                "client {} read {text} {times} times in one read {moment}",
                read.process
            );
            Some(anomaly(name, witness, &[read]))
        }
        _ => None,
    }
}

/// An element that was known is missed by a read that began later.
fn missing(
    history: &History<Set>,
    name: &str,
    text: &str,
    known_by: &Operation<Set>,
    absent: &Operation<Set>,
    last_present: Option<&Operation<Set>>,
) -> Anomaly {
    let how = match known_by.action {
        Set::Add(_) => format!(
            "client {}'s add of {text} was acknowledged",
            known_by.process
        ),
        Set::Read(_) => format!("client {} read {text}", known_by.process),
    };
    let known = history.moment(known_by.completed);
    let mut evidence = vec![known_by, absent];
    let afterwards = match last_present {
        Some(read) => {
            evidence.push(read);
            let (process, began) = (read.process, history.moment(read.invoked));
            let last = if name == "lost" {
                "the last read that shows it"
            } else {
                "a later read shows it"
            };
            format!("; {last}: client {process}'s, which began {began}")
        }
        None => "; no read shows it".to_owned(),
    };
    let witness = format!(
        "{how} {known}, but client {}'s read, which began after that {}, does not show it{afterwards}",
        absent.process,
        history.moment(absent.invoked),
    );
    anomaly(name, witness, &evidence)
}

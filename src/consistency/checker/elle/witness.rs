//! Cycles in words, and the way from the graph to the anomalies.

use super::Options;
use super::anomalies::Asked;
use super::collected::Collected;
use super::cycles::{Cycle, Found, Hop, Relations, find};
use super::graph::{Builder, Kind};
use super::order::{add_process, add_realtime};
use crate::consistency::checker::actions::Steps;
use crate::consistency::checker::operation::{History, OPEN, Operation};
use crate::consistency::outcome::OutcomeType;
use std::collections::BTreeSet;

/// What transactions did, in words.
pub(super) trait Story {
    /// Its steps: `append 1 to x, read y as [2 3]`.
    fn steps(&self, operation: u32) -> String;
    /// Why the data puts one before another for this kind of reason: `T2 observed T1's append of 1 to key x`.
    fn because(&self, hop: Hop, from: &str, to: &str) -> Option<String>;
}

/// The place of an operation for people and tables: of its completion, else of its invocation.
pub(super) fn place(operation: &Operation<Steps>) -> u32 {
    if operation.completed == OPEN {
        operation.invoked
    } else {
        operation.completed
    }
}

/// `client 3 at 4.210 s`
pub(super) fn who(history: &History<Steps>, operation: u32) -> String {
    let operation = &history.operations[operation as usize];
    format!(
        "client {} {}",
        operation.process,
        history.moment(place(operation))
    )
}

/// Adds the orders of processes and of time to the data, seeks the cycles, and tells of them. Says whether
/// neither order that was asked about has anything in it, and what was left undecided.
pub(super) fn cycles(
    mut builder: Builder,
    history: &History<Steps>,
    story: &dyn Story,
    (options, asked): (&Options, &Asked),
    collected: &mut Collected,
) -> (bool, BTreeSet<&'static str>) {
    let no_data = builder.is_empty();
    let operations = &history.operations;
    let process = add_process(&mut builder, operations) && (asked.process || asked.realtime);
    let realtime = add_realtime(&mut builder, operations) && asked.realtime;
    if no_data {
        // Time alone never runs in a circle.
        return (!process && !realtime, BTreeSet::new());
    }
    let graph = builder.build();
    let teller = Teller { history, story };
    let found = find(
        &graph,
        operations.len() as u32,
        &teller,
        asked,
        options.steps_per_component,
        options.steps,
    );
    tell(&found, &teller, collected);
    let undecided = found.undecided.iter().map(|cycle| cycle.name()).collect();
    (!process && !realtime, undecided)
}

fn tell(found: &Found, teller: &Teller, collected: &mut Collected) {
    for (cycle_type, cycles) in &found.cycles {
        for cycle in cycles {
            collected.add(cycle_type.name(), || teller.tell(cycle));
        }
        let count = found.counts.get(cycle_type).copied().unwrap_or(0);
        collected.count(cycle_type.name(), count);
    }
    if found.steps > 0 {
        collected.count("cycle-search-steps", found.steps);
    }
}

/// Tells of cycles.
struct Teller<'a> {
    history: &'a History<Steps>,
    story: &'a dyn Story,
}

impl Teller<'_> {
    fn tell(&self, cycle: &Cycle) -> (String, Vec<u32>) {
        let mut nodes: Vec<u32> = cycle.hops.iter().map(|hop| hop.from).collect();
        // The earliest transaction is T1.
        let first = (0..nodes.len())
            .min_by_key(|place| nodes[*place])
            .unwrap_or(0);
        nodes.rotate_left(first);
        let mut hops = cycle.hops.clone();
        hops.rotate_left(first);
        let name = |node: u32| match nodes.iter().position(|other| *other == node) {
            Some(place) => format!("T{}", place + 1),
            None => "T?".to_owned(),
        };
        let transactions: Vec<String> = nodes
            .iter()
            .map(|node| {
                let steps = self.story.steps(*node);
                format!("{} = ({}: {steps})", name(*node), who(self.history, *node))
            })
            .collect();
        let reasons: Vec<String> = hops
            .iter()
            .map(|hop| {
                let (from, to) = (name(hop.from), name(hop.to));
                format!("{from} < {to}, because {}", self.reason(*hop, &from, &to))
            })
            .collect();
        let (last, others) = reasons
            .split_last()
            .map_or(("", &[][..]), |(last, others)| (last.as_str(), others));
        let witness = format!(
            "Let {}. Then {}. However, {last}: a contradiction.",
            transactions.join(", "),
            others.join("; ")
        );
        let places = nodes
            .iter()
            .map(|node| place(&self.history.operations[*node as usize]))
            .collect();
        (witness, places)
    }

    fn reason(&self, hop: Hop, from: &str, to: &str) -> String {
        let first = &self.history.operations[hop.from as usize];
        let second = &self.history.operations[hop.to as usize];
        match hop.kind {
            Kind::Process => format!("client {} did {from} before {to}", first.process),
            Kind::Realtime => format!(
                "{from} was acknowledged {}, before {to} began {}",
                self.history.moment(first.completed),
                self.history.moment(second.invoked)
            ),
            _ => self
                .story
                .because(hop, from, to)
                .unwrap_or_else(|| "of what they read and wrote".to_owned()),
        }
    }
}

/// So many operations after one are looked at for one between two others.
const LOOKED_AT: usize = 64;

impl Relations for Teller<'_> {
    fn data(&self, from: u32, to: u32) -> Option<Kind> {
        [Kind::Ww, Kind::Wr, Kind::Rw].into_iter().find(|kind| {
            self.story
                .because(
                    Hop {
                        from,
                        to,
                        kind: *kind,
                    },
                    "",
                    "",
                )
                .is_some()
        })
    }

    fn between(&self, from: u32, to: u32) -> Vec<u32> {
        let operations = &self.history.operations;
        let (begin, end) = (
            operations[from as usize].completed,
            operations[to as usize].invoked,
        );
        let first = operations.partition_point(|operation| operation.invoked <= begin);
        operations
            .iter()
            .zip(0u32..)
            .skip(first)
            .take(LOOKED_AT)
            .filter(|(operation, _)| {
                operation.outcome == OutcomeType::Ok
                    && operation.invoked > begin
                    && operation.completed < end
            })
            .map(|(_, place)| place)
            .collect()
    }
}

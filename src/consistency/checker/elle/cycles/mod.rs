//! Cycles among transactions, and their names.

mod kind;
mod part;
mod reach;
mod search;
mod walker;

pub(super) use kind::{Cycle, CycleType, Hop, Level};

use super::anomalies::Asked;
use super::components::Components;
use super::graph::{Graph, Kind, Kinds};
use part::Part;
use search::Search;
use std::collections::{BTreeMap, BTreeSet};

/// How many cycles of one type are kept as evidence.
const KEPT: usize = 8;

/// What the data and the clock say of two transactions.
pub(super) trait Relations {
    /// Whether the data alone shows that the first comes before the second, and how.
    fn data(&self, from: u32, to: u32) -> Option<Kind>;
    /// A few transactions that came between two others in real time.
    fn between(&self, from: u32, to: u32) -> Vec<u32>;
}

/// All cycles that were found, by type.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The shortest ones.
    pub(super) cycles: BTreeMap<CycleType, Vec<Cycle>>,
    /// In how many components there was one of the type.
    pub(super) counts: BTreeMap<CycleType, u64>,
    /// Types that were not ruled out in some component before the budget ended.
    pub(super) undecided: BTreeSet<CycleType>,
    /// How many dependencies were followed beyond linear passes.
    pub(super) steps: u64,
}

impl Found {
    fn keep(&mut self, cycle: Cycle) {
        *self.counts.entry(cycle.cycle_type).or_default() += 1;
        let cycles = self.cycles.entry(cycle.cycle_type).or_default();
        let place = cycles.partition_point(|other| other.hops.len() <= cycle.hops.len());
        if place < KEPT {
            cycles.insert(place, cycle);
            cycles.truncate(KEPT);
        }
    }
}

/// The kinds of edges of a round, and the levels at which cycles are then named.
type Round = (&'static [Kind], &'static [Level]);

const DATA: &[Kind] = &[Kind::Ww, Kind::Wr, Kind::Rw];
const WITH_PROCESS: &[Kind] = &[Kind::Ww, Kind::Wr, Kind::Rw, Kind::Process];
const WITH_REALTIME: &[Kind] = &[Kind::Ww, Kind::Wr, Kind::Rw, Kind::Realtime];

/// Seeks cycles of all types. `transactions` is how many of the nodes are such.
///
/// What was asked for decides what is taken together: in one component of the graph that was asked about, a type that is
/// implied by another one that is there is not sought, as Elle does. Cycles that need more than was asked about are
/// sought afterwards, for information.
pub(super) fn find(
    graph: &Graph,
    transactions: u32,
    relations: &dyn Relations,
    asked: &Asked,
    per_component: u64,
    steps: u64,
) -> Found {
    let rounds: &[Round] = if asked.realtime {
        &[(WITH_REALTIME, &[Level::Data, Level::Realtime])]
    } else if asked.process {
        &[
            (WITH_PROCESS, &[Level::Data, Level::Process]),
            (WITH_REALTIME, &[Level::Realtime]),
        ]
    } else {
        &[
            (DATA, &[Level::Data]),
            (WITH_PROCESS, &[Level::Process]),
            (WITH_REALTIME, &[Level::Realtime]),
        ]
    };
    let mut found = Found::default();
    // The order of processes is part of the order of real time, so that this finds all knots there are.
    let knots = Components::new(graph, Kinds::of(WITH_REALTIME)).knots();
    let mut local = vec![u32::MAX; if knots.is_empty() { 0 } else { graph.len() }];
    for knot in knots {
        let whole = Part::new(graph, knot, &mut local, |node| node);
        for (place, (kinds, levels)) in rounds.iter().enumerate() {
            let before: Vec<CycleType> = if place == 0 {
                Vec::new()
            } else {
                found.counts.keys().copied().collect()
            };
            for part in whole.split(Kinds::of(kinds)) {
                let mut search = Search {
                    part: &part,
                    transactions,
                    relations,
                    asked,
                    here: before.clone(),
                    left: per_component.min(steps.saturating_sub(found.steps)),
                    found: &mut found,
                };
                for level in *levels {
                    search.level(*level);
                }
            }
        }
    }
    found
}

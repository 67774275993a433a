//! The types of cycles.

use crate::consistency::checker::elle::graph::Kind;

/// What a cycle is by the data, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::consistency::checker::elle) enum Shape {
    /// Writes only.
    G0,
    /// Writes and reads of what was written.
    G1c,
    /// One missed write.
    Single,
    /// Several missed writes, never two in a row.
    Nonadjacent,
    /// Several missed writes, two of them in a row.
    G2,
}

/// What a cycle needs beside the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::consistency::checker::elle) enum Level {
    /// Nothing.
    Data,
    /// The order of a process.
    Process,
    /// The order of real time.
    Realtime,
}

/// What a cycle is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::consistency::checker::elle) struct CycleType(
    pub(in crate::consistency::checker::elle) Level,
    pub(in crate::consistency::checker::elle) Shape,
);

impl CycleType {
    /// Elle's name.
    pub(in crate::consistency::checker::elle) fn name(self) -> &'static str {
        match (self.1, self.0) {
            (Shape::G0, Level::Data) => "G0",
            (Shape::G0, Level::Process) => "G0-process",
            (Shape::G0, Level::Realtime) => "G0-realtime",
            (Shape::G1c, Level::Data) => "G1c",
            (Shape::G1c, Level::Process) => "G1c-process",
            (Shape::G1c, Level::Realtime) => "G1c-realtime",
            (Shape::Single, Level::Data) => "G-single-item",
            (Shape::Single, Level::Process) => "G-single-item-process",
            (Shape::Single, Level::Realtime) => "G-single-item-realtime",
            (Shape::Nonadjacent, Level::Data) => "G-nonadjacent-item",
            (Shape::Nonadjacent, Level::Process) => "G-nonadjacent-item-process",
            (Shape::Nonadjacent, Level::Realtime) => "G-nonadjacent-item-realtime",
            (Shape::G2, Level::Data) => "G2-item",
            (Shape::G2, Level::Process) => "G2-item-process",
            (Shape::G2, Level::Realtime) => "G2-item-realtime",
        }
    }

    /// The type of a cycle with hops of these kinds; none for one without any data.
    pub(in crate::consistency::checker::elle) fn of(kinds: &[Kind]) -> Option<Self> {
        let level = if kinds.contains(&Kind::Realtime) {
            Level::Realtime
        } else if kinds.contains(&Kind::Process) {
            Level::Process
        } else {
            Level::Data
        };
        let missed = kinds.iter().filter(|kind| **kind == Kind::Rw).count();
        let shape = if missed == 0 {
            if kinds.contains(&Kind::Wr) {
                Shape::G1c
            } else if kinds.contains(&Kind::Ww) {
                Shape::G0
            } else {
                return None;
            }
        } else if missed == 1 {
            Shape::Single
        } else {
            let next = kinds.iter().cycle().skip(1);
            if kinds
                .iter()
                .zip(next)
                .any(|pair| pair == (&Kind::Rw, &Kind::Rw))
            {
                Shape::G2
            } else {
                Shape::Nonadjacent
            }
        };
        Some(Self(level, shape))
    }
}

/// One transaction comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::consistency::checker::elle) struct Hop {
    /// This transaction,
    pub(in crate::consistency::checker::elle) from: u32,
    /// before this one,
    pub(in crate::consistency::checker::elle) to: u32,
    /// for this reason.
    pub(in crate::consistency::checker::elle) kind: Kind,
}

/// A cycle of transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::consistency::checker::elle) struct Cycle {
    /// What it is.
    pub(in crate::consistency::checker::elle) cycle_type: CycleType,
    /// Each hop begins where the one before ends; the first where the last ends.
    pub(in crate::consistency::checker::elle) hops: Vec<Hop>,
}

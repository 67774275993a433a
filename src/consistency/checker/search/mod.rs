//! The search for an order of operations that a sequential object could have had: linearizability (Herlihy and Wing,
//! 1990).
//!
//! Two explorers walk the same graph of configurations. A configuration says how many required operations have
//! returned, which of those that are still running have taken effect, which unanswered ones were used, and the state.
//! [`frontier`] goes breadth first, return by return (just-in-time linearization; Lowe, 2017); [`depth`] goes depth
//! first and remembers what failed (Wing and Gong, 1993; Lowe). The first is good for short histories with many
//! unanswered operations, the second for long ones that hold. [`race()`] lets them take turns.
//!
//! All comparisons of configurations are exact: hashes only find the place in a table, so no collision can change an
//! answer.

mod call;
mod config;
mod depth;
mod frontier;
mod hash;
mod keys;
mod memo;
mod model;
mod numbering;
mod plan;
mod race;
mod shorten;
mod space;
mod used;
mod window;

pub(super) use call::Call;
pub(in crate::consistency) use hash::FastMap;
pub(super) use keys::by_key;
pub(super) use model::{Effect, Model};
pub(super) use numbering::Numbering;
pub(super) use plan::Plan;
pub(super) use race::{Answer, explain, race};
pub(super) use shorten::first_failing;

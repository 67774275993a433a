//! Whether registers behaved as one copy would have: linearizability of reads, writes and compare-and-sets, each key for
//! itself.
//!
//! Where every value of a key is written at most once, the answer comes from [`unique`], in O(n log n), always. For
//! other keys there is a search ([`super::search`]) with a budget. Each `invalid` names the few operations that cannot
//! all be right.

mod check;
mod evidence;
mod literal;
mod model;
mod options;
mod prepare;
mod reduce;
mod searched;
mod unique;
mod witness;
mod words;
mod zones;

pub use check::check;
pub use options::{FailedCas, Options};

#[cfg(test)]
pub(super) mod reference;
#[cfg(test)]
mod tests;

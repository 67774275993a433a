//! Whether a map of strings behaved as one copy would have: linearizability of gets, puts and appends, each key for
//! itself. Every string begins empty.
//!
//! The search is [`super::search`]'s; what makes it quick here is that a get shows the order of the appends before it, so
//! that a state which is no beginning of what the next get shows is given up at once, unless a put can still come.

mod check;
mod model;
mod prospects;
mod strings;
mod witness;

pub use check::{BUDGET, check};

#[cfg(test)]
mod tests;

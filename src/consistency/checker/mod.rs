//! What a history proves. Pure: no clock, no I/O.

pub mod actions;
mod adds;
pub mod bank;
pub mod causal_reverse;
pub mod counter;
pub mod elle;
mod evidence;
pub mod finding;
pub mod list;
pub mod long_fork;
#[cfg(test)]
mod malformed;
mod numbering;
pub mod operation;
pub mod quantiles;
pub mod ranges;
pub mod register;
pub mod revisions;
pub mod runs;
mod search;
pub mod sessions;
pub mod set;
pub mod set_full;
#[cfg(test)]
mod simulated;
#[cfg(test)]
pub(in crate::consistency) mod tables;
pub mod text;

pub(in crate::consistency) use search::FastMap;

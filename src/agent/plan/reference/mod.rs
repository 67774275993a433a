//! A reference model of `mongod`'s reconfiguration, an explorer that sets the planner against it in every state of small
//! sets, and random histories of sets of any size. Tests only: no build of the charm contains it. The rules are written
//! from MongoDB's behaviour, not from how our planner decides.

/// No more units than this are explored.
const UNITS: usize = 5;

/// Some units, a bit each.
type Bits = u64;

mod action;
#[cfg(test)]
mod broken;
mod checks;
mod configs;
#[cfg(test)]
mod event;
mod explore;
#[cfg(test)]
mod explore_test;
#[cfg(test)]
mod found_out_test;
mod goal;
#[cfg(test)]
mod history;
#[cfg(test)]
mod history_test;
mod ids;
mod node;
mod rest;
pub(super) mod rules;
#[cfg(test)]
pub(super) mod rules_test;
mod set;
mod view;
mod world;

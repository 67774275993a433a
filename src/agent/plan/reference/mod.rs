//! A reference model of `mongod`'s reconfiguration, and an explorer that sets the planner against it. Tests only: no
//! build of the charm contains it. The rules are written from MongoDB's behaviour, not from how our planner decides.

/// No more units than this are explored.
const UNITS: usize = 5;

#[cfg(test)]
mod broken;
mod checks;
mod configs;
mod explore;
#[cfg(test)]
mod explore_test;
mod node;
mod rest;
mod rules;
#[cfg(test)]
mod rules_test;
mod set;
mod view;
mod world;

//! A reference model of `mongod`'s reconfiguration, and an explorer that sets the planner against it. Tests only: no
//! build of the charm contains it. The rules are written from MongoDB's behaviour, not from how our planner decides.

mod rules;
#[cfg(test)]
mod rules_test;

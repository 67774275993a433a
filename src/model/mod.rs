//! The words of the project: plain data and pure functions on it. No I/O, no clock, no randomness.

pub mod unit;

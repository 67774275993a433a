//! The edge to `mongod`: direct connections, questions and commands, error classes. No decisions are made here.

pub mod command;
pub mod connection;
pub mod error;
pub mod query;
pub mod rolled_back;

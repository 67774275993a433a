//! The tester: workloads, histories, checkers and reports.
pub mod command;

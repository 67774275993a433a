//! The tester: workloads, histories, checkers and reports.

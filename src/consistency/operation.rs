//! One append as the checkers see it.

use super::outcome::OutcomeType;

/// One attempt to append one value, from its invocation to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Append {
    /// The number appended; every value is appended by one process, once.
    pub value: i32,
    /// When it was invoked: nanoseconds since the start of the test.
    pub invoked: u64,
    /// When it ended, on the same clock.
    pub completed: u64,
    /// What is known of it.
    pub outcome: OutcomeType,
}

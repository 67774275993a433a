use crate::consistency::checker::operation::{OPEN, Operation};
use crate::consistency::outcome::OutcomeType;

/// One operation on one object.
#[derive(Clone, Copy, Debug)]
pub(in crate::consistency::checker) struct Call<A> {
    /// Place of the invocation.
    pub invoked: u32,
    /// Place of the return, never before the invocation; [`OPEN`] for a call that may take effect at any time or never.
    pub returned: u32,
    /// Which operation of the history this is.
    pub source: u32,
    /// What it does.
    pub action: A,
}

impl<A> Call<A> {
    /// A call with the interval of an operation. Anything but a plain acknowledgement leaves it open.
    pub fn new<B>(operation: &Operation<B>, source: u32, action: A) -> Self {
        let acknowledged = operation.outcome != OutcomeType::Info && operation.completed != OPEN;
        Self {
            invoked: operation.invoked,
            returned: if acknowledged {
                operation.completed.max(operation.invoked)
            } else {
                OPEN
            },
            source,
            action,
        }
    }

    /// Whether it has to take effect before its return.
    pub fn is_required(&self) -> bool {
        self.returned != OPEN
    }
}

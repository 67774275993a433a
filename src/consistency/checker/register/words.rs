use crate::consistency::checker::actions::{OnRegister, Register};
use crate::consistency::checker::operation::{History, NIL, OPEN, Operation, Symbol};
use crate::consistency::outcome::OutcomeType;

/// Words for the operations of one key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words<'a> {
    pub history: &'a History<OnRegister>,
    pub key: Symbol,
    /// Whether there are other keys.
    pub many: bool,
}

impl Words<'_> {
    /// ` of key x`, or nothing where there is one key without a name.
    pub fn of_key(&self) -> String {
        if self.many || self.key != NIL {
            format!(" of key {}", self.history.names.text(self.key))
        } else {
            String::new()
        }
    }

    /// The text of a value.
    pub fn value(&self, value: Symbol) -> String {
        self.history.names.text(value).into_owned()
    }

    /// `client 3's read of 17`.
    pub fn deed(&self, place: u32) -> String {
        let operation = self.operation(place);
        let process = operation.process;
        match operation.action.action {
            Register::Read(value) => format!(
                "client {process}'s read of {}",
                self.value(value.unwrap_or(NIL))
            ),
            Register::Write(value) => format!("client {process}'s write of {}", self.value(value)),
            Register::CompareAndSet(from, to) => {
                let failed = if operation.outcome == OutcomeType::Fail {
                    "failed "
                } else {
                    ""
                };
                format!(
                    "client {process}'s {failed}compare-and-set from {} to {}",
                    self.value(from),
                    self.value(to)
                )
            }
        }
    }

    /// `client 3's read of 17 (from 1.000 s to 1.100 s)`.
    pub fn whole(&self, place: u32) -> String {
        let operation = self.operation(place);
        let end = if operation.outcome == OutcomeType::Info || operation.completed == OPEN {
            "never answered".to_owned()
        } else {
            format!("answered {}", self.history.moment(operation.completed))
        };
        format!("{} (begun {}, {end})", self.deed(place), self.begun(place))
    }

    /// When it was invoked.
    pub fn begun(&self, place: u32) -> String {
        self.history.moment(self.operation(place).invoked)
    }

    /// When it was answered.
    pub fn ended(&self, place: u32) -> String {
        self.history.moment(self.operation(place).completed)
    }

    /// The operation's place in the history for [`crate::consistency::checker::finding::Anomaly::operations`].
    pub fn line(&self, place: u32) -> u32 {
        let operation = self.operation(place);
        if operation.completed == OPEN {
            operation.invoked
        } else {
            operation.completed
        }
    }

    /// Whether it is a read.
    pub fn is_read(&self, place: u32) -> bool {
        matches!(self.operation(place).action.action, Register::Read(_))
    }

    fn operation(&self, place: u32) -> &Operation<OnRegister> {
        &self.history.operations[place as usize]
    }
}

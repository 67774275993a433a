//! One operation, as small as a page needs it: a history may have millions.

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Acknowledged.
    Ok,
    /// Of unknown outcome, also where the history ends before it does.
    Info,
    /// Certainly not done.
    Fail,
}

impl Outcome {
    /// All, in the order of legends.
    pub const ALL: [Self; 3] = [Self::Ok, Self::Info, Self::Fail];

    /// Jepsen's word, which is also the class in style sheets.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Info => "info",
            Self::Fail => "fail",
        }
    }

    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Ok => "acknowledged",
            Self::Info => "of unknown outcome",
            Self::Fail => "failed",
        }
    }
}

/// The end of an operation that the history does not tell.
pub const NEVER: u64 = u64::MAX;

/// One operation. Times are nanoseconds since the start, places are those among all lines but header and result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// When it was begun.
    pub invoked: u64,
    /// When it ended; [`NEVER`] where that is not known.
    pub completed: u64,
    /// Who did it.
    pub process: u64,
    /// The number that was written, where it was one.
    pub number: Option<i64>,
    /// Place of its invocation.
    pub place: u32,
    /// Place of its completion; that of its invocation where there is none.
    pub completion: u32,
    /// Which function: its place in [`Run::functions`](super::run::Run::functions).
    pub function: u16,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether the history has its invocation; a latency is known only then.
    pub begun: bool,
    /// Where its texts are.
    pub text: u32,
}

impl Operation {
    /// Nanoseconds from invocation to completion, where both are known.
    pub fn latency(&self) -> Option<u64> {
        (self.begun && self.completed != NEVER).then(|| self.completed.saturating_sub(self.invoked))
    }

    /// When it ended, or the end of the history.
    pub fn until(&self, end: u64) -> u64 {
        match self.completed {
            NEVER => end.max(self.invoked),
            completed => completed.max(self.invoked),
        }
    }
}

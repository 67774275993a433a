/// What a call does, with the values of its key numbered from 0, which is the value that the register begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Literal {
    /// Read it.
    Read(u32),
    /// Wrote it.
    Write(u32),
    /// Replaced the first by the second, which are not the same.
    Swap(u32, u32),
    /// Found that it was not there.
    Differ(u32),
}

impl Literal {
    /// The value that it leaves.
    pub fn writes(self) -> Option<u32> {
        match self {
            Self::Write(value) | Self::Swap(_, value) => Some(value),
            Self::Read(_) | Self::Differ(_) => None,
        }
    }

    /// The value that it found.
    pub fn finds(self) -> Option<u32> {
        match self {
            Self::Read(value) | Self::Swap(value, _) => Some(value),
            Self::Write(_) | Self::Differ(_) => None,
        }
    }
}

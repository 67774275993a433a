//! One server of the abstract set: what it keeps on disk, and what it does now.

/// No exploration gets to a later term, unless elections follow each other without end.
pub const MOST_TERM: u8 = 15;

/// An oplog: the term of each entry, four bits each. Two entries with the same position and term are the same entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Log {
    /// How many entries.
    pub len: u8,
    bits: u64,
}

impl Log {
    /// True when there is no room for another entry.
    pub fn is_full(self) -> bool {
        self.len >= 15
    }

    /// With one entry more.
    pub fn with(self, term: u8) -> Self {
        assert!(!self.is_full() && term <= MOST_TERM);
        Self {
            len: self.len + 1,
            bits: self.bits | u64::from(term) << (4 * self.len),
        }
    }

    /// Its first entries.
    pub fn prefix(self, len: u8) -> Self {
        let mask = if len >= 16 {
            u64::MAX
        } else {
            (1 << (4 * len)) - 1
        };
        Self {
            len,
            bits: self.bits & mask,
        }
    }

    /// True when it holds all of another.
    pub fn holds(self, other: Self) -> bool {
        self.len >= other.len && self.prefix(other.len) == other
    }

    /// The term of the last entry.
    pub fn last_term(self) -> u8 {
        match self.len {
            0 => 0,
            len => (self.bits >> (4 * (len - 1)) & 15) as u8,
        }
    }

    /// What elections compare.
    pub fn position(self) -> (u8, u8) {
        (self.last_term(), self.len)
    }
}

/// What a server does while it is up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Role {
    /// It has no data yet: STARTUP, then STARTUP2 once it has a config.
    #[default]
    Syncing,
    /// It replicates.
    Secondary,
    /// It takes writes.
    Primary,
}

/// A server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Server {
    /// It runs.
    pub up: bool,
    /// The config in force on it, by its number; 0 is none.
    pub config: u16,
    /// What it does.
    pub role: Role,
    /// The highest term that it has seen.
    pub term: u8,
    /// Its oplog.
    pub log: Log,
    /// On a primary: how far the oplog must be committed before the next reconfig (M10).
    pub required: u8,
    /// It has stepped down on request, and lets others go first.
    pub weary: bool,
}

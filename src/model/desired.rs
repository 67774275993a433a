//! What the set is to be, worked out from what is known, before anybody asks how to get there.

use crate::model::address::HostPort;
use crate::model::unit::UnitName;
use std::collections::BTreeMap;

/// `mongod` takes seven voters at most (M1).
pub const MOST_VOTERS: usize = 7;
/// `mongod` takes fifty members at most (M1).
pub const MOST_MEMBERS: usize = 50;

/// On whose behalf a plan is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// The leader plans for the whole set.
    Leader,
    /// A unit on its way out plans to get itself out, and nothing else.
    Leaver,
}

/// The goal for the members of the set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    /// The unit that plans.
    pub me: UnitName,
    /// On whose behalf.
    pub role: Role,
    /// The units that are to be members, each with its address once its server answers there.
    pub units: BTreeMap<UnitName, Option<HostPort>>,
    /// `settings.electionTimeoutMillis`, in milliseconds.
    pub election_timeout_ms: u32,
}

/// The largest odd number of voters that `count` members allow.
pub fn odd_voters(count: usize) -> usize {
    match count.min(MOST_VOTERS) {
        0 => 0,
        few if few % 2 == 1 => few,
        few => few - 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voters_are_odd_and_seven_at_most() {
        let counts = [
            (0, 0),
            (1, 1),
            (2, 1),
            (3, 3),
            (4, 3),
            (5, 5),
            (6, 5),
            (7, 7),
            (8, 7),
            (50, 7),
        ];
        for (members, voters) in counts {
            assert_eq!(odd_voters(members), voters, "{members} members");
        }
    }
}

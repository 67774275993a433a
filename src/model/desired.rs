//! What the set is to be, worked out from what is known, before anybody asks how to get there.

use crate::model::address::HostPort;
use crate::model::policy::Policy;
use crate::model::unit::UnitName;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

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

/// A unit that is to be a member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Where its server is; none until it has answered there.
    pub address: Option<HostPort>,
    /// The zone of its machine (`JUJU_AVAILABILITY_ZONE`); none where the cloud has none.
    pub zone: Option<String>,
}

/// Since when a member has been up or away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// PRIMARY or SECONDARY.
    pub up: bool,
    /// Milliseconds since 1970; zero for one that was up when it was first seen.
    pub since_ms: u64,
}

/// The goal for the members of the set.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    /// The unit that plans.
    pub me: UnitName,
    /// On whose behalf.
    pub role: Role,
    /// The units that are to be members.
    pub units: BTreeMap<UnitName, Wanted>,
    /// Units on their way out that are still there, as a leader knows of them: each takes itself out.
    pub dying: BTreeSet<UnitName>,
    /// What a person wants of them.
    pub policy: Policy,
    /// Whether both of two members are to vote. One of them failing then stops the writes; without, one votes and the
    /// other stands by.
    pub two_voters: bool,
    /// No `_id` below this is given to a member: the lower ones were given before, also to members that are gone.
    pub first_id: i32,
    /// Since when each member has been up or away.
    pub health: BTreeMap<UnitName, Health>,
    /// Now, in milliseconds since 1970.
    pub now_ms: u64,
    /// How long a voter must be away before a standby steps in, and how long one that was away must be back before it is
    /// given a vote; in milliseconds.
    pub grace_ms: u64,
    /// `settings.electionTimeoutMillis`, in milliseconds.
    pub election_timeout_ms: u32,
}

impl Goal {
    /// True for a unit that has been away for the grace time.
    pub fn long_away(&self, unit: &UnitName) -> bool {
        let health = self.health.get(unit);
        health.is_some_and(|health| !health.up && self.is_long(health))
    }

    /// True for a unit that has not only just come back.
    pub fn steady(&self, unit: &UnitName) -> bool {
        let health = self.health.get(unit);
        health.is_none_or(|health| health.up && self.is_long(health))
    }

    fn is_long(&self, health: &Health) -> bool {
        health.since_ms.saturating_add(self.grace_ms) <= self.now_ms
    }
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

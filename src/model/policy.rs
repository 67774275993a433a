//! What a person wants of the members, beyond what the units themselves say. The leader keeps it in the application's
//! databag, and the planner keeps to it from then on. What a later version adds is passed over: the rest of a person's word
//! counts all the same.

use crate::model::address::HostPort;
use crate::model::set_config::Member;
use crate::model::unit::UnitName;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Policy {
    /// How many members are to vote, as `ensure-availability` was told: odd, seven at most. None: as many as there can be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voters: Option<usize>,
    /// Units that `ensure-availability` found dead and took for lost: their votes go, and they get one again once they
    /// have been back for the grace time.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub demoted: BTreeSet<UnitName>,
    /// Members that no unit owns and that a person wants out.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub dropped: BTreeSet<HostPort>,
    /// What `set-member` was told.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub members: BTreeMap<UnitName, MemberPolicy>,
}

/// What is wanted of one member; none: as it is, or as `mongod` has it by default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct MemberPolicy {
    /// 0 to 1000; zero is never elected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<f64>,
    /// Not seen by clients, and never elected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<bool>,
    /// Whether it may vote at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub votes: Option<bool>,
    /// How far behind it is kept on purpose, in seconds; such a member is never elected, and votes only if it is told to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<u32>,
    /// Tags for read preferences and write concerns; none: as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, String>>,
}

impl Policy {
    /// What is wanted of one unit's member.
    pub fn of(&self, unit: &UnitName) -> MemberPolicy {
        self.members.get(unit).cloned().unwrap_or_default()
    }
}

impl MemberPolicy {
    /// Whether a vote may be given to the member at all. One that is kept behind would hold up what is acknowledged by a
    /// majority, so it votes only if it is told to.
    pub fn may_vote(&self) -> bool {
        self.votes.unwrap_or(self.delay.unwrap_or(0) == 0)
    }

    /// The same for a member as it is: also one that somebody keeps behind by hand is given a vote only if it is told to,
    /// and keeps one that it has.
    pub fn may_have_vote(&self, member: &Member) -> bool {
        let behind = !member.votes && self.delay.unwrap_or(member.delay_secs) > 0;
        self.may_vote() && (!behind || self.votes == Some(true))
    }

    /// Whether the member may ever become primary.
    pub fn may_lead(&self) -> bool {
        self.may_vote()
            && self.priority.is_none_or(|priority| priority > 0.0)
            && self.hidden != Some(true)
            && self.delay.unwrap_or(0) == 0
    }
}

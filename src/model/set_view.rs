//! A replica set as it was seen at one moment, from one member.

use crate::model::address::HostPort;
use crate::model::set_config::{Member, SetConfig};
use std::collections::BTreeMap;

/// How far behind the primary, in seconds of oplog time, a member may be and still count as caught up. Heartbeats carry
/// positions that are up to two seconds old; a member that is further behind is still copying.
pub const CAUGHT_UP_SECONDS: u32 = 5;

/// What a member is doing, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Takes writes.
    Primary,
    /// Replicates.
    Secondary,
    /// Answers, but is neither: the word of `mongod` (`STARTUP2`, `RECOVERING`, `ROLLBACK`…).
    Other(String),
    /// Nobody knows, and why.
    Unknown(String),
}

impl State {
    /// True when the member answers and has the data of a member.
    pub fn is_healthy(&self) -> bool {
        matches!(self, Self::Primary | Self::Secondary)
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Primary => f.write_str("PRIMARY"),
            Self::Secondary => f.write_str("SECONDARY"),
            Self::Other(word) => f.write_str(word),
            Self::Unknown(why) => write!(f, "unknown ({why})"),
        }
    }
}

/// One member as it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What it does.
    pub state: State,
    /// Its position in the oplog: seconds since 1970.
    pub optime_secs: Option<u32>,
}

/// The set as it was seen.
#[derive(Clone, Debug, PartialEq)]
pub struct SetView {
    /// The member that told it.
    pub seen_from: HostPort,
    /// The config in force there.
    pub config: SetConfig,
    /// True when the primary says that a majority has this config and all that was committed before it (M13).
    pub committed: bool,
    /// The member that says it is primary, and could be asked.
    pub primary: Option<i32>,
    /// The election term.
    pub term: i64,
    /// What each member does, by `_id`.
    pub members: BTreeMap<i32, Seen>,
    /// Whether a default write concern is set for the whole set; none while that is not known.
    pub has_default_write_concern: Option<bool>,
    /// Addresses that units say are theirs and that are in no config yet: whether a server answered there, as one that may
    /// join, or why not.
    pub doors: BTreeMap<HostPort, Result<(), String>>,
}

impl SetView {
    /// What a member does; one that nobody spoke of is unknown.
    pub fn state(&self, id: i32) -> State {
        self.members.get(&id).map_or_else(
            || State::Unknown("not heard of".into()),
            |seen| seen.state.clone(),
        )
    }

    /// True when it is PRIMARY or SECONDARY.
    pub fn healthy(&self, id: i32) -> bool {
        self.members
            .get(&id)
            .is_some_and(|seen| seen.state.is_healthy())
    }

    /// True when its vote counts now: it has the data of a member, or is an arbiter that is up. Arbiters vote, and have a
    /// part in the majority that must take a config over.
    pub fn counts(&self, member: &Member) -> bool {
        let arbitrates =
            || member.arbiter && self.state(member.id) == State::Other("ARBITER".to_owned());
        self.healthy(member.id) || arbitrates()
    }

    /// True when it is SECONDARY and hardly behind the primary, or behind where it is kept on purpose, so that it may be given
    /// a vote, or the lead.
    pub fn caught_up(&self, id: i32) -> bool {
        let optime = |id: i32| self.members.get(&id).and_then(|seen| seen.optime_secs);
        let secondary = self
            .members
            .get(&id)
            .is_some_and(|seen| seen.state == State::Secondary);
        let delay = self.config.member(id).map_or(0, |member| member.delay_secs);
        let behind = delay.saturating_add(CAUGHT_UP_SECONDS);
        match (self.primary.and_then(optime), optime(id)) {
            (Some(primary), Some(member)) => secondary && member.saturating_add(behind) >= primary,
            _ => false,
        }
    }

    /// How many voters of `config` are there by this view.
    pub fn live_voters(&self, config: &SetConfig) -> usize {
        let voters = config.members().filter(|member| member.votes);
        voters.filter(|member| self.counts(member)).count()
    }

    /// True when a majority of the voters of this very config is live, so that it could be committed.
    pub fn can_commit(&self) -> bool {
        self.could_commit(&self.config)
    }

    /// True when a majority of the voters of `config` is live, so that it could be committed.
    pub fn could_commit(&self, config: &SetConfig) -> bool {
        self.live_voters(config) >= config.majority()
    }

    /// True when the status names no such member as one of the config's: the two were read around a change of the set,
    /// and the next look shows what came of it.
    pub fn torn(&self) -> bool {
        let mut members = self.config.members();
        members.any(|member| !self.members.contains_key(&member.id))
    }

    /// The primary's member document.
    pub fn primary_member(&self) -> Option<&Member> {
        self.config.member(self.primary?)
    }

    /// True when there is one primary and every member is there under a committed config.
    pub fn whole(&self) -> bool {
        self.primary.is_some()
            && self.committed
            && self.config.members().all(|member| self.counts(member))
    }

    /// `mongo-rs/3 is STARTUP2`, for each voter whose vote does not count now.
    pub fn troubles(&self) -> Vec<String> {
        let voters = self.config.members().filter(|member| member.votes);
        let troubled = voters.filter(|member| !self.counts(member));
        troubled
            .map(|member| format!("{} is {}", member.label(), self.state(member.id)))
            .collect()
    }
}

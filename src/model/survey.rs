//! What every server of a set that may have lost its majority says when it is asked by itself.

use crate::model::address::HostPort;
use crate::model::optime::OpTime;
use crate::model::set_config::SetConfig;
use crate::model::set_view::State;
use crate::model::unit::UnitName;
use std::collections::{BTreeMap, BTreeSet};

/// A server that was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Its unit; none for a member that no unit owns.
    pub unit: Option<UnitName>,
    /// Where it is now.
    pub address: HostPort,
    /// What it said.
    pub answer: Answer,
}

/// What a server says.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// It has a config.
    Member(Box<Testimony>),
    /// It runs, and is in no set.
    NoSet,
    /// It cannot be asked, and why.
    Silent(String),
}

/// What a member says of itself and of the others.
#[derive(Clone, Debug, PartialEq)]
pub struct Testimony {
    /// The config that it has.
    pub config: SetConfig,
    /// What it does. One that does not find its own address in its config says `REMOVED`.
    pub state: State,
    /// Whom it takes for the primary; itself, if it is.
    pub primary: Option<HostPort>,
    /// The election term that it knows; none where its config is of no use to it.
    pub term: Option<i64>,
    /// The last entry that it has applied.
    pub applied: Option<OpTime>,
    /// The last entry that is in its journal.
    pub durable: Option<OpTime>,
    /// The last entry that it knows to be on a majority.
    pub committed: Option<OpTime>,
    /// The `_id`s of the members that it hears, itself among them.
    pub hears: BTreeSet<i32>,
    /// Whether a default write concern is set for the whole set; none while that is not known.
    pub has_default_write_concern: Option<bool>,
}

impl Testimony {
    /// The last entry that it has applied and that stays when its machine loses power.
    pub fn position(&self) -> Option<OpTime> {
        match (self.applied, self.durable) {
            (Some(applied), Some(durable)) => Some(applied.min(durable)),
            (one, other) => one.or(other),
        }
    }

    /// The latest election term that it has seen. Who does not find itself in its config knows none, and yet has entries.
    pub fn latest_term(&self) -> Option<i64> {
        let entries = [self.applied, self.durable].into_iter().flatten();
        let entries = entries.map(|at| at.term);
        self.term.into_iter().chain(entries).max()
    }
}

/// All that is known when a majority seems to be gone.
#[derive(Clone, Debug, PartialEq)]
pub struct Survey {
    /// The units that exist, each with its present address if that is known.
    pub units: BTreeMap<UnitName, Option<HostPort>>,
    /// Everybody that was asked.
    pub asked: Vec<Asked>,
    /// Faults that this charm was asked for and that hold now: kind and id.
    pub faults: Vec<String>,
    /// The term in which a leader last saw a primary, as the application's databag says.
    pub term_told: Option<i64>,
    /// Now, in milliseconds since 1970.
    pub now_ms: u64,
}

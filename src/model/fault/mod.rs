//! Faults as data: what was asked for until when, and what a unit makes of all requests it knows. Pure.

pub mod beside;
pub mod held;
pub mod network;

use crate::model::unit::UnitName;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;

/// A fault that somebody asked for. It travels in the databag of the unit that was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Request {
    /// Unique name of the request: the unit and the moment.
    pub id: String,
    /// When it was asked for, in milliseconds since 1970, by the asking unit's clock.
    pub asked_at_ms: u64,
    /// When it ends, in milliseconds since 1970, by the asking unit's clock.
    pub until_ms: u64,
    /// For how long, in milliseconds; an older charm does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length_ms: Option<u64>,
    /// Where each unit's server was when it was planned.
    pub addresses: BTreeMap<UnitName, SocketAddr>,
    /// What.
    pub fault: Fault,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case"
)]
pub enum Fault {
    /// Packets between units are dropped.
    Partition {
        /// For people: who is with whom.
        groups: Vec<BTreeSet<UnitName>>,
        /// From whom to whom nothing goes.
        links: BTreeSet<(UnitName, UnitName)>,
        /// Which packets.
        traffic: Traffic,
    },
    /// Packets are lost by chance, on the way in.
    Flaky {
        /// Who loses them.
        units: BTreeSet<UnitName>,
        /// Hundredths of a percent.
        loss: u32,
        /// Whose packets.
        reach: Reach,
    },
    /// Packets to other units are late, or only so many pass.
    Slow {
        /// Whose packets.
        units: BTreeSet<UnitName>,
        /// Milliseconds; 0 for none.
        latency: u32,
        /// Milliseconds, normally distributed.
        jitter: u32,
        /// Kilobytes a second that pass, to all other units together.
        rate: Option<u32>,
    },
    /// `mongod` was killed and stays down.
    Kill {
        /// Whose.
        unit: UnitName,
    },
    /// `mongod` stands still.
    Pause {
        /// Whose.
        unit: UnitName,
    },
    /// `mongod` was stopped in order and stays down.
    StopNode {
        /// Whose.
        unit: UnitName,
    },
    /// The data's file system is full.
    FillDisk {
        /// Whose.
        unit: UnitName,
        /// Bytes that are left free.
        free: u64,
    },
}

/// Which packets a partition drops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Traffic {
    /// All of them.
    #[default]
    All,
    /// Those of `mongod`'s port.
    Mongod,
}

/// Whose packets are lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// The other units'.
    #[default]
    Peers,
    /// The other units', and everybody's to `mongod`'s port.
    All,
}

/// The kinds of faults; which exclude each other [`Kind::excludes`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// See [`Fault::Partition`].
    Partition,
    /// See [`Fault::Flaky`].
    Flaky,
    /// See [`Fault::Slow`].
    Slow,
    /// See [`Fault::Kill`].
    Kill,
    /// See [`Fault::Pause`].
    Pause,
    /// See [`Fault::StopNode`].
    StopNode,
    /// See [`Fault::FillDisk`].
    FillDisk,
}

/// A request to end faults now.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct HealRequest {
    /// Requests that a unit knows to be healed.
    pub ids: BTreeSet<String>,
    /// Requests of a kind from before its moment end, known to the asking unit or not (ms since 1970).
    pub before_ms: BTreeMap<Kind, u64>,
}

/// What a unit did about a request, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Acknowledgement {
    /// What came of it.
    pub outcome: Outcome,
    /// When, in milliseconds since 1970, by the acknowledging unit's clock.
    pub at_ms: u64,
    /// When that unit's kernel, or its watchdog, ends the last of it, by the same clock; an older charm does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_ms: Option<u64>,
}

/// What a unit did about a request, for the others to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// In place, checked by reading it back.
    Installed,
    /// Known not to be in place.
    Skipped,
    /// Nobody knows.
    Unsure,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Installed => "installed",
            Self::Skipped => "skipped",
            Self::Unsure => "unsure",
        })
    }
}

/// A clock that goes back by this much was set; milliseconds.
const SET_BACK_MS: u64 = 2000;

/// Whether this machine's clock was set back since it showed `then_ms`.
pub fn was_set_back(then_ms: u64, now_ms: u64) -> bool {
    now_ms.saturating_add(SET_BACK_MS) < then_ms
}

impl Request {
    /// For how long, in milliseconds. `asked_at_ms` tells it only where no heal by a clock that is ahead has moved that.
    pub fn length_ms(&self) -> u64 {
        let length = || self.until_ms.saturating_sub(self.asked_at_ms);
        self.length_ms.unwrap_or_else(length)
    }

    /// When it ends on a unit that began its part at a moment of its own clock: one whose clock is behind would hold it for
    /// longer than was asked.
    pub fn until_here(&self, begun_ms: u64) -> u64 {
        self.until_ms.min(begun_ms.saturating_add(self.length_ms()))
    }

    /// Whether it is over on a unit that began its part at a moment of its own clock, also because that was set back: then
    /// nobody knows how long it has held.
    pub fn is_over_here(&self, begun_ms: u64, now_ms: u64) -> bool {
        self.until_here(begun_ms) <= now_ms || was_set_back(begun_ms, now_ms)
    }

    /// True while nobody has ended it and its time is not over.
    pub fn holds(&self, heals: &[HealRequest], now_ms: u64) -> bool {
        now_ms < self.until_ms && self.is_unhealed(heals)
    }

    /// True while nobody has ended it.
    pub fn is_unhealed(&self, heals: &[HealRequest]) -> bool {
        let kind = self.fault.kind();
        let mut heals = heals.iter();
        !heals.any(|heal| heal.ends(&self.id, kind, self.asked_at_ms))
    }
}

impl HealRequest {
    /// Whether it ends the fault with this id and kind, asked for at this moment.
    pub fn ends(&self, id: &str, kind: Kind, asked_at_ms: u64) -> bool {
        let before_ms = self.before_ms.get(&kind);
        self.ids.contains(id) || before_ms.is_some_and(|before_ms| asked_at_ms < *before_ms)
    }
}

impl Fault {
    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Partition { .. } => Kind::Partition,
            Self::Flaky { .. } => Kind::Flaky,
            Self::Slow { .. } => Kind::Slow,
            Self::Kill { .. } => Kind::Kill,
            Self::Pause { .. } => Kind::Pause,
            Self::StopNode { .. } => Kind::StopNode,
            Self::FillDisk { .. } => Kind::FillDisk,
        }
    }

    /// Whether something of it is in place on this unit.
    pub fn concerns(&self, unit: &UnitName) -> bool {
        match self {
            Self::Partition { links, .. } => {
                links.iter().any(|(from, to)| from == unit || to == unit)
            }
            Self::Flaky { units, .. } | Self::Slow { units, .. } => units.contains(unit),
            Self::Kill { unit: one }
            | Self::Pause { unit: one }
            | Self::StopNode { unit: one }
            | Self::FillDisk { unit: one, .. } => one == unit,
        }
    }
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Partition,
        Self::Flaky,
        Self::Slow,
        Self::Kill,
        Self::Pause,
        Self::StopNode,
        Self::FillDisk,
    ];

    /// The name of its action.
    pub fn name(self) -> &'static str {
        match self {
            Self::Partition => "partition",
            Self::Flaky => "flaky",
            Self::Slow => "slow",
            Self::Kill => "kill",
            Self::Pause => "pause",
            Self::StopNode => "stop-node",
            Self::FillDisk => "fill-disk",
        }
    }

    /// Whether it is on one unit alone, and not between units.
    pub fn is_local(self) -> bool {
        !matches!(self, Self::Partition | Self::Flaky | Self::Slow)
    }

    /// Whether both cannot hold on one unit, those in the network anywhere: they are the same, or both take the server away.
    pub fn excludes(self, other: Self) -> bool {
        let takes_server = |kind| matches!(kind, Self::Kill | Self::Pause | Self::StopNode);
        self == other || takes_server(self) && takes_server(other)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

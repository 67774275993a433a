//! A plan for programs: each step with its kind, the text that a person reads, why, and its fields. The order of the fields
//! is fixed.

use super::{Blocker, Plan, Planned, Step};
use crate::model::set_config::{Change, Fields};
use serde::ser::{Serialize, SerializeMap, Serializer};

impl Serialize for Plan {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(3))?;
        map.serialize_entry("steps", &self.steps)?;
        map.serialize_entry("wait", &self.wait.as_ref().map(Waits))?;
        map.serialize_entry("blocker", &self.blocker.as_ref().map(|Blocker(why)| why))?;
        map.end()
    }
}

struct Waits<'a>(&'a super::Wait);

impl Serialize for Waits<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(2))?;
        map.serialize_entry("why", &self.0.why)?;
        map.serialize_entry("soon", &self.0.soon)?;
        map.end()
    }
}

impl Serialize for Planned {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("kind", self.step.kind())?;
        map.serialize_entry("text", &self.step.to_string())?;
        map.serialize_entry("why", &self.why)?;
        match &self.step {
            Step::SetDefaultWriteConcern(primary) => map.serialize_entry("primary", primary)?,
            Step::HandOver { from, to } => {
                map.serialize_entry("from", from)?;
                map.serialize_entry("to", to)?;
            }
            Step::Reconfigure {
                primary,
                version,
                term,
                changes,
            } => {
                map.serialize_entry("primary", primary)?;
                map.serialize_entry("version", version)?;
                map.serialize_entry("term", term)?;
                map.serialize_entry("changes", changes)?;
            }
            Step::Initiate(config) => map.serialize_entry("config", &config.document())?,
            Step::ForceOwnHost(id, host) => {
                map.serialize_entry("member", id)?;
                map.serialize_entry("host", host)?;
            }
            // The rest is of one machine, and its text says all.
            _ => {}
        }
        map.end()
    }
}

impl Step {
    fn kind(&self) -> &'static str {
        match self {
            Self::SetNetwork(_) => "set-network",
            Self::Delay(_) => "delay",
            Self::EndFaults(_) => "end-faults",
            Self::InstallServer(_) => "install-server",
            Self::WriteConfig(_) => "write-config",
            Self::StartServer => "start-server",
            Self::RestartServer => "restart-server",
            Self::StopServer => "stop-server",
            Self::StartObserver => "start-observer",
            Self::StopObserver => "stop-observer",
            Self::ClaimInitiation => "claim-initiation",
            Self::Initiate(_) => "initiate",
            Self::SetDefaultWriteConcern(_) => "set-default-write-concern",
            Self::HandOver { .. } => "hand-over",
            Self::Reconfigure { .. } => "reconfigure",
            Self::ForceOwnHost(..) => "force-own-host",
        }
    }
}

impl Serialize for Change {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        let kind = match self {
            Self::Add { .. } => "add",
            Self::Remove(_) => "remove",
            Self::Drop(_) => "drop",
            Self::Adopt(..) => "adopt",
            Self::SetUnit(..) => "set-unit",
            Self::GiveVote(_) => "give-vote",
            Self::TakeVote(_) => "take-vote",
            Self::SetHost(..) => "set-host",
            Self::SetFields(..) => "set-fields",
            Self::SetElectionTimeout(_) => "set-election-timeout",
        };
        map.serialize_entry("kind", kind)?;
        map.serialize_entry("text", &self.to_string())?;
        match self {
            Self::Add { id, host, unit } => {
                map.serialize_entry("member", id)?;
                map.serialize_entry("host", host)?;
                map.serialize_entry("unit", unit)?;
            }
            Self::Remove(id) | Self::Drop(id) | Self::GiveVote(id) | Self::TakeVote(id) => {
                map.serialize_entry("member", id)?;
            }
            Self::Adopt(id, unit) | Self::SetUnit(id, unit) => {
                map.serialize_entry("member", id)?;
                map.serialize_entry("unit", unit)?;
            }
            Self::SetHost(id, host) => {
                map.serialize_entry("member", id)?;
                map.serialize_entry("host", host)?;
            }
            Self::SetFields(id, fields) => {
                map.serialize_entry("member", id)?;
                fields_of(fields, &mut map)?;
            }
            Self::SetElectionTimeout(ms) => map.serialize_entry("election-timeout-ms", ms)?,
        }
        map.end()
    }
}

fn fields_of<M: SerializeMap>(fields: &Fields, map: &mut M) -> Result<(), M::Error> {
    map.serialize_entry("priority", &fields.priority)?;
    map.serialize_entry("hidden", &fields.hidden)?;
    map.serialize_entry("delay-secs", &fields.delay_secs)?;
    map.serialize_entry("tags", &fields.tags)
}

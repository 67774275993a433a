//! What woke the agent. A hook is a wake-up, not an instruction: only what cannot be observed again travels with it.

use crate::model::unit::UnitName;

/// The name of the hook that is none of Juju's: the observer has the agent woken by it when the set has changed.
pub const WAKE_UP: &str = "set-changed";

/// The reason why Juju started us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A hook after which everything is looked at: `config-changed`, `start`, `update-status` and all others.
    Reconcile(String),
    /// The observer has seen something change: everything is looked at, unless this unit is on its way out.
    Woken,
    /// `leader-elected`: the same.
    LeaderElected,
    /// `start`: after a reboot too; the faults that were in place then are gone with the kernel.
    Start,
    /// `replicas-relation-departed`: this unit is leaving the application.
    DepartedSelf,
    /// `replicas-relation-departed`: another unit is leaving.
    DepartedOther(UnitName),
    /// `data-storage-detaching`: the file system under the data directory goes away after this hook.
    StorageDetaching(String),
    /// `stop`: the unit goes; it leaves the set first.
    Stop,
    /// `remove`: the last hook; what was installed is taken away.
    Remove,
}

impl Event {
    /// Whether other hooks may be about to follow: not after `update-status`, which comes when all is at rest.
    pub fn may_be_one_of_many(&self) -> bool {
        !matches!(self, Self::Reconcile(hook) if hook == "update-status")
    }

    /// Whether the charm's program has just come to this unit, or has been replaced.
    pub fn brings_a_program(&self) -> bool {
        matches!(self, Self::Reconcile(hook) if hook == "install" || hook == "upgrade-charm")
    }

    /// True when this unit is on its way out.
    pub fn is_leaving(&self) -> bool {
        matches!(
            self,
            Self::DepartedSelf | Self::StorageDetaching(_) | Self::Stop | Self::Remove
        )
    }
}

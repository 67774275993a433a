//! One hook: what a charm is woken for.

use crate::model::unit::UnitName;
use serde::{Deserialize, Serialize};

/// The kinds of hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HookKind {
    /// The first hook after the storage is there.
    Install,
    /// After the first `config-changed`, and after every boot of the machine.
    Start,
    /// The configuration or an address changed.
    ConfigChanged,
    /// The charm's files were replaced.
    UpgradeCharm,
    /// Last but one.
    Stop,
    /// Last of all.
    Remove,
    /// From time to time, when nothing else is to be done.
    UpdateStatus,
    /// This unit leads now.
    LeaderElected,
    /// The leader of Juju 2.9 and 3.x changed its settings, or another unit leads.
    LeaderSettingsChanged,
    /// The relation is there.
    RelationCreated,
    /// A remote unit is there.
    RelationJoined,
    /// A remote unit's or application's databag changed.
    RelationChanged,
    /// A remote unit is gone.
    RelationDeparted,
    /// The relation is gone; never for peers.
    RelationBroken,
    /// Storage is there.
    StorageAttached,
    /// Storage is about to go.
    StorageDetaching,
    /// A secret that this unit reads has a new revision.
    SecretChanged,
}

impl HookKind {
    fn suffix(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Start => "start",
            Self::ConfigChanged => "config-changed",
            Self::UpgradeCharm => "upgrade-charm",
            Self::Stop => "stop",
            Self::Remove => "remove",
            Self::UpdateStatus => "update-status",
            Self::LeaderElected => "leader-elected",
            Self::LeaderSettingsChanged => "leader-settings-changed",
            Self::RelationCreated => "relation-created",
            Self::RelationJoined => "relation-joined",
            Self::RelationChanged => "relation-changed",
            Self::RelationDeparted => "relation-departed",
            Self::RelationBroken => "relation-broken",
            Self::StorageAttached => "storage-attached",
            Self::StorageDetaching => "storage-detaching",
            Self::SecretChanged => "secret-changed",
        }
    }

    /// Whether the hook belongs to a relation.
    pub fn is_relation(self) -> bool {
        matches!(
            self,
            Self::RelationCreated
                | Self::RelationJoined
                | Self::RelationChanged
                | Self::RelationDeparted
                | Self::RelationBroken
        )
    }

    /// Whether the hook belongs to a storage instance.
    pub fn is_storage(self) -> bool {
        matches!(self, Self::StorageAttached | Self::StorageDetaching)
    }
}

/// One hook with what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    /// What kind.
    pub kind: HookKind,
    /// The endpoint (`replicas`) or storage (`data`) that the hook is named after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// The relation's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<u32>,
    /// The unit at the other side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_unit: Option<UnitName>,
    /// The application at the other side; for a peer relation its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_application: Option<String>,
    /// The unit that really leaves, in `departed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departing: Option<UnitName>,
    /// The storage instance (`data/0`) or secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The version of the databag, configuration or settings that the hook tells of.
    #[serde(default)]
    pub version: u64,
}

impl Hook {
    /// A hook that is about nothing but itself.
    pub fn plain(kind: HookKind) -> Self {
        Self {
            kind,
            prefix: None,
            relation: None,
            remote_unit: None,
            remote_application: None,
            departing: None,
            subject: None,
            version: 0,
        }
    }

    /// The hook's name: `install`, `replicas-relation-changed`, `data-storage-attached`.
    pub fn name(&self) -> String {
        match &self.prefix {
            Some(prefix) => format!("{prefix}-{}", self.kind.suffix()),
            None => self.kind.suffix().to_owned(),
        }
    }
}

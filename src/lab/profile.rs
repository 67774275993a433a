//! Which Juju is stood in for: the differences between 2.9, 3.6 and 4.0 that a charm can see.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A version of Juju.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Profile {
    /// Juju 2.9.
    V2_9,
    /// Juju 3.6.
    #[default]
    V3_6,
    /// Juju 4.0.
    V4_0,
}

/// A text that names no profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a Juju that the lab stands in for; choose 2.9, 3.6 or 4.0")]
pub struct NotAProfile(pub String);

impl Profile {
    /// The value of `JUJU_VERSION`.
    pub fn version(self) -> &'static str {
        match self {
            Self::V2_9 => "2.9.51",
            Self::V3_6 => "3.6.8",
            Self::V4_0 => "4.0.1",
        }
    }

    /// Whether a directory can be deployed; 4.0 takes only a packed charm.
    pub fn deploys_directories(self) -> bool {
        self < Self::V4_0
    }

    /// Whether `leader-get`, `leader-set` and the hook `leader-settings-changed` exist.
    pub fn has_leader_settings(self) -> bool {
        self < Self::V4_0
    }

    /// Whether the secret tools exist.
    pub fn has_secrets(self) -> bool {
        self >= Self::V3_6
    }

    /// Whether Juju keeps `private-address` in every unit's databag.
    pub fn keeps_private_address(self) -> bool {
        self < Self::V4_0
    }

    /// Whether parameters that `actions.yaml` does not declare are taken where it does not say.
    pub fn additional_properties_by_default(self) -> bool {
        self < Self::V4_0
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V2_9 => "2.9",
            Self::V3_6 => "3.6",
            Self::V4_0 => "4.0",
        })
    }
}

impl FromStr for Profile {
    type Err = NotAProfile;

    fn from_str(text: &str) -> Result<Self, NotAProfile> {
        match text {
            "2.9" => Ok(Self::V2_9),
            "3.6" => Ok(Self::V3_6),
            "4.0" => Ok(Self::V4_0),
            _ => Err(NotAProfile(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Profile {
    type Error = NotAProfile;

    fn try_from(text: String) -> Result<Self, NotAProfile> {
        text.parse()
    }
}

impl From<Profile> for String {
    fn from(profile: Profile) -> Self {
        profile.to_string()
    }
}

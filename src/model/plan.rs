//! Steps and plans: what the agent is going to do, in order, each with its reason. A plan prints as a list that a person
//! can check.

mod json;

use crate::model::address::HostPort;
use crate::model::fault::Request;
use crate::model::fault::network::Network;
use crate::model::set_config::{Change, SetConfig};
use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

/// One thing to do. Every step may be done twice and may be cut off anywhere.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Make the kernel's firewall hold exactly these faults; none takes our table away.
    SetNetwork(Network),
    /// Make packets late, as this request for `slow` says.
    Delay(Request),
    /// End what these faults hold here.
    EndFaults(BTreeSet<String>),
    /// Put the server's program in place.
    InstallServer(PathBuf),
    /// Write `mongod.conf` with this text.
    WriteConfig(String),
    /// Start the server.
    StartServer,
    /// Stop the server and start it again with the written config.
    RestartServer,
    /// Stop the server.
    StopServer,
    /// Start the service that watches the set, or start it anew.
    StartObserver,
    /// Stop the service that watches the set.
    StopObserver,
    /// Note in the application's databag that this unit, and no other, initiates the set.
    ClaimInitiation,
    /// Make the set, with this unit alone.
    Initiate(SetConfig),
    /// Tell the primary to write down that writes wait for a majority unless they say otherwise. Without it a change of
    /// the members may be refused because it would change what is implied (M17).
    SetDefaultWriteConcern(HostPort),
    /// Have the primary hand over to a member that has caught up.
    HandOver {
        /// The primary.
        from: HostPort,
        /// Who is to be primary then.
        to: HostPort,
    },
    /// Change the config: only if it is still the one with this version and term.
    Reconfigure {
        /// Where the primary is.
        primary: HostPort,
        /// Version of the config that this was planned from.
        version: i64,
        /// Term of the config that this was planned from.
        term: i64,
        /// What changes; at most one vote.
        changes: Vec<Change>,
    },
    /// Give the only voter of a set its own new address, by force: it is alone, so nothing can be lost.
    ForceOwnHost(i32, HostPort),
}

/// A step and why it is done.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// What.
    pub step: Step,
    /// Why, in a few words.
    pub why: String,
}

/// What there is to wait for when no more steps can be done now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// What is awaited.
    pub why: String,
    /// True when it should come within seconds, so that it is worth staying in this hook for.
    pub soon: bool,
}

/// What a person must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocker(pub String);

/// Steps in order, then perhaps something to wait for or to ask of a person.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// What to do, first things first.
    pub steps: Vec<Planned>,
    /// What comes after that by itself.
    pub wait: Option<Wait>,
    /// What a person must do.
    pub blocker: Option<Blocker>,
}

impl Plan {
    /// A plan of one step.
    pub fn step(step: Step, why: impl Into<String>) -> Self {
        Self::default().then(step, why)
    }

    /// The same with one more step at its end.
    pub fn then(mut self, step: Step, why: impl Into<String>) -> Self {
        self.steps.push(Planned {
            step,
            why: why.into(),
        });
        self
    }

    /// A plan that only waits for what comes within seconds.
    pub fn wait_soon(why: impl Into<String>) -> Self {
        Self {
            wait: Some(Wait {
                why: why.into(),
                soon: true,
            }),
            ..Self::default()
        }
    }

    /// A plan that only waits for what another hook will bring.
    pub fn wait_long(why: impl Into<String>) -> Self {
        Self {
            wait: Some(Wait {
                why: why.into(),
                soon: false,
            }),
            ..Self::default()
        }
    }

    /// A plan that asks a person.
    pub fn blocked(why: impl Into<String>) -> Self {
        Self {
            blocker: Some(Blocker(why.into())),
            ..Self::default()
        }
    }

    /// True when there is nothing to do, wait or ask for.
    pub fn is_done(&self) -> bool {
        self.steps.is_empty() && self.wait.is_none() && self.blocker.is_none()
    }
}

impl Step {
    /// Whether it brings up the server of this unit, on which nothing of the set depends while another one is primary.
    pub fn is_for_the_server(&self) -> bool {
        matches!(
            self,
            Self::InstallServer(_) | Self::WriteConfig(_) | Self::StartServer | Self::RestartServer
        )
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SetNetwork(network) if network.is_empty() => {
                f.write_str("take our firewall table away")
            }
            Self::SetNetwork(network) => {
                write!(
                    f,
                    "put {} element(s) into the firewall",
                    network.elements().count()
                )
            }
            Self::Delay(request) => write!(f, "make packets late ({})", request.id),
            Self::EndFaults(ids) => {
                let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
                write!(f, "end {}", ids.join(", "))
            }
            Self::InstallServer(from) => write!(f, "install mongod from {}", from.display()),
            Self::WriteConfig(_) => f.write_str("write mongod.conf"),
            Self::StartServer => f.write_str("start mongod"),
            Self::RestartServer => f.write_str("restart mongod"),
            Self::StopServer => f.write_str("stop mongod"),
            Self::StartObserver => f.write_str("start the observer"),
            Self::StopObserver => f.write_str("stop the observer"),
            Self::ClaimInitiation => f.write_str("claim the initiation of the set"),
            Self::Initiate(config) => write!(f, "initiate the set {}", config.name()),
            Self::SetDefaultWriteConcern(primary) => {
                write!(f, "make majority the default write concern, at {primary}")
            }
            Self::HandOver { from, to } => {
                write!(f, "have the primary {from} hand over to {to}")
            }
            Self::Reconfigure {
                version, changes, ..
            } => {
                let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
                let changes = changes.join("; ");
                write!(f, "{changes} (config {version} -> {})", version + 1)
            }
            Self::ForceOwnHost(id, host) => write!(
                f,
                "give member {id}, the only voter, its new address {host}"
            ),
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, planned) in self.steps.iter().enumerate() {
            writeln!(f, "{}. {}: {}", number + 1, planned.step, planned.why)?;
        }
        if let Some(wait) = &self.wait {
            writeln!(f, "then wait: {}", wait.why)?;
        }
        if let Some(Blocker(why)) = &self.blocker {
            writeln!(f, "a person must act: {why}")?;
        }
        if self.is_done() {
            writeln!(f, "nothing to do")?;
        }
        Ok(())
    }
}

//! What can go wrong when a server is asked, in classes that the agent can act on. Codes, never messages (M24).

use crate::model::address::HostPort;
use mongodb::error::{Error as DriverError, ErrorKind};

/// Why a server did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{server}: failed to {attempt}: {class}")]
pub struct MongoError {
    /// The server that was asked.
    pub server: HostPort,
    /// What was attempted, as a verb phrase.
    pub attempt: &'static str,
    /// What kind of failure it is.
    pub class: Class,
}

/// Kinds of failure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Class {
    /// No connection within the time.
    #[error("no connection ({0})")]
    Unreachable(String),
    /// Connected, and no answer within the time. Whether it was done is unknown.
    #[error("no answer within {0} s")]
    NoAnswer(u64),
    /// The server runs with a set name, and has no config yet (94).
    #[error("it is not in a replica set yet")]
    NotInitiated,
    /// The server runs without a set name (76).
    #[error("it was started without --replSet")]
    NoReplication,
    /// It is not the primary (any more).
    #[error("it is not primary ({0})")]
    NotPrimary(String),
    /// It is in a set already (23).
    #[error("it is in a replica set already")]
    AlreadyInitiated,
    /// Another reconfig is under way, or the config has changed since (109, 308): look again.
    #[error("the config is changing ({0})")]
    ConfigMoved(String),
    /// It wants a user and password (13, 18).
    #[error("it wants a user and password ({0})")]
    NotAllowed(String),
    /// Any other refusal, with its code.
    #[error("{name} ({code}): {message}")]
    Refused {
        /// MongoDB's number.
        code: i32,
        /// MongoDB's name for it.
        name: String,
        /// Its own words.
        message: String,
    },
    /// What it answered is not what was expected.
    #[error("strange answer: {0}")]
    Strange(String),
}

impl Class {
    /// Whether the server understood, and will not do it.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::NotAllowed(_) | Self::Refused { .. })
    }

    /// Sorts an error of the driver.
    pub fn of(error: &DriverError) -> Self {
        match error.kind.as_ref() {
            ErrorKind::Command(refused) => Self::of_code(
                refused.code,
                refused.code_name.clone(),
                refused.message.clone(),
            ),
            ErrorKind::ServerSelection { message, .. } => Self::Unreachable(reason(message)),
            ErrorKind::Io(error) => Self::Unreachable(error.to_string()),
            ErrorKind::Authentication { message, .. } => Self::NotAllowed(message.clone()),
            other => Self::Strange(one_line(&other.to_string())),
        }
    }

    /// Sorts a refusal by its code.
    pub fn of_code(code: i32, name: String, message: String) -> Self {
        match code {
            94 => Self::NotInitiated,
            76 => Self::NoReplication,
            23 => Self::AlreadyInitiated,
            10107 | 13435 | 13436 | 10058 | 189 | 11602 | 91 | 11600 => Self::NotPrimary(name),
            // ConfigurationInProgress, CurrentConfigNotCommittedYet. NewReplicaSetConfigurationIncompatible (103) is said
            // of a version that has been overtaken, too, but that was compared just before: it is a rule that is broken.
            109 | 308 => Self::ConfigMoved(message),
            13 | 18 => Self::NotAllowed(name),
            50 | 262 => Self::NoAnswer(0),
            _ => Self::Refused {
                code,
                name,
                message,
            },
        }
    }
}

/// The driver's selection error is the whole topology; the reason of the one server that was asked is what matters.
fn reason(message: &str) -> String {
    let from = message
        .find("Error: ")
        .map_or(message, |at| &message[at + 7..]);
    let known = [
        ("Connection refused", "connection refused"),
        ("timed out", "timed out"),
        ("No route to host", "no route to host"),
        ("Network is unreachable", "network is unreachable"),
        ("failed to lookup", "the name is unknown"),
    ];
    match known.iter().find(|(mark, _)| message.contains(mark)) {
        Some((_, plain)) => (*plain).to_owned(),
        // Nothing has come back at all: no refusal, no error of the network.
        None if message.contains("No available servers") => "no answer in time".to_owned(),
        None => one_line(from),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(200)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_later_look_mends_is_a_refusal() {
        for (code, refusal) in [
            // InvalidReplicaSetConfig, NewReplicaSetConfigurationIncompatible, Unauthorized.
            (93, true),
            (103, true),
            (13, true),
            // ConfigurationInProgress, CurrentConfigNotCommittedYet, NotWritablePrimary, MaxTimeMSExpired.
            (109, false),
            (308, false),
            (10107, false),
            (50, false),
        ] {
            let class = Class::of_code(code, "name".to_owned(), "message".to_owned());
            assert_eq!(class.is_refusal(), refusal, "{code}: {class}");
        }
    }
}

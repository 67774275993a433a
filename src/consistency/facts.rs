//! What of a driver's error matters for the outcome of an operation.
//!
//! In: [`mongodb::error::Error`]. Out: [`ErrorFacts`], plain data that a table test can build, which
//! the driver's own errors (non-exhaustive, with private parts) are not.

use mongodb::error::{Error, ErrorKind, WriteFailure};
use serde::Serialize;

/// What kind of thing went wrong, in the driver's own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorClass {
    /// No server to send to was found within `serverSelectionTimeoutMS`.
    ServerSelection,
    /// A host name could not be resolved.
    DnsResolve,
    /// The log-in was refused.
    Authentication,
    /// The driver refused the arguments.
    InvalidArgument,
    /// The deployment has no sessions.
    SessionsNotSupported,
    /// The server is too old or too new.
    IncompatibleServer,
    /// The driver's client was shut down before.
    Shutdown,
    /// The TLS settings cannot be used.
    InvalidTlsConfig,
    /// No connection was handed out, because the pool was cleared: nothing was seen to be sent.
    PoolClearedAtCheckout,
    /// The connection in use was closed, because the monitor gave the server up. The driver has one kind for both;
    /// its command events tell which it was ([`judge`](super::outcome::judge)), and until then it is this one.
    PoolClearedInFlight,
    /// The connection broke while it was being established.
    Handshake,
    /// The connection broke while it was in use.
    Io,
    /// The server refused or gave up the whole command (`ok: 0`).
    Command,
    /// The server refused the statement (`writeErrors`).
    WriteError,
    /// Applied on the server that answered; nobody knows whether on a majority (`writeConcernError`).
    AppliedNotMajority,
    /// The reply could not be understood.
    InvalidResponse,
    /// The tester's own deadline passed first.
    Timeout,
    /// The reply said that no document was matched.
    NotMatched,
    /// Nothing was sent, whatever the error said.
    NothingSent,
    /// Anything else.
    Other,
}

impl ErrorClass {
    /// The name as it stands in histories and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ServerSelection => "server-selection",
            Self::DnsResolve => "dns-resolve",
            Self::Authentication => "authentication",
            Self::InvalidArgument => "invalid-argument",
            Self::SessionsNotSupported => "sessions-not-supported",
            Self::IncompatibleServer => "incompatible-server",
            Self::Shutdown => "shutdown",
            Self::InvalidTlsConfig => "invalid-tls-config",
            Self::PoolClearedAtCheckout => "pool-cleared-at-checkout",
            Self::PoolClearedInFlight => "pool-cleared-in-flight",
            Self::Handshake => "handshake",
            Self::Io => "io",
            Self::Command => "command",
            Self::WriteError => "write-error",
            Self::AppliedNotMajority => "applied-not-majority",
            Self::InvalidResponse => "invalid-response",
            Self::Timeout => "timeout",
            Self::NotMatched => "not-matched",
            Self::NothingSent => "nothing-sent",
            Self::Other => "other",
        }
    }
}

/// What is known of one failed attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorFacts {
    /// The kind of the error.
    pub class: ErrorClass,
    /// The server's numeric code, when a server said something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<i32>,
    /// The error labels, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// One short sentence for a person; no decision hangs on it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

impl ErrorFacts {
    /// Facts of a class, without code, label and message.
    #[must_use]
    pub fn of(class: ErrorClass) -> Self {
        Self {
            class,
            code: None,
            labels: Vec::new(),
            message: String::new(),
        }
    }
}

impl From<&Error> for ErrorFacts {
    fn from(error: &Error) -> Self {
        let mut labels: Vec<String> = error.labels().iter().cloned().collect();
        labels.sort();
        let (class, code) = class_and_code(error);
        Self {
            class,
            code,
            labels,
            message: brief(error, class),
        }
    }
}

fn class_and_code(error: &Error) -> (ErrorClass, Option<i32>) {
    let class = match error.kind.as_ref() {
        ErrorKind::Command(command) => return (ErrorClass::Command, Some(command.code)),
        ErrorKind::Write(WriteFailure::WriteError(write)) => {
            return (ErrorClass::WriteError, Some(write.code));
        }
        ErrorKind::Write(WriteFailure::WriteConcernError(concern)) => {
            return (ErrorClass::AppliedNotMajority, Some(concern.code));
        }
        ErrorKind::ServerSelection { .. } => ErrorClass::ServerSelection,
        ErrorKind::DnsResolve { .. } => ErrorClass::DnsResolve,
        ErrorKind::Authentication { .. } => ErrorClass::Authentication,
        ErrorKind::InvalidArgument { .. } => ErrorClass::InvalidArgument,
        ErrorKind::SessionsNotSupported => ErrorClass::SessionsNotSupported,
        ErrorKind::IncompatibleServer { .. } => ErrorClass::IncompatibleServer,
        ErrorKind::Shutdown => ErrorClass::Shutdown,
        ErrorKind::InvalidTlsConfig { .. } => ErrorClass::InvalidTlsConfig,
        ErrorKind::ConnectionPoolCleared { .. } => ErrorClass::PoolClearedInFlight,
        // The driver puts this label on network errors while it connects and greets, and on none later: of one at the
        // log-in only the command events say that nothing was sent.
        ErrorKind::Io(_) if error.contains_label(mongodb::error::SYSTEM_OVERLOADED_ERROR) => {
            ErrorClass::Handshake
        }
        ErrorKind::Io(_) => ErrorClass::Io,
        ErrorKind::InvalidResponse { .. } | ErrorKind::Bson(_) => ErrorClass::InvalidResponse,
        _ => ErrorClass::Other,
    };
    (class, None)
}

fn brief(error: &Error, class: ErrorClass) -> String {
    // The driver's own text is a page of its topology.
    if class == ErrorClass::ServerSelection {
        return "no primary was found in time".to_owned();
    }
    let text = match error.kind.as_ref() {
        ErrorKind::Command(command) => command.message.clone(),
        ErrorKind::Write(WriteFailure::WriteError(write)) => write.message.clone(),
        ErrorKind::Write(WriteFailure::WriteConcernError(concern)) => concern.message.clone(),
        kind => kind.to_string(),
    };
    text.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_that_can_be_built_keep_their_kind() {
        let io = Error::from(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
        assert_eq!(ErrorFacts::from(&io).class, ErrorClass::Io);
        assert_eq!(
            ErrorFacts::from(&Error::from(ErrorKind::Shutdown)).class,
            ErrorClass::Shutdown
        );
        let sessions = Error::from(ErrorKind::SessionsNotSupported);
        assert_eq!(
            ErrorFacts::from(&sessions).class,
            ErrorClass::SessionsNotSupported
        );
        assert_eq!(
            ErrorFacts::from(&Error::custom("x")).class,
            ErrorClass::Other
        );
    }

    #[test]
    fn server_replies_keep_their_code() {
        let text = r#"{"code": 10107, "codeName": "NotWritablePrimary", "errmsg": "not primary"}"#;
        let command = serde_json::from_str(text).unwrap();
        let facts = ErrorFacts::from(&Error::from(ErrorKind::Command(command)));
        assert_eq!(
            (facts.class, facts.code),
            (ErrorClass::Command, Some(10107))
        );
        assert_eq!(facts.message, "not primary");
        let text = r#"{"code": 64, "codeName": "WriteConcernFailed", "errmsg": "waiting", "errInfo": null}"#;
        let concern = serde_json::from_str(text).unwrap();
        let failure = WriteFailure::WriteConcernError(concern);
        let facts = ErrorFacts::from(&Error::from(ErrorKind::Write(failure)));
        assert_eq!(
            (facts.class, facts.code),
            (ErrorClass::AppliedNotMajority, Some(64))
        );
    }

    #[test]
    fn names_are_those_that_serde_writes() {
        for class in [
            ErrorClass::ServerSelection,
            ErrorClass::PoolClearedInFlight,
            ErrorClass::AppliedNotMajority,
            ErrorClass::Io,
        ] {
            assert_eq!(serde_json::to_value(class).unwrap(), class.name());
        }
    }
}

//! Did an append happen? `ok`, `fail` or `info`, the three outcomes of a Jepsen history.
//!
//! In: what the driver returned and what the command events said of each attempt. Out: an
//! [`Outcome`]. A wrong `fail` hides a recovered write and a wrong `ok` invents a lost one, so
//! whatever is not certain is `info`. Decided by class, numeric code and label only.

use serde::{Deserialize, Serialize};

use super::facts::{ErrorClass, ErrorFacts};

/// What is known about an operation after it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Acknowledged.
    Ok,
    /// Certainly not applied, now or later.
    Fail(ErrorFacts),
    /// Nobody knows; it may even be applied later.
    Info(ErrorFacts),
}

/// The type of a line in a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutcomeType {
    /// Acknowledged.
    Ok,
    /// Certainly not applied.
    Fail,
    /// Unknown.
    Info,
}

impl Outcome {
    /// Which of the three it is.
    #[must_use]
    pub fn kind(&self) -> OutcomeType {
        match self {
            Self::Ok => OutcomeType::Ok,
            Self::Fail(_) => OutcomeType::Fail,
            Self::Info(_) => OutcomeType::Info,
        }
    }

    /// Why it is not `ok`.
    #[must_use]
    pub fn facts(&self) -> Option<&ErrorFacts> {
        match self {
            Self::Ok => None,
            Self::Fail(facts) | Self::Info(facts) => Some(facts),
        }
    }

    /// Whether the server that answered applied it without a majority knowing.
    #[must_use]
    pub fn is_applied_not_majority(&self) -> bool {
        matches!(self, Self::Info(facts) if facts.class == ErrorClass::AppliedNotMajority)
    }
}

/// What the command events said of one operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// How many times a command of it was sent.
    pub sent: u32,
    /// How many times its commit was sent.
    pub commits: u32,
    /// The errors with which single attempts ended.
    pub errors: Vec<ErrorFacts>,
}

/// How far an operation had come when it ended without being acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Its one statement ended with an error, or our deadline passed.
    Statement(ErrorFacts),
    /// Nothing was to be stored yet: a transaction before its commit, files before they are written.
    BeforeStoring(ErrorFacts),
    /// The commit of its transaction ended with an error.
    Commit(ErrorFacts),
    /// Some of it was stored.
    Midway(ErrorFacts),
    /// Its one statement was looked at and refused, by what is there: a compare-and-set from another value.
    Refused(ErrorFacts),
}

/// Decides about an operation that was not acknowledged. `reads_only`: it changes nothing, whatever happens.
#[must_use]
pub fn judge(ending: Ending, reads_only: bool, attempts: &Attempts) -> Outcome {
    match cleared(ending, attempts) {
        Ending::Statement(facts)
        | Ending::BeforeStoring(facts)
        | Ending::Commit(facts)
        | Ending::Midway(facts)
        | Ending::Refused(facts)
            if reads_only =>
        {
            Outcome::Fail(facts)
        }
        Ending::Statement(facts) => classify(facts, attempts),
        // What is not committed is never there; the server gives it up by itself if it was not told.
        Ending::BeforeStoring(facts) => Outcome::Fail(facts),
        Ending::Refused(facts) => refused(facts, attempts),
        Ending::Commit(facts) => commit(facts, attempts),
        Ending::Midway(facts) => Outcome::Info(facts),
    }
}

/// A pool that was cleared closed no connection of an operation of which no command was ever on one. The driver makes
/// its event before it sends, so that no event means that nothing was sent.
fn cleared(mut ending: Ending, attempts: &Attempts) -> Ending {
    let (facts, sent) = match &mut ending {
        Ending::Commit(facts) => (facts, attempts.commits),
        Ending::Statement(facts) | Ending::BeforeStoring(facts) => (facts, attempts.sent),
        Ending::Midway(_) | Ending::Refused(_) => return ending,
    };
    if facts.class == ErrorClass::PoolClearedInFlight && sent == 0 {
        facts.class = ErrorClass::PoolClearedAtCheckout;
    }
    ending
}

/// The answer to one attempt says nothing of another one before it, which a server may have carried out since, or may
/// yet: what finds nothing to change is not remembered as done.
fn refused(facts: ErrorFacts, attempts: &Attempts) -> Outcome {
    let before = attempts.sent.saturating_sub(1) as usize;
    if attempts.errors.len() >= before && attempts.errors.iter().all(certainly_not_applied) {
        Outcome::Fail(facts)
    } else {
        Outcome::Info(facts)
    }
}

/// A commit that was refused the only time it was sent did not happen. One that was sent again may have happened the
/// first time, whatever the second answer says.
fn commit(facts: ErrorFacts, attempts: &Attempts) -> Outcome {
    let has = |label: &str| facts.labels.iter().any(|known| known == label);
    let refused = has(mongodb::error::TRANSIENT_TRANSACTION_ERROR)
        && !has(mongodb::error::UNKNOWN_TRANSACTION_COMMIT_RESULT);
    match attempts.commits {
        0 if refused_unsent(facts.class) => Outcome::Fail(facts),
        1 if refused => Outcome::Fail(facts),
        _ => Outcome::Info(facts),
    }
}

/// Decides about one statement that ended with an error.
#[must_use]
pub fn classify(mut facts: ErrorFacts, attempts: &Attempts) -> Outcome {
    // The operation goes on behind a deadline of ours, and may be sent after it.
    if facts.class == ErrorClass::Timeout {
        return Outcome::Info(facts);
    }
    if attempts.sent == 0 {
        if !refused_unsent(facts.class) {
            facts.class = ErrorClass::NothingSent;
        }
        return Outcome::Fail(facts);
    }
    let one_attempt_of_its_own = attempts.sent == 1 && !refused_unsent(facts.class);
    let every_attempt_refused = attempts.errors.len() == attempts.sent as usize
        && attempts.errors.iter().all(certainly_not_applied);
    if certainly_not_applied(&facts) && (one_attempt_of_its_own || every_attempt_refused) {
        Outcome::Fail(facts)
    } else {
        Outcome::Info(facts)
    }
}

/// Whether an attempt that ended so was certainly not applied by it.
fn certainly_not_applied(facts: &ErrorFacts) -> bool {
    match facts.class {
        ErrorClass::Command => facts
            .code
            .is_some_and(|code| REFUSED_COMMAND_CODES.contains(&code)),
        ErrorClass::WriteError | ErrorClass::NotMatched => true,
        class => refused_unsent(class),
    }
}

/// Errors that the driver makes before anything is sent.
fn refused_unsent(class: ErrorClass) -> bool {
    matches!(
        class,
        ErrorClass::ServerSelection
            | ErrorClass::DnsResolve
            | ErrorClass::Authentication
            | ErrorClass::InvalidArgument
            | ErrorClass::SessionsNotSupported
            | ErrorClass::IncompatibleServer
            | ErrorClass::Shutdown
            | ErrorClass::InvalidTlsConfig
            | ErrorClass::PoolClearedAtCheckout
            | ErrorClass::Handshake
            | ErrorClass::NothingSent
    )
}

/// Codes with which a server refuses a command before it runs: NotWritablePrimary,
/// NotPrimaryNoSecondaryOk, LegacyNotPrimary, NotPrimaryOrSecondary; and WriteConflict, after which
/// the statement has been undone. All others (11602 InterruptedDueToReplStateChange, 189
/// PrimarySteppedDown, 50 MaxTimeMSExpired, …) may also be raised after the local write.
const REFUSED_COMMAND_CODES: [i32; 5] = [10107, 13435, 10058, 13436, 112];

#[cfg(test)]
mod tests {
    use super::*;
    use ErrorClass as C;
    use OutcomeType::{Fail, Info};

    fn facts(class: ErrorClass, code: Option<i32>) -> ErrorFacts {
        ErrorFacts {
            code,
            ..ErrorFacts::of(class)
        }
    }

    fn attempts(errors: &[ErrorFacts]) -> Attempts {
        Attempts {
            sent: u32::try_from(errors.len()).unwrap(),
            errors: errors.to_vec(),
            ..Attempts::default()
        }
    }

    fn kind(facts: ErrorFacts, attempts: &Attempts) -> OutcomeType {
        classify(facts, attempts).kind()
    }

    #[test]
    fn an_operation_is_judged_by_how_far_it_came() {
        let sent = |commits| Attempts {
            sent: 2,
            commits,
            ..Attempts::default()
        };
        let labelled = |labels: &[&str]| ErrorFacts {
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
            ..facts(C::Command, Some(251))
        };
        let transient = || labelled(&["TransientTransactionError"]);
        let unknown = || {
            labelled(&[
                "TransientTransactionError",
                "UnknownTransactionCommitResult",
            ])
        };
        let io = || facts(C::Io, None);
        let late = || facts(C::Timeout, None);
        let unsent = || facts(C::ServerSelection, None);
        let differed = || facts(C::NotMatched, None);
        let not_primary = || facts(C::Command, Some(10107));
        let seen = |sent, errors: &[ErrorFacts]| Attempts {
            sent,
            errors: errors.to_vec(),
            ..Attempts::default()
        };
        let once = |errors: &[ErrorFacts]| seen(1, errors);
        let twice = |errors: &[ErrorFacts]| seen(2, errors);
        let cleared = || facts(C::PoolClearedInFlight, None);
        let table = [
            (Ending::Refused(differed()), false, sent(0), Info),
            (Ending::Refused(differed()), false, once(&[]), Fail),
            (Ending::Refused(differed()), false, twice(&[io()]), Info),
            (
                Ending::Refused(differed()),
                false,
                twice(&[not_primary()]),
                Fail,
            ),
            (Ending::BeforeStoring(io()), false, sent(0), Fail),
            (Ending::Commit(transient()), false, sent(1), Fail),
            (Ending::Commit(transient()), false, sent(2), Info),
            (Ending::Commit(unknown()), false, sent(1), Info),
            (Ending::Commit(io()), false, sent(1), Info),
            // A commit that was not seen to be sent may have been sent all the same.
            (Ending::Commit(io()), false, sent(0), Info),
            (Ending::Commit(unsent()), false, sent(0), Fail),
            (Ending::Commit(late()), false, sent(0), Info),
            (Ending::Commit(cleared()), false, sent(0), Fail),
            (Ending::Commit(cleared()), false, sent(1), Info),
            (
                Ending::Statement(cleared()),
                false,
                once(&[cleared()]),
                Info,
            ),
            (Ending::Statement(cleared()), false, seen(0, &[]), Fail),
            (Ending::Midway(cleared()), false, seen(0, &[]), Info),
            (Ending::Midway(io()), false, sent(0), Info),
            (Ending::Statement(late()), false, sent(0), Info),
            (Ending::Statement(io()), false, sent(0), Info),
            // Nothing was read, and nothing was changed.
            (Ending::Statement(late()), true, sent(0), Fail),
            (Ending::Commit(io()), true, sent(1), Fail),
        ];
        for (ending, reads_only, attempts, expected) in table {
            let text = format!("{ending:?} {reads_only} {attempts:?}");
            assert_eq!(
                judge(ending, reads_only, &attempts).kind(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn one_attempt_by_class_and_code() {
        let table = [
            (C::Command, Some(10107), Fail),
            (C::Command, Some(13435), Fail),
            (C::Command, Some(10058), Fail),
            (C::Command, Some(13436), Fail),
            (C::Command, Some(112), Fail),
            (C::WriteError, Some(11000), Fail),
            (C::WriteError, Some(121), Fail),
            (C::WriteError, Some(17419), Fail),
            (C::Command, Some(11602), Info),
            (C::Command, Some(11600), Info),
            (C::Command, Some(91), Info),
            (C::Command, Some(189), Info),
            (C::Command, Some(11601), Info),
            (C::Command, Some(50), Info),
            (C::Command, Some(262), Info),
            (C::Command, Some(24), Info),
            (C::Command, Some(46), Info),
            (C::Command, Some(6), Info),
            (C::Command, Some(7), Info),
            (C::Command, Some(89), Info),
            (C::Command, Some(9001), Info),
            (C::Command, Some(1), Info),
            (C::Command, None, Info),
            // The codes of a refusal mean nothing in a write concern error: it was applied.
            (C::AppliedNotMajority, Some(64), Info),
            (C::AppliedNotMajority, Some(79), Info),
            (C::AppliedNotMajority, Some(100), Info),
            (C::AppliedNotMajority, Some(189), Info),
            (C::AppliedNotMajority, Some(11600), Info),
            (C::AppliedNotMajority, Some(11602), Info),
            (C::AppliedNotMajority, Some(91), Info),
            (C::AppliedNotMajority, Some(10107), Info),
            (C::Io, None, Info),
            (C::PoolClearedInFlight, None, Info),
            (C::InvalidResponse, None, Info),
            (C::Timeout, None, Info),
            (C::Other, None, Info),
        ];
        for (class, code, expected) in table {
            let error = facts(class, code);
            assert_eq!(
                kind(error.clone(), &attempts(&[error])),
                expected,
                "{class:?} {code:?}"
            );
        }
    }

    #[test]
    fn nothing_sent_is_a_failure_whatever_the_error() {
        let unsent = [
            C::ServerSelection,
            C::DnsResolve,
            C::Authentication,
            C::InvalidArgument,
            C::SessionsNotSupported,
            C::IncompatibleServer,
            C::Shutdown,
            C::InvalidTlsConfig,
            C::PoolClearedAtCheckout,
            C::Handshake,
        ];
        for class in unsent {
            let outcome = classify(facts(class, None), &Attempts::default());
            assert_eq!(outcome, Outcome::Fail(facts(class, None)), "{class:?}");
        }
        for class in [C::Io, C::InvalidResponse, C::Other] {
            let outcome = classify(facts(class, None), &Attempts::default());
            assert_eq!(
                outcome,
                Outcome::Fail(facts(C::NothingSent, None)),
                "{class:?}"
            );
        }
    }

    #[test]
    fn whether_a_cleared_pool_closed_a_connection_is_told_by_what_was_sent() {
        let class = |sent, commits| {
            let attempts = Attempts {
                sent,
                commits,
                ..Attempts::default()
            };
            let cleared = || facts(C::PoolClearedInFlight, None);
            let of = |ending| judge(ending, true, &attempts).facts().unwrap().class;
            (
                of(Ending::Statement(cleared())),
                of(Ending::Commit(cleared())),
            )
        };
        let (at_checkout, in_flight) = (C::PoolClearedAtCheckout, C::PoolClearedInFlight);
        assert_eq!(class(0, 0), (at_checkout, at_checkout));
        assert_eq!(class(1, 0), (in_flight, at_checkout));
        assert_eq!(class(3, 1), (in_flight, in_flight));
    }

    #[test]
    fn a_deadline_of_ours_is_never_a_failure() {
        assert_eq!(kind(facts(C::Timeout, None), &Attempts::default()), Info);
    }

    #[test]
    fn an_error_of_a_retry_says_nothing_of_the_first_attempt() {
        let refused = facts(C::Command, Some(10107));
        let broken = facts(C::Io, None);
        assert_eq!(
            kind(
                refused.clone(),
                &attempts(&[broken.clone(), refused.clone()])
            ),
            Info
        );
        assert_eq!(
            kind(
                refused.clone(),
                &attempts(&[refused.clone(), refused.clone()])
            ),
            Fail
        );
        // The first was sent and ended in no known way; no server was found for the second.
        let selection = facts(C::ServerSelection, None);
        assert_eq!(kind(selection.clone(), &attempts(&[broken])), Info);
        assert_eq!(
            kind(selection.clone(), &attempts(std::slice::from_ref(&refused))),
            Fail
        );
        assert_eq!(
            kind(
                selection,
                &Attempts {
                    sent: 1,
                    ..Attempts::default()
                }
            ),
            Info
        );
        assert_eq!(
            kind(
                refused.clone(),
                &Attempts {
                    sent: 2,
                    errors: vec![refused],
                    ..Attempts::default()
                }
            ),
            Info
        );
    }

    #[test]
    fn applied_without_a_majority_is_counted_apart() {
        let error = facts(C::AppliedNotMajority, Some(64));
        assert!(classify(error.clone(), &attempts(&[error])).is_applied_not_majority());
        assert!(!Outcome::Ok.is_applied_not_majority());
    }
}

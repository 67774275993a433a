//! What a file leaves open.

use crate::consistency::file::{Format, Value};

/// What cannot be told from a file, and what is taken where nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// What an acknowledged read of nil means. By default [`NilRead::Initial`] in logs and our own histories,
    /// [`NilRead::Unknown`] in EDN and JSON, as Knossos and elle-cli take it.
    pub nil_read: Option<NilRead>,
    /// What a failed compare-and-set means. By default [`FailedCas::UnlessError`] in logs, as Porcupine takes it, and
    /// [`FailedCas::WhereSaid`] elsewhere.
    pub failed_cas: Option<FailedCas>,
}

/// What an acknowledged read of nil means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NilRead {
    /// Nothing is known of what was read.
    Unknown,
    /// Nothing was there.
    Initial,
}

/// What a failed compare-and-set says about the register. Those that say nothing are left out of the history, so that
/// a checker may take all that are in it for comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailedCas {
    /// Nothing.
    Ignored,
    /// That the value was another one.
    Compared,
    /// That the value was another one, if its error is (of class) `not-matched`.
    WhereSaid,
    /// That the value was another one, if it has no error or one (of class) `not-matched`.
    UnlessError,
}

impl Options {
    pub(super) fn nil_read(self, format: Format) -> NilRead {
        self.nil_read.unwrap_or(match format {
            Format::Edn | Format::Json => NilRead::Unknown,
            Format::Own | Format::Log | Format::Text => NilRead::Initial,
        })
    }

    pub(super) fn failed_cas(self, format: Format) -> FailedCas {
        self.failed_cas.unwrap_or(match format {
            Format::Edn | Format::Json | Format::Own => FailedCas::WhereSaid,
            Format::Log | Format::Text => FailedCas::UnlessError,
        })
    }
}

impl FailedCas {
    /// Whether this failed compare-and-set found another value.
    pub(super) fn compared(self, error: Option<&Value>) -> bool {
        match self {
            Self::Ignored => false,
            Self::Compared => true,
            Self::WhereSaid => error.is_some_and(not_matched),
            Self::UnlessError => error.is_none_or(not_matched),
        }
    }
}

fn not_matched(error: &Value) -> bool {
    let class = error
        .get("class")
        .or_else(|| error.elements().and_then(<[Value]>::first))
        .unwrap_or(error);
    class.name() == Some("not-matched")
}

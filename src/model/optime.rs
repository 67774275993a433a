//! Positions in the oplog.

use mongodb::bson::{Bson, DateTime, Document};
use std::fmt;

/// A position in the oplog, in `mongod`'s order: the term of the primary that wrote the entry, then its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpTime {
    /// Election term.
    pub term: i64,
    /// Seconds since 1970.
    pub seconds: u32,
    /// Counts the entries of one second.
    pub increment: u32,
}

impl OpTime {
    /// Reads `{ts, t}`; none for the null position of a member that does not know one.
    pub fn read(document: &Document) -> Option<Self> {
        let time = document.get_timestamp("ts").ok()?;
        let term = match document.get("t") {
            Some(Bson::Int64(term)) => *term,
            Some(Bson::Int32(term)) => i64::from(*term),
            _ => -1,
        };
        (time.time > 0).then_some(Self {
            term,
            seconds: time.time,
            increment: time.increment,
        })
    }

    /// Its time, as `2026-01-31T12:00:00Z`.
    pub fn time(&self) -> String {
        let millis = i64::from(self.seconds) * 1000;
        let text = DateTime::from_millis(millis).try_to_rfc3339_string();
        text.unwrap_or_else(|_| self.seconds.to_string())
    }
}

impl fmt::Display for OpTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            term, increment, ..
        } = self;
        write!(f, "term {term}, {} entry {increment}", self.time())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mongodb::bson::{Timestamp, doc};

    #[test]
    fn the_term_comes_before_the_time() {
        let at = |term: i64, time, increment| {
            OpTime::read(&doc! { "ts": Timestamp { time, increment }, "t": term })
        };
        assert!(at(2, 10, 1) > at(1, 99, 9) && at(2, 10, 2) > at(2, 10, 1));
        assert_eq!(at(-1, 0, 0), None);
        assert_eq!(
            at(3, 1_769_860_800, 7).unwrap().to_string(),
            "term 3, 2026-01-31T12:00:00Z entry 7"
        );
    }
}

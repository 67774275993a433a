//! Faults, and who was primary meanwhile.

use crate::consistency::trial::coverage::AFTER;

/// One fault that was asked for. Times are nanoseconds since the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `partition`, `kill`, …
    pub kind: String,
    /// Of which unit it was asked.
    pub unit: String,
    /// How: `shape=bridge delay=10`.
    pub parameters: String,
    /// Whether it is known to have been in place; else why not.
    pub installed: Result<(), String>,
    /// When it began.
    pub from: u64,
    /// When it was over; none before that is known.
    pub until: Option<u64>,
    /// Operations that ended without being acknowledged while it held or soon after.
    pub troubled: u64,
    /// New primaries in the same time.
    pub elections: u64,
}

impl Fault {
    /// When it was over, or the end of the history.
    pub fn end(&self, end: u64) -> u64 {
        self.until.unwrap_or(end).max(self.from)
    }

    /// Whether something happened that is put down to it.
    pub fn bit(&self) -> bool {
        self.installed.is_ok() && (self.troubled > 0 || self.elections > 0)
    }

    /// Counts what happened while it held or soon after; both lists are ascending.
    pub fn weigh(&mut self, trouble: &[u64], elections: &[u64], end: u64) {
        let (from, until) = (self.from, self.end(end).saturating_add(AFTER));
        let within = |moments: &[u64]| {
            let first = moments.partition_point(|moment| *moment < from);
            let last = moments.partition_point(|moment| *moment <= until);
            last.saturating_sub(first) as u64
        };
        self.troubled = within(trouble);
        self.elections = within(elections);
    }
}

/// A primary, from when it was first seen in a term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// `host:port`.
    pub address: String,
    /// Its term, where that was known.
    pub term: Option<i64>,
    /// When it was seen first.
    pub from: u64,
}

/// The style class and Jepsen's colour group of a kind of fault.
pub fn class(kind: &str) -> &'static str {
    match kind {
        "partition" | "primary-pair" | "one-way" | "ring" | "bridge" | "no-majority" => "partition",
        "kill" | "kill-all" => "kill",
        "pause" => "pause",
        "flaky" | "slow" | "packet" => "packet",
        "clock" => "clock",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_soon_after_is_put_down_to_a_fault() {
        let mut fault = Fault {
            kind: "kill".into(),
            unit: "m/0".into(),
            parameters: String::new(),
            installed: Ok(()),
            from: 10,
            until: Some(20),
            troubled: 0,
            elections: 0,
        };
        fault.weigh(&[9, 10, 20, 20 + AFTER, 21 + AFTER], &[], 99);
        assert_eq!((fault.troubled, fault.elections, fault.bit()), (3, 0, true));
        fault.weigh(&[], &[9], 99);
        assert!(!fault.bit());
        fault.installed = Err("no nft".into());
        fault.weigh(&[10], &[10], 99);
        assert!(!fault.bit(), "what was not in place cannot have bitten");
        fault.until = None;
        fault.weigh(&[u64::MAX], &[], u64::MAX);
        assert_eq!((fault.end(u64::MAX), fault.troubled), (u64::MAX, 1));
    }
}

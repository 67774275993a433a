//! Points in time, kept as milliseconds since the epoch and written as Juju writes them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A point in time: milliseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(pub i64);

impl Moment {
    /// Now, by the wall clock.
    pub fn now() -> Self {
        Self(Timestamp::now().as_millisecond())
    }

    /// This moment `milliseconds` later.
    pub fn plus(self, milliseconds: i64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }

    /// Milliseconds from `earlier` to this moment; negative when it is later.
    pub fn since(self, earlier: Moment) -> i64 {
        self.0 - earlier.0
    }

    fn written(self, format: &str) -> String {
        let stamp = Timestamp::from_millisecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH);
        stamp.strftime(format).to_string()
    }

    /// As in `juju status`: `21 Nov 2026 01:38:08Z`.
    pub fn for_status(self) -> String {
        self.written("%d %b %Y %H:%M:%SZ")
    }

    /// As in the timing of an action: `2026-11-21 01:38:08 +0000 UTC`.
    pub fn for_action(self) -> String {
        self.written("%Y-%m-%d %H:%M:%S +0000 UTC")
    }

    /// As in `goal-state`: `2026-11-21 01:38:08Z`.
    pub fn for_goal_state(self) -> String {
        self.written("%Y-%m-%d %H:%M:%SZ")
    }

    /// As in the debug log with `--ms`: `2026-11-21 01:38:08.123`.
    pub fn for_log(self) -> String {
        self.written("%Y-%m-%d %H:%M:%S.%3f")
    }

    /// As at the end of `juju status --format json`: `01:38:08Z`.
    pub fn for_controller(self) -> String {
        self.written("%H:%M:%SZ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_juju_writes_them() {
        let moment = Moment(1_795_225_088_123);
        assert_eq!(moment.for_status(), "21 Nov 2026 01:38:08Z");
        assert_eq!(moment.for_action(), "2026-11-21 01:38:08 +0000 UTC");
        assert_eq!(moment.for_goal_state(), "2026-11-21 01:38:08Z");
        assert_eq!(moment.for_log(), "2026-11-21 01:38:08.123");
        assert_eq!(moment.for_controller(), "01:38:08Z");
    }
}

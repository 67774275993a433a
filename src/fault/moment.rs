//! Moments as people and systemd write them.

/// A moment as `2026-01-31T12:00:00Z`; milliseconds are left out.
pub fn utc(ms: u64) -> String {
    let moment = i64::try_from(ms / 1000 * 1000).unwrap_or(i64::MAX);
    mongodb::bson::DateTime::from_millis(moment)
        .try_to_rfc3339_string()
        .unwrap_or_else(|_| ms.to_string())
}

/// The first whole second that is not before a moment, as systemd's timers take it: `2026-01-31 12:00:01 UTC`.
pub fn calendar(ms: u64) -> String {
    let text = utc(ms.div_ceil(1000) * 1000);
    text.replace('T', " ").replace('Z', " UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_for_both() {
        assert_eq!(utc(1_769_860_800_999), "2026-01-31T12:00:00Z");
        assert_eq!(calendar(1_769_860_800_001), "2026-01-31 12:00:01 UTC");
        assert_eq!(calendar(1_769_860_800_000), "2026-01-31 12:00:00 UTC");
    }
}

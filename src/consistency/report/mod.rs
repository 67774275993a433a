//! What a write test found out, for people, for actions and for programs.

mod text;
pub mod verdict;

use serde::{Deserialize, Serialize};

pub use verdict::Verdict;

/// The result of a write test. All numbers are counts of appends or elements unless said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// The id of the run, which is in the names of the collection and of the history.
    pub id: String,
    /// `valid`, `invalid` or `unknown`.
    pub verdict: Verdict,
    /// Why, in one sentence.
    pub reason: String,
    /// Write concern `majority`, or `w: 1`.
    pub majority: bool,
    /// Clients that appended at the same time.
    pub clients: u32,
    /// Acknowledged.
    pub pass: usize,
    /// Certainly not applied.
    pub fail: usize,
    /// Of unknown outcome.
    pub info: usize,
    /// Of those in `info`: applied on one server, which did not hear from a majority in time.
    pub applied_not_majority: usize,
    /// How long the list should be: what was acknowledged.
    pub expected_len: usize,
    /// How long it is; none if it could not be read.
    pub actual_len: Option<usize>,
    /// Acknowledged, and not there.
    pub lost: usize,
    /// The values lost, as runs: `1203-1411,1500`.
    pub lost_range: String,
    /// Of unknown outcome, and there.
    pub recovered: usize,
    /// There more than once.
    pub duplicated: usize,
    /// There, though never attempted or certainly failed.
    pub unexpected: usize,
    /// There in an order that real time forbids.
    pub reordered: usize,
    /// `host:port` of the primary at the end.
    pub primary: Option<String>,
    /// Every primary in the order seen, `host:port`.
    pub primaries: Vec<String>,
    /// How the list was read: `linearizable`, `majority`, `local`, or none if it was not.
    pub read_concern: Option<String>,
    /// Seconds from the start to the end of the comparison.
    pub duration: f64,
    /// The path of the history.
    pub history: String,
}

/// How long a result of an action may become; the whole truth is in the history.
const LONGEST_RESULT: usize = 200;

impl Report {
    /// The results of the action: names and texts, in the order for a reader.
    #[must_use]
    pub fn results(&self) -> Vec<(String, String)> {
        let results = [
            ("verdict", self.verdict.name().to_owned()),
            ("reason", self.reason.clone()),
            ("pass", self.pass.to_string()),
            ("fail", self.fail.to_string()),
            ("info", self.info.to_string()),
            ("expected-len", self.expected_len.to_string()),
            (
                "actual-len",
                self.actual_len
                    .map_or_else(|| "unknown".to_owned(), |length| length.to_string()),
            ),
            ("lost", self.lost.to_string()),
            ("lost-range", shortened(&self.lost_range)),
            ("recovered", self.recovered.to_string()),
            ("duplicated", self.duplicated.to_string()),
            ("unexpected", self.unexpected.to_string()),
            ("reordered", self.reordered.to_string()),
            (
                "primary",
                self.primary.clone().unwrap_or_else(|| "none".to_owned()),
            ),
            ("primaries", self.primaries.join(",")),
            ("duration", format!("{:.1}", self.duration)),
            ("history", self.history.clone()),
        ];
        results
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    /// What a person reads: the verdict in one sentence, then an aligned block.
    #[must_use]
    pub fn text(&self) -> String {
        text::text(self)
    }
}

/// Cuts a list of runs between two of them.
fn shortened(ranges: &str) -> String {
    if ranges.len() <= LONGEST_RESULT {
        return ranges.to_owned();
    }
    let kept = ranges[..LONGEST_RESULT].rfind(',').unwrap_or(0);
    let more = ranges[kept..].matches(',').count();
    format!("{} and {more} more runs", &ranges[..kept])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_ranges_are_cut_between_runs() {
        assert_eq!(shortened("1-3,5"), "1-3,5");
        let many: Vec<String> = (0..100).map(|number| (number * 2).to_string()).collect();
        let cut = shortened(&many.join(","));
        assert!(cut.len() < LONGEST_RESULT + 30, "{cut}");
        let (kept, more) = cut.split_once(" and ").unwrap();
        let kept = kept.split(',').count();
        assert_eq!(more, format!("{} more runs", 100 - kept));
    }
}

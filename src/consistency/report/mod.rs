//! What a write test found out, for people, for actions and for programs.

mod rolled_back;
mod text;
pub mod verdict;

use serde::{Deserialize, Serialize};

pub use rolled_back::{Rollback, RolledBack};
pub use verdict::Verdict;

use super::checker::finding::{Finding, unit};
use super::page;
use super::trial::coverage::Coverage;
use super::workload::Workload;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The result of a write test. All numbers are counts of operations unless said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// The id of the run, which is in the names of the collection and of the history.
    pub id: String,
    /// `valid`, `invalid` or `unknown`.
    pub verdict: Verdict,
    /// Why, in one sentence.
    pub reason: String,
    /// What the clients did.
    pub workload: Workload,
    /// `majority`, or a number of members.
    pub write_concern: String,
    /// Clients that worked at the same time.
    pub clients: u32,
    /// What chance went by.
    pub seed: u64,
    /// Acknowledged.
    pub pass: usize,
    /// Certainly not applied.
    pub fail: usize,
    /// Of unknown outcome.
    pub info: usize,
    /// Of those in `info`: applied on one server, which did not hear from a majority in time.
    pub applied_not_majority: usize,
    /// The comparison of all appends with the list; of `list-append` alone.
    #[serde(flatten)]
    pub list: Option<ListFigures>,
    /// What the checker of the workload found; of all others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<Finding>,
    /// Whether all members held the same at the end; none where they could not be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members_agree: Option<bool>,
    /// `host:port` of the primary at the end.
    pub primary: Option<String>,
    /// Every primary in the order seen, `host:port`.
    pub primaries: Vec<String>,
    /// How the clients read, or how the list was read at the end.
    pub read_concern: Option<String>,
    /// Seconds from the start to the end of the comparison.
    pub duration: f64,
    /// The path of the history.
    pub history: String,
    /// The collections that were written to, and their UUIDs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub collections: BTreeMap<String, String>,
    /// What servers rolled back of it; none where nobody was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rolled_back: Option<RolledBack>,
    /// Of a trial: what it tried. Its verdict is that of the trial then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Coverage>,
    /// The path of the page; none where it was not written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

/// A list at the end, beside what was acknowledged. Counts of elements unless said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ListFigures {
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
}

/// How long a result of an action may become; the whole truth is in the history.
const LONGEST_RESULT: usize = 200;

impl Report {
    /// The results of the action: names and texts, in the order for a reader.
    #[must_use]
    pub fn results(&self) -> Vec<(String, String)> {
        let mut results = vec![
            ("verdict".to_owned(), self.verdict.name().to_owned()),
            ("reason".to_owned(), self.reason.clone()),
            ("workload".to_owned(), self.workload.name().to_owned()),
            ("pass".to_owned(), self.pass.to_string()),
            ("fail".to_owned(), self.fail.to_string()),
            ("info".to_owned(), self.info.to_string()),
        ];
        results.extend(self.found());
        let primary = self.primary.clone();
        let last = [
            ("primary", primary.unwrap_or_else(|| "none".to_owned())),
            ("primaries", self.primaries.join(",")),
            ("duration", format!("{:.1}", self.duration)),
            ("history", self.history.clone()),
            (
                "page",
                self.page.clone().unwrap_or_else(|| "none".to_owned()),
            ),
        ];
        results.extend(last.map(|(name, value)| (name.to_owned(), value)));
        results
    }

    /// What was found, by names.
    fn found(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        if let Some(list) = &self.list {
            let length = list.actual_len.map(|length| length.to_string());
            let figures = [
                ("expected-len", list.expected_len.to_string()),
                ("actual-len", length.unwrap_or_else(|| "unknown".to_owned())),
                ("lost", list.lost.to_string()),
                ("lost-range", shortened(&list.lost_range)),
                ("recovered", list.recovered.to_string()),
                ("duplicated", list.duplicated.to_string()),
                ("unexpected", list.unexpected.to_string()),
                ("reordered", list.reordered.to_string()),
            ];
            found.extend(figures.map(|(name, value)| (name.to_owned(), value)));
        }
        if let Some(finding) = &self.finding {
            let counts = finding.counts.iter();
            found.extend(counts.map(|(name, count)| (name.clone(), with_unit(name, *count))));
            let names: BTreeSet<&str> = finding
                .anomalies
                .iter()
                .map(|it| it.name.as_str())
                .collect();
            let names: Vec<&str> = names.into_iter().collect();
            found.push(("anomalies".to_owned(), none_if_empty(&names.join(","))));
            if let Some(worst) = finding.anomalies.first() {
                found.push(("witness".to_owned(), worst.witness.clone()));
            }
        }
        found
    }

    /// The elements that were acknowledged and are lost, as runs; empty where none are, or none can be named.
    #[must_use]
    pub fn lost_elements(&self) -> String {
        let of_list = self.list.as_ref().map(|list| list.lost_range.clone());
        let of_finding = || {
            let lost = self.finding.as_ref()?.elements.get("lost")?;
            Some(lost.join(","))
        };
        of_list.or_else(of_finding).unwrap_or_default()
    }

    /// The same with its page, which is written beside the history. Without one a report is as true: why there is none is
    /// only said.
    #[must_use]
    pub fn with_page(self) -> Self {
        match page::of_file(Path::new(&self.history)) {
            Ok(written) => Self {
                page: Some(written.page.display().to_string()),
                ..self
            },
            Err(error) => {
                tracing::warn!("there is no page of this run: {error}");
                self
            }
        }
    }

    /// What a person reads: the verdict in one sentence, then an aligned block.
    #[must_use]
    pub fn text(&self) -> String {
        text::text(self)
    }
}

/// `17`, `17 ms`.
fn with_unit(name: &str, count: u64) -> String {
    match unit(name) {
        None => count.to_string(),
        Some(unit) => format!("{count} {unit}"),
    }
}

fn none_if_empty(text: &str) -> String {
    if text.is_empty() { "none" } else { text }.to_owned()
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
    fn figures_have_their_units() {
        assert_eq!(with_unit("stable-latencies-0.95", 17), "17 ms");
        assert_eq!(with_unit("stable-count", 17), "17");
    }

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

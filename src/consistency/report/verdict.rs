//! From what was found to a verdict. Pure.

use serde::{Deserialize, Serialize};

use crate::consistency::checker::list::ListCheck;
use crate::consistency::workload::list_append::ReadAt;
use crate::consistency::workload::settings::Written;

/// The end of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing that was acknowledged is missing, and nothing is there that should not be.
    Valid,
    /// The store did what it must not, or lost what it had acknowledged.
    Invalid,
    /// Nothing could be found out.
    Unknown,
}

impl Verdict {
    /// The word in results.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Unknown => "unknown",
        }
    }

    /// The exit status of a command that ends so: 0, 1 or 2.
    #[must_use]
    pub fn exit_status(self) -> u8 {
        match self {
            Self::Valid => 0,
            Self::Invalid => 1,
            Self::Unknown => 2,
        }
    }
}

/// Everything that the verdict hangs on.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    /// How many appends were acknowledged.
    pub acknowledged: usize,
    /// The write concern.
    pub written: Written,
    /// The comparison, and how the list was read; none if it could not be.
    pub read: Option<(&'a ListCheck, ReadAt)>,
    /// Whether two reads after each other agreed.
    pub stable: bool,
    /// Why the set was not whole at the end, if it was not.
    pub not_whole: Option<&'a str>,
    /// Why the history is not complete, if it is not.
    pub history_error: Option<&'a str>,
}

/// The verdict, and why in one sentence.
#[must_use]
pub fn decide(evidence: &Evidence<'_>) -> (Verdict, String) {
    let Some((check, read_at)) = evidence.read else {
        let why = evidence
            .not_whole
            .map(|why| format!(" ({why})"))
            .unwrap_or_default();
        return (
            Verdict::Unknown,
            format!("the list could not be read at the end{why}"),
        );
    };
    if check.is_impossible() {
        return (Verdict::Invalid, impossible(check));
    }
    // A linearizable read shows the newest state that a majority has: what is missing there will not come back, whoever
    // else is still away. Any other may be of an older state, on a primary that knows no better.
    if !check.lost.is_empty() && read_at == ReadAt::Linearizable {
        return (Verdict::Invalid, lost(check.lost.len(), evidence));
    }
    if let Some(why) = evidence.history_error {
        return (
            Verdict::Unknown,
            format!("the history could not be written to its end: {why}"),
        );
    }
    if evidence.acknowledged == 0 {
        return (
            Verdict::Unknown,
            "nothing was acknowledged, so nothing could be lost".to_owned(),
        );
    }
    if let Some(why) = evidence.not_whole {
        return (
            Verdict::Unknown,
            format!("the set was not whole at the end: {why}"),
        );
    }
    if !evidence.stable {
        return (
            Verdict::Unknown,
            "the list still changed while it was read".to_owned(),
        );
    }
    if read_at == ReadAt::Local {
        return (
            Verdict::Unknown,
            "the list could not be read from a majority".to_owned(),
        );
    }
    if !check.lost.is_empty() {
        let (missing, all) = (check.lost.len(), evidence.acknowledged);
        return (
            Verdict::Unknown,
            format!(
                "{missing} of {all} acknowledged appends are not in the list, but it could be read from a majority only, which may be of an older state"
            ),
        );
    }
    (
        Verdict::Valid,
        format!(
            "all {} acknowledged appends are in the list, once and in order",
            evidence.acknowledged
        ),
    )
}

fn lost(count: usize, evidence: &Evidence<'_>) -> String {
    let share = 100.0 * count as f64 / evidence.acknowledged.max(1) as f64;
    let share = match share < 0.1 {
        true => "less than 0.1".to_owned(),
        false => format!("{share:.1}"),
    };
    let what = format!(
        "{count} of {} acknowledged appends are lost ({share} %)",
        evidence.acknowledged
    );
    if evidence.written == Written::Majority {
        format!("{what}, which must not happen with write concern majority")
    } else {
        format!(
            "{what}: write concern {} acknowledges before a majority has the write, and a primary that is cut off or dies takes such writes with it",
            evidence.written
        )
    }
}

fn impossible(check: &ListCheck) -> String {
    let findings = [
        (check.duplicated.len(), "there more than once"),
        (
            check.unexpected.len(),
            "there though never attempted or certainly failed",
        ),
        (check.reordered.len(), "in an order that real time forbids"),
        (check.foreign, "no number"),
        (check.lost.len(), "lost"),
    ];
    let found = findings.into_iter().filter(|(count, _)| *count > 0);
    let texts: Vec<String> = found
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    format!(
        "the list holds what it must not, whatever the write concern: {}",
        texts.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts() {
        let clean = ListCheck::default();
        let lossy = ListCheck {
            lost: vec![3, 4],
            ..clean.clone()
        };
        let twice = ListCheck {
            duplicated: vec![3],
            ..clean.clone()
        };
        let good = Evidence {
            acknowledged: 10,
            written: Written::Majority,
            read: Some((&clean, ReadAt::Linearizable)),
            stable: true,
            not_whole: None,
            history_error: None,
        };
        let away = Some("b:1 does not answer");
        use ReadAt::{Linearizable, Local, Majority};
        use Verdict::{Invalid, Unknown, Valid};
        let table = [
            (
                good.clone(),
                Valid,
                "all 10 acknowledged appends are in the list",
            ),
            (
                Evidence {
                    read: Some((&clean, Majority)),
                    ..good.clone()
                },
                Valid,
                "all 10",
            ),
            (
                Evidence {
                    read: Some((&clean, Local)),
                    ..good.clone()
                },
                Unknown,
                "the list could not be read from a majority",
            ),
            (
                Evidence {
                    read: None,
                    ..good.clone()
                },
                Unknown,
                "the list could not be read at the end",
            ),
            (
                Evidence {
                    read: None,
                    not_whole: away,
                    ..good.clone()
                },
                Unknown,
                "the list could not be read at the end (b:1 does not answer)",
            ),
            (
                Evidence {
                    acknowledged: 0,
                    ..good.clone()
                },
                Unknown,
                "nothing was acknowledged",
            ),
            (
                Evidence {
                    stable: false,
                    ..good.clone()
                },
                Unknown,
                "the list still changed",
            ),
            (
                Evidence {
                    not_whole: away,
                    ..good.clone()
                },
                Unknown,
                "the set was not whole at the end: b:1",
            ),
            (
                Evidence {
                    history_error: Some("full"),
                    ..good.clone()
                },
                Unknown,
                "the history could not be written to its end: full",
            ),
            (
                Evidence {
                    read: Some((&lossy, Linearizable)),
                    ..good.clone()
                },
                Invalid,
                "2 of 10 acknowledged appends are lost (20.0 %), which must not",
            ),
            (
                Evidence {
                    read: Some((&lossy, Linearizable)),
                    written: Written::Members(1),
                    ..good.clone()
                },
                Invalid,
                "2 of 10 acknowledged appends are lost (20.0 %): write concern 1",
            ),
            (
                Evidence {
                    read: Some((&lossy, Linearizable)),
                    acknowledged: 5747,
                    ..good.clone()
                },
                Invalid,
                "2 of 5747 acknowledged appends are lost (less than 0.1 %), which must not",
            ),
            (
                Evidence {
                    read: Some((&lossy, Linearizable)),
                    not_whole: away,
                    ..good.clone()
                },
                Invalid,
                "2 of 10",
            ),
            (
                Evidence {
                    read: Some((&lossy, Linearizable)),
                    history_error: Some("full"),
                    ..good.clone()
                },
                Invalid,
                "2 of 10",
            ),
            (
                Evidence {
                    read: Some((&lossy, Majority)),
                    ..good.clone()
                },
                Unknown,
                "2 of 10 acknowledged appends are not in the list, but",
            ),
            (
                Evidence {
                    read: Some((&lossy, Majority)),
                    not_whole: away,
                    ..good.clone()
                },
                Unknown,
                "the set was not whole",
            ),
            (
                Evidence {
                    read: Some((&lossy, Local)),
                    ..good.clone()
                },
                Unknown,
                "the list could not be read from a majority",
            ),
            (
                Evidence {
                    read: Some((&twice, Local)),
                    not_whole: away,
                    ..good.clone()
                },
                Invalid,
                "the list holds what it must not, whatever the write concern: 1 there more than once",
            ),
        ];
        for (evidence, verdict, reason) in table {
            let (found, text) = decide(&evidence);
            assert_eq!(found, verdict, "{text}");
            assert!(text.starts_with(reason), "{text}");
        }
    }
}

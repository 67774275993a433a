//! The verdict of a run, in words. The rule of a trial holds here too: green is worth something only if a fault bit.

use super::number::many;
use super::operation::Outcome;
use super::run::Run;
use super::texts::shortened;
use crate::consistency::trial::coverage::MUCH_INFO;
use serde_json::Value;

/// The longest reason that is shown.
const LONGEST: usize = 1500;

/// What a run means in which no fault bit.
const UNTRIED: &str = "A set that is left in peace keeps everything. Without a fault that was felt by a client or made \
                       another member primary, this run says nothing about what happens when something breaks.";

/// The colour of the page's first sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// `valid`.
    Valid,
    /// `invalid`.
    Invalid,
    /// `unknown`, and no verdict at all.
    Unknown,
}

impl Colour {
    /// The word, and the class in the style sheet.
    pub fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Unknown => "unknown",
        }
    }
}

/// The verdict, why, and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Its colour.
    pub colour: Colour,
    /// Why, in one sentence.
    pub reason: String,
    /// What it means to somebody who has never seen such a page, a paragraph each.
    pub meaning: Vec<String>,
}

/// Judges by the result, and by whether a fault bit where there were to be some.
pub fn judgement(run: &Run) -> Judgement {
    let reason = run
        .result
        .get("reason")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let reason = shortened(reason, LONGEST);
    let bit = run.faults.iter().filter(|fault| fault.bit()).count() as u64;
    let tried = format!(
        "{bit} of {} bit",
        many(run.faults.len() as u64, "fault", "faults")
    );
    // A trial has judged itself by what it tried; histories of earlier ones have the verdict of the test.
    let judged = run.result.get("coverage").is_some();
    match run.result.get("verdict").and_then(Value::as_str) {
        Some("valid") if run.nemesis && bit == 0 && !judged => Judgement {
            colour: Colour::Unknown,
            reason: format!("no fault bit, so nothing was tried ({tried})"),
            meaning: vec![
                format!("The checker itself found nothing wrong: {reason}."),
                UNTRIED.to_owned(),
            ],
        },
        Some("valid") => Judgement {
            colour: Colour::Valid,
            meaning: valid(run, &tried),
            reason,
        },
        Some("invalid") => Judgement {
            colour: Colour::Invalid,
            meaning: invalid(run),
            reason,
        },
        Some("unknown") => Judgement {
            colour: Colour::Unknown,
            reason,
            meaning: [
                "Nothing wrong was proved, and nothing right either: this is no pass. The reason says what was missing.",
                UNTRIED,
            ]
            .into_iter()
            .take(if run.nemesis && bit == 0 { 2 } else { 1 })
            .map(str::to_owned)
            .collect(),
        },
        _ => Judgement {
            colour: Colour::Unknown,
            reason: "there is no result in the history".to_owned(),
            meaning: vec![
                "The test did not come to its end, or the file is not whole. What was recorded before is shown; \
                 nothing was checked."
                    .to_owned(),
            ],
        },
    }
}

fn valid(run: &Run, tried: &str) -> Vec<String> {
    let mut meaning = vec![
        "Nothing that was acknowledged is missing, and no client saw what it must not see. This holds for this run: \
         it cannot prove that it is always so."
            .to_owned(),
    ];
    let (all, info) = (run.operations.len(), run.count(Outcome::Info));
    if run.faults.is_empty() {
        let note = match run.terms.len() {
            0 | 1 => {
                "No fault is noted in this history, and no other primary was elected: it says nothing about what happens \
                 when something breaks."
            }
            _ => {
                "No fault is noted in this history, for a write test knows of none; but another primary was elected \
                 meanwhile."
            }
        };
        meaning.push(note.to_owned());
    } else {
        meaning.push(format!("Something was really tried: {tried}."));
    }
    if info as f64 > MUCH_INFO * all as f64 {
        meaning.push(format!(
            "The evidence is weak: {:.0} % of all operations are of unknown outcome.",
            100.0 * info as f64 / all.max(1) as f64
        ));
    }
    meaning
}

fn invalid(run: &Run) -> Vec<String> {
    let mut meaning = Vec::new();
    let lost = lost(run);
    let concern = run.word("write-concern").unwrap_or_default();
    if lost > 0 {
        meaning.push(match lost {
            1 => "A client was told that its write was stored, and at the end it was not there."
                .to_owned(),
            lost => format!(
                "Clients were told that {} were stored, and at the end they were not there.",
                many(lost, "write", "writes")
            ),
        });
        meaning.push(match concern.as_str() {
            "majority" => "This was with write concern majority, after whose acknowledgement a write must not \
                           be lost."
                .to_owned(),
            "" => String::new(),
            few => format!(
                "Write concern {few} permits that: a primary acknowledges before a majority has the write, and what it \
                 alone has is rolled back when another is elected. With write concern majority this must not happen."
            ),
        });
    }
    if run.result.get("members-agree") == Some(&Value::Bool(false)) {
        meaning.push("The members hold different data although the set is whole.".to_owned());
    }
    if meaning.is_empty() {
        let read = run.word("read-concern").unwrap_or_default();
        meaning.push(unexplained(&concern, &read));
    }
    meaning.retain(|paragraph| !paragraph.is_empty());
    meaning
}

/// What it means that clients saw what must not be, at these concerns.
fn unexplained(write: &str, read: &str) -> String {
    let evidence = "The evidence is below, in words.";
    match (write, read) {
        ("majority", "local") => format!(
            "Clients saw what must not be seen. Read concern local permits that: a read may be old, and may show what is \
             rolled back later. With the read concern that the workload has by default it must not happen. {evidence}"
        ),
        ("majority", "majority") => format!(
            "Clients saw what must not be seen. Read concern majority permits reads that are old, but no other: where the \
             evidence is of anything else, no setting explains it. {evidence}"
        ),
        ("majority" | "", _) => format!(
            "What clients saw cannot be explained by any behaviour that the set's settings permit. {evidence}"
        ),
        (few, _) => format!(
            "Clients saw what must not be seen. Write concern {few} permits that: what one primary acknowledged may be \
             rolled back after others have read it or built on it. With write concern majority, and the read concern \
             that the workload has by default, it must not happen. {evidence}"
        ),
    }
}

/// How many acknowledged writes are lost, by the result: in it itself, or under the name that the checker has for it.
pub fn lost(run: &Run) -> u64 {
    let counts = run.result.pointer("/finding/counts");
    let counted = ["lost-count", "lost-appends", "lost"]
        .iter()
        .find_map(|name| counts?.get(name)?.as_u64());
    run.figure("lost").or(counted).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn invalid_of(result: Value) -> Vec<String> {
        invalid(&Run {
            result,
            ..Run::default()
        })
    }

    #[test]
    fn losses_are_told_whatever_the_checker_calls_them() {
        for (result, expected) in [
            (json!({"lost": 2}), 2),
            (json!({"finding": {"counts": {"lost-count": 3}}}), 3),
            (
                json!({"finding": {"counts": {"lost-appends": 4, "transactions": 9}}}),
                4,
            ),
            (json!({"finding": {"counts": {"lost-update": 5}}}), 0),
            (json!({"finding": {}}), 0),
            (Value::Null, 0),
        ] {
            let run = Run {
                result: result.clone(),
                ..Run::default()
            };
            assert_eq!(lost(&run), expected, "{result}");
        }
        let told =
            invalid_of(json!({"write-concern": "1", "finding": {"counts": {"lost-count": 3}}}));
        assert!(told[0].contains("3 writes were stored"), "{told:?}");
        assert!(told[1].contains("Write concern 1 permits that"), "{told:?}");
        assert_eq!(told.len(), 2);
    }

    #[test]
    fn only_what_no_setting_permits_is_called_that() {
        for (write, read, inexplicable) in [
            ("majority", "linearizable", true),
            ("majority", "snapshot", true),
            ("majority", "majority", false),
            ("majority", "local", false),
            ("1", "linearizable", false),
            ("2", "majority", false),
        ] {
            let told = invalid_of(json!({"write-concern": write, "read-concern": read}));
            let found = told[0].contains("cannot be explained by any behaviour");
            assert_eq!(
                (told.len(), found),
                (1, inexplicable),
                "{write} {read}: {told:?}"
            );
        }
    }
}

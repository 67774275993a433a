//! The figures of a run, its settings, and what the checker counted.

use super::element::{Cell, heading, note, table};
use crate::consistency::checker::finding::unit;
use crate::consistency::page::date::date;
use crate::consistency::page::escape::text;
use crate::consistency::page::judgement::lost;
use crate::consistency::page::number::{many, thousands};
use crate::consistency::page::operation::Outcome;
use crate::consistency::page::run::Run;
use crate::consistency::page::texts::shortened;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write;

struct Figure {
    name: &'static str,
    number: String,
    small: String,
    class: &'static str,
}

/// The large figures.
pub fn figures(run: &Run) -> String {
    let mut html = String::from(r#"<dl class="figures" aria-label="Figures">"#);
    for Figure {
        name,
        number,
        small,
        class,
    } in all(run)
    {
        let box_class = if class == "bad" {
            r#" class="bad""#
        } else {
            ""
        };
        let _ = write!(
            html,
            r#"<div{box_class}><dt>{name}</dt><dd><span class="n {class}">{}</span>"#,
            text(&number)
        );
        if !small.is_empty() {
            let _ = write!(html, "<small>{}</small>", text(&small));
        }
        html.push_str("</dd></div>");
    }
    html.push_str("</dl>");
    html
}

fn all(run: &Run) -> Vec<Figure> {
    let counted = |name, outcome| run.figure(name).unwrap_or_else(|| run.count(outcome));
    let (pass, fail, info) = (
        counted("pass", Outcome::Ok),
        counted("fail", Outcome::Fail),
        counted("info", Outcome::Info),
    );
    let class = |outcome, class: &str| {
        run.errors
            .get(&(outcome, class.to_owned()))
            .copied()
            .unwrap_or(0)
    };
    let seconds = run.seconds();
    let refused = class(Outcome::Fail, "not-matched");
    let unsure = run.figure("applied-not-majority").unwrap_or(0);
    let mut figures = vec![
        Figure {
            name: "Acknowledged",
            number: thousands(pass),
            small: match seconds >= 0.001 {
                true => format!(
                    "{} a second",
                    thousands((pass as f64 / seconds).round() as u64)
                ),
                false => String::new(),
            },
            class: "ok-text",
        },
        Figure {
            name: "Failed",
            number: thousands(fail),
            small: match refused {
                0 => "certainly not done".to_owned(),
                refused if refused == fail => {
                    "compare-and-sets that found another value".to_owned()
                }
                refused => format!("{} of them found another value", thousands(refused)),
            },
            class: "fail-text",
        },
        Figure {
            name: "Unknown",
            number: thousands(info),
            small: match unsure {
                0 => "done or not, nobody knows".to_owned(),
                unsure => format!(
                    "{} on one server only, as far as it knew",
                    thousands(unsure)
                ),
            },
            class: "info-text",
        },
    ];
    let lost = lost(run);
    if lost > 0 || run.result.get("lost").is_some() {
        let share = 100.0 * lost as f64 / pass.max(1) as f64;
        figures.push(Figure {
            name: "Lost",
            number: thousands(lost),
            small: match lost {
                0 => "of what was acknowledged".to_owned(),
                _ if share < 0.1 => "less than 0.1 % of what was acknowledged".to_owned(),
                _ => format!("{share:.1} % of what was acknowledged"),
            },
            class: if lost > 0 { "bad" } else { "" },
        });
    }
    let anomalies = run
        .result
        .pointer("/finding/anomalies")
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    if anomalies > 0 {
        figures.push(Figure {
            name: "Anomalies",
            number: thousands(anomalies as u64),
            small: names(run),
            class: "bad",
        });
    }
    figures.extend(of_set(run, seconds));
    figures
}

fn of_set(run: &Run, seconds: f64) -> Vec<Figure> {
    let members: BTreeSet<&str> = run.terms.iter().map(|term| term.address.as_str()).collect();
    let elections = run.elections().len() as u64;
    let bit = run.faults.iter().filter(|fault| fault.bit()).count();
    let faults = run.faults.len() as u64;
    vec![
        Figure {
            name: "Primaries",
            number: thousands(members.len() as u64),
            small: many(elections, "election", "elections"),
            class: "",
        },
        Figure {
            name: "Faults",
            number: thousands(faults),
            small: match faults {
                0 if run.nemesis => "none was begun".to_owned(),
                0 => "none noted".to_owned(),
                _ => format!("{bit} of them bit"),
            },
            class: "",
        },
        Figure {
            name: "Duration",
            number: format!("{seconds:.1} s"),
            small: many(run.operations.len() as u64, "operation", "operations"),
            class: "",
        },
    ]
}

fn names(run: &Run) -> String {
    let anomalies = run
        .result
        .pointer("/finding/anomalies")
        .and_then(Value::as_array);
    let names = anomalies
        .into_iter()
        .flatten()
        .filter_map(|anomaly| anomaly.get("name")?.as_str());
    let names: BTreeSet<&str> = names.collect();
    shortened(&names.into_iter().collect::<Vec<_>>().join(", "), 80)
}

/// The settings: what one needs to make the run again.
pub fn settings(run: &Run) -> String {
    const NAMES: [(&str, &str); 17] = [
        ("workload", "Workload"),
        ("write-concern", "Write concern"),
        ("read-concern", "Read concern"),
        ("read-preference", "Read preference"),
        ("journal", "Journal"),
        ("mode", "Clients know"),
        ("clients", "Clients"),
        ("keys", "Keys"),
        ("rate", "Rate asked for, a second"),
        ("retry-writes", "Driver retries writes"),
        ("timeout-seconds", "Limit of a statement, s"),
        ("seed", "Seed"),
        ("set-name", "Replica set"),
        ("namespace", "Namespace"),
        ("version", "mongo-rs"),
        ("id", "Run"),
        ("members-agree", "Members agree at the end"),
    ];
    let mut html = String::from(r#"<dl class="settings">"#);
    let mut row = |name: &str, value: &str| {
        let _ = write!(
            html,
            "<div><dt>{name}</dt><dd>{}</dd></div>",
            text(&shortened(value, 300))
        );
    };
    for (key, name) in NAMES {
        if let Some(value) = run.word(key) {
            let value = match (key, value.as_str()) {
                ("rate", "0.0" | "0") => "as fast as it goes",
                ("mode", "set") => "the whole set",
                ("mode", "pinned") => "one member each",
                (_, "true") => "yes",
                (_, "false") => "no",
                (_, value) => value,
            };
            row(name, value);
        }
    }
    if let Some(started) = run.header.get("started-unix-ms").and_then(Value::as_u64) {
        row("Started", &date(started));
    }
    if let Some(members) = run.header.get("members").and_then(Value::as_array) {
        let members: Vec<&str> = members.iter().filter_map(Value::as_str).collect();
        row("Members", &members.join(", "));
    }
    html.push_str("</dl>");
    html
}

/// What the checker counted, and what went wrong in operations. Empty where there is neither.
pub fn counts(run: &Run) -> String {
    const LIST: [(&str, &str); 7] = [
        (
            "expected-len",
            "elements that should be there: all that were acknowledged",
        ),
        ("actual-len", "elements that are there"),
        ("lost", "acknowledged, and not there"),
        ("recovered", "of unknown outcome, and there"),
        ("duplicated", "there more than once"),
        (
            "unexpected",
            "there, though never attempted or certainly failed",
        ),
        ("reordered", "in an order that real time forbids"),
    ];
    let mut rows = Vec::new();
    for (key, meaning) in LIST {
        if let Some(count) = run.figure(key) {
            rows.push((
                None,
                vec![
                    Cell::Word(key.to_owned()),
                    Cell::Number(thousands(count)),
                    Cell::Long(meaning.to_owned()),
                ],
            ));
        }
    }
    let found = run
        .result
        .pointer("/finding/counts")
        .and_then(Value::as_object);
    for (name, count) in found.into_iter().flatten().take(60) {
        let count = count.as_u64().map_or_else(|| count.to_string(), thousands);
        rows.push((
            None,
            vec![
                Cell::Word(shortened(name, 60)),
                Cell::Number(shortened(&count, 40)),
                Cell::Long(unit(name).unwrap_or_default().to_owned()),
            ],
        ));
    }
    let mut html = String::new();
    if !rows.is_empty() {
        html += &heading("counts", "What the checker counted");
        html += &table("What the checker counted", &["Figure", "Count", ""], &rows);
    }
    if !run.errors.is_empty() {
        let rows = run.errors.iter().map(|((outcome, class), count)| {
            (
                None,
                vec![
                    Cell::Word(class.clone()),
                    Cell::Word(outcome.name().to_owned()),
                    Cell::Number(thousands(*count)),
                ],
            )
        });
        html += &heading("errors", "Why operations were not acknowledged");
        html += &table(
            "Errors by class",
            &["Class", "Outcome", "Operations"],
            &rows.collect::<Vec<_>>(),
        );
        html += &note(
            "fail: certainly not done. info: nobody knows; it may have been done, or be done later.",
        );
    }
    html
}

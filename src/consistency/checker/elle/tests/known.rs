//! Elle's cases: as a table, and from the file where there is one.

use super::cases::CASES;
use super::lines::{lists, registers};
use super::{Line, Micro, Value, about, models, names};
use crate::consistency::checker::elle::list_append::tests::edges;
use crate::consistency::checker::elle::{Options, list_append, rw_register};
use crate::consistency::checker::finding::Finding;
use crate::consistency::report::Verdict;
use serde_json::Value as Json;
use std::collections::BTreeSet;

fn check(is_registers: bool, lines: &[Line], options: &Options) -> Finding {
    if is_registers {
        let (history, steps) = registers(lines);
        rw_register::check(&history, &steps, options)
    } else {
        list_append::check(&lists(lines), options)
    }
}

fn options(asked_models: &[&str], anomalies: &[&str]) -> Options {
    Options {
        anomalies: anomalies.iter().map(|name| (*name).to_owned()).collect(),
        linearizable_keys: anomalies.contains(&"linearizable-keys"),
        ..Options::models(models(asked_models))
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Valid => "valid",
        Verdict::Invalid => "invalid",
        Verdict::Unknown => "unknown",
    }
}

fn set<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

fn words(text: &str) -> Vec<&str> {
    text.split(' ')
        .filter(|word| !word.is_empty() && *word != "-")
        .collect()
}

/// One case of the table.
fn case(text: &str) {
    let (name, text) = text.split_once('\n').unwrap();
    let mut lines = Vec::new();
    let mut expected: BTreeSet<(u32, u32)> = BTreeSet::new();
    let is_registers = name.starts_with("rw-");
    for line in text.lines() {
        if let Some(asked) = line.strip_prefix("? ") {
            let parts: Vec<Vec<&str>> = asked.split(" | ").map(words).collect();
            let options = options(&parts[0], &parts[1]);
            let finding = check(is_registers, &lines, &options);
            let what = format!("{name} {asked}: {finding:#?}");
            assert_eq!(word(finding.verdict), parts[2][0], "{what}");
            assert_eq!(
                about(&finding, &options),
                set(parts[3].iter().copied()),
                "{what}"
            );
            if finding.verdict != Verdict::Valid && !names(&finding).contains("duplicate-appends") {
                assert_eq!(finding.not, set(parts[4].iter().copied()), "{what}");
            }
        } else if let Some(present) = line.strip_prefix("@ ") {
            let parts = words(present);
            let finding = check(is_registers, &lines, &Options::default());
            for place in &parts[1..] {
                let place: u32 = place.parse().unwrap();
                let found = finding
                    .anomalies
                    .iter()
                    .any(|anomaly| anomaly.name == parts[0] && anomaly.operations.contains(&place));
                assert!(found, "{name} {finding:#?}");
            }
        } else if let Some(edges) = line.strip_prefix("> ") {
            let places: Vec<u32> = words(edges)
                .iter()
                .map(|place| place.parse().unwrap())
                .collect();
            expected.extend(places[1..].iter().map(|to| (places[0], *to)));
        } else {
            lines.push(Line::parse(line));
        }
    }
    if !expected.is_empty() {
        assert_eq!(edges(&lists(&lines)), expected, "{name}");
    }
}

#[test]
fn table() {
    let cases: Vec<&str> = CASES.split("# ").filter(|text| !text.is_empty()).collect();
    assert_eq!(cases.len(), 33);
    cases.into_iter().for_each(case);
}

fn strings(value: &Json) -> Vec<&str> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .collect()
}

fn text(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn line(op: &Json) -> Line {
    let micro = |step: &Json| -> Micro {
        let value = match &step[2] {
            Json::Null => Value::Nothing,
            Json::Array(list) => Value::List(list.iter().map(text).collect()),
            one => Value::One(text(one)),
        };
        (
            step[0].as_str().unwrap().chars().next().unwrap(),
            text(&step[1]),
            value,
        )
    };
    Line {
        process: op["process"].as_u64().unwrap(),
        kind: op["type"].as_str().unwrap().to_owned(),
        steps: op["value"].as_array().unwrap().iter().map(micro).collect(),
    }
}

#[test]
fn file() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/research/data/elle-cases.json"
    );
    let Ok(content) = std::fs::read_to_string(path) else {
        crate::consistency::checker::tables::skipped(format!("there is no {path}"));
        return;
    };
    let file: Json = serde_json::from_str(&content).unwrap();
    let mut count = 0;
    for case in file["cases"].as_array().unwrap() {
        let lines: Vec<Line> = case["ops"].as_array().unwrap().iter().map(line).collect();
        let is_registers = case["workload"] == "rw-register";
        for asked in case["checks"].as_array().unwrap() {
            count += 1;
            let mut options = options(
                &strings(&asked["consistency_models"]),
                &strings(&asked["anomalies"]),
            );
            options.linearizable_keys = asked["options"]["linearizable_keys"] == true;
            options.sequential_keys = asked["options"]["sequential_keys"] == true;
            let finding = check(is_registers, &lines, &options);
            let found = about(&finding, &options);
            let garbage = found.contains("garbage-read");
            let what = format!("{} {asked}: {finding:#?}", case["name"]);
            let expected = match &asked["valid"] {
                Json::Bool(true) if garbage => "invalid",
                Json::Bool(true) => "valid",
                Json::Bool(false) => "invalid",
                _ => "unknown",
            };
            assert_eq!(word(finding.verdict), expected, "{what}");
            let types = set(strings(&asked["anomaly_types"]));
            assert!(types.is_subset(&found), "{what}");
            if asked["anomaly_types"].is_array() {
                let mut allowed = types;
                allowed.extend(set(strings(&asked["also_allowed"])));
                allowed.insert("garbage-read".to_owned());
                assert!(found.is_subset(&allowed), "{what}");
            }
            if asked["not_models"].is_array() && finding.verdict != Verdict::Valid && !garbage {
                assert_eq!(finding.not, set(strings(&asked["not_models"])), "{what}");
            }
        }
        if case["expected_error"].is_object() {
            let finding = check(is_registers, &lines, &Options::default());
            assert_eq!(finding.verdict, Verdict::Unknown);
            assert_eq!(
                names(&finding),
                set([case["expected_error"]["type"].as_str().unwrap()])
            );
        }
    }
    assert!(count > 0);
}

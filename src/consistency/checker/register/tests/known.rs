//! Porcupine's etcd logs and Knossos' registers, with the verdicts that are known of them.

use crate::consistency::checker::actions::{OnRegister, Register};
use crate::consistency::checker::operation::{History, Names, OPEN, Operation};
use crate::consistency::checker::register::{FailedCas, Options, check};
use crate::consistency::outcome::OutcomeType;
use crate::consistency::report::Verdict;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

pub(super) fn data() -> Option<PathBuf> {
    let path = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/research/data"
    ));
    if path.is_dir() {
        return Some(path.to_owned());
    }
    crate::consistency::checker::tables::skipped(format!("there is no {}", path.display()));
    None
}

struct Line {
    process: u64,
    kind: String,
    f: String,
    values: Vec<String>,
}

/// Lines to operations; `unknown_nil` for reads of nil that say nothing.
fn history(lines: impl Iterator<Item = Line>, unknown_nil: bool) -> History<OnRegister> {
    let mut names = Names::default();
    let mut operations: Vec<Operation<OnRegister>> = Vec::new();
    let mut running = HashMap::new();
    for (place, line) in lines.enumerate() {
        let values: Vec<u32> = line
            .values
            .iter()
            .map(|value| names.symbol(value))
            .collect();
        let place = place as u32;
        if line.kind == "info" {
            running.remove(&line.process);
            continue;
        }
        let action = match (line.f.as_str(), values.as_slice()) {
            ("write", [value]) => Register::Write(*value),
            ("cas", [from, to]) => Register::CompareAndSet(*from, *to),
            ("read", [value]) if !(unknown_nil && *value == 0) && line.kind == "ok" => {
                Register::Read(Some(*value))
            }
            ("read", _) => Register::Read(None),
            other => panic!("{other:?}"),
        };
        if line.kind == "invoke" {
            running.insert(line.process, operations.len());
            operations.push(Operation {
                process: line.process,
                invoked: place,
                completed: OPEN,
                outcome: OutcomeType::Info,
                action: OnRegister { key: 0, action },
            });
            continue;
        }
        let operation = &mut operations[running.remove(&line.process).unwrap()];
        match line.kind.as_str() {
            "ok" => {
                (
                    operation.outcome,
                    operation.completed,
                    operation.action.action,
                ) = (OutcomeType::Ok, place, action)
            }
            "fail" => (operation.outcome, operation.completed) = (OutcomeType::Fail, place),
            _ => {}
        }
    }
    History {
        operations,
        names,
        times: Vec::new(),
    }
}

pub(super) fn etcd(text: &str) -> History<OnRegister> {
    let lines = text.lines().filter_map(|line| {
        let mut fields = line.split_once(" - ")?.1.split('\t');
        Some(Line {
            process: fields.next()?.trim().parse().ok()?,
            kind: fields.next()?.trim_start_matches(':').to_owned(),
            f: fields.next()?.trim_start_matches(':').to_owned(),
            values: fields
                .next()?
                .trim_matches(['[', ']'])
                .split(' ')
                .map(str::to_owned)
                .collect(),
        })
    });
    history(lines, false)
}

pub(super) fn knossos(text: &str) -> History<OnRegister> {
    let text: String = text
        .lines()
        .map(|line| line.split(';').next().unwrap().to_owned() + " ")
        .collect();
    let lines = text.split('{').skip(1).filter_map(|map| {
        let field = |name: &str| {
            let rest = map.split_once(name)?.1.trim_start();
            Some(rest.split([',', '}']).next()?.split(" :").next()?.trim())
        };
        Some(Line {
            process: field(":process")?.parse().ok()?,
            kind: field(":type")?.trim_start_matches(':').to_owned(),
            f: field(":f ")?.trim_start_matches(':').to_owned(),
            values: field(":value")
                .unwrap_or("nil")
                .trim_matches(['[', ']'])
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
        })
    });
    history(lines, true)
}

/// The files that a list of verdicts speaks of, and what it says.
pub(super) fn files(under: &Path) -> Vec<(PathBuf, bool)> {
    let text = std::fs::read_to_string(under.join("expected.json")).unwrap();
    let expected: serde_json::Value = serde_json::from_str(&text).unwrap();
    let files = expected["files"].as_array().unwrap();
    let files = files
        .iter()
        .filter(|file| file["model"].as_str().unwrap().ends_with("cas-register"));
    files
        .filter_map(|file| {
            Some((
                under.join(file["file"].as_str()?),
                file["linearizable"].as_bool()?,
            ))
        })
        .filter(|(path, _)| path.is_file())
        .collect()
}

fn assert_verdict(
    path: &Path,
    linearizable: bool,
    history: &History<OnRegister>,
    options: &Options,
) {
    let finding = check(history, options);
    let verdict = if linearizable {
        Verdict::Valid
    } else {
        Verdict::Invalid
    };
    assert_eq!(finding.verdict, verdict, "{}: {finding:#?}", path.display());
    assert_eq!(finding.anomalies.is_empty(), linearizable);
}

#[test]
fn etcd_logs() {
    let Some(data) = data() else {
        return;
    };
    let options = Options {
        failed_cas: FailedCas::Compared,
        ..Options::default()
    };
    let files = files(&data.join("porcupine"));
    assert!(files.len() >= 20, "{files:?}");
    for (path, linearizable) in files {
        let history = etcd(&std::fs::read_to_string(&path).unwrap());
        assert!(history.operations.len() > 50, "{}", path.display());
        assert_verdict(&path, linearizable, &history, &options);
    }
}

#[test]
fn knossos_registers() {
    let Some(data) = data() else {
        return;
    };
    let files = files(&data.join("knossos"));
    assert!(files.len() >= 10, "{files:?}");
    for (path, linearizable) in files {
        let mut history = knossos(&std::fs::read_to_string(&path).unwrap());
        assert!(history.operations.len() > 5, "{}", path.display());
        let initial = Some(history.names.symbol("0"));
        for initial in [None, initial] {
            let options = Options {
                initial,
                ..Options::default()
            };
            assert_verdict(&path, linearizable, &history, &options);
        }
    }
}

//! The known histories, read completely.

use super::convert::{self, NilRead, Options};
use super::{Kind, Lines, Process};
use crate::consistency::outcome::OutcomeType;
use serde_json::Value as Json;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

fn data() -> Option<PathBuf> {
    let data = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/research/data"
    ));
    if data.is_dir() {
        return Some(data.to_owned());
    }
    crate::consistency::checker::tables::skipped(format!(
        "there is no directory {}",
        data.display()
    ));
    None
}

fn expected(directory: &Path) -> Vec<Json> {
    let text = std::fs::read_to_string(directory.join("expected.json")).expect("expected.json");
    let json: Json = serde_json::from_str(&text).expect("expected.json is JSON");
    json["files"].as_array().expect("files").clone()
}

fn open(path: &Path) -> Lines<BufReader<File>> {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Lines::new(BufReader::new(file), None)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn porcupine() {
    let Some(data) = data() else { return };
    let directory = data.join("porcupine");
    for file in expected(&directory) {
        let path = directory.join(file["file"].as_str().expect("file"));
        let of = |name: &str| file[name].as_u64().unwrap_or_default();
        let (mut counts, mut nemesis) = ([0; 4], 0);
        for line in open(&path) {
            let line = line.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            match line.process {
                Process::Client(_) => counts[line.kind as usize] += 1,
                Process::Other(_) => nemesis += 1,
            }
        }
        assert_eq!(
            counts,
            ["invoke", "ok", "fail", "info"].map(of),
            "{}",
            path.display()
        );
        assert_eq!(
            counts.iter().sum::<u64>() + nemesis,
            of("lines"),
            "{}",
            path.display()
        );
        assert_eq!(nemesis, of("nemesis_lines"));
        let operations: Vec<(OutcomeType, u64)> = match file["model"].as_str() {
            Some("etcd-cas-register") => {
                let history = convert::register(&mut open(&path), Options::default());
                let history = history.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                history
                    .operations
                    .iter()
                    .map(|operation| (operation.outcome, operation.process))
                    .collect()
            }
            _ => {
                let history = convert::kv(&mut open(&path), Options::default());
                let history = history.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                history
                    .operations
                    .iter()
                    .map(|operation| (operation.outcome, operation.process))
                    .collect()
            }
        };
        assert_eq!(operations.len() as u64, of("invoke"), "{}", path.display());
        let open = operations
            .iter()
            .filter(|(outcome, _)| *outcome == OutcomeType::Info)
            .count();
        assert_eq!(open as u64, of("never_completed"), "{}", path.display());
        let mut processes: Vec<_> = operations.iter().map(|(_, process)| process).collect();
        processes.sort_unstable();
        processes.dedup();
        assert_eq!(
            processes.len() as u64,
            of("processes"),
            "{}",
            path.display()
        );
    }
}

#[test]
fn knossos() {
    let Some(data) = data() else { return };
    let directory = data.join("knossos");
    for file in expected(&directory) {
        let path = directory.join(file["file"].as_str().expect("file"));
        let lines = open(&path)
            .map(|line| line.unwrap_or_else(|error| panic!("{}: {error}", path.display())));
        let lines: Vec<_> = lines
            .filter(|line| line.process.client().is_some())
            .collect();
        let count = |kind| lines.iter().filter(|line| line.kind == kind).count();
        let (invoked, failed) = (count(Kind::Invoke), count(Kind::Fail));
        if file["model"] == "multi-register" {
            let (history, steps) = convert::rw_register(&mut open(&path)).expect("multi-register");
            assert_eq!(history.operations.len(), invoked);
            assert!(steps.len() > invoked / 2);
            continue;
        }
        let history = convert::register(&mut open(&path), Options::default());
        let history = history.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let ours = || {
            history
                .operations
                .iter()
                .filter(|operation| operation.outcome != OutcomeType::Fail)
        };
        assert_eq!(ours().count(), invoked - failed, "{}", path.display());
        assert_eq!(
            ours().count() as u64,
            file["ops"].as_u64().expect("ops"),
            "{}",
            path.display()
        );
        let open_ones = ours()
            .filter(|operation| operation.outcome == OutcomeType::Info)
            .count();
        assert_eq!(
            open_ones as u64,
            file["open_ops"].as_u64().expect("open_ops"),
            "{}",
            path.display()
        );
        let initial = Options {
            nil_read: Some(NilRead::Initial),
            ..Options::default()
        };
        assert!(convert::register(&mut open(&path), initial).is_ok());
    }
}

/// The cases that are JSON within JSON: each is written out, and read as elle-cli's files are.
#[test]
fn cases() {
    let Some(data) = data() else { return };
    for file in ["elle-cases.json", "jepsen-checker-cases.json"] {
        let text = std::fs::read_to_string(data.join(file)).expect(file);
        let json: Json = serde_json::from_str(&text).expect(file);
        for case in json["cases"].as_array().expect("cases") {
            let text = case["ops"].to_string();
            let only = case["completions_only"] == true;
            let all = case["ops"].as_array().expect("ops");
            let expected = all
                .iter()
                .filter(|op| op["process"].is_u64() && (only || op["type"] == "invoke"))
                .count();
            let mut lines = Lines::new(text.as_bytes(), None).expect("it begins");
            let model = case["workload"]
                .as_str()
                .or(case["checker"].as_str())
                .expect("a model");
            let count = match model {
                "list-append" => {
                    convert::list_append(&mut lines).map(|(history, _)| history.operations.len())
                }
                "rw-register" | "long-fork" => {
                    convert::rw_register(&mut lines).map(|(one, _)| one.operations.len())
                }
                "set" => convert::set(&mut lines).map(|history| history.operations.len()),
                "set-full" => convert::set_full(&mut lines)
                    .map(|all| all.iter().map(|of| of.history.operations.len()).sum()),
                "counter" => convert::counter(&mut lines).map(|history| history.operations.len()),
                _ => continue,
            };
            match count {
                Ok(count) => assert_eq!(count, expected, "{}", case["name"]),
                // One of Elle's cases is a history that is none.
                Err(error) => assert!(
                    !case["expected_error"].is_null(),
                    "{}: {error}",
                    case["name"]
                ),
            }
        }
    }
}

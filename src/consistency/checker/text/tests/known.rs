//! Porcupine's histories of maps of strings, with the verdicts that are known of them.

use crate::consistency::checker::actions::{OnText, Text};
use crate::consistency::checker::operation::{History, Names, OPEN, Operation};
use crate::consistency::checker::text::{BUDGET, check};
use crate::consistency::outcome::OutcomeType;
use crate::consistency::report::Verdict;
use std::collections::HashMap;
use std::path::Path;

pub(super) fn read(text: &str) -> History<OnText> {
    let mut names = Names::default();
    let mut operations: Vec<Operation<OnText>> = Vec::new();
    let mut running: HashMap<&str, usize> = HashMap::new();
    for (place, line) in text.lines().enumerate() {
        let field = |name: &str| {
            line.split_once(name)
                .unwrap()
                .1
                .split([',', '}'])
                .next()
                .unwrap()
                .trim()
        };
        let unquoted = |text: &str| text.trim_matches('"').to_owned();
        let value = names.symbol(&unquoted(field(":value")));
        let key = names.symbol(&unquoted(field(":key")));
        let is_ok = field(":type") == ":ok";
        let action = match field(":f") {
            ":get" => Text::Get(is_ok.then_some(value)),
            ":put" => Text::Put(value),
            ":append" => Text::Append(value),
            other => panic!("{other}"),
        };
        if is_ok {
            let operation = &mut operations[running.remove(field(":process")).unwrap()];
            operation.outcome = OutcomeType::Ok;
            operation.completed = place as u32;
            operation.action.action = action;
        } else {
            running.insert(field(":process"), operations.len());
            operations.push(Operation {
                process: field(":process").parse().unwrap(),
                invoked: place as u32,
                completed: OPEN,
                outcome: OutcomeType::Info,
                action: OnText { key, action },
            });
        }
    }
    History {
        operations,
        names,
        times: Vec::new(),
    }
}

#[test]
fn porcupine_strings() {
    let data = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/research/data/porcupine"
    ));
    if !data.is_dir() {
        crate::consistency::checker::tables::skipped(format!("there is no {}", data.display()));
        return;
    }
    let expected: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(data.join("expected.json")).unwrap())
            .unwrap();
    let mut checked = 0;
    for file in expected["files"].as_array().unwrap() {
        let path = data.join(file["file"].as_str().unwrap());
        if file["model"] != "kv-string-put-append" || !path.is_file() {
            continue;
        }
        let history = read(&std::fs::read_to_string(&path).unwrap());
        assert_eq!(
            history.operations.len() as u64,
            file["invoke"].as_u64().unwrap()
        );
        let finding = check(&history, BUDGET);
        let verdict = if file["linearizable"] == true {
            Verdict::Valid
        } else {
            Verdict::Invalid
        };
        assert_eq!(finding.verdict, verdict, "{}: {finding:#?}", path.display());
        checked += 1;
    }
    assert!(checked >= 4, "{checked}");
}

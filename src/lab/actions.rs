//! Actions: asked for, checked, and what becomes of them. Pure.

use super::charm::ActionSpec;
use super::context::HookContext;
use super::model::{Model, Operation, Task, TaskKind, TaskStatus};
use super::moment::Moment;
use super::process::Ended;
use crate::model::unit::UnitName;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// How a task ended.
pub struct Outcome {
    /// Where it is now.
    pub status: TaskStatus,
    /// Why it failed.
    pub message: String,
    /// What it gave.
    pub results: Value,
}

impl Outcome {
    /// The agent, or its machine, went away while the task ran; it is never run again (`…/actions/resolver.go`).
    pub fn interrupted() -> Self {
        let message = "action terminated".to_owned();
        Self {
            status: TaskStatus::Failed,
            message,
            results: json!({}),
        }
    }
}

/// What a task gave, from its process and its tools. `problem`: what it asked for could not be committed.
pub fn outcome(
    task: &Task,
    context: &HookContext,
    ended: &Ended,
    problem: Option<String>,
) -> Outcome {
    let mut results = context.results.as_object().cloned().unwrap_or_default();
    let (code, killed, stdout, stderr) = match ended {
        Ended::Missing => {
            let message = format!("action not implemented on unit {:?}", task.unit.to_string());
            return Outcome {
                status: TaskStatus::Failed,
                message,
                results: json!({}),
            };
        }
        Ended::PowerLost => return Outcome::interrupted(),
        Ended::Code {
            code,
            killed,
            stdout,
            stderr,
            ..
        } => (*code, *killed, stdout, stderr),
    };
    put_output(&mut results, "stdout", stdout);
    put_output(&mut results, "stderr", stderr);
    let mut code_shown = code;
    let (status, message) = if killed {
        (TaskStatus::Aborted, "action terminated".to_owned())
    } else if let Some(problem) = problem {
        let before = results
            .get("stderr")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        results.insert("stderr".to_owned(), json!(format!("{before}{problem}")));
        code_shown = 1;
        (TaskStatus::Failed, problem)
    } else {
        match (&task.kind, code, &context.failure) {
            // A command's exit code is its result, not its failure.
            (TaskKind::Exec { .. }, _, _) | (_, 0, None) => (TaskStatus::Completed, String::new()),
            (_, 0, Some(why)) => (TaskStatus::Failed, why.clone()),
            (_, code, _) => (TaskStatus::Failed, format!("exit status {code}")),
        }
    };
    results.insert("return-code".to_owned(), json!(code_shown));
    Outcome {
        status,
        message,
        results: Value::Object(results),
    }
}

fn put_output(results: &mut Map<String, Value>, key: &str, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            results.insert(key.to_owned(), json!(text));
        }
        Err(_) => {
            results.insert(key.to_owned(), json!(STANDARD.encode(bytes)));
            results.insert(format!("{key}-encoding"), json!("base64"));
        }
    }
}

/// Queues one operation on several units.
pub fn enqueue(model: &mut Model, units: &[UnitName], kind: &TaskKind, now: Moment) -> u64 {
    let operation = model.take_task_number();
    let mut tasks = Vec::new();
    for unit in units {
        let id = model.take_task_number();
        tasks.push(id);
        model.tasks.insert(
            id,
            Task {
                id,
                operation,
                unit: unit.clone(),
                kind: kind.clone(),
                status: TaskStatus::Pending,
                message: String::new(),
                results: json!({}),
                log: Vec::new(),
                enqueued: now,
                started: None,
                completed: None,
            },
        );
    }
    let summary = match kind {
        TaskKind::Action { name, .. } => format!("{name} run on {}", names(units)),
        TaskKind::Exec { .. } => format!("juju-exec run on {}", names(units)),
    };
    model.operations.insert(
        operation,
        Operation {
            id: operation,
            summary,
            tasks,
            enqueued: now,
        },
    );
    operation
}

fn names(units: &[UnitName]) -> String {
    units
        .iter()
        .map(|unit| format!("unit-{}", unit.to_string().replace('/', "-")))
        .collect::<Vec<_>>()
        .join(",")
}

/// Parameters from `key=value` arguments laid over those of a file. Keys nest with dots; values are YAML unless `plain`.
pub fn parameters(file: Option<&str>, pairs: &[String], plain: bool) -> Result<Value, String> {
    let mut all = match file {
        None => json!({}),
        Some(text) => serde_yaml::from_str(text)
            .map_err(|error| format!("the parameters file is not YAML: {error}"))?,
    };
    for pair in pairs {
        let (key, value) = pair
            .split_once('=')
            .ok_or_else(|| format!("argument {pair:?} must be of the form key...=value"))?;
        let value: Value = if plain {
            json!(value)
        } else {
            serde_yaml::from_str(value).map_err(|error| format!("{pair:?}: {error}"))?
        };
        let mut place = &mut all;
        for part in key.split('.') {
            if !super::hooktools::is_key(part) {
                return Err(format!(
                    "key {part:?} must start and end with lowercase alphanumeric, and contain only lowercase alphanumeric and hyphens"
                ));
            }
            if !place.is_object() {
                *place = json!({});
            }
            place = &mut place[part];
        }
        *place = value;
    }
    Ok(all)
}

/// Checks parameters against the action's schema and puts its defaults in.
pub fn check(spec: &ActionSpec, parameters: Value, model: &Model) -> Result<Value, String> {
    spec.validate(
        parameters,
        model.settings.profile.additional_properties_by_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_nest_are_yaml_and_lie_over_the_file() {
        let pairs = [
            "delay=60".to_owned(),
            "a.b=y".to_owned(),
            "a.c=text".to_owned(),
        ];
        let all = parameters(Some("{delay: 1, scope: unit}"), &pairs, false).unwrap();
        assert_eq!(
            all,
            json!({"delay": 60, "scope": "unit", "a": {"b": "y", "c": "text"}})
        );
        assert_eq!(
            parameters(None, &["delay=60".to_owned()], true).unwrap(),
            json!({"delay": "60"})
        );
        assert!(
            parameters(None, &["delay".to_owned()], false)
                .unwrap_err()
                .contains("key...=value")
        );
        assert!(
            parameters(None, &["De_lay=1".to_owned()], false)
                .unwrap_err()
                .contains("lowercase")
        );
    }
}

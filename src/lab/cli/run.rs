//! Actions and commands on units, in the forms of Juju 2.9 and of 3 and 4.

use super::{Home, note, print, resolve_unit};
use crate::lab::actions;
use crate::lab::model::{Model, Task, TaskKind, TaskStatus};
use crate::lab::paths;
use crate::lab::rpc::Request;
use crate::model::unit::UnitName;
use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Options of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Units, the action, then `key=value` parameters.
    #[arg(required = true)]
    words: Vec<String>,
    /// How long to wait: seconds, or `5m`.
    #[arg(long, default_value = "60s")]
    wait: String,
    /// Do not wait.
    #[arg(long)]
    background: bool,
    /// A YAML file of parameters.
    #[arg(long)]
    params: Option<PathBuf>,
    /// Take all values as texts.
    #[arg(long)]
    string_args: bool,
    /// How to show it.
    #[arg(long, default_value = "plain", value_parser = ["plain", "yaml", "json"])]
    format: String,
    /// Taken for Juju's sake.
    #[arg(long, hide = true)]
    utc: bool,
}

/// Options of `run-action`.
#[derive(Debug, Args)]
pub struct RunActionArgs {
    /// Units, the action, then `key=value` parameters.
    #[arg(required = true)]
    words: Vec<String>,
    /// Wait for it, so long at most if a time is given.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "3600s")]
    wait: Option<String>,
    /// A YAML file of parameters.
    #[arg(long)]
    params: Option<PathBuf>,
    /// Take all values as texts.
    #[arg(long)]
    string_args: bool,
    /// How to show it.
    #[arg(long, default_value = "yaml", value_parser = ["yaml", "json"])]
    format: String,
}

/// Options of `show-task`.
#[derive(Debug, Args)]
pub struct ShowTaskArgs {
    /// The task's or operation's number.
    id: u64,
    /// How to show it.
    #[arg(long, default_value = "yaml", value_parser = ["yaml", "json"])]
    format: String,
}

/// Options of `exec`.
#[derive(Debug, Args)]
pub struct ExecArgs {
    /// The units.
    #[arg(
        short = 'u',
        long,
        value_delimiter = ',',
        required_unless_present = "application"
    )]
    unit: Vec<String>,
    /// All units of an application.
    #[arg(short = 'a', long)]
    application: Option<String>,
    /// How long to wait.
    #[arg(long, default_value = "300s")]
    wait: String,
    /// How to show it.
    #[arg(long, default_value = "plain", value_parser = ["plain", "yaml", "json"])]
    format: String,
    /// The command.
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

/// Splits units, action and parameters as Juju does: units have a slash.
fn split(words: &[String]) -> Result<(&[String], &str, &[String])> {
    let units = words
        .iter()
        .take_while(|word| word.contains('/') && !word.contains('='))
        .count();
    ensure!(
        units > 0,
        "no unit specified: write the unit first, as in mongo-rs/0 primary"
    );
    let action = words.get(units).context("no action specified")?;
    Ok((&words[..units], action, &words[units + 1..]))
}

/// `60`, `60s`, `5m`, `1h`.
fn duration(text: &str) -> Result<Duration> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: f64 = digits
        .parse()
        .ok()
        .with_context(|| format!("{text:?} is not a time; write 60s or 5m"))?;
    let unit = match &text[digits.len()..] {
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "ms" => 0.001,
        _ => bail!("{text:?} is not a time; write 60s or 5m"),
    };
    Ok(Duration::try_from_secs_f64(number * unit)?)
}

async fn enqueue(
    home: &Home,
    words: &[String],
    params: Option<&PathBuf>,
    plain: bool,
) -> Result<u64> {
    let (units, action, pairs) = split(words)?;
    let model = home.model().await?;
    let units = units
        .iter()
        .map(|unit| resolve_unit(&model, unit))
        .collect::<Result<Vec<UnitName>>>()?;
    let file = params
        .map(std::fs::read_to_string)
        .transpose()
        .context("failed to read the parameters")?;
    let parameters =
        actions::parameters(file.as_deref(), pairs, plain).map_err(anyhow::Error::msg)?;
    let kind = TaskKind::Action {
        name: action.to_owned(),
        parameters,
    };
    operation(home.ask(&Request::Run(units, kind)).await?)
}

fn operation(answer: Value) -> Result<u64> {
    answer
        .as_u64()
        .context("the controller gave no operation's number")
}

/// Waits until all tasks of an operation are over, or time is up.
async fn finished(
    home: &Home,
    operation: u64,
    limit: Duration,
) -> Result<(Model, Vec<Task>, bool)> {
    let deadline = Instant::now() + limit;
    let mut line = home.line().await?;
    let mut known = None;
    loop {
        let snapshot = line.model(known).await?;
        known = Some(snapshot.version);
        let tasks: Vec<Task> = snapshot
            .model
            .tasks
            .values()
            .filter(|task| task.operation == operation)
            .cloned()
            .collect();
        let over = tasks.iter().all(|task| task.status.is_over());
        if over || Instant::now() > deadline {
            return Ok((snapshot.model, tasks, over));
        }
    }
}

/// `run`.
pub async fn run(home: &Home, arguments: RunArgs) -> Result<i32> {
    let limit = duration(&arguments.wait)?;
    let operation = enqueue(
        home,
        &arguments.words,
        arguments.params.as_ref(),
        arguments.string_args,
    )
    .await?;
    let model = home.model().await?;
    let tasks = model.tasks.values();
    let tasks: Vec<&Task> = tasks.filter(|task| task.operation == operation).collect();
    if arguments.background {
        note(format!(
            "Scheduled operation {operation} with {} task(s)",
            tasks.len()
        ));
        for task in tasks {
            note(format!(
                "Check task status with 'lab show-task {}'",
                task.id
            ));
        }
        return Ok(0);
    }
    note(begun(operation, &tasks));
    show_finished(home, operation, limit, &arguments.format).await
}

/// What Juju says while one waits (`cmd/juju/action/common.go`).
fn begun(operation: u64, tasks: &[&Task]) -> String {
    let plural = if tasks.len() == 1 { "" } else { "s" };
    let mut text = format!(
        "Running operation {operation} with {} task{plural}\n",
        tasks.len()
    );
    for task in tasks {
        text += &format!("  - task {} on {}\n", task.id, paths::tag(&task.unit));
    }
    for task in tasks {
        text += &format!("\nWaiting for task {}...\n", task.id);
    }
    text
}

async fn show_finished(home: &Home, operation: u64, limit: Duration, format: &str) -> Result<i32> {
    let (_, tasks, over) = finished(home, operation, limit).await?;
    match format {
        "json" => print(format!("{}\n", by_unit(&tasks))),
        "yaml" => print(serde_yaml::to_string(&by_unit(&tasks))?),
        _ => print(plain(&tasks)?),
    }
    if !over {
        note(format!(
            "timed out waiting for results of operation {operation}; it goes on: lab show-task {operation}"
        ));
        return Ok(1);
    }
    let failed: Vec<&Task> = tasks.iter().filter(|task| is_failure(task)).collect();
    if failed.is_empty() {
        return Ok(0);
    }
    let units: Vec<String> = failed
        .iter()
        .map(|task| {
            format!(
                "- id {:?} with return code {}",
                task.id.to_string(),
                code(task)
            )
        })
        .collect();
    note(format!(
        "ERROR the following task failed:\n {}\n\nuse 'lab show-task' to inspect the failure",
        units.join("\n ")
    ));
    Ok(1)
}

fn code(task: &Task) -> i64 {
    task.results
        .get("return-code")
        .and_then(Value::as_i64)
        .unwrap_or(0)
}

fn is_failure(task: &Task) -> bool {
    let exec = matches!(task.kind, TaskKind::Exec { .. });
    task.status != TaskStatus::Completed || (exec && code(task) != 0)
}

/// The shape of Juju 3's JSON.
fn shown(task: &Task) -> Value {
    let mut shown = json!({
        "id": task.id.to_string(),
        "unit": task.unit.to_string(),
        "status": task.status.word(),
        "results": task.results,
        "timing": {
            "enqueued": task.enqueued.for_action(),
            "started": task.started.map(super::super::moment::Moment::for_action),
            "completed": task.completed.map(super::super::moment::Moment::for_action),
        },
    });
    if !task.message.is_empty() {
        shown["message"] = json!(task.message);
    }
    if !task.log.is_empty() {
        let lines = task
            .log
            .iter()
            .map(|line| format!("{} {}", line.at.for_action(), line.message));
        shown["log"] = json!(lines.collect::<Vec<_>>());
    }
    shown
}

fn by_unit(tasks: &[Task]) -> Value {
    Value::Object(
        tasks
            .iter()
            .map(|task| (task.unit.to_string(), shown(task)))
            .collect(),
    )
}

/// What a person reads: results of an action, output of a command.
fn plain(tasks: &[Task]) -> Result<String> {
    let mut text = String::new();
    for task in tasks {
        if tasks.len() > 1 {
            text.push_str(&format!("{}:\n", task.unit));
        }
        let mut results: Map<String, Value> = task.results.as_object().cloned().unwrap_or_default();
        for key in ["stdout", "stderr"] {
            if let Some(Value::String(output)) = results.remove(key) {
                text.push_str(&output);
                if !output.ends_with('\n') {
                    text.push('\n');
                }
            }
        }
        results.remove("return-code");
        if !results.is_empty() {
            text.push_str(&serde_yaml::to_string(&results)?);
        }
        if !task.message.is_empty() {
            text.push_str(&format!("{}\n", task.message));
        }
        if !task.status.is_over() {
            text.push_str(&format!("task {} is {}\n", task.id, task.status.word()));
        }
    }
    Ok(text)
}

/// `run-action`, in the shape of Juju 2.9.
pub async fn run_action(home: &Home, arguments: RunActionArgs) -> Result<i32> {
    let limit = arguments.wait.as_deref().map(duration).transpose()?;
    let operation = enqueue(
        home,
        &arguments.words,
        arguments.params.as_ref(),
        arguments.string_args,
    )
    .await?;
    let Some(limit) = limit else {
        let model = home.model().await?;
        for task in model
            .tasks
            .values()
            .filter(|task| task.operation == operation)
        {
            print(format!("Action queued with id: \"{}\"\n", task.id));
        }
        return Ok(0);
    };
    let (_, tasks, over) = finished(home, operation, limit).await?;
    let whole: Map<String, Value> = tasks
        .iter()
        .map(|task| {
            let mut value = shown(task);
            value["UnitId"] = json!(task.unit.to_string());
            (super::super::paths::tag(&task.unit), value)
        })
        .collect();
    if arguments.format == "json" {
        print(format!("{}\n", Value::Object(whole)));
    } else {
        print(serde_yaml::to_string(&whole)?);
    }
    // 2.9 leaves a failed action's exit code at 0; its status says it.
    Ok(i32::from(!over))
}

/// `show-task`, `show-operation`, `show-action-output`.
pub async fn show_task(home: &Home, arguments: &ShowTaskArgs) -> Result<i32> {
    let model = home.model().await?;
    let value = match (
        model.tasks.get(&arguments.id),
        model.operations.get(&arguments.id),
    ) {
        (Some(task), _) => shown(task),
        (None, Some(operation)) => {
            let tasks: Vec<Task> = operation
                .tasks
                .iter()
                .filter_map(|id| model.tasks.get(id).cloned())
                .collect();
            json!({ "summary": operation.summary, "tasks": by_unit(&tasks) })
        }
        (None, None) => bail!("task {:?} not found", arguments.id.to_string()),
    };
    if arguments.format == "json" {
        print(format!("{value}\n"));
    } else {
        print(serde_yaml::to_string(&value)?);
    }
    Ok(0)
}

/// `operations`.
pub async fn operations(home: &Home) -> Result<i32> {
    let model = home.model().await?;
    for operation in model.operations.values() {
        let tasks: Vec<&Task> = operation
            .tasks
            .iter()
            .filter_map(|id| model.tasks.get(id))
            .collect();
        let states: Vec<&str> = tasks.iter().map(|task| task.status.word()).collect();
        let ids: Vec<String> = tasks.iter().map(|task| task.id.to_string()).collect();
        print(format!(
            "{:<5} {:<11} {}  tasks {}  {}\n",
            operation.id,
            states.join(","),
            operation.enqueued.for_action(),
            ids.join(","),
            operation.summary
        ));
    }
    Ok(0)
}

/// `exec`.
pub async fn exec(home: &Home, arguments: ExecArgs) -> Result<i32> {
    let limit = duration(&arguments.wait)?;
    let model = home.model().await?;
    let mut units = arguments
        .unit
        .iter()
        .map(|unit| resolve_unit(&model, unit))
        .collect::<Result<Vec<UnitName>>>()?;
    if let Some(application) = &arguments.application {
        units.extend(model.units_of(application).map(|unit| unit.name.clone()));
    }
    ensure!(!units.is_empty(), "there are no such units");
    let kind = TaskKind::Exec {
        command: arguments.command.join(" "),
        relation: None,
        remote_unit: None,
        timeout: i64::try_from(limit.as_millis()).ok(),
    };
    let operation = operation(home.ask(&Request::Run(units, kind)).await?)?;
    show_finished(
        home,
        operation,
        limit + Duration::from_secs(5),
        &arguments.format,
    )
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_units_then_an_action_then_parameters() {
        let words: Vec<String> = ["a/0", "a/leader", "go", "x=1/2"]
            .iter()
            .map(|word| (*word).to_owned())
            .collect();
        let (units, action, pairs) = split(&words).unwrap();
        assert_eq!((units.len(), action, pairs.len()), (2, "go", 1));
        assert!(split(&words[2..]).is_err());
        assert_eq!(duration("5m").unwrap(), Duration::from_secs(300));
        assert!(duration("soon").is_err());
    }
}

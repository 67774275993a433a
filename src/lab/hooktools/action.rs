//! `action-get`, `action-set`, `action-fail`, `action-log`.

use super::flags::{FORMAT, parse};
use super::format::answer;
use super::{Answer, Call, Failure, Output};
use crate::lab::context::Occasion;
use crate::lab::debug_log::Level;
use crate::lab::model::LogLine;
use serde_json::{Map, Value, json};

const RESERVED: [&str; 4] = ["stdout", "stdout-encoding", "stderr", "stderr-encoding"];

fn task(call: &Call<'_>) -> Result<u64, Failure> {
    match &call.context.occasion {
        Occasion::Action { task, .. } => Ok(*task),
        _ => Err(Failure::Run("not running an action".to_owned())),
    }
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let parsed = parse(&[FORMAT], call.arguments)?;
    parsed.at_most(1)?;
    task(call)?;
    let Occasion::Action { parameters, .. } = &call.context.occasion else {
        return Ok(Output::default());
    };
    let mut value = parameters;
    for part in parsed
        .positional
        .first()
        .into_iter()
        .flat_map(|key| key.split('.'))
    {
        value = value.get(part).unwrap_or(&Value::Null);
    }
    let value = if parsed.positional.is_empty() && value.is_null() {
        json!({})
    } else {
        value.clone()
    };
    answer(&parsed, &value)
}

pub(super) fn set(call: &mut Call<'_>) -> Answer {
    let parsed = parse(&[], call.arguments)?;
    let mut changes = Vec::new();
    for argument in &parsed.positional {
        let form = || {
            Failure::Usage(format!(
                "argument {argument:?} must be of the form key...=value"
            ))
        };
        let (key, value) = argument.split_once('=').ok_or_else(form)?;
        let parts: Vec<&str> = key.split('.').collect();
        if let Some(bad) = parts.iter().find(|part| !is_key(part)) {
            return Err(Failure::Usage(format!(
                "key {bad:?} must start and end with lowercase alphanumeric, and contain only lowercase alphanumeric and hyphens"
            )));
        }
        if let Some(reserved) = parts.first().filter(|first| RESERVED.contains(first)) {
            return Err(Failure::Usage(format!(
                "cannot set reserved action key {reserved:?}"
            )));
        }
        changes.push((parts, value));
    }
    task(call)?;
    for (parts, value) in changes {
        put(&mut call.context.results, &parts, value);
    }
    Ok(Output::default())
}

/// Juju's rule for each part of a key: `^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$`.
pub fn is_key(part: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    part.starts_with(plain) && part.ends_with(plain) && part.chars().all(|c| plain(c) || c == '-')
}

fn put(results: &mut Value, parts: &[&str], value: &str) {
    let Some((last, path)) = parts.split_last() else {
        return;
    };
    let mut place = results;
    for part in path {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        place = &mut place[*part];
    }
    if !place.is_object() {
        *place = Value::Object(Map::new());
    }
    place[*last] = json!(value);
}

pub(super) fn fail(call: &mut Call<'_>) -> Answer {
    let parsed = parse(&[], call.arguments)?;
    parsed.at_most(1)?;
    task(call)?;
    let message = parsed.positional.first().cloned();
    call.context.failure = Some(message.unwrap_or_else(|| {
        "action failed without reason given, check action for errors".to_owned()
    }));
    Ok(Output::default())
}

pub(super) fn log(call: &mut Call<'_>) -> Answer {
    let parsed = parse(&[], call.arguments)?;
    if parsed.positional.is_empty() {
        return Err(Failure::Usage("no message specified".to_owned()));
    }
    let id = task(call)?;
    let line = LogLine {
        at: call.world.now(),
        message: parsed.positional.join(" "),
    };
    let module = format!("unit.{}.{}", call.context.unit, call.context.log_name());
    call.world.log(Level::Info, &module, &line.message);
    call.change(|model| {
        if let Some(task) = model.tasks.get_mut(&id) {
            task.log.push(line.clone());
        }
    })?;
    Ok(Output::default())
}

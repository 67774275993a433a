//! `state-get`, `state-set`, `state-delete`: what a charm keeps with the controller.

use super::flags::{FORMAT, Flag, key_values, parse, string_map, value};
use super::format::answer;
use super::{Answer, Call, Failure, Output};
use crate::lab::profile::Profile;
use serde_json::{Value, json};

const FILE: &[Flag] = &[value(&["file"])];
const KEY_LIMIT: usize = 256;
const VALUE_LIMIT: usize = 65_536;

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let parsed = parse(&[FORMAT], call.arguments)?;
    parsed.at_most(1)?;
    let model = call.world.model();
    let state = call.context.pending.state_over(&call.unit(&model)?.state);
    let value = match parsed.positional.first().map(String::as_str) {
        Some(key) if key != "-" => state.get(key).map_or(Value::Null, |value| json!(value)),
        // 4.0 says null where older ones say {}.
        _ if state.is_empty() && model.settings.profile == Profile::V4_0 => Value::Null,
        _ => json!(state),
    };
    answer(&parsed, &value)
}

pub(super) fn set(call: &mut Call<'_>) -> Answer {
    let parsed = parse(&[FILE], call.arguments)?;
    let mut changes = key_values(&parsed.positional)?;
    if let Some(name) = parsed.value("file") {
        let mut from_file = string_map(call.file(name)?)?;
        from_file.append(&mut changes);
        changes = from_file;
    }
    for (key, value) in &changes {
        let over = |what: &str, size: usize, limit: usize| {
            Err(Failure::Run(format!(
                "max allowed {what} size exceeded: {size} > {limit}"
            )))
        };
        if key.len() > KEY_LIMIT {
            return over("key", key.len(), KEY_LIMIT);
        }
        if value.len() > VALUE_LIMIT {
            return over("value", value.len(), VALUE_LIMIT);
        }
    }
    let state = &mut call.context.pending.state;
    state.extend(changes.into_iter().map(|(key, value)| (key, Some(value))));
    Ok(Output::default())
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let parsed = parse(&[], call.arguments)?;
    parsed.at_most(1)?;
    let key = parsed.positional.first().filter(|key| !key.is_empty());
    let key = key.ok_or_else(|| Failure::Usage("no key specified".to_owned()))?;
    call.context.pending.state.insert(key.clone(), None);
    Ok(Output::default())
}

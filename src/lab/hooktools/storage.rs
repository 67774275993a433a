//! `storage-list`, `storage-get`, `storage-add`.

use super::flags::{FORMAT, Flag, parse, value};
use super::format::answer;
use super::{Answer, Call, Failure, Output};
use crate::lab::context::Occasion;
use serde_json::json;

const WHICH: &[Flag] = &[value(&["s"])];

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let parsed = parse(&[FORMAT], call.arguments)?;
    parsed.at_most(1)?;
    let model = call.world.model();
    let wanted = parsed.positional.first();
    let ids: Vec<&String> = model
        .storage
        .values()
        .filter(|storage| storage.owner == call.context.unit)
        .filter(|storage| wanted.is_none_or(|name| *name == storage.name))
        .map(|storage| &storage.id)
        .collect();
    answer(&parsed, &json!(ids))
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let parsed = parse(&[FORMAT, WHICH], call.arguments)?;
    parsed.at_most(1)?;
    let of_hook = match &call.context.occasion {
        Occasion::Hook(hook) if hook.kind.is_storage() => hook.subject.clone(),
        _ => None,
    };
    let id = parsed.value("s").map(str::to_owned).or(of_hook);
    let id = id.ok_or_else(|| Failure::Usage("no storage instance specified".to_owned()))?;
    let model = call.world.model();
    let storage = model
        .storage
        .get(&id)
        .filter(|storage| storage.owner == call.context.unit);
    let storage = storage.ok_or_else(|| {
        Failure::Usage(format!(
            "invalid value {id:?} for option -s: storage not found"
        ))
    })?;
    let value = match parsed.positional.first().map(String::as_str) {
        None | Some("") => json!({ "kind": storage.kind, "location": storage.location }),
        Some("kind") => json!(storage.kind),
        Some("location") => json!(storage.location),
        Some(other) => return Err(Failure::Run(format!("invalid storage attribute {other:?}"))),
    };
    answer(&parsed, &value)
}

pub(super) fn add(call: &mut Call<'_>) -> Answer {
    let parsed = parse(&[], call.arguments)?;
    if parsed.positional.is_empty() {
        return Err(Failure::Usage(
            "storage add requires a storage directive".to_owned(),
        ));
    }
    let model = call.world.model();
    let application = call.application(&model)?;
    let mut wanted = Vec::new();
    for argument in &parsed.positional {
        let (name, count) = argument.split_once('=').unwrap_or((argument, "1"));
        let count: u32 = count.parse().ok().filter(|count| *count > 0).ok_or_else(|| {
            Failure::Usage(format!("cannot parse storage directive {argument:?}: the count must be a positive number"))
        })?;
        if !application.charm.storage.contains_key(name) {
            return Err(Failure::Run(format!("charm storage {name:?} not found")));
        }
        wanted.extend((0..count).map(|_| name.to_owned()));
    }
    call.context.pending.storage.extend(wanted);
    Ok(Output::default())
}

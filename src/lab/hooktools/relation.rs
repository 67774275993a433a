//! `relation-ids`, `relation-list`, `relation-get`, `relation-set`, `relation-model-get`.

use super::flags::{FORMAT, Flag, key_values, parse, string_map, switch, value};
use super::format::answer;
use super::{Answer, Call, Failure, Output};
use crate::lab::model::{Model, Relation};
use crate::model::unit::UnitName;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const RELATION: &[Flag] = &[value(&["r", "relation"]), switch(&["app"])];
const FILE: &[Flag] = &[value(&["file"])];

/// The relation that `-r` names, or that the hook is about.
pub(super) fn chosen<'m>(
    call: &Call<'_>,
    model: &'m Model,
    flag: Option<&str>,
) -> Result<&'m Relation, Failure> {
    let mine = |relation: &&Relation| {
        relation
            .endpoint_of(call.context.unit.application())
            .is_some()
    };
    let Some(text) = flag.filter(|text| !text.is_empty()) else {
        let id = call
            .context
            .relation
            .ok_or_else(|| Failure::Usage("no relation id specified".to_owned()))?;
        return model
            .relations
            .get(&id)
            .filter(mine)
            .ok_or_else(|| Failure::Usage(format!("relation not found: {id}")));
    };
    let digits = text.rsplit(':').next().unwrap_or(text);
    let invalid =
        |why: &str| Failure::Usage(format!("invalid value {text:?} for option -r: {why}"));
    let id: u32 = digits.parse().map_err(|_| invalid("invalid relation id"))?;
    model
        .relations
        .get(&id)
        .filter(mine)
        .ok_or_else(|| invalid("relation not found"))
}

pub(super) fn ids(call: &mut Call<'_>) -> Answer {
    let parsed = parse(&[FORMAT], call.arguments)?;
    parsed.at_most(1)?;
    let model = call.world.model();
    let own = call.context.unit.application();
    let of_hook = call
        .context
        .relation
        .and_then(|id| model.relations.get(&id))
        .and_then(|relation| relation.endpoint_of(own))
        .map(|end| end.name.clone());
    let endpoint = parsed
        .positional
        .first()
        .cloned()
        .or(of_hook)
        .ok_or_else(|| Failure::Usage("no endpoint name specified".to_owned()))?;
    let mut ids: Vec<String> = model
        .relations_of(own)
        .filter(|relation| {
            relation
                .endpoint_of(own)
                .is_some_and(|end| end.name == endpoint)
        })
        .map(|relation| relation.key(own))
        .collect();
    ids.sort();
    answer(&parsed, &json!(ids))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let parsed = parse(&[FORMAT, RELATION], call.arguments)?;
    parsed.at_most(0)?;
    let model = call.world.model();
    let relation = chosen(call, &model, parsed.value("r"))?;
    if parsed.is_on("app") {
        let other = relation.other_end(call.context.unit.application());
        return answer(&parsed, &json!(other.map(|end| &end.application)));
    }
    answer(&parsed, &json!(call.context.members(&model, relation.id)))
}

pub(super) fn model_get(call: &mut Call<'_>) -> Answer {
    let parsed = parse(&[FORMAT, RELATION], call.arguments)?;
    let model = call.world.model();
    chosen(call, &model, parsed.value("r"))?;
    answer(&parsed, &json!({ "uuid": model.settings.uuid }))
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let parsed = parse(&[FORMAT, RELATION], call.arguments)?;
    parsed.at_most(2)?;
    let model = call.world.model();
    let relation = chosen(call, &model, parsed.value("r"))?;
    let key = parsed
        .positional
        .first()
        .map(String::as_str)
        .filter(|key| *key != "-");
    let named = parsed.positional.get(1).cloned();
    let settings = if parsed.is_on("app") {
        let owner = named.or_else(|| call.context.remote_application.clone());
        let owner =
            owner.ok_or_else(|| Failure::Usage("no unit or application specified".to_owned()))?;
        let application = owner.split('/').next().unwrap_or(&owner).to_owned();
        of_application(call, relation, &application)?
    } else {
        let owner = named.or_else(|| call.context.remote_unit.as_ref().map(ToString::to_string));
        let owner =
            owner.ok_or_else(|| Failure::Usage("no unit or application specified".to_owned()))?;
        let unit: UnitName = owner.parse().map_err(|_| {
            Failure::Usage(format!(
                "expected unit name, got application name {owner:?}"
            ))
        })?;
        of_unit(call, relation, &unit)?
    };
    let value = match key {
        Some(key) => settings.get(key).map_or(Value::Null, |value| json!(value)),
        None => json!(settings),
    };
    answer(&parsed, &value)
}

fn of_unit(
    call: &mut Call<'_>,
    relation: &Relation,
    unit: &UnitName,
) -> Result<BTreeMap<String, String>, Failure> {
    let own = &call.context.unit;
    let denied = || Failure::Run("permission denied".to_owned());
    let now = relation.units.get(unit).map(|bag| &bag.settings);
    if unit == own {
        let now = now.cloned().unwrap_or_default();
        return Ok(call.context.pending.unit_settings_over(relation.id, &now));
    }
    let other_side = relation
        .other_end(own.application())
        .is_some_and(|end| end.application == unit.application());
    let now = now.filter(|_| other_side).ok_or_else(denied)?;
    Ok(call.context.cache.read(relation.id, &unit.to_string(), now))
}

fn of_application(
    call: &mut Call<'_>,
    relation: &Relation,
    application: &str,
) -> Result<BTreeMap<String, String>, Failure> {
    let denied = || Failure::Run("permission denied".to_owned());
    relation.endpoint_of(application).ok_or_else(denied)?;
    let now = relation
        .applications
        .get(application)
        .map(|bag| bag.settings.clone())
        .unwrap_or_default();
    if application != call.context.unit.application() {
        return Ok(call.context.cache.read(relation.id, application, &now));
    }
    if call.leads() {
        return Ok(call
            .context
            .pending
            .application_settings_over(relation.id, &now));
    }
    if !relation.is_peer() {
        return Err(denied());
    }
    Ok(call.context.cache.read(relation.id, application, &now))
}

pub(super) fn set(call: &mut Call<'_>) -> Answer {
    let parsed = parse(&[RELATION, FILE], call.arguments)?;
    let model = call.world.model();
    let relation = chosen(call, &model, parsed.value("r"))?.id;
    let mut changes = key_values(&parsed.positional)?;
    if let Some(name) = parsed.value("file") {
        let mut from_file = string_map(call.file(name)?)?;
        from_file.append(&mut changes);
        changes = from_file;
    }
    if parsed.is_on("app") && !call.leads() {
        return Err(Failure::Run("cannot write relation settings".to_owned()));
    }
    let pending = &mut call.context.pending;
    let bags = if parsed.is_on("app") {
        &mut pending.application_settings
    } else {
        &mut pending.unit_settings
    };
    // A removal must survive in the buffer, so this is no overlay: later writes win key by key.
    bags.entry(relation).or_default().extend(changes);
    Ok(Output::default())
}

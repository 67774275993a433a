//! `status-set`, `status-get`, `application-version-set`. They take effect at once, also in a hook that then fails.

use super::flags::{FORMAT, Flag, parse, switch};
use super::format::answer;
use super::{Answer, Call, Failure, Output};
use crate::lab::model::Status;
use serde_json::{Map, Value, json};

const APPLICATION: &[Flag] = &[switch(&["application"])];
const DATA: &[Flag] = &[switch(&["include-data"])];
const ALLOWED: [&str; 4] = ["maintenance", "blocked", "waiting", "active"];

pub(super) fn set(call: &mut Call<'_>) -> Answer {
    let parsed = parse(&[APPLICATION], call.arguments)?;
    let word = parsed.positional.first().ok_or_else(|| {
        Failure::Usage(format!(
            "invalid args, require <status> [message], one of [{}]",
            ALLOWED.join(" ")
        ))
    })?;
    if !ALLOWED.contains(&word.as_str()) {
        return Err(Failure::Usage(format!(
            "invalid status {word:?}, expected one of [{}]",
            ALLOWED.join(" ")
        )));
    }
    parsed.at_most(2)?;
    let message = parsed
        .positional
        .get(1)
        .map(String::as_str)
        .unwrap_or_default();
    let said = Status::new(word, message, call.world.now());
    let name = call.context.unit.clone();
    if parsed.is_on("application") {
        if !call.leads() {
            return Err(Failure::Run(format!(
                "this unit is not the leader: \"{name}\" cannot set the status of \"{}\"",
                name.application()
            )));
        }
        call.change(|model| {
            if let Some(application) = model.applications.get_mut(name.application()) {
                application.status = Some(said.clone());
            }
        })?;
    } else {
        call.change(|model| {
            if let Some(unit) = model.units.get_mut(&name) {
                unit.workload = said.clone();
            }
        })?;
    }
    Ok(Output::default())
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let parsed = parse(&[FORMAT, APPLICATION, DATA], call.arguments)?;
    parsed.at_most(0)?;
    let model = call.world.model();
    let data = parsed.is_on("include-data");
    let shown = |status: &Status| {
        let mut map = Map::new();
        map.insert("message".to_owned(), json!(status.message));
        map.insert("status".to_owned(), json!(status.current));
        map.insert("status-data".to_owned(), json!(status.data));
        Value::Object(map)
    };
    if parsed.is_on("application") {
        if !call.leads() {
            return Err(Failure::Run(format!(
                "finding application status: \"{}\" is not leader of \"{}\"",
                call.context.unit,
                call.context.unit.application()
            )));
        }
        let application = call.application(&model)?;
        let mut whole = shown(&crate::lab::status::application_status(&model, application));
        let units: Map<String, Value> = model
            .units_of(&application.name)
            .map(|unit| (unit.name.to_string(), shown(&unit.workload)))
            .collect();
        if let Some(map) = whole.as_object_mut() {
            map.insert("units".to_owned(), Value::Object(units));
        }
        return answer(&parsed, &json!({ "application-status": whole }));
    }
    let workload = &call.unit(&model)?.workload;
    let value = if data
        || parsed
            .value("format")
            .is_some_and(|format| format != "smart")
    {
        shown(workload)
    } else {
        json!(workload.current)
    };
    answer(&parsed, &value)
}

pub(super) fn version_set(call: &mut Call<'_>) -> Answer {
    let parsed = parse(&[], call.arguments)?;
    parsed.at_most(1)?;
    let version = parsed
        .positional
        .first()
        .ok_or_else(|| Failure::Usage("no version specified".to_owned()))?
        .clone();
    let name = call.context.unit.clone();
    call.change(|model| {
        if let Some(unit) = model.units.get_mut(&name) {
            unit.workload_version = Some(version.clone());
        }
        if let Some(application) = model.applications.get_mut(name.application()) {
            application.workload_version = Some(version.clone());
        }
    })?;
    Ok(Output::default())
}

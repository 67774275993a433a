//! `is-leader`, and for Juju 2.9 and 3.x `leader-get` and `leader-set`.

use super::flags::{FORMAT, key_values, parse};
use super::format::answer;
use super::{Answer, Call, Failure, Output};
use serde_json::{Value, json};

pub(super) fn is_leader(call: &mut Call<'_>) -> Answer {
    let parsed = parse(&[FORMAT], call.arguments)?;
    parsed.at_most(0)?;
    answer(&parsed, &json!(call.leads()))
}

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let parsed = parse(&[FORMAT], call.arguments)?;
    parsed.at_most(1)?;
    let model = call.world.model();
    let settings = &call.application(&model)?.leader_settings.settings;
    let value = match parsed.positional.first().map(String::as_str) {
        Some(key) if key != "-" => settings.get(key).map_or(Value::Null, |value| json!(value)),
        _ => json!(settings),
    };
    answer(&parsed, &value)
}

pub(super) fn set(call: &mut Call<'_>) -> Answer {
    let parsed = parse(&[], call.arguments)?;
    let changes = key_values(&parsed.positional)?;
    if !call.leads() {
        let unit = &call.context.unit;
        return Err(Failure::Run(format!(
            "cannot write leadership settings: \"{}\" is not leader of \"{}\"",
            unit,
            unit.application()
        )));
    }
    let name = call.context.unit.application().to_owned();
    call.change(|model| {
        if let Some(application) = model.applications.get_mut(&name) {
            application.leader_settings.write(&changes);
        }
    })?;
    Ok(Output::default())
}

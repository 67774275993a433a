//! `config-get`, `goal-state`, `credential-get`.

use super::flags::{FORMAT, Flag, parse, switch};
use super::format::answer;
use super::{Answer, Call, Failure};
use crate::lab::model::Life;
use serde_json::{Map, Value, json};

const ALL: &[Flag] = &[switch(&["a", "all"])];

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let parsed = parse(&[FORMAT, ALL], call.arguments)?;
    parsed.at_most(1)?;
    let model = call.world.model();
    let application = call.application(&model)?;
    if let Some(key) = parsed.positional.first() {
        if parsed.is_on("a") {
            return Err(Failure::Usage(
                "cannot use argument --all together with key".to_owned(),
            ));
        }
        return answer(&parsed, &application.option(key).unwrap_or(Value::Null));
    }
    let mut values = Map::new();
    for name in application.charm.options.keys() {
        let value = application.option(name).unwrap_or(Value::Null);
        if parsed.is_on("a") || !value.is_null() {
            values.insert(name.clone(), value);
        }
    }
    answer(&parsed, &Value::Object(values))
}

pub(super) fn goal_state(call: &mut Call<'_>) -> Answer {
    let parsed = parse(&[FORMAT], call.arguments)?;
    parsed.at_most(0)?;
    let model = call.world.model();
    let own = call.context.unit.application();
    let units = |application: &str| {
        let mut map = Map::new();
        for unit in model.units_of(application) {
            let state = json!({
                "status": if unit.life == Life::Alive { unit.workload.current.as_str() } else { "dying" },
                "since": unit.workload.since.for_goal_state(),
            });
            map.insert(unit.name.to_string(), state);
        }
        map
    };
    let mut relations = Map::new();
    for relation in model.relations_of(own) {
        let (Some(end), Some(other)) = (relation.endpoint_of(own), relation.other_end(own)) else {
            continue;
        };
        if relation.is_peer() {
            continue;
        }
        let mut inside = units(&other.application);
        let since = inside
            .values()
            .next()
            .and_then(|unit| unit.get("since"))
            .cloned()
            .unwrap_or(Value::Null);
        inside.insert(
            other.application.clone(),
            json!({ "status": "joined", "since": since }),
        );
        relations.insert(end.name.clone(), Value::Object(inside));
    }
    answer(
        &parsed,
        &json!({ "units": units(own), "relations": relations }),
    )
}

pub(super) fn credential_get(_: &mut Call<'_>) -> Answer {
    Err(Failure::Run(
        "cannot access cloud credentials: permission denied".to_owned(),
    ))
}

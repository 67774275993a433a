//! `network-get` and `unit-get`.

use super::flags::{FORMAT, Flag, parse, switch, value};
use super::format::answer;
use super::relation::chosen;
use super::{Answer, Call, Failure};
use serde_json::{Map, Value, json};

const PARTS: &[Flag] = &[
    switch(&["bind-address"]),
    switch(&["ingress-address"]),
    switch(&["egress-subnets"]),
    switch(&["primary-address"]),
    value(&["r", "relation"]),
];

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let parsed = parse(&[FORMAT, PARTS], call.arguments)?;
    parsed.at_most(1)?;
    let model = call.world.model();
    if parsed.value("r").is_some() {
        chosen(call, &model, parsed.value("r"))?;
    }
    let binding = parsed
        .positional
        .first()
        .filter(|name| !name.is_empty())
        .ok_or_else(|| Failure::Usage("no arguments specified".to_owned()))?;
    let application = call.application(&model)?;
    if application.endpoint(binding).is_none() && binding != "juju-info" {
        return Err(Failure::Run(format!(
            "no network config found for binding {binding:?}"
        )));
    }
    let unit = call.unit(&model)?;
    let machine = model
        .machines
        .get(&unit.machine)
        .filter(|machine| machine.address.is_some());
    let machine = machine
        .ok_or_else(|| Failure::Run(format!("machine {} has no address yet", unit.machine)))?;
    let address = machine.address.clone().unwrap_or_default();
    let egress = vec![format!("{address}/32")];
    let mut wanted = Map::new();
    for (flag, key, value) in [
        ("bind-address", "bind-address", json!(address)),
        ("primary-address", "bind-address", json!(address)),
        ("egress-subnets", "egress-subnets", json!(egress)),
        ("ingress-address", "ingress-address", json!(address)),
    ] {
        if parsed.is_on(flag) {
            wanted.insert(key.to_owned(), value);
        }
    }
    if wanted.len() == 1 {
        let only = wanted
            .into_iter()
            .next()
            .map_or(Value::Null, |(_, value)| value);
        return answer(&parsed, &only);
    }
    if !wanted.is_empty() {
        return answer(&parsed, &Value::Object(wanted));
    }
    let mut inner = json!({ "hostname": "", "value": address, "cidr": machine.subnet });
    let mut outer = json!({ "mac-address": machine.mac, "interface-name": machine.interface });
    if parsed.value("format") != Some("json") {
        // The names of Juju 2.2, which YAML still carries.
        inner["address"] = json!(address);
        outer["macaddress"] = json!(machine.mac);
        outer["interfacename"] = json!(machine.interface);
    }
    outer["addresses"] = json!([inner]);
    let whole = json!({
        "bind-addresses": [outer],
        "egress-subnets": egress,
        "ingress-addresses": [address],
    });
    answer(&parsed, &whole)
}

pub(super) fn unit_get(call: &mut Call<'_>) -> Answer {
    let parsed = parse(&[FORMAT], call.arguments)?;
    parsed.at_most(1)?;
    let which = parsed
        .positional
        .first()
        .ok_or_else(|| Failure::Usage("no setting specified".to_owned()))?;
    if which != "private-address" && which != "public-address" {
        return Err(Failure::Usage(format!("unknown setting {which:?}")));
    }
    let model = call.world.model();
    let machine = model.machines.get(&call.unit(&model)?.machine);
    let address = machine.and_then(|machine| machine.address.clone());
    answer(
        &parsed,
        &json!(address.ok_or_else(|| Failure::Run("no address yet".to_owned()))?),
    )
}

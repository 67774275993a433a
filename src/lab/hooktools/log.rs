//! `juju-log` and `juju-reboot`.

use super::flags::{Flag, parse, switch, value};
use super::{Answer, Call, Failure, Output};
use crate::lab::context::{Occasion, Reboot};
use crate::lab::debug_log::Level;

const LOG: &[Flag] = &[
    value(&["l", "log-level"]),
    switch(&["debug"]),
    value(&["format"]),
];
const REBOOT: &[Flag] = &[switch(&["now"])];

pub(super) fn juju_log(call: &mut Call<'_>) -> Answer {
    let parsed = parse(&[LOG], call.arguments)?;
    if parsed.positional.is_empty() {
        return Err(Failure::Usage("no message specified".to_owned()));
    }
    // A level that Juju does not know is said and then taken for INFO.
    let asked = parsed.value("l").unwrap_or("INFO");
    let level = if parsed.is_on("debug") {
        Level::Debug
    } else {
        asked.parse().unwrap_or(Level::Info)
    };
    let module = format!("unit.{}.juju-log", call.context.unit);
    let mut message = parsed.positional.join(" ");
    let model = call.world.model();
    if let Some(relation) = call
        .context
        .relation
        .and_then(|id| model.relations.get(&id))
    {
        message = format!(
            "{}: {message}",
            relation.key(call.context.unit.application())
        );
    }
    call.world.log(level, &module, &message);
    Ok(Output::default())
}

pub(super) fn reboot(call: &mut Call<'_>) -> Answer {
    let parsed = parse(&[REBOOT], call.arguments)?;
    parsed.at_most(0)?;
    if matches!(call.context.occasion, Occasion::Action { .. }) {
        return Err(Failure::Run(
            "juju-reboot is not supported when running an action".to_owned(),
        ));
    }
    call.context.reboot = Some(if parsed.is_on("now") {
        Reboot::Now
    } else {
        Reboot::AfterHook
    });
    Ok(Output::default())
}

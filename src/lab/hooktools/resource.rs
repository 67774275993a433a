//! `resource-get`.

use super::flags::parse;
use super::{Answer, Call, Failure, Output};
use crate::lab::paths;

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let parsed = parse(&[], call.arguments)?;
    parsed.at_most(1)?;
    let name = parsed.positional.first().filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Failure::Usage("missing required resource name".to_owned()))?;
    let model = call.world.model();
    let application = call.application(&model)?;
    if !application.charm.resources.contains_key(name) {
        return Err(Failure::Run(format!(
            "could not download resource: resource {name:?} not found"
        )));
    }
    let Some(resource) = application.resources.get(name) else {
        // A resource that was declared and never attached: the controller has nothing to give.
        return Err(Failure::Run(format!(
            "could not download resource: HTTP request failed: Get resource {name:?}: resource#{}/{name} not found",
            application.name
        )));
    };
    let path = paths::agent_in_machine(&call.context.unit)
        .join("resources")
        .join(name)
        .join(&resource.filename);
    Ok(Output {
        text: format!("{}\n", path.display()),
        file: None,
    })
}

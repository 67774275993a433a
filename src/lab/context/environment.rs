//! The environment of a hook, action or command. It replaces the agent's: there is no `HOME`, no `USER`, no `SHELL`.

use super::{HookContext, Occasion};
use crate::lab::model::{HookKind, Model};
use crate::lab::paths;
use crate::lab::profile::Profile;
use std::collections::BTreeMap;

/// The agent's own search path, as on a machine that systemd booted.
const AGENT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin";

/// All variables of a hook's process. Pure.
pub fn environment(model: &Model, context: &HookContext) -> BTreeMap<String, String> {
    let mut set: BTreeMap<String, String> = BTreeMap::new();
    let mut put = |key: &str, value: String| {
        set.insert(key.to_owned(), value);
    };
    let unit = &context.unit;
    let profile = model.settings.profile;
    let charm = paths::charm_in_machine(unit).display().to_string();
    put("CHARM_DIR", charm.clone());
    put("JUJU_CHARM_DIR", charm);
    put("JUJU_CONTEXT_ID", context.id.clone());
    put(
        "JUJU_AGENT_SOCKET_ADDRESS",
        paths::agent_in_machine(unit)
            .join("agent.socket")
            .display()
            .to_string(),
    );
    put("JUJU_AGENT_SOCKET_NETWORK", "unix".to_owned());
    put("JUJU_UNIT_NAME", unit.to_string());
    put("JUJU_MODEL_UUID", model.settings.uuid.clone());
    put("JUJU_MODEL_NAME", model.settings.name.clone());
    put("JUJU_API_ADDRESSES", "10.61.0.1:17070".to_owned());
    let machine = model.units.get(unit).map(|unit| unit.machine);
    put(
        "JUJU_MACHINE_ID",
        machine.map_or(String::new(), |machine| machine.to_string()),
    );
    put("JUJU_PRINCIPAL_UNIT", String::new());
    put(
        "JUJU_AVAILABILITY_ZONE",
        model.settings.zone(machine.unwrap_or(0)).to_owned(),
    );
    put("JUJU_VERSION", profile.version().to_owned());
    put("CLOUD_API_VERSION", String::new());
    for proxy in ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY"] {
        put(&format!("JUJU_CHARM_{proxy}"), String::new());
    }
    if profile < Profile::V4_0 {
        put("JUJU_SLA", "unsupported".to_owned());
        put("JUJU_METER_STATUS", "AMBER".to_owned());
        put("JUJU_METER_INFO", "not set".to_owned());
    }
    put(
        "PATH",
        format!("{}:{AGENT_PATH}", paths::tools_in_machine(unit).display()),
    );
    put("APT_LISTCHANGES_FRONTEND", "none".to_owned());
    put("DEBIAN_FRONTEND", "noninteractive".to_owned());
    put("LANG", "C.UTF-8".to_owned());
    put("TERM", "tmux-256color".to_owned());
    for (key, value) in of_occasion(model, context) {
        put(&key, value);
    }
    set
}

fn of_occasion(model: &Model, context: &HookContext) -> Vec<(String, String)> {
    let mut set = relation_variables(model, context);
    let mut put = |key: &str, value: String| set.push((key.to_owned(), value));
    match &context.occasion {
        Occasion::Hook(hook) => {
            put("JUJU_HOOK_NAME", hook.name());
            put("JUJU_DISPATCH_PATH", format!("hooks/{}", hook.name()));
            if hook.kind == HookKind::RelationDeparted {
                let departing = hook.departing.as_ref().map(ToString::to_string);
                put("JUJU_DEPARTING_UNIT", departing.unwrap_or_default());
            }
            if let (true, Some(id)) = (hook.kind.is_storage(), &hook.subject) {
                put("JUJU_STORAGE_ID", id.clone());
                // Juju 2.9 gives the id only; the rest is for storage-get.
                if let (Some(storage), true) = (
                    model.storage.get(id),
                    model.settings.profile > Profile::V2_9,
                ) {
                    put("JUJU_STORAGE_LOCATION", storage.location.clone());
                    put("JUJU_STORAGE_KIND", storage.kind.clone());
                }
            }
            if let (HookKind::SecretChanged, Some(id)) = (hook.kind, &hook.subject) {
                put("JUJU_SECRET_ID", format!("secret:{id}"));
                let label = model
                    .applications
                    .values()
                    .find_map(|application| application.secrets.get(id))
                    .and_then(|secret| secret.consumer_labels.get(&context.unit));
                put("JUJU_SECRET_LABEL", label.cloned().unwrap_or_default());
            }
        }
        Occasion::Action { task, name, .. } => {
            put("JUJU_HOOK_NAME", String::new());
            put("JUJU_DISPATCH_PATH", format!("actions/{name}"));
            put("JUJU_ACTION_NAME", name.clone());
            put("JUJU_ACTION_UUID", task.to_string());
            put("JUJU_ACTION_TAG", format!("action-{task}"));
        }
        Occasion::Exec => put("JUJU_HOOK_NAME", String::new()),
    }
    set
}

fn relation_variables(model: &Model, context: &HookContext) -> Vec<(String, String)> {
    let Some(id) = context.relation else {
        return Vec::new();
    };
    let Some(relation) = model.relations.get(&id) else {
        return Vec::new();
    };
    let application = context.unit.application();
    let name = relation
        .endpoint_of(application)
        .map_or(String::new(), |end| end.name.clone());
    let remote = context.remote_unit.as_ref().map(ToString::to_string);
    vec![
        ("JUJU_RELATION".to_owned(), name),
        ("JUJU_RELATION_ID".to_owned(), relation.key(application)),
        ("JUJU_REMOTE_UNIT".to_owned(), remote.unwrap_or_default()),
        (
            "JUJU_REMOTE_APP".to_owned(),
            context.remote_application.clone().unwrap_or_default(),
        ),
    ]
}

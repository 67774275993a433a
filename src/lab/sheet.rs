//! What a charm declares, in the form that the model keeps; and options checked against it. Pure.

use super::charm::Charm;
use super::model::{CharmSheet, DeclaredEndpoint, DeclaredOption, DeclaredStorage, Role};
use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The sheet of a charm.
pub fn of(charm: &Charm) -> CharmSheet {
    let meta = &charm.meta;
    let ends = [(&meta.peers, Role::Peer), (&meta.requires, Role::Requirer), (&meta.provides, Role::Provider)];
    let endpoints = ends.into_iter().flat_map(|(map, role)| {
        map.iter().map(move |(name, end)| DeclaredEndpoint { name: name.clone(), interface: end.interface.clone(), role })
    });
    let storage = meta.storage.iter().map(|(name, declared)| {
        // A range that cannot be read was refused when the charm was checked.
        let (minimum, maximum) = declared.range().unwrap_or((0, Some(0)));
        let location = declared.location.clone();
        (name.clone(), DeclaredStorage { kind: declared.kind.clone(), minimum, maximum, location })
    });
    let options = charm.config.iter().map(|(name, option)| {
        let (kind, default, description) = (option.kind.clone(), option.default.clone(), option.description.clone());
        (name.clone(), DeclaredOption { kind, default, description })
    });
    CharmSheet {
        name: meta.name.clone(),
        endpoints: endpoints.collect(),
        storage: storage.collect(),
        resources: meta.resources.iter().map(|(name, resource)| (name.clone(), resource.filename.clone())).collect(),
        options: options.collect(),
        actions: charm.actions.iter().map(|(name, action)| (name.clone(), action.description.clone())).collect(),
    }
}

/// Options as they were typed, turned into values of their types.
///
/// # Errors
/// An option is unknown, or its value is not of its type.
pub fn options(sheet: &CharmSheet, typed: &BTreeMap<String, String>) -> Result<BTreeMap<String, Value>> {
    let mut values = BTreeMap::new();
    for (name, text) in typed {
        let declared = sheet.options.get(name).with_context(|| format!("unknown option {name:?}"))?;
        let wrong = || format!("option {name:?} expected {}, got {text:?}", declared.kind);
        let value = match declared.kind.as_str() {
            "int" => json!(text.trim().parse::<i64>().ok().with_context(wrong)?),
            "float" => json!(text.trim().parse::<f64>().ok().with_context(wrong)?),
            "boolean" => match text.trim() {
                "true" | "True" => json!(true),
                "false" | "False" => json!(false),
                _ => bail!(wrong()),
            },
            _ => json!(text),
        };
        values.insert(name.clone(), value);
    }
    Ok(values)
}

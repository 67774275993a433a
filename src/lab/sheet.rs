//! What a charm declares, in the form that the model keeps; and options checked against it. Pure.

use super::charm::Charm;
use super::model::{CharmSheet, DeclaredEndpoint, DeclaredOption, DeclaredStorage, Role};
use anyhow::{Context as _, Result};
use serde_json::Value;
use std::collections::BTreeMap;

/// The sheet of a charm.
pub fn of(charm: &Charm) -> CharmSheet {
    let meta = &charm.meta;
    let ends = [
        (&meta.peers, Role::Peer),
        (&meta.requires, Role::Requirer),
        (&meta.provides, Role::Provider),
    ];
    let endpoints = ends.into_iter().flat_map(|(map, role)| {
        map.iter().map(move |(name, end)| DeclaredEndpoint {
            name: name.clone(),
            interface: end.interface.clone(),
            role,
        })
    });
    let storage = meta.storage.iter().map(|(name, declared)| {
        let sheet = DeclaredStorage {
            // The lab has no block devices: such a charm was refused.
            kind: "filesystem".to_owned(),
            minimum: declared.at_least,
            maximum: declared.at_most,
            location: declared.location.clone(),
        };
        (name.clone(), sheet)
    });
    let options = charm.config.iter().map(|(name, option)| {
        let default = option.default.clone().unwrap_or(Value::Null);
        let (kind, description) = (option.kind.to_string(), option.description.clone());
        (
            name.clone(),
            DeclaredOption {
                kind,
                default,
                description,
            },
        )
    });
    CharmSheet {
        name: meta.name.clone(),
        endpoints: endpoints.collect(),
        storage: storage.collect(),
        resources: meta
            .resources
            .iter()
            .map(|(name, resource)| (name.clone(), resource.filename.clone()))
            .collect(),
        options: options.collect(),
        actions: charm
            .actions
            .iter()
            .map(|(name, action)| (name.clone(), action.description.clone()))
            .collect(),
    }
}

/// Options as they were typed, turned into values of their types.
///
/// # Errors
/// An option is unknown, or its value is not of its type.
pub fn options(charm: &Charm, typed: &BTreeMap<String, String>) -> Result<BTreeMap<String, Value>> {
    let mut values = BTreeMap::new();
    for (name, text) in typed {
        let declared = charm
            .config
            .get(name)
            .with_context(|| format!("unknown option {name:?}"))?;
        values.insert(
            name.clone(),
            declared.parse(name, text).map_err(anyhow::Error::msg)?,
        );
    }
    Ok(values)
}

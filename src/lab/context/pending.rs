//! What a hook has asked for: committed as a whole when it is done, or dropped. Pure.

use crate::lab::model::{Model, Secret, Storage, overlay};
use crate::lab::paths;
use crate::model::unit::UnitName;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Juju's `max-charm-state-size`: 2 MiB in all.
const STATE_LIMIT: usize = 2 * 1024 * 1024;

/// A change of a secret.
#[derive(Clone, Debug, PartialEq)]
pub enum SecretChange {
    /// A new secret, or new content and properties of one.
    Write(Box<Secret>),
    /// One revision, or all, removed.
    Remove(Option<u64>),
    /// An application or unit may read it, through a relation.
    Grant(String, u32),
    /// An application or unit may read it no more.
    Revoke(String),
}

/// What a hook has asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pending {
    /// State: values to set, or none to delete.
    pub state: BTreeMap<String, Option<String>>,
    /// The unit's own databags, by relation.
    pub unit_settings: BTreeMap<u32, BTreeMap<String, String>>,
    /// The application's own databags, by relation.
    pub application_settings: BTreeMap<u32, BTreeMap<String, String>>,
    /// Ports: the endpoints that they are to be open for; none at all closes them.
    pub ports: BTreeMap<String, BTreeSet<String>>,
    /// Storage to add.
    pub storage: Vec<String>,
    /// Secrets to change, in order, by id.
    pub secrets: Vec<(String, SecretChange)>,
}

impl Pending {
    /// Whether nothing was asked for.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The unit's ports as they will be.
    pub fn ports_over(
        &self,
        now: &BTreeMap<String, BTreeSet<String>>,
    ) -> BTreeMap<String, BTreeSet<String>> {
        let mut ports = now.clone();
        for (port, endpoints) in &self.ports {
            if endpoints.is_empty() {
                ports.remove(port);
            } else {
                ports.insert(port.clone(), endpoints.clone());
            }
        }
        ports
    }

    /// The unit's state as it will be.
    pub fn state_over(&self, now: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let mut state = now.clone();
        for (key, value) in &self.state {
            match value {
                Some(value) => state.insert(key.clone(), value.clone()),
                None => state.remove(key),
            };
        }
        state
    }

    /// Makes it so, all or nothing: on an error the model is to be thrown away.
    pub fn commit(&self, model: &mut Model, name: &UnitName) -> Result<(), String> {
        let leads = model.is_leader(name);
        if !leads
            && self
                .application_settings
                .values()
                .any(|settings| !settings.is_empty())
        {
            return Err(format!(
                "cannot write relation settings: {name} is not the leader of its application"
            ));
        }
        for (id, changes) in &self.unit_settings {
            let relation = model
                .relations
                .get_mut(id)
                .ok_or_else(|| format!("relation {id} not found"))?;
            relation
                .units
                .entry(name.clone())
                .or_default()
                .write(changes);
        }
        for (id, changes) in &self.application_settings {
            let relation = model
                .relations
                .get_mut(id)
                .ok_or_else(|| format!("relation {id} not found"))?;
            let bag = relation
                .applications
                .entry(name.application().to_owned())
                .or_default();
            let (changed, version) = (bag.write(changes), bag.version);
            if changed && relation.is_peer() {
                // Nobody is told of what he wrote himself.
                let id = *id;
                if let Some(unit) = model.units.get_mut(name) {
                    unit.relations.entry(id).or_default().application_version = version;
                }
            }
        }
        let unit = model
            .units
            .get_mut(name)
            .ok_or_else(|| format!("unit {name} not found"))?;
        unit.ports = self.ports_over(&unit.ports);
        unit.state = self.state_over(&unit.state);
        let size: usize = unit
            .state
            .iter()
            .map(|(key, value)| key.len() + value.len())
            .sum();
        if size > STATE_LIMIT {
            return Err(format!(
                "max allowed size for charm state exceeded: {size} > {STATE_LIMIT}"
            ));
        }
        self.commit_storage(model, name)?;
        self.commit_secrets(model, name)
    }

    fn commit_storage(&self, model: &mut Model, name: &UnitName) -> Result<(), String> {
        for storage in &self.storage {
            let owned = model
                .storage
                .values()
                .filter(|s| s.owner == *name && s.name == *storage)
                .count();
            add_storage(model, name, storage, "", owned)?;
        }
        Ok(())
    }

    fn commit_secrets(&self, model: &mut Model, name: &UnitName) -> Result<(), String> {
        for (id, change) in &self.secrets {
            let holder = model
                .applications
                .values()
                .find(|application| application.secrets.contains_key(id))
                .map_or_else(
                    || name.application().to_owned(),
                    |application| application.name.clone(),
                );
            let application = model
                .applications
                .get_mut(&holder)
                .ok_or_else(|| format!("application {holder} not found"))?;
            let secrets = &mut application.secrets;
            match change {
                SecretChange::Write(secret) => {
                    secrets.insert(id.clone(), (**secret).clone());
                }
                SecretChange::Remove(None) => {
                    secrets.remove(id);
                }
                SecretChange::Remove(Some(revision)) => {
                    if let Some(secret) = secrets.get_mut(id) {
                        secret.revisions.remove(revision);
                        if secret.revisions.is_empty() {
                            secrets.remove(id);
                        }
                    }
                }
                SecretChange::Grant(to, relation) => {
                    if let Some(secret) = secrets.get_mut(id) {
                        secret.grants.insert(to.clone(), *relation);
                    }
                }
                SecretChange::Revoke(from) => {
                    if let Some(secret) = secrets.get_mut(id) {
                        secret.grants.remove(from);
                    }
                }
            }
        }
        Ok(())
    }

    /// A relation's databag of this unit with what was asked for laid over it.
    pub fn unit_settings_over(
        &self,
        relation: u32,
        now: &BTreeMap<String, String>,
    ) -> BTreeMap<String, String> {
        let mut settings = now.clone();
        if let Some(changes) = self.unit_settings.get(&relation) {
            overlay(&mut settings, changes);
        }
        settings
    }

    /// A relation's databag of this application with what was asked for laid over it.
    pub fn application_settings_over(
        &self,
        relation: u32,
        now: &BTreeMap<String, String>,
    ) -> BTreeMap<String, String> {
        let mut settings = now.clone();
        if let Some(changes) = self.application_settings.get(&relation) {
            overlay(&mut settings, changes);
        }
        settings
    }
}

/// Adds one storage instance to a unit; `owned` is how many of that name it has.
pub fn add_storage(
    model: &mut Model,
    owner: &UnitName,
    name: &str,
    size: &str,
    owned: usize,
) -> Result<(), String> {
    let declared = model
        .applications
        .get(owner.application())
        .and_then(|application| application.charm.storage.get(name))
        .ok_or_else(|| format!("charm storage {name:?} not found"))?;
    if declared.kind != "filesystem" {
        return Err(format!(
            "storage {name:?} is of type {:?}; the lab has filesystems only",
            declared.kind
        ));
    }
    if declared
        .maximum
        .is_some_and(|maximum| owned >= maximum as usize)
    {
        return Err(format!(
            "at most {} instances of storage {name:?} are supported for {owner}, {} would be too many",
            declared.maximum.unwrap_or(0),
            owned + 1
        ));
    }
    let number = model.settings.next_storage;
    model.settings.next_storage += 1;
    let id = format!("{name}/{number}");
    let location = match &declared.location {
        Some(location) if declared.maximum == Some(1) => location.clone(),
        Some(location) => Path::new(location)
            .join(number.to_string())
            .display()
            .to_string(),
        None => Path::new(paths::STORAGE_IN_MACHINE)
            .join(&id)
            .display()
            .to_string(),
    };
    let storage = Storage {
        id: id.clone(),
        name: name.to_owned(),
        kind: declared.kind.clone(),
        owner: owner.clone(),
        location,
        size: size.to_owned(),
    };
    model.storage.insert(id, storage);
    Ok(())
}

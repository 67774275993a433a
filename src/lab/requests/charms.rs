//! Charms and their resources: deployed, refreshed, attached.

use super::{add_unit, application_mut};
use crate::lab::charm::{self, Charm};
use crate::lab::controller::Controller;
use crate::lab::model::{Application, Endpoint, MODEL_NAME, Model, Relation, Resource, Role};
use crate::lab::rpc::Deployment;
use crate::lab::{pack, sheet};
use anyhow::{Context as _, Result, bail, ensure};
use fs_err as fs;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Reads a packed charm, and refuses one that cannot be: with all reasons.
fn read_charm(
    controller: &Controller,
    packed: &Path,
    application: &str,
    revision: u64,
) -> Result<Charm> {
    let kept = controller.paths.charm(application, revision);
    if let Some(folder) = kept.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(packed, &kept)?;
    let folder = controller.paths.charm_read(application, revision);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    pack::unpack(&kept, &folder)?;
    let charm = Charm::read(&folder)?;
    let impossible = charm::check_possible(&charm);
    if !impossible.is_empty() {
        let reasons: Vec<String> = impossible
            .iter()
            .map(|reason| format!("- {reason}"))
            .collect();
        bail!("this charm is impossible:\n{}", reasons.join("\n"));
    }
    Ok(charm)
}

pub(super) fn deploy(controller: &Arc<Controller>, deployment: &Deployment) -> Result<Value> {
    let guess = controller.paths.charm_read("incoming", 0);
    if guess.exists() {
        fs::remove_dir_all(&guess)?;
    }
    let charm = read_charm(controller, &deployment.charm, "incoming", 0)?;
    let name = deployment
        .name
        .clone()
        .unwrap_or_else(|| charm.meta.name.clone());
    ensure!(
        !controller.model().applications.contains_key(&name),
        "cannot add application {name:?}: application already exists; remove it first, or use refresh"
    );
    let sheet = sheet::of(&charm);
    let config = sheet::options(&charm, &deployment.config)?;
    for resource in deployment.resources.keys() {
        ensure!(
            sheet.resources.contains_key(resource),
            "unrecognized resource {resource:?}"
        );
    }
    for storage in deployment.storage.keys() {
        ensure!(
            sheet.storage.contains_key(storage),
            "charm {:?} has no storage called {storage:?}",
            sheet.name
        );
    }
    read_charm(controller, &deployment.charm, &name, 0)?;
    let mut resources = BTreeMap::new();
    for (resource, file) in &deployment.resources {
        let filename = sheet.resources.get(resource).cloned().unwrap_or_default();
        resources.insert(
            resource.clone(),
            take_resource(controller, &name, resource, filename, 1, file)?,
        );
    }
    controller.change(|model| {
        if model.applications.is_empty() && model.units.is_empty() {
            begin_model(model, deployment);
        }
        for endpoint in sheet
            .endpoints
            .iter()
            .filter(|endpoint| endpoint.role == Role::Peer)
        {
            let id = model.settings.next_relation;
            model.settings.next_relation += 1;
            let end = Endpoint {
                application: name.clone(),
                name: endpoint.name.clone(),
                interface: endpoint.interface.clone(),
                role: endpoint.role,
            };
            let relation = Relation {
                id,
                endpoints: vec![end],
                scope: Default::default(),
                units: Default::default(),
                applications: Default::default(),
                dying: false,
            };
            model.relations.insert(id, relation);
        }
        let application = Application {
            name: name.clone(),
            charm: sheet,
            config,
            resources,
            storage: deployment.storage.clone(),
            ..Application::default()
        };
        model.applications.insert(name.clone(), application);
        for _ in 0..deployment.units {
            add_unit(model, &name)?;
        }
        Ok(json!(name))
    })
}

fn begin_model(model: &mut Model, deployment: &Deployment) {
    let settings = &mut model.settings;
    settings.name = MODEL_NAME.to_owned();
    if settings.uuid.is_empty() {
        let chance: u128 = rand::random();
        let digits = format!("{chance:032x}");
        settings.uuid = format!(
            "{}-{}-4{}-a{}-{}",
            &digits[..8],
            &digits[8..12],
            &digits[13..16],
            &digits[17..20],
            &digits[20..]
        );
    }
    settings.profile = deployment.settings.profile;
    settings.update_status_interval = deployment.settings.update_status_interval;
    settings.lease = deployment.settings.lease;
    settings.booted = deployment.settings.booted;
    settings.zones = deployment.settings.zones.clone();
    settings.retry_hooks = true;
}

pub(super) fn refresh(controller: &Arc<Controller>, name: &str, packed: &Path) -> Result<Value> {
    let model = controller.model();
    let application = model
        .applications
        .get(name)
        .with_context(|| format!("application {name:?} not found"))?;
    let revision = application.revision + 1;
    let charm = read_charm(controller, packed, name, revision)?;
    let sheet = sheet::of(&charm);
    ensure!(
        sheet.name == application.charm.name,
        "cannot refresh {name} to another charm, {:?}",
        sheet.name
    );
    controller.change(|model| {
        let application = application_mut(model, name)?;
        application.charm = sheet;
        application.revision = revision;
        Ok(json!(revision))
    })
}

pub(super) fn attach(
    controller: &Arc<Controller>,
    name: &str,
    resource: &str,
    file: &Path,
) -> Result<Value> {
    let model = controller.model();
    let application = model
        .applications
        .get(name)
        .with_context(|| format!("application {name:?} not found"))?;
    let filename = application.charm.resources.get(resource).cloned();
    let filename = filename.with_context(|| format!("unrecognized resource {resource:?}"))?;
    let revision = application
        .resources
        .get(resource)
        .map_or(0, |attached| attached.revision)
        + 1;
    let attached = take_resource(controller, name, resource, filename, revision, file)?;
    controller.change(|model| {
        let application = application_mut(model, name)?;
        application.resources.insert(resource.to_owned(), attached);
        for unit in model
            .units
            .values_mut()
            .filter(|unit| unit.name.application() == name)
        {
            // A new file wakes the charm as a new revision does. No revision has this number, so the agent sees that
            // it is behind, whatever it is doing now.
            unit.charm = unit.charm.map(|_| u64::MAX);
        }
        Ok(json!(revision))
    })
}

fn take_resource(
    controller: &Controller,
    application: &str,
    resource: &str,
    filename: String,
    revision: u64,
    file: &Path,
) -> Result<Resource> {
    let folder = controller.paths.resources(application);
    fs::create_dir_all(&folder)?;
    let to = folder.join(format!("{resource}-{revision}"));
    let mut from = fs::File::open(file)?;
    let (mut hash, mut size, mut part) = (Sha256::new(), 0, vec![0; 1 << 20]);
    loop {
        let read = std::io::Read::read(&mut from, &mut part)?;
        if read == 0 {
            break;
        }
        hash.update(&part[..read]);
        size += read as u64;
    }
    let _ = std::fs::remove_file(&to);
    fs::copy(file, &to)?;
    // As Juju keeps it: without the mode that lets it run.
    fs::set_permissions(&to, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    let fingerprint = hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(Resource {
        filename,
        revision,
        size,
        fingerprint,
    })
}

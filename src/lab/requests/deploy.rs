//! A new application: checked as a whole, then placed in the model.

use super::add_unit;
use super::charms::{read_charm, take_resource};
use crate::lab::charm::Charm;
use crate::lab::controller::Controller;
use crate::lab::model::{Application, Endpoint, MODEL_NAME, Model, Relation, Role};
use crate::lab::paths::Paths;
use crate::lab::rpc::Deployment;
use crate::lab::sheet;
use anyhow::{Context as _, Result, ensure};
use fs_err as fs;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// Under what a charm is kept until it was looked at: no application can have this name.
const INCOMING: &str = ".incoming";

pub(super) fn deploy(controller: &Arc<Controller>, deployment: &Deployment) -> Result<Value> {
    let paths = &controller.paths;
    let charm = read_charm(paths, &deployment.charm, INCOMING, 0)?;
    let mut application = application(&charm, deployment)?;
    // With all that the model has to say against it, before its files take their places.
    place(
        &mut Model::clone(&controller.model()),
        deployment,
        &application,
    )?;
    let name = application.name.clone();
    keep(paths, &name)?;
    for (resource, file) in &deployment.resources {
        let filename = application.charm.resources.get(resource);
        let filename = filename.cloned().unwrap_or_default();
        let taken = take_resource(controller, &name, resource, filename, 1, file)?;
        application.resources.insert(resource.clone(), taken);
    }
    controller.change(|model| place(model, deployment, &application))?;
    Ok(json!(name))
}

/// Refuses all that the controller of a lab with nothing in it would refuse, in a scratch folder: so that whoever is
/// refused the first deployment has no lab afterwards either.
///
/// # Errors
/// The reasons against it.
pub fn rehearse(deployment: &Deployment, scratch: &Path) -> Result<()> {
    let charm = read_charm(&Paths::new(scratch), &deployment.charm, INCOMING, 0)?;
    let application = application(&charm, deployment)?;
    for (resource, file) in &deployment.resources {
        let opened = fs::File::open(file);
        opened.with_context(|| format!("failed to read the file for the resource {resource}"))?;
    }
    place(&mut Model::default(), deployment, &application)
}

/// The application that a charm and the words of a command make, without its resources.
fn application(charm: &Charm, deployment: &Deployment) -> Result<Application> {
    let name = deployment.name.clone();
    let name = name.unwrap_or_else(|| charm.meta.name.clone());
    let sheet = sheet::of(charm);
    let config = sheet::options(charm, &deployment.config)?;
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
    Ok(Application {
        name,
        charm: sheet,
        config,
        storage: deployment.storage.clone(),
        ..Application::default()
    })
}

/// The charm that was looked at becomes the application's.
fn keep(paths: &Paths, name: &str) -> Result<()> {
    let folder = paths.charm_read(name, 0);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::rename(paths.charm_read(INCOMING, 0), folder)?;
    fs::rename(paths.charm(INCOMING, 0), paths.charm(name, 0))?;
    Ok(())
}

/// Puts the application into the model with its peer relations and its units.
fn place(model: &mut Model, deployment: &Deployment, application: &Application) -> Result<()> {
    let name = &application.name;
    ensure!(
        !model.applications.contains_key(name),
        "cannot add application {name:?}: application already exists; remove it first, or use refresh"
    );
    if model.applications.is_empty() && model.units.is_empty() {
        begin_model(model, deployment);
    }
    let ends = application.charm.endpoints.iter();
    for endpoint in ends.filter(|endpoint| endpoint.role == Role::Peer) {
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
    model.applications.insert(name.clone(), application.clone());
    for _ in 0..deployment.units {
        add_unit(model, name)?;
    }
    Ok(())
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

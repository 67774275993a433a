//! Charms and their resources: read, refreshed, attached.

use super::application_mut;
use crate::lab::charm::{self, Charm};
use crate::lab::controller::Controller;
use crate::lab::model::Resource;
use crate::lab::paths::Paths;
use crate::lab::{pack, sheet};
use anyhow::{Context as _, Result, bail, ensure};
use fs_err as fs;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::path::Path;
use std::sync::Arc;

/// Reads a packed charm, and refuses one that cannot be: with all reasons.
pub(super) fn read_charm(
    paths: &Paths,
    packed: &Path,
    application: &str,
    revision: u64,
) -> Result<Charm> {
    let kept = paths.charm(application, revision);
    if let Some(folder) = kept.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(packed, &kept)?;
    let folder = paths.charm_read(application, revision);
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

pub(super) fn refresh(controller: &Arc<Controller>, name: &str, packed: &Path) -> Result<Value> {
    let model = controller.model();
    let application = model
        .applications
        .get(name)
        .with_context(|| format!("application {name:?} not found"))?;
    let revision = application.revision + 1;
    let charm = read_charm(&controller.paths, packed, name, revision)?;
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

pub(super) fn take_resource(
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

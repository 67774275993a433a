//! What commands ask of the controller, carried out. Everything is checked before the first change.

use super::actions;
use super::charm::{self, Charm};
use super::context::add_storage;
use super::controller::Controller;
use super::model::{
    Application, Endpoint, Life, Machine, Model, Power, Relation, Resolution, Resource, Role, Step,
    TaskKind, TaskStatus, Unit,
};
use super::moment::Moment;
use super::rpc::{Deployment, Request};
use super::{pack, provisioner, resolver, sheet};
use crate::model::unit::UnitName;
use anyhow::{Context as _, Result, bail, ensure};
use fs_err as fs;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Carries out a request and says what came of it.
pub async fn handle(controller: &Arc<Controller>, request: Request) -> Result<Value> {
    match request {
        Request::Model(_) => bail!("answered elsewhere"),
        Request::Deploy(deployment) => deploy(controller, &deployment),
        Request::AddUnits(application, count) => controller.change(|model| {
            let added = (0..count)
                .map(|_| add_unit(model, &application))
                .collect::<Result<Vec<_>>>()?;
            Ok(json!(added))
        }),
        Request::RemoveUnits(units, force) => remove_units(controller, &units, force).await,
        Request::RemoveApplication(name, force) => {
            let units = controller.change(|model| {
                application_mut(model, &name)?.dying = true;
                Ok(model
                    .units_of(&name)
                    .map(|unit| unit.name.clone())
                    .collect::<Vec<_>>())
            })?;
            remove_units(controller, &units, force).await
        }
        Request::Configure(name, set, reset) => controller.change(|model| {
            let revision = application_mut(model, &name)?.revision;
            let charm = Charm::read(&controller.paths.charm_read(&name, revision))?;
            let application = application_mut(model, &name)?;
            let mut config = application.config.clone();
            for key in &reset {
                ensure!(
                    application.charm.options.contains_key(key),
                    "unknown option {key:?}"
                );
                config.remove(key);
            }
            config.extend(sheet::options(&charm, &set)?);
            if config != application.config {
                application.config = config;
                application.config_version += 1;
            }
            Ok(Value::Null)
        }),
        Request::Run(units, kind) => run(controller, &units, kind),
        Request::Cancel(id) => cancel(controller, id),
        Request::Resolve(name, retry) => controller.change(|model| {
            let unit = unit_mut(model, &name)?;
            ensure!(
                matches!(unit.step, Step::Failed(_)),
                "unit {:?} is not in an error state",
                name.to_string()
            );
            unit.resolution = Some(if retry {
                Resolution::Retry
            } else {
                Resolution::NoRetry
            });
            Ok(Value::Null)
        }),
        Request::Refresh(name, charm) => refresh(controller, &name, &charm),
        Request::Attach(name, resource, file) => attach(controller, &name, &resource, &file),
        Request::Crash(name) => {
            let machine = machine_of(&controller.model(), &name)?;
            provisioner::crash(controller, machine).await?;
            Ok(json!(machine))
        }
        Request::Boot(name) => controller.change(|model| {
            let id = machine_of(model, &name)?;
            let machine = model.machines.get_mut(&id).context("the machine is gone")?;
            machine.power = Power::On;
            machine.problem = None;
            Ok(json!(id))
        }),
        Request::Readdress(names) => readdress(controller, &names).await,
        Request::Lead(name) => controller.change(|model| {
            ensure!(
                model
                    .units
                    .get(&name)
                    .is_some_and(|unit| unit.life == Life::Alive),
                "unit {name} cannot lead"
            );
            application_mut(model, name.application())?.leader = Some(name.clone());
            Ok(Value::Null)
        }),
        Request::UpdateStatus(name) => controller.change(|model| {
            let unit = unit_mut(model, &name)?;
            ensure!(unit.started, "unit {name} has not run its start hook yet");
            unit.update_status_at = Moment::now();
            Ok(Value::Null)
        }),
    }
}

/// All are off before the first one is on again, so that none is reached at an address that another had just before.
async fn readdress(controller: &Arc<Controller>, names: &[UnitName]) -> Result<Value> {
    let model = controller.model();
    let ids = names.iter().map(|name| machine_of(&model, name));
    let ids = ids.collect::<Result<std::collections::BTreeSet<u32>>>()?;
    for id in &ids {
        provisioner::crash(controller, *id).await?;
    }
    controller.change(|model| {
        let mut taken: Vec<u8> = model.machines.values().filter_map(|m| m.lease).collect();
        for id in &ids {
            let mut spare = super::network::Addresses::spare();
            let last = spare.find(|last| !taken.contains(last));
            let last = last.context("the lab has no address left; make a new one")?;
            taken.push(last);
            let machine = model.machines.get_mut(id).context("the machine is gone")?;
            machine.lease = Some(last);
            machine.power = Power::On;
            machine.problem = None;
        }
        Ok(json!(ids))
    })
}

fn application_mut<'a>(model: &'a mut Model, name: &str) -> Result<&'a mut Application> {
    model
        .applications
        .get_mut(name)
        .with_context(|| format!("application {name:?} not found"))
}

fn unit_mut<'a>(model: &'a mut Model, name: &UnitName) -> Result<&'a mut Unit> {
    model
        .units
        .get_mut(name)
        .with_context(|| format!("unit {:?} not found", name.to_string()))
}

fn machine_of(model: &Model, name: &UnitName) -> Result<u32> {
    let unit = model
        .units
        .get(name)
        .with_context(|| format!("unit {:?} not found", name.to_string()))?;
    Ok(unit.machine)
}

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

fn deploy(controller: &Arc<Controller>, deployment: &Deployment) -> Result<Value> {
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
    let now = Moment::now();
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
        let _ = now;
        Ok(json!(name))
    })
}

fn begin_model(model: &mut Model, deployment: &Deployment) {
    let settings = &mut model.settings;
    settings.name = "lab".to_owned();
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

fn add_unit(model: &mut Model, application: &str) -> Result<UnitName> {
    let storage = application_mut(model, application)?.storage.clone();
    ensure!(
        !application_mut(model, application)?.dying,
        "application {application:?} is being removed"
    );
    let kept = application_mut(model, application)?;
    let name: UnitName = format!("{application}/{}", kept.next_unit).parse()?;
    kept.next_unit += 1;
    let id = model.settings.next_machine;
    model.settings.next_machine += 1;
    super::network::Addresses::of(id)?;
    let machine = Machine {
        id,
        hostname: format!("juju-lab-{id}"),
        ..Machine::default()
    };
    model.machines.insert(id, machine);
    model
        .units
        .insert(name.clone(), Unit::new(name.clone(), id, Moment::now()));
    for (storage, count) in storage {
        for owned in 0..count {
            add_storage(model, &name, &storage, "", owned as usize).map_err(anyhow::Error::msg)?;
        }
    }
    Ok(name)
}

async fn remove_units(
    controller: &Arc<Controller>,
    units: &[UnitName],
    force: bool,
) -> Result<Value> {
    controller.change(|model| {
        for name in units {
            unit_mut(model, name)?;
        }
        for name in units {
            let unit = unit_mut(model, name)?;
            if unit.life == Life::Alive {
                unit.life = Life::Dying;
            }
            if force {
                unit.life = Life::Dead;
                resolver::leave_all(model, name);
            }
        }
        Ok(())
    })?;
    if force {
        // The agent may be in the middle of a hook: its machine goes, and the hook with it.
        for name in units {
            let machine = machine_of(&controller.model(), name)?;
            provisioner::crash(controller, machine).await?;
        }
    }
    Ok(json!(units))
}

fn run(controller: &Arc<Controller>, units: &[UnitName], kind: TaskKind) -> Result<Value> {
    let model = controller.model();
    let mut named: Vec<UnitName> = Vec::new();
    for name in units {
        ensure!(
            model.units.contains_key(name),
            "unit {:?} not found",
            name.to_string()
        );
        named.push(name.clone());
    }
    let kind = match kind {
        TaskKind::Action { name, parameters } => {
            let application = named
                .first()
                .context("no unit was named")?
                .application()
                .to_owned();
            let revision = model
                .applications
                .get(&application)
                .map_or(0, |application| application.revision);
            let charm = Charm::read(&controller.paths.charm_read(&application, revision))?;
            let spec = charm.actions.get(&name).with_context(|| {
                let known: Vec<&str> = charm.actions.keys().map(String::as_str).collect();
                format!(
                    "action {name:?} not defined on unit {:?}; it has {}",
                    named[0].to_string(),
                    known.join(", ")
                )
            })?;
            let parameters =
                actions::check(spec, parameters, &model).map_err(anyhow::Error::msg)?;
            TaskKind::Action { name, parameters }
        }
        exec => exec,
    };
    controller.change(|model| Ok(json!(actions::enqueue(model, &named, &kind, Moment::now()))))
}

fn cancel(controller: &Arc<Controller>, id: u64) -> Result<Value> {
    let running = controller.change(|model| {
        let task = model
            .tasks
            .get_mut(&id)
            .with_context(|| format!("task {id} not found"))?;
        match task.status {
            TaskStatus::Pending => {
                task.status = TaskStatus::Cancelled;
                task.message = "action cancelled".to_owned();
                task.completed = Some(Moment::now());
                Ok(false)
            }
            TaskStatus::Running => {
                task.status = TaskStatus::Aborting;
                Ok(true)
            }
            over => bail!("task {id} is {} already", over.word()),
        }
    })?;
    if running {
        controller.kill.send_replace(id);
    }
    Ok(Value::Null)
}

fn refresh(controller: &Arc<Controller>, name: &str, packed: &Path) -> Result<Value> {
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

fn attach(controller: &Arc<Controller>, name: &str, resource: &str, file: &Path) -> Result<Value> {
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

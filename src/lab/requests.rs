//! What commands ask of the controller, carried out. Everything is checked before the first change.

mod charms;
mod deploy;

pub use deploy::rehearse;

use super::actions;
use super::charm::Charm;
use super::context::add_storage;
use super::controller::Controller;
use super::model::{
    Application, Life, Machine, Model, Resolution, Step, TaskKind, TaskStatus, Unit,
};
use super::moment::Moment;
use super::rpc::Request;
use super::{provisioner, resolver, sheet};
use crate::model::unit::UnitName;
use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use std::sync::Arc;

/// Carries out a request and says what came of it.
pub async fn handle(controller: &Arc<Controller>, request: Request) -> Result<Value> {
    match request {
        Request::Model(_) => bail!("answered elsewhere"),
        Request::Deploy(deployment) => deploy::deploy(controller, &deployment),
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
                let units = model.units_of(&name).map(|unit| unit.name.clone());
                let units: Vec<UnitName> = units.collect();
                model.forget_if_gone(&name);
                Ok(units)
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
        Request::Refresh(name, charm) => charms::refresh(controller, &name, &charm),
        Request::Attach(name, resource, file) => {
            charms::attach(controller, &name, &resource, &file)
        }
        Request::Crash(name, seconds) => {
            let machine = machine_of(&controller.model(), &name)?;
            let back_at = seconds.map(|seconds| Moment::now().plus(i64::from(seconds) * 1000));
            provisioner::crash(controller, machine, back_at).await?;
            Ok(json!(back_at))
        }
        Request::Boot(name) => controller.change(|model| {
            let id = machine_of(model, &name)?;
            let machine = model.machines.get_mut(&id).context("the machine is gone")?;
            Ok(json!(machine.switch_on()))
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
        provisioner::crash(controller, *id, None).await?;
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
            machine.switch_on();
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
    let machines = controller.change(|model| {
        let machines = units.iter().map(|name| machine_of(model, name));
        let machines = machines.collect::<Result<Vec<u32>>>()?;
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
        Ok(machines)
    })?;
    // The agent may be in the middle of a hook: its machine goes, and the hook with it.
    for machine in machines.into_iter().filter(|_| force) {
        let ended = provisioner::crash(controller, machine, None).await;
        // An agent that was in none has taken its machine away meanwhile.
        if controller.model().machines.contains_key(&machine) {
            ended?;
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

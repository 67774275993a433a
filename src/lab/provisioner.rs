//! Machines: switched on when the model says so, off by `crash`, gone with their unit.

use super::controller::Controller;
use super::debug_log::Level;
use super::juju_exec;
use super::machine::{Bind, Machine, MachineSpec};
use super::model::{Model, Power};
use super::moment::Moment;
use super::paths::{self, Paths};
use super::resolver;
use anyhow::{Context as _, Result};
use fs_err as fs;
use std::path::Path;
use std::sync::Arc;

/// Boots a machine; a failure is kept in the model and shown by `status`.
pub async fn boot(controller: Arc<Controller>, id: u32) {
    if let Err(error) = try_boot(&controller, id).await {
        controller.say(
            Level::Error,
            &format!("failed to boot machine {id}: {error:#}"),
        );
        let kept = controller.change(|model| {
            if let Some(machine) = model.machines.get_mut(&id) {
                machine.problem = Some(format!("{error:#}"));
            }
            Ok(())
        });
        if let Err(error) = kept {
            tracing::error!("{error:#}");
        }
    }
}

async fn try_boot(controller: &Controller, id: u32) -> Result<()> {
    let spec = specification(&controller.paths, &controller.lab, &controller.model(), id)?;
    let machine = Machine::boot(&spec, &controller.network).await?;
    for note in machine.notes() {
        controller.say(Level::Warning, &format!("machine {id}: {note}"));
    }
    let (addresses, init) = (machine.addresses().clone(), machine.init_pid());
    // Held until both are said, so that `crash` finds either a machine to take the power from or a boot that is to end.
    let mut machines = controller.machines.lock().await;
    let stays = controller.change(|model| {
        let Some(machine) = model.machines.get_mut(&id) else {
            return Ok(false);
        };
        if machine.power == Power::Off || machine.lease != spec.lease {
            return Ok(false);
        }
        machine.running = true;
        machine.boots += 1;
        machine.address = Some(addresses.ipv4.to_string());
        machine.address6 = Some(addresses.ipv6.to_string());
        machine.mac = addresses.mac.clone();
        machine.interface = addresses.interface.clone();
        machine.subnet = "10.61.0.0/24".to_owned();
        machine.init_pid = Some(init);
        resolver::tell_addresses(model, id);
        Ok(true)
    })?;
    if !stays {
        drop(machines);
        machine.crash().await?;
        controller.say(
            Level::Info,
            &format!("machine {id} lost power as it booted"),
        );
        return Ok(());
    }
    machines.insert(id, machine);
    drop(machines);
    controller.say(
        Level::Info,
        &format!("machine {id} is up at {}", addresses.ipv4),
    );
    Ok(())
}

/// What the machine's units need to see of the host's files.
fn specification(paths: &Paths, lab: &Path, model: &Model, id: u32) -> Result<MachineSpec> {
    let machine = model
        .machines
        .get(&id)
        .with_context(|| format!("machine {id} not found"))?;
    let mut binds = Vec::new();
    let mut bind = |from: std::path::PathBuf, to: std::path::PathBuf, read_only| -> Result<()> {
        fs::create_dir_all(&from)?;
        binds.push(Bind {
            from,
            to,
            read_only,
        });
        Ok(())
    };
    for unit in model.units.values().filter(|unit| unit.machine == id) {
        let name = &unit.name;
        bind(paths.agent(name), paths::agent_in_machine(name), false)?;
        bind(paths.tools(name), paths::tools_in_machine(name), true)?;
        for storage in model
            .storage
            .values()
            .filter(|storage| storage.owner == *name)
        {
            bind(
                paths.storage(&storage.id),
                storage.location.clone().into(),
                false,
            )?;
        }
    }
    Ok(MachineSpec {
        id,
        hostname: machine.hostname.clone(),
        lease: machine.lease,
        dir: paths.machine(id),
        binds,
        booted: model.settings.booted,
        programs: vec![Path::new("/usr/bin").join(juju_exec::name(model.settings.profile))],
        lab: lab.to_owned(),
    })
}

/// Power loss. The machine stays off until it is booted again, or until the power comes back by itself.
pub async fn crash(controller: &Controller, id: u32, back_at: Option<Moment>) -> Result<()> {
    // Two boots of one machine would share its folders: it is not switched on before it has ended.
    let _ending = controller.power.read().await;
    controller.change(|model| {
        let machine = model
            .machines
            .get_mut(&id)
            .with_context(|| format!("machine {id} not found"))?;
        machine.switch_off(back_at);
        Ok(())
    })?;
    let machine = controller.machines.lock().await.remove(&id);
    if let Some(machine) = machine {
        machine.crash().await?;
        controller.say(Level::Info, &format!("machine {id} lost power"));
    }
    Ok(())
}

/// Switches on the machines whose power is to be back.
///
/// # Errors
/// The store cannot be written.
pub fn power_back(controller: &Controller) -> Result<()> {
    let now = Moment::now();
    let model = controller.model();
    if !model.machines.values().any(|machine| machine.is_due(now)) {
        return Ok(());
    }
    // A machine that is still losing its power waits for the next look.
    let Ok(_none_ends) = controller.power.try_write() else {
        return Ok(());
    };
    let back = controller.change(|model| {
        let due = model.machines.values_mut().filter(|it| it.is_due(now));
        Ok(due
            .map(|machine| {
                machine.switch_on();
                machine.id
            })
            .collect::<Vec<u32>>())
    })?;
    for id in back {
        controller.say(Level::Info, &format!("machine {id} has power again"));
    }
    Ok(())
}

/// Takes a machine away with everything on it.
pub async fn remove(controller: &Controller, id: u32) -> Result<()> {
    let machine = controller.machines.lock().await.remove(&id);
    if let Some(machine) = machine {
        machine.crash().await?;
    }
    controller.change(|model| {
        model.machines.remove(&id);
        Ok(())
    })?;
    let folder = controller.paths.machine(id);
    if folder.exists() {
        super::site::remove_tree(&folder)
            .with_context(|| format!("failed to remove {}", folder.display()))?;
    }
    Ok(())
}

//! The controller: holds the model, keeps it in the store, runs machines and units' agents, answers commands.
//!
//! Everything that changes goes through [`Controller::change`]: the change is made on a copy, written in one
//! transaction, and only then seen by others.

use super::debug_log::{DebugLog, Level};
use super::leadership;
use super::machine::Machine;
use super::model::{Model, Power};
use super::moment::Moment;
use super::network::Network;
use super::paths::Paths;
use super::store::Store;
use super::{provisioner, resolver, rpc, uniter};
use crate::model::unit::UnitName;
use anyhow::{Context as _, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::watch;

/// How often leases and the like are looked at, besides at every change.
const TICK: Duration = Duration::from_millis(500);

/// One running controller.
pub struct Controller {
    /// Where its files are.
    pub paths: Paths,
    /// The lab's own program.
    pub lab: PathBuf,
    /// The debug log.
    pub log: DebugLog,
    /// The bridge that all machines are on.
    pub network: Network,
    /// Machines that are on.
    pub machines: tokio::sync::Mutex<BTreeMap<u32, Machine>>,
    /// Read while a machine loses its power; written to switch machines on that are due.
    pub power: tokio::sync::RwLock<()>,
    /// Tasks whose process is to be killed.
    pub kill: watch::Sender<u64>,
    model: RwLock<Arc<Model>>,
    store: Mutex<Store>,
    changed: watch::Sender<u64>,
}

fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Controller {
    /// The model as it is now.
    pub fn model(&self) -> Arc<Model> {
        Arc::clone(&self.model.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Tells of every change from now on.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Changes the model: all of it, or (on an error) nothing.
    ///
    /// # Errors
    /// What `change` says, or that the store cannot be written.
    pub fn change<T>(&self, change: impl FnOnce(&mut Model) -> Result<T>) -> Result<T> {
        let mut store = hold(&self.store);
        let mut next = Model::clone(&self.model());
        let result = change(&mut next)?;
        if next != *self.model() {
            store.save(&next)?;
            *self.model.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
            self.changed.send_modify(|version| *version += 1);
        }
        Ok(result)
    }

    /// Writes to the debug log on behalf of the controller.
    pub fn say(&self, level: Level, message: &str) {
        self.log
            .write("controller-0", level, "lab.controller", message);
    }
}

/// Runs the controller of the lab at `home` until it is told to end. It must be inside the site's namespaces.
///
/// # Errors
/// The store, the network or the socket cannot be opened.
pub async fn run(home: &Path, lab: PathBuf) -> Result<()> {
    let paths = Paths::new(home);
    let (mut store, kept) = Store::open(&paths.store())?;
    let mut model = kept.unwrap_or_default();
    begin_again(&mut model);
    store.save(&model)?;
    let controller = Arc::new(Controller {
        log: DebugLog::open(&paths.debug_log())?,
        network: Network::create()
            .await
            .context("failed to make the lab's network")?,
        paths,
        lab,
        machines: tokio::sync::Mutex::default(),
        power: tokio::sync::RwLock::default(),
        kill: watch::channel(0).0,
        model: RwLock::new(Arc::new(model)),
        store: Mutex::new(store),
        changed: watch::channel(0).0,
    });
    controller.say(Level::Info, "controller started");
    let listener = rpc::listen(home)?;
    tokio::spawn(rpc::serve(Arc::clone(&controller), listener));
    watch_over(controller).await
}

/// Whatever ran when the last controller ended was interrupted: the site's power was cut.
fn begin_again(model: &mut Model) {
    let now = Moment::now();
    for machine in model.machines.values_mut() {
        machine.running = false;
        machine.init_pid = None;
    }
    let units: Vec<UnitName> = model.units.keys().cloned().collect();
    for unit in units {
        resolver::interrupted(model, &unit, now);
    }
}

/// Starts what should run and is not running: machines, agents, a leader.
async fn watch_over(controller: Arc<Controller>) -> Result<()> {
    let mut changed = controller.subscribe();
    let mut booting: BTreeMap<u32, tokio::task::JoinHandle<()>> = BTreeMap::new();
    let mut agents: BTreeMap<UnitName, tokio::task::JoinHandle<()>> = BTreeMap::new();
    let mut unheard: BTreeMap<u32, Moment> = BTreeMap::new();
    loop {
        changed.borrow_and_update();
        provisioner::power_back(&controller)?;
        let model = controller.model();
        // To its end, even of a machine that has lost its power meanwhile: two boots of one would share its folders.
        booting.retain(|_, task| !task.is_finished());
        for (id, machine) in &model.machines {
            if machine.running {
                unheard.remove(id);
            } else {
                unheard.entry(*id).or_insert_with(Moment::now);
            }
            let wanted =
                machine.power == Power::On && !machine.running && machine.problem.is_none();
            if wanted {
                booting.entry(*id).or_insert_with(|| {
                    tokio::spawn(provisioner::boot(Arc::clone(&controller), *id))
                });
            }
        }
        agents.retain(|unit, task| model.units.contains_key(unit) && !task.is_finished());
        for unit in model.units.keys() {
            agents.entry(unit.clone()).or_insert_with(|| {
                tokio::spawn(uniter::run(Arc::clone(&controller), unit.clone()))
            });
        }
        let now = Moment::now();
        let elections = leadership::elections(&model, &unheard, now);
        if !elections.is_empty() {
            controller.change(|model| {
                leadership::elect(model, &elections);
                Ok(())
            })?;
        }
        tokio::select! {
            _ = changed.changed() => {}
            () = tokio::time::sleep(TICK) => {}
        }
    }
}

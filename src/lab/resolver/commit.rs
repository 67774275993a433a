//! What an operation leaves in the model: when it begins, when it is done, when it fails. Pure.

use super::{Note, configuration_now};
use crate::lab::model::{
    Bag, Failure, Hook, HookKind, Life, Member, Model, Standing, Status, Step, Unit, overlay,
};
use crate::lab::moment::Moment;
use crate::model::unit::UnitName;
use std::collections::BTreeMap;

const FIRST_RETRY: i64 = 5_000;
const LAST_RETRY: i64 = 300_000;

/// A hook begins. Returns whether it is still to be run: a leader that lost its lease meanwhile runs no `leader-elected`.
pub fn begin(model: &mut Model, name: &UnitName, hook: &Hook, now: Moment) -> bool {
    let leads = model.is_leader(name);
    let Some(unit) = model.units.get_mut(name) else {
        return false;
    };
    unit.resolution = None;
    if hook.kind == HookKind::LeaderElected && !leads {
        unit.step = Step::Idle;
        return false;
    }
    unit.step = Step::Running(hook.clone());
    // update-status comes all the time; Juju does not announce it.
    if hook.kind != HookKind::UpdateStatus {
        unit.agent = Status::new("executing", &format!("running {} hook", hook.name()), now);
    }
    match hook.kind {
        HookKind::Install => {
            unit.workload = Status::new("maintenance", "installing charm software", now);
        }
        HookKind::Stop => {
            unit.workload = Status::new("maintenance", "stopping charm software", now)
        }
        HookKind::Remove => {
            unit.workload = Status::new("maintenance", "cleaning up prior to charm deletion", now);
        }
        _ => {}
    }
    true
}

/// A hook is done (or is taken as done): what it told of has been seen, and what belongs right after it is queued.
pub fn commit(model: &mut Model, name: &UnitName, hook: &Hook, now: Moment) {
    let version_now = model
        .units
        .get(name)
        .map(|unit| configuration_now(model, unit));
    let boots = model
        .units
        .get(name)
        .and_then(|u| model.machines.get(&u.machine))
        .map_or(0, |m| m.boots);
    let interval = model.settings.update_status_interval;
    let remote_version = remote_version(model, name, hook);
    let Some(unit) = model.units.get_mut(name) else {
        return;
    };
    unit.step = Step::Idle;
    unit.failure = Failure::default();
    unit.resolution = None;
    unit.agent = Status::new("idle", "", now);
    match hook.kind {
        HookKind::Install => unit.installed = true,
        HookKind::ConfigChanged => {
            // The version is the one that the hook was begun for: a change during it brings another hook.
            unit.config_seen = Some(hook.version);
            unit.address_seen = version_now.and_then(|(_, address)| address);
            if !unit.started {
                unit.step = Step::Queued(Hook::plain(HookKind::Start));
            }
        }
        HookKind::Start => {
            unit.started = true;
            unit.boot_seen = boots;
            unit.update_status_at = now.plus(interval);
            if unit.workload.current == "maintenance"
                && unit.workload.message == "installing charm software"
            {
                unit.workload = Status::new("unknown", "", now);
            }
        }
        HookKind::UpgradeCharm => {
            unit.step = Step::Queued(Hook {
                version: version_now.map_or(0, |(version, _)| version),
                ..Hook::plain(HookKind::ConfigChanged)
            });
        }
        HookKind::UpdateStatus => unit.update_status_at = now.plus(interval),
        HookKind::LeaderElected => unit.standing = Standing::Leader,
        HookKind::LeaderSettingsChanged => unit.standing = Standing::Minion(hook.version),
        HookKind::Stop => unit.stopped = true,
        HookKind::Remove => {
            unit.life = Life::Dead;
            unit.workload = Status::new("terminated", "", now);
        }
        HookKind::StorageAttached => {
            unit.storage.extend(hook.subject.clone());
        }
        HookKind::StorageDetaching => {
            if let Some(id) = &hook.subject {
                unit.storage.remove(id);
            }
        }
        HookKind::SecretChanged => {
            if let Some(id) = &hook.subject {
                unit.secrets.insert(id.clone(), hook.version);
            }
        }
        _ => commit_relation(unit, hook, remote_version),
    }
    if hook.kind == HookKind::RelationBroken
        && let Some(id) = hook.relation
    {
        leave(model, name, id);
    }
}

/// The version that a remote unit's databag has: `joined` is at once followed by a `changed` for it.
fn remote_version(model: &Model, name: &UnitName, hook: &Hook) -> u64 {
    let _ = name;
    hook.relation
        .and_then(|id| model.relations.get(&id))
        .zip(hook.remote_unit.as_ref())
        .and_then(|(relation, remote)| relation.units.get(remote))
        .map_or(0, |bag| bag.version)
}

fn commit_relation(unit: &mut Unit, hook: &Hook, remote_version: u64) {
    let Some(id) = hook.relation else { return };
    let view = unit.relations.entry(id).or_default();
    match (hook.kind, &hook.remote_unit) {
        (HookKind::RelationCreated, _) => view.created = true,
        (HookKind::RelationJoined, Some(remote)) => {
            view.members.insert(remote.clone(), Member::default());
            unit.step = Step::Queued(Hook {
                kind: HookKind::RelationChanged,
                version: remote_version,
                ..hook.clone()
            });
        }
        (HookKind::RelationChanged, Some(remote)) => {
            if let Some(member) = view.members.get_mut(remote) {
                member.version = Some(hook.version);
            }
        }
        (HookKind::RelationChanged, None) => view.application_version = hook.version,
        (HookKind::RelationDeparted, Some(remote)) => {
            view.members.remove(remote);
        }
        _ => {}
    }
}

/// A hook failed: the unit is in error, and the hook is tried again after 5 s, 10 s … at most 5 min. `jitter` is a
/// fraction from 0 to 1 of a fifth of the wait, so that units do not retry in step.
pub fn fail(model: &mut Model, name: &UnitName, hook: &Hook, now: Moment, jitter: f64) {
    let Some(unit) = model.units.get_mut(name) else {
        return;
    };
    unit.failure.count += 1;
    let doubled = FIRST_RETRY.saturating_mul(1 << (unit.failure.count - 1).min(10));
    let wait = doubled.min(LAST_RETRY);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "at most a minute of milliseconds"
    )]
    let spread = (jitter.clamp(0.0, 1.0) * 0.2 * wait as f64) as i64;
    unit.failure.retry_at = now.plus(wait + spread);
    unit.step = Step::Failed(hook.clone());
    let message = format!("hook failed: \"{}\"", hook.name());
    unit.agent = Status::new("error", &message, now);
}

/// The controller, or the machine, went away while something was under way: a hook counts as failed, a task too.
pub fn interrupted(model: &mut Model, name: &UnitName, now: Moment) {
    let Some(step) = model.units.get(name).map(|unit| unit.step.clone()) else {
        return;
    };
    match step {
        Step::Running(hook) => fail(model, name, &hook, now, 0.0),
        // The resolver fails the task when the unit is next asked.
        Step::Acting(..) | Step::Idle | Step::Queued(_) | Step::Failed(_) => {}
    }
}

impl Note {
    /// Takes the change in.
    pub fn take(&self, model: &mut Model, name: &UnitName, now: Moment) {
        match self {
            Self::Deposed => {
                if let Some(unit) = model.units.get_mut(name) {
                    unit.standing = Standing::Minion(0);
                }
            }
            Self::Left(id) => leave(model, name, *id),
            Self::Enter => enter_scopes(model, name),
            Self::Skip(hook) => commit(model, name, hook, now),
        }
    }
}

/// The unit enters every relation of its application that it is not in, with the settings that Juju puts into its databag.
pub fn enter_scopes(model: &mut Model, name: &UnitName) {
    let initial = addresses_of(model, name);
    let Some(unit) = model.units.get_mut(name) else {
        return;
    };
    for relation in model.relations.values_mut() {
        if relation.dying || relation.endpoint_of(name.application()).is_none() {
            continue;
        }
        let view = unit.relations.entry(relation.id).or_default();
        if view.left || !relation.scope.insert(name.clone()) {
            continue;
        }
        let bag = relation
            .units
            .entry(name.clone())
            .or_insert_with(Bag::default);
        overlay(&mut bag.settings, &initial);
        bag.version += 1;
    }
}

/// What Juju writes into a unit's databag of where the unit is.
fn addresses_of(model: &Model, name: &UnitName) -> BTreeMap<String, String> {
    let machine = model.units.get(name).map(|unit| unit.machine);
    let machine = machine.and_then(|id| model.machines.get(&id));
    let address = machine.and_then(|m| m.address.clone()).unwrap_or_default();
    let mut said = BTreeMap::from([
        ("egress-subnets".to_owned(), format!("{address}/32")),
        ("ingress-address".to_owned(), address.clone()),
    ]);
    if model.settings.profile.keeps_private_address() {
        said.insert("private-address".to_owned(), address);
    }
    said
}

/// Puts the addresses of a machine that has booted into the databags of its units, where they are others than before.
pub fn tell_addresses(model: &mut Model, machine: u32) {
    let units = model.units.values().filter(|unit| unit.machine == machine);
    let names: Vec<UnitName> = units.map(|unit| unit.name.clone()).collect();
    for name in names {
        let said = addresses_of(model, &name);
        for relation in model.relations.values_mut() {
            let bag = relation.units.get_mut(&name);
            if let Some(bag) = bag.filter(|bag| {
                said.iter()
                    .any(|(key, value)| bag.settings.get(key) != Some(value))
            }) {
                overlay(&mut bag.settings, &said);
                bag.version += 1;
            }
        }
    }
}

fn leave(model: &mut Model, name: &UnitName, id: u32) {
    if let Some(relation) = model.relations.get_mut(&id) {
        relation.scope.remove(name);
    }
    if let Some(unit) = model.units.get_mut(name) {
        let view = unit.relations.entry(id).or_default();
        view.left = true;
        view.members.clear();
        unit.step = Step::Idle;
    }
}

/// The unit is out of every relation at once: it was removed by force.
pub fn leave_all(model: &mut Model, name: &UnitName) {
    for relation in model.relations.values_mut() {
        relation.scope.remove(name);
    }
}

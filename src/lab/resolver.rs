//! What a unit's agent does next. Pure: the model in, one operation out.
//!
//! The order is Juju's (`uniter/resolver.go` and the resolvers that it calls): reboot, relation-created, leadership,
//! secrets, actions, commands, storage, the hook that is queued or has failed, the way out of a dying unit, install,
//! upgrade, config-changed, relations, update-status.

mod commit;
mod relations;
#[cfg(test)]
mod tests;

pub use commit::{begin, commit, enter_scopes, fail, interrupted, leave_all, tell_addresses};

use crate::lab::model::{Hook, HookKind, Life, Model, Resolution, Standing, Step, Unit};
use crate::lab::moment::Moment;
use crate::model::unit::UnitName;

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Run a hook.
    Run(Hook),
    /// Run a task: an action or a command.
    Task(u64),
    /// Run the command that came first from the unit's own machine.
    Command,
    /// Fail a task that was interrupted; it is never run again.
    FailTask(u64),
    /// Replace the charm's files with this revision.
    Upgrade(u64),
    /// Take a change in without a hook.
    Note(Note),
    /// Nothing until the model changes, or until this moment.
    Wait(Option<Moment>),
    /// The unit is done for good.
    Gone,
}

/// A change that a unit takes in without a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// It leads no more, and this Juju has no hook for that.
    Deposed,
    /// It is through with a relation.
    Left(u32),
    /// Enter the relations that it is not in yet.
    Enter,
    /// A person said that the failed hook is to be taken as done.
    Skip(Hook),
}

/// The next operation of a unit. `now` decides only what is due; `command`: whether one waits that came from its machine.
pub fn next(model: &Model, name: &UnitName, now: Moment, command: bool) -> Next {
    let Some(unit) = model.units.get(name) else {
        return Next::Gone;
    };
    if unit.life == Life::Dead {
        return Next::Gone;
    }
    let idle = unit.step == Step::Idle;
    reboot(model, unit)
        .filter(|_| idle)
        .or_else(|| created(model, unit).filter(|_| idle))
        .or_else(|| leadership(model, unit).filter(|_| idle))
        .or_else(|| secrets(model, unit).filter(|_| idle))
        .or_else(|| tasks(model, unit))
        .or_else(|| (command && takes_tasks(unit)).then_some(Next::Command))
        .or_else(|| storage(model, unit).filter(|_| idle))
        .or_else(|| half_done(model, unit, now))
        .or_else(|| dying(model, unit))
        .or_else(|| installing(unit))
        .or_else(|| upgrading(model, unit))
        .or_else(|| configuration(model, unit))
        .or_else(|| relations::next(model, unit))
        .unwrap_or_else(|| update_status(unit, now))
}

/// The configuration's version and the address that `config-changed` should tell of.
pub fn configuration_now(model: &Model, unit: &Unit) -> (u64, Option<String>) {
    let version = model
        .applications
        .get(unit.name.application())
        .map_or(0, |a| a.config_version);
    let address = model
        .machines
        .get(&unit.machine)
        .and_then(|machine| machine.address.clone());
    (version, address)
}

fn reboot(model: &Model, unit: &Unit) -> Option<Next> {
    let boots = model.machines.get(&unit.machine)?.boots;
    let due = unit.started && !unit.stopped && boots > unit.boot_seen;
    due.then(|| {
        Next::Run(Hook {
            version: boots,
            ..Hook::plain(HookKind::Start)
        })
    })
}

fn created(model: &Model, unit: &Unit) -> Option<Next> {
    if !unit.installed || unit.life == Life::Dying {
        return None;
    }
    let application = unit.name.application();
    for relation in model
        .relations_of(application)
        .filter(|relation| !relation.dying)
    {
        let seen = unit.relations.get(&relation.id);
        if seen.is_some_and(|view| view.left) {
            continue;
        }
        if !relation.scope.contains(&unit.name) {
            return Some(Next::Note(Note::Enter));
        }
        if seen.is_some_and(|view| view.created) {
            continue;
        }
        let remote = relation
            .other_end(application)
            .map(|end| end.application.clone());
        return Some(Next::Run(Hook {
            prefix: relation
                .endpoint_of(application)
                .map(|end| end.name.clone()),
            relation: Some(relation.id),
            remote_application: remote,
            ..Hook::plain(HookKind::RelationCreated)
        }));
    }
    None
}

fn leadership(model: &Model, unit: &Unit) -> Option<Next> {
    if !unit.installed || unit.life == Life::Dying {
        return None;
    }
    let application = model.applications.get(unit.name.application())?;
    if application.leader.as_ref() == Some(&unit.name) {
        let due = unit.standing != Standing::Leader;
        return due.then(|| Next::Run(Hook::plain(HookKind::LeaderElected)));
    }
    let version = application.leader_settings.version;
    if !model.settings.profile.has_leader_settings() {
        return (unit.standing == Standing::Leader).then_some(Next::Note(Note::Deposed));
    }
    // Without any leader yet, nobody is told that he is none.
    application.leader.as_ref()?;
    (unit.standing != Standing::Minion(version)).then(|| {
        Next::Run(Hook {
            version,
            ..Hook::plain(HookKind::LeaderSettingsChanged)
        })
    })
}

fn secrets(model: &Model, unit: &Unit) -> Option<Next> {
    if !unit.started || unit.life == Life::Dying {
        return None;
    }
    for application in model.applications.values() {
        for (id, secret) in &application.secrets {
            let latest = secret.revisions.keys().next_back().copied().unwrap_or(0);
            let Some(tracked) = secret.tracked.get(&unit.name).copied() else {
                continue;
            };
            let told = unit.secrets.get(id).copied().unwrap_or(tracked);
            if latest > told {
                let subject = Some(id.clone());
                return Some(Next::Run(Hook {
                    subject,
                    version: latest,
                    ..Hook::plain(HookKind::SecretChanged)
                }));
            }
        }
    }
    None
}

/// Actions and commands run between hooks, and while a failed hook waits; never before `install`, and not between a
/// hook and the one that was queued with it.
fn tasks(model: &Model, unit: &Unit) -> Option<Next> {
    if let Step::Acting(task, _) = &unit.step {
        return Some(Next::FailTask(*task));
    }
    if !takes_tasks(unit) {
        return None;
    }
    model
        .open_tasks(&unit.name)
        .next()
        .map(|task| Next::Task(task.id))
}

fn takes_tasks(unit: &Unit) -> bool {
    let open =
        matches!(unit.step, Step::Idle if unit.installed) || matches!(unit.step, Step::Failed(_));
    open && !unit.stopped
}

fn storage(model: &Model, unit: &Unit) -> Option<Next> {
    let hook = |kind, storage: &crate::lab::model::Storage| {
        Next::Run(Hook {
            prefix: Some(storage.name.clone()),
            subject: Some(storage.id.clone()),
            ..Hook::plain(kind)
        })
    };
    let mut owned = model
        .storage
        .values()
        .filter(|storage| storage.owner == unit.name);
    if unit.life == Life::Dying {
        return owned
            .find(|storage| unit.storage.contains(&storage.id))
            .map(|storage| hook(HookKind::StorageDetaching, storage));
    }
    owned
        .find(|storage| !unit.storage.contains(&storage.id))
        .map(|storage| hook(HookKind::StorageAttached, storage))
}

fn half_done(model: &Model, unit: &Unit, now: Moment) -> Option<Next> {
    match &unit.step {
        Step::Idle | Step::Acting(..) => None,
        Step::Queued(hook) => Some(Next::Run(hook.clone())),
        // The executor only asks between operations, so a hook that still runs was interrupted.
        Step::Running(hook) => Some(Next::Run(hook.clone())),
        Step::Failed(hook) => Some(match unit.resolution {
            Some(Resolution::NoRetry) => Next::Note(Note::Skip(hook.clone())),
            Some(Resolution::Retry) => Next::Run(hook.clone()),
            None if !model.settings.retry_hooks => Next::Wait(None),
            None if now >= unit.failure.retry_at => Next::Run(hook.clone()),
            None => Next::Wait(Some(unit.failure.retry_at)),
        }),
    }
}

fn dying(model: &Model, unit: &Unit) -> Option<Next> {
    if unit.life != Life::Dying {
        return None;
    }
    if !unit.installed {
        // Nothing of the charm was ever run: there is nothing to stop.
        return Some(Next::Gone);
    }
    if let Some(next) = relations::leave(model, unit) {
        return Some(next);
    }
    Some(Next::Run(Hook::plain(if unit.stopped {
        HookKind::Remove
    } else {
        HookKind::Stop
    })))
}

fn installing(unit: &Unit) -> Option<Next> {
    (!unit.installed).then(|| Next::Run(Hook::plain(HookKind::Install)))
}

fn upgrading(model: &Model, unit: &Unit) -> Option<Next> {
    let wanted = model.applications.get(unit.name.application())?.revision;
    (unit.charm != Some(wanted)).then_some(Next::Upgrade(wanted))
}

fn configuration(model: &Model, unit: &Unit) -> Option<Next> {
    let (version, address) = configuration_now(model, unit);
    let same = unit.config_seen == Some(version) && unit.address_seen == address;
    (!same).then(|| {
        Next::Run(Hook {
            version,
            ..Hook::plain(HookKind::ConfigChanged)
        })
    })
}

fn update_status(unit: &Unit, now: Moment) -> Next {
    if unit.started && now >= unit.update_status_at {
        Next::Run(Hook::plain(HookKind::UpdateStatus))
    } else if unit.started {
        Next::Wait(Some(unit.update_status_at))
    } else {
        Next::Wait(None)
    }
}

//! The order of hooks, told as the life of units: the resolver is asked, and what it says is taken as done.

use super::*;
use crate::lab::model::{
    Application, DeclaredEndpoint, Endpoint, Machine, Relation, Role, Storage, Task, TaskKind,
    TaskStatus,
};

fn unit(number: u32) -> UnitName {
    format!("a/{number}").parse().unwrap()
}

fn model(units: u32) -> Model {
    let mut model = Model::default();
    model.settings.profile = crate::lab::profile::Profile::V4_0;
    model.settings.update_status_interval = 300_000;
    model.settings.retry_hooks = true;
    let mut application = Application {
        name: "a".into(),
        leader: Some(unit(0)),
        ..Application::default()
    };
    let (name, interface, role) = ("peers".to_owned(), "i".to_owned(), Role::Peer);
    application.charm.endpoints.push(DeclaredEndpoint {
        name: name.clone(),
        interface: interface.clone(),
        role,
    });
    model.applications.insert("a".into(), application);
    let end = Endpoint {
        application: "a".into(),
        name,
        interface,
        role,
    };
    let relation = Relation {
        id: 0,
        endpoints: vec![end],
        scope: Default::default(),
        units: Default::default(),
        applications: Default::default(),
        dying: false,
    };
    model.relations.insert(0, relation);
    for number in 0..units {
        let address = Some(format!("10.0.0.{number}"));
        model.machines.insert(
            number,
            Machine {
                id: number,
                address,
                boots: 1,
                running: true,
                ..Machine::default()
            },
        );
        let mut new = Unit::new(unit(number), number, Moment(0));
        new.charm = Some(0);
        model.units.insert(unit(number), new);
    }
    model
}

/// Runs a unit until it waits, and tells what ran.
fn live(model: &mut Model, name: &UnitName) -> Vec<String> {
    let now = Moment(1000);
    let mut told = Vec::new();
    for _ in 0..100 {
        match next(model, name, now, false) {
            Next::Run(hook) => {
                if begin(model, name, &hook, now) {
                    told.push(match &hook.remote_unit {
                        Some(remote) => format!("{} {remote}", hook.name()),
                        None => hook.name(),
                    });
                    commit(model, name, &hook, now);
                }
            }
            Next::Note(note) => note.take(model, name, now),
            Next::Task(id) => {
                told.push(format!("task {id}"));
                model.tasks.get_mut(&id).unwrap().status = TaskStatus::Completed;
            }
            Next::Gone => {
                told.push("gone".into());
                return told;
            }
            Next::Wait(_) => return told,
            other => panic!("{other:?} is no part of this story"),
        }
    }
    panic!("no end: {told:?}")
}

#[test]
fn a_new_leader_runs_its_hooks_in_jujus_order() {
    let mut model = model(1);
    let storage = Storage {
        id: "data/0".into(),
        name: "data".into(),
        kind: "filesystem".into(),
        owner: unit(0),
        location: "/data".into(),
        size: String::new(),
    };
    model.storage.insert(storage.id.clone(), storage);
    assert_eq!(
        live(&mut model, &unit(0)),
        [
            "data-storage-attached",
            "install",
            "peers-relation-created",
            "leader-elected",
            "config-changed",
            "start"
        ]
    );
}

#[test]
fn who_joins_is_followed_at_once_by_its_change_and_who_departs_comes_first() {
    let mut model = model(3);
    for number in 0..3 {
        live(&mut model, &unit(number));
    }
    let told = live(&mut model, &unit(0));
    assert_eq!(
        told,
        [
            "peers-relation-joined a/1",
            "peers-relation-changed a/1",
            "peers-relation-joined a/2",
            "peers-relation-changed a/2"
        ]
    );
    model.relations.get_mut(&0).unwrap().scope.remove(&unit(2));
    model
        .relations
        .get_mut(&0)
        .unwrap()
        .units
        .get_mut(&unit(1))
        .unwrap()
        .version += 1;
    assert_eq!(
        live(&mut model, &unit(0)),
        ["peers-relation-departed a/2", "peers-relation-changed a/1"]
    );
}

#[test]
fn a_dying_unit_departs_from_each_peer_then_stops_and_is_removed() {
    let mut model = model(3);
    for number in [0, 1, 2, 1] {
        live(&mut model, &unit(number));
    }
    model.units.get_mut(&unit(1)).unwrap().life = Life::Dying;
    let told = live(&mut model, &unit(1));
    assert_eq!(
        told,
        [
            "peers-relation-departed a/0",
            "peers-relation-departed a/2",
            "stop",
            "remove",
            "gone"
        ]
    );
    assert!(
        !model.relations[&0].scope.contains(&unit(1)),
        "no broken hook for peers, but out of the relation"
    );
}

#[test]
fn a_failed_hook_waits_and_lets_only_tasks_run() {
    let mut model = model(1);
    live(&mut model, &unit(0));
    let hook = Hook::plain(HookKind::UpdateStatus);
    fail(&mut model, &unit(0), &hook, Moment(1000), 0.0);
    assert_eq!(
        next(&model, &unit(0), Moment(1000), false),
        Next::Wait(Some(Moment(6000)))
    );
    model.applications.get_mut("a").unwrap().config_version += 1;
    assert_eq!(
        next(&model, &unit(0), Moment(1000), false),
        Next::Wait(Some(Moment(6000)))
    );
    let task = Task {
        id: 7,
        operation: 6,
        unit: unit(0),
        kind: TaskKind::Action {
            name: "x".into(),
            parameters: serde_json::Value::Null,
        },
        status: TaskStatus::Pending,
        message: String::new(),
        results: serde_json::Value::Null,
        log: Vec::new(),
        enqueued: Moment(0),
        started: None,
        completed: None,
    };
    model.tasks.insert(7, task);
    assert_eq!(next(&model, &unit(0), Moment(1000), false), Next::Task(7));
    assert_eq!(next(&model, &unit(0), Moment(1000), true), Next::Task(7));
    model.tasks.clear();
    // While a hook has failed, commands of the machine run as well.
    assert_eq!(next(&model, &unit(0), Moment(1000), true), Next::Command);
    assert_eq!(
        next(&model, &unit(0), Moment(6000), false),
        Next::Run(hook.clone())
    );
    fail(&mut model, &unit(0), &hook, Moment(6000), 0.0);
    assert_eq!(
        next(&model, &unit(0), Moment(6000), false),
        Next::Wait(Some(Moment(16_000))),
        "it doubles"
    );
}

#[test]
fn a_boot_brings_start_and_a_change_of_config_brings_config_changed() {
    let mut model = model(1);
    live(&mut model, &unit(0));
    model.machines.get_mut(&0).unwrap().boots += 1;
    assert_eq!(live(&mut model, &unit(0)), ["start"]);
    model.applications.get_mut("a").unwrap().config_version += 1;
    assert_eq!(live(&mut model, &unit(0)), ["config-changed"]);
}

#[test]
fn a_new_leader_is_told_unless_it_lost_the_lead_meanwhile() {
    let mut model = model(2);
    live(&mut model, &unit(0));
    live(&mut model, &unit(1));
    model.applications.get_mut("a").unwrap().leader = Some(unit(1));
    assert!(live(&mut model, &unit(1)).contains(&"leader-elected".to_owned()));
    model.applications.get_mut("a").unwrap().leader = Some(unit(0));
    let hook = Hook::plain(HookKind::LeaderElected);
    assert!(
        !begin(&mut model, &unit(1), &hook, Moment(1000)),
        "it does not lead any more"
    );
}

#[test]
fn nothing_is_settled_while_a_hook_is_due_or_a_machine_is_off() {
    let mut model = model(1);
    live(&mut model, &unit(0));
    let at_rest = model.units.get_mut(&unit(0)).unwrap();
    at_rest.agent.current = "idle".into();
    at_rest.workload.current = "active".into();
    let settled = |model: &Model| crate::lab::status::settled(model, &["active"], Moment(1000));
    assert!(settled(&model));
    let changes: [fn(&mut Model); 4] = [
        |model| model.applications.get_mut("a").unwrap().config_version += 1,
        |model| model.machines.get_mut(&0).unwrap().boots += 1,
        |model| model.machines.get_mut(&0).unwrap().running = false,
        |model| model.units.get_mut(&unit(0)).unwrap().update_status_at = Moment(1000),
    ];
    for (n, change) in changes.into_iter().enumerate() {
        let mut changed = model.clone();
        change(&mut changed);
        assert!(!settled(&changed), "change {n}");
    }
}

#[test]
fn a_command_of_the_machine_runs_between_hooks_before_relations_and_the_way_out() {
    let mut model = model(2);
    let command = |model: &Model| next(model, &unit(0), Moment(1000), true);
    assert_ne!(command(&model), Next::Command, "before install");
    live(&mut model, &unit(0));
    assert_eq!(command(&model), Next::Command);
    model.applications.get_mut("a").unwrap().config_version += 1;
    assert_eq!(command(&model), Next::Command);
    model.units.get_mut(&unit(0)).unwrap().life = Life::Dying;
    assert_eq!(command(&model), Next::Command);
    let step = Step::Queued(Hook::plain(HookKind::Start));
    model.units.get_mut(&unit(0)).unwrap().step = step;
    assert_ne!(command(&model), Next::Command, "two hooks belong together");
    let of_unit = model.units.get_mut(&unit(0)).unwrap();
    (of_unit.step, of_unit.stopped) = (Step::Idle, true);
    assert_ne!(command(&model), Next::Command, "after stop");
}

//! `status`: the model in Juju's JSON shape, and the same as a table. Pure.

use super::model::{Life, MODEL_NAME, Machine, Model, Power, Status, Step, Unit};
use super::moment::Moment;
use super::resolver::{self, Next};
use comfy_table::Table;
use comfy_table::presets::NOTHING;
use serde_json::{Map, Value, json};

/// Juju's JSON shape (`juju status --format json`), as far as the lab knows what it shows.
pub fn json(model: &Model, now: Moment) -> Value {
    let applications: Map<String, Value> = model
        .applications
        .values()
        .map(|application| {
            let units: Map<String, Value> = model
                .units_of(&application.name)
                .map(|unit| (unit.name.to_string(), unit_json(model, unit)))
                .collect();
            let mut shown = json!({
                "charm": format!("local:{}-{}", application.charm.name, application.revision),
                "charm-origin": "local",
                "charm-name": application.charm.name,
                "charm-rev": application.revision,
                "exposed": false,
                "application-status": status_json(&application_status(model, application)),
                "units": units,
            });
            if let Some(version) = &application.workload_version {
                shown["version"] = json!(version);
            }
            for endpoint in &application.charm.endpoints {
                shown["endpoint-bindings"][&endpoint.name] = json!("alpha");
            }
            (application.name.clone(), shown)
        })
        .collect();
    let machines: Map<String, Value> = model
        .machines
        .values()
        .map(|machine| {
            let state = if machine.running {
                "started"
            } else if machine.problem.is_some() {
                "error"
            } else {
                "down"
            };
            let mut shown = json!({
                "juju-status": { "current": state },
                "hostname": machine.hostname,
                "dns-name": machine.address,
                "ip-addresses": [machine.address, machine.address6],
                "instance-id": format!("lab-{}", machine.id),
                "base": { "name": "lab", "channel": "namespaces" },
            });
            if let Some(back_at) = machine.back_at {
                let message = format!("power comes back at {}", back_at.for_goal_state());
                shown["machine-status"] = json!({ "current": "stopped", "message": message });
            }
            if let Some(problem) = &machine.problem {
                shown["machine-status"] = json!({ "current": "error", "message": problem });
            }
            (machine.id.to_string(), shown)
        })
        .collect();
    json!({
        "model": {
            "name": name(model),
            "type": "iaas",
            "controller": "lab",
            "cloud": "lab (a stand-in for Juju on one machine)",
            "version": model.settings.profile.version(),
            "model-status": { "current": "available" },
        },
        "machines": machines,
        "applications": applications,
        "controller": { "timestamp": now.for_controller() },
    })
}

/// The model's name; one that nothing was deployed to has it not yet.
fn name(model: &Model) -> &str {
    match model.settings.name.as_str() {
        "" => MODEL_NAME,
        name => name,
    }
}

/// What is said beside the status of a model, or of a part of it, that holds nothing. Juju's words (`status.go`), and how to
/// go on.
pub fn emptiness(shown: &Model, selectors: &[String]) -> Option<String> {
    if !shown.applications.is_empty() || !shown.machines.is_empty() {
        return None;
    }
    Some(match selectors.len() {
        0 => format!("Model {:?} is empty. Try: lab deploy ./ -n 5", name(shown)),
        1 => "Nothing matched specified filter.".to_owned(),
        _ => "Nothing matched specified filters.".to_owned(),
    })
}

fn status_json(status: &Status) -> Value {
    let mut shown = json!({ "current": status.current, "since": status.since.for_status() });
    if !status.message.is_empty() {
        shown["message"] = json!(status.message);
    }
    shown
}

/// A unit's workload status and its agent's, as Juju shows them: the agent is what fails in a hook, the workload is what
/// is shown to be in error (Juju's `state/unitagent.go`, `state/unit.go`).
fn unit_status(unit: &Unit) -> (Status, Status) {
    if unit.agent.current == "error" {
        let idle = Status::new("idle", "", unit.agent.since);
        (unit.agent.clone(), idle)
    } else {
        (unit.workload.clone(), unit.agent.clone())
    }
}

/// The same with what is known of its machine: of an agent that is not there nothing is known, except an error it left
/// (Juju's `apiserver/common/unitstatus.go`).
pub fn shown_status(model: &Model, unit: &Unit) -> (Status, Status) {
    let (mut workload, mut agent) = unit_status(unit);
    let machine = model.machines.get(&unit.machine);
    if machine.is_none_or(|machine| machine.running) {
        return (workload, agent);
    }
    if !unit.installed {
        agent.current = "allocating".to_owned();
        return (workload, agent);
    }
    if workload.current != "error" {
        workload.current = "unknown".to_owned();
        workload.message = format!("agent lost, see 'juju show-status-log {}'", unit.name);
    }
    agent.current = "lost".to_owned();
    agent.message = "agent is not communicating with the server".to_owned();
    (workload, agent)
}

fn unit_json(model: &Model, unit: &Unit) -> Value {
    let machine = model.machines.get(&unit.machine);
    let (workload, agent) = shown_status(model, unit);
    let mut agent = status_json(&agent);
    agent["version"] = json!(model.settings.profile.version());
    if unit.life != Life::Alive {
        agent["life"] = json!("dying");
    }
    let mut shown = json!({
        "workload-status": status_json(&workload),
        "juju-status": agent,
        "machine": unit.machine.to_string(),
        "public-address": machine.and_then(|machine| machine.address.clone()),
    });
    if model.is_leader(&unit.name) {
        shown["leader"] = json!(true);
    }
    if !unit.ports.is_empty() {
        shown["open-ports"] = json!(unit.ports.keys().collect::<Vec<_>>());
    }
    if let Some(version) = &unit.workload_version {
        shown["workload-version"] = json!(version);
    }
    shown
}

/// What `juju status` shows for a whole application: what its leader said, else the most pressing of its units.
pub fn application_status(model: &Model, application: &super::model::Application) -> Status {
    if let Some(status) = &application.status {
        return status.clone();
    }
    let urgency = |status: &Status| match status.current.as_str() {
        "error" => 6,
        "blocked" => 5,
        "maintenance" => 4,
        "waiting" => 3,
        "active" => 2,
        "unknown" => 1,
        _ => 0,
    };
    let worst = model
        .units_of(&application.name)
        .map(|unit| unit_status(unit).0)
        .max_by_key(urgency);
    worst.unwrap_or_else(|| Status::new("unknown", "", Moment::default()))
}

/// The table.
pub fn tabular(model: &Model) -> String {
    let settings = &model.settings;
    let mut text = format!(
        "Model {}  (lab: a stand-in for Juju {} on this machine; production is Juju)\n",
        name(model),
        settings.profile
    );
    if model.applications.is_empty() {
        return text;
    }
    text.push('\n');
    let mut table = plain(&["App", "Version", "Status", "Scale", "Charm", "Rev"]);
    for application in model.applications.values() {
        table.add_row([
            application.name.clone(),
            application.workload_version.clone().unwrap_or_default(),
            application_status(model, application).current,
            model.units_of(&application.name).count().to_string(),
            application.charm.name.clone(),
            application.revision.to_string(),
        ]);
    }
    text.push_str(&format!("{}\n\n", trim(&table)));
    let mut table = plain(&[
        "Unit",
        "Workload",
        "Agent",
        "Machine",
        "Public address",
        "Ports",
        "Message",
    ]);
    for unit in model.units.values() {
        let shown = unit_json(model, unit);
        let word = |path: &str| {
            shown
                .pointer(path)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let ports: Vec<String> = unit.ports.keys().cloned().collect();
        table.add_row([
            format!(
                "{}{}",
                unit.name,
                if model.is_leader(&unit.name) { "*" } else { "" }
            ),
            word("/workload-status/current"),
            word("/juju-status/current"),
            unit.machine.to_string(),
            word("/public-address"),
            ports.join(","),
            word("/workload-status/message"),
        ]);
    }
    text.push_str(&format!("{}\n", trim(&table)));
    let problems = model
        .machines
        .values()
        .filter_map(|machine| Some((machine.id, machine.problem.as_ref()?)));
    for (id, problem) in problems {
        text.push_str(&format!("\nMachine {id}: {problem}\n"));
    }
    text
}

fn plain(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(header.to_vec());
    table
}

fn trim(table: &Table) -> String {
    table
        .trim_fmt()
        .lines()
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Whether nothing is under way any more, nor about to be: every machine on, every agent idle and without anything to run
/// next, every workload in a status that is wanted.
pub fn settled(model: &Model, wanted: &[&str], now: Moment) -> bool {
    !model.units.is_empty()
        && model.units.values().all(|unit| {
            let on = |machine: &Machine| machine.power == Power::On && machine.running;
            let on = model.machines.get(&unit.machine).is_some_and(on);
            let idle = unit.step == Step::Idle && unit.started && unit.agent.current == "idle";
            let rests = matches!(resolver::next(model, &unit.name, now, false), Next::Wait(_));
            let well = wanted.contains(&unit.workload.current.as_str());
            unit.life == Life::Alive && on && idle && rests && well
        })
        && model
            .units
            .keys()
            .all(|unit| model.open_tasks(unit).next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_without_anything_says_so_under_its_name() {
        let model = Model::default();
        assert!(tabular(&model).starts_with("Model lab  (lab: "));
        assert_eq!(json(&model, Moment(0))["model"]["name"], MODEL_NAME);
        let told = emptiness(&model, &[]).unwrap();
        assert!(told.starts_with("Model \"lab\" is empty."), "{told}");
    }

    #[test]
    fn a_filter_that_nothing_matches_is_not_an_empty_model() {
        let words = ["a".to_owned(), "b/0".to_owned()];
        let told = |selectors| emptiness(&Model::default(), selectors);
        assert_eq!(
            told(&words[..1]).as_deref(),
            Some("Nothing matched specified filter.")
        );
        assert_eq!(
            told(&words).as_deref(),
            Some("Nothing matched specified filters.")
        );
        let mut model = Model::default();
        model.machines.insert(0, Machine::default());
        assert_eq!(emptiness(&model, &[]), None);
    }
}

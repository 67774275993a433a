//! What is said at the end of a hook: the unit's status, and what the other units and clients are to know. The words are
//! put together by pure functions; [`tell`] only passes them on.

use super::desire::Desired;
use super::validate::Checked;
use crate::juju::tools::{self, ToolError};
use crate::model::databag::{self, ApplicationData, UnitData, Unreadable};
use crate::model::event::Event;
use crate::model::fault::Outcome;
use crate::model::observed::{Observed, SetFacts};
use crate::model::plan::{Blocker, Plan};
use crate::model::set_view::{SetView, State};
use crate::model::status::Status;

/// The status: what a person must do first, then what is awaited, then how things are.
pub fn status(
    observed: &Observed,
    checked: &Checked,
    plan: &Plan,
    failure: Option<&str>,
) -> Status {
    if matches!(observed.juju.event, Event::Stop | Event::Remove) {
        return Status::Maintenance("leaving".to_owned());
    }
    if let Some(failure) = failure {
        return Status::Blocked(shorten(failure));
    }
    let mut problems = checked.problems.clone();
    if let Some((_, why)) = &observed.host.refused {
        problems.push(format!("the resource mongod is refused: {why}"));
    }
    if let Some(Blocker(why)) = &plan.blocker
        && !problems
            .iter()
            .any(|problem| why.contains(problem.as_str()))
    {
        problems.insert(0, why.clone());
    }
    if !problems.is_empty() {
        return Status::Blocked(shorten(&problems.join("; ")));
    }
    let SetFacts::Seen(view) = &observed.set else {
        let next = plan
            .steps
            .first()
            .map(|planned| format!("for the next hook, to {}", planned.step));
        let awaited = plan.wait.as_ref().map(|wait| format!("for {}", wait.why));
        let why = next
            .or(awaited)
            .unwrap_or_else(|| "for mongod to start".to_owned());
        return Status::Waiting(shorten(&why));
    };
    in_set(observed, view, plan)
}

fn in_set(observed: &Observed, view: &SetView, plan: &Plan) -> Status {
    let awaited = plan.wait.as_ref().map(|wait| format!("for {}", wait.why));
    let Some(me) = view.config.of_unit(&observed.juju.me) else {
        return Status::Waiting(awaited.unwrap_or_else(|| "to be added to the set".to_owned()));
    };
    let state = view.state(me.id);
    if !state.is_healthy() {
        return Status::Waiting(shorten(&format!("this member is {state}")));
    }
    let Some(primary) = view.primary_member() else {
        let why = awaited.unwrap_or_else(|| "for a primary".to_owned());
        return Status::Waiting(shorten(&why));
    };
    let role = match (&state, me.votes) {
        (State::Primary, _) => "primary".to_owned(),
        (_, true) => format!("secondary of {}", primary.label()),
        (_, false) => format!("standby without a vote, of {}", primary.label()),
    };
    let set = format!(
        "{}: {} of {} vote",
        view.config.name(),
        view.config.voters().len(),
        view.config.members().len()
    );
    let cuts = observed
        .host
        .cuts
        .as_ref()
        .ok()
        .and_then(Option::as_ref)
        .filter(|cuts| !cuts.is_empty());
    let cut = cuts.map(|cuts| {
        let longest = cuts
            .iter()
            .map(|cut| cut.remaining_ms / 1000)
            .max()
            .unwrap_or(0);
        format!("; cut off from {} units for {longest} s", cuts.len())
    });
    let waits = awaited.map(|why| format!("; waits {why}"));
    let text = format!(
        "{role}; {set}{}{}",
        cut.unwrap_or_default(),
        waits.unwrap_or_default()
    );
    Status::Active(shorten(&text))
}

/// Juju shows one line.
fn shorten(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 240 {
        line
    } else {
        line.chars().take(237).chain("...".chars()).collect()
    }
}

/// What this unit tells the others.
pub fn unit_data(observed: &Observed, desired: &Desired) -> UnitData {
    let before = observed
        .juju
        .relation
        .as_ref()
        .and_then(|relation| relation.mine.clone().ok())
        .flatten();
    let before = before.unwrap_or_default();
    let now = observed.host.now_ms;
    let running = observed.host.running && !observed.juju.event.is_leaving();
    let in_place = matches!(&observed.host.cuts, Ok(Some(cuts)) if !cuts.is_empty());
    let holding = observed
        .juju
        .unit_data()
        .flat_map(|data| &data.cuts)
        .filter(|cut| now < cut.until_ms);
    let concerning = holding.filter(|cut| !cut.far_side(&observed.juju.me).is_empty());
    let outcome = match &observed.host.cuts {
        Ok(_) if in_place => Outcome::Installed,
        Ok(_) => Outcome::Skipped,
        Err(_) => Outcome::Unsure,
    };
    UnitData {
        address: desired.address.clone().filter(|_| running),
        // What the running server was started for, not what it will be restarted for.
        settings: if is_current(observed, desired) {
            desired.settings.clone()
        } else {
            before.settings
        },
        cuts: before
            .cuts
            .into_iter()
            .filter(|cut| now < cut.until_ms)
            .collect(),
        heal: before.heal,
        acknowledged: concerning.map(|cut| (cut.id.clone(), outcome)).collect(),
    }
}

fn is_current(observed: &Observed, desired: &Desired) -> bool {
    let program = observed
        .host
        .program
        .as_ref()
        .map(|(stamp, _)| stamp.as_str())
        .unwrap_or_default();
    let wanted = desired
        .config
        .as_deref()
        .map(|config| super::plan::server::started_mark(config, program));
    observed.host.running && observed.host.started == wanted
}

/// What the leader tells all: a new config wakes every unit, so that its status is true.
pub fn application_data(observed: &Observed) -> Option<ApplicationData> {
    let relation = observed.juju.relation.as_ref()?;
    if matches!(relation.application, Err(Unreadable::OtherVersion(_))) {
        return None;
    }
    let before = observed.juju.application().cloned().unwrap_or_default();
    let SetFacts::Seen(view) = &observed.set else {
        return None;
    };
    let primary = view.primary?;
    Some(ApplicationData {
        set_name: Some(view.config.name().to_owned()),
        config: Some(format!("{}.{}.{primary}", view.config.version(), view.term)),
        ..before
    })
}

/// Tells Juju.
pub async fn tell(
    observed: &Observed,
    desired: &Desired,
    status: &Status,
) -> Result<(), ToolError> {
    let juju = &observed.juju;
    if let Some(relation) = &juju.relation {
        let data = unit_data(observed, desired);
        if relation.mine != Ok(Some(data.clone())) {
            tools::set_bag(&relation.id, false, &databag::write(&data)).await?;
        }
        if let Some(data) =
            application_data(observed).filter(|_| juju.leader && !juju.event.is_leaving())
            && relation.application != Ok(Some(data.clone()))
        {
            tools::set_bag(&relation.id, true, &databag::write(&data)).await?;
        }
    }
    if let Some(port) = observed.host.port {
        let wanted = format!("{port}/tcp");
        let open = tools::opened_ports().await?;
        for port in open.iter().filter(|port| **port != wanted) {
            tools::close_port(port).await?;
        }
        if !open.contains(&wanted) {
            tools::open_port(&wanted).await?;
        }
    }
    if let Some((_, version)) = &observed.host.program {
        tools::set_version(version).await?;
    }
    tools::set_status(status).await
}

//! What is said at the end of a hook: the unit's status, and what the other units and clients are to know. The words are
//! put together by pure functions; [`tell`] only passes them on.

mod acknowledged;

use self::acknowledged::acknowledged;
use super::desire::{self, Desired};
use super::plan::server::refused_programs;
use super::validate::Checked;
use crate::juju::tools::{self, ToolError};
use crate::model::databag::{self, ApplicationData, UnitData, Unreadable};
use crate::model::fault::network::{Network, Rule};
use crate::model::fault::{HealRequest, Request};
use crate::model::observed::{Observed, SetFacts};
use crate::model::plan::{Blocker, Plan};
use crate::model::policy::Policy;
use crate::model::set_view::{SetView, State};
use crate::model::status::Status;
use crate::model::unit::UnitName;
use std::collections::BTreeSet;

/// The status: what a person must do first, then what is awaited, then how things are.
pub fn status(
    observed: &Observed,
    checked: &Checked,
    plan: &Plan,
    failure: Option<&str>,
) -> Status {
    if observed.juju.event.is_leaving() {
        return Status::Maintenance(shorten(&leaving(plan)));
    }
    if let Some(failure) = failure {
        return Status::Blocked(shorten(failure));
    }
    let mut problems = checked.problems.clone();
    problems.extend(refused_programs(observed));
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

/// A removal that would take the majority away is held up for a while, never for good: Juju's removal must not hang.
fn leaving(plan: &Plan) -> String {
    match &plan.wait {
        None => "leaving".to_owned(),
        Some(wait) => format!(
            "leaving; waits for {}; it goes after a minute all the same",
            wait.why
        ),
    }
}

fn in_set(observed: &Observed, view: &SetView, plan: &Plan) -> Status {
    let awaited = plan.wait.as_ref().map(|wait| format!("for {}", wait.why));
    let Some(me) = view.config.of_unit(&observed.juju.me) else {
        return Status::Waiting(awaited.unwrap_or_else(|| "to be added to the set".to_owned()));
    };
    let state = view.state(me.id);
    if let Some(awaited) = awaited
        .as_ref()
        .filter(|_| view.primary.is_none() && !view.can_commit())
    {
        // What a person may have to do comes before what this member does.
        return Status::Waiting(shorten(awaited));
    }
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
        view.config.size()
    );
    let faults = faults_in_place(observed);
    let waits = awaited.map(|why| format!("; waits {why}"));
    let strangers: Vec<String> = view
        .config
        .members()
        .filter(|member| member.unit.is_none())
        .map(|member| member.host.to_string())
        .collect();
    let strangers = match strangers.is_empty() {
        true => String::new(),
        false => format!("; no unit owns {} (see set-member)", strangers.join(", ")),
    };
    let away = view
        .config
        .members()
        .filter(|member| member.votes && !view.counts(member));
    let away: Vec<String> = away.map(|member| member.label()).collect();
    let away = match away.is_empty() {
        true => String::new(),
        false => format!("; away: {}", away.join(", ")),
    };
    let text = format!(
        "{role}; {set}{away}{strangers}{faults}{}",
        waits.unwrap_or_default()
    );
    Status::Active(shorten(&text))
}

/// What is in place here, each with the seconds that it has left; empty when nothing is.
fn faults_in_place(observed: &Observed) -> String {
    let host = &observed.host;
    let empty = Network::default();
    let network = host.network.as_ref().ok().and_then(Option::as_ref);
    let network = network.unwrap_or(&empty);
    let mut cut = network.cut_off();
    let by_hand = host.by_hand.as_ref().ok().and_then(Option::as_ref);
    for (address, until) in by_hand.map(Network::cut_off).unwrap_or_default() {
        let end = cut.entry(address).or_default();
        *end = until.max(*end);
    }
    let mut text = String::new();
    let left = |until: u64| until.saturating_sub(host.now_ms) / 1000;
    if let Some(last) = cut.values().max() {
        let units = if cut.len() == 1 { "unit" } else { "units" };
        text += &format!("; cut off from {} {units} for {} s", cut.len(), left(*last));
    }
    let others = network
        .elements()
        .filter(|(rule, _, _)| !matches!(rule, Rule::Drop(_) | Rule::DropPort(..)))
        .map(|(_, _, until)| left(until));
    if let Some(longest) = others.max() {
        text += &format!("; loses packets for {longest} s");
    }
    for held in host.held.iter().filter(|held| !held.in_firewall()) {
        text += &format!("; {} for {} s", held.kind, left(held.until_ms));
    }
    text
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
    let (heals, told) = (
        observed.juju.heals_of_all(),
        observed.juju.heals_told().collect::<Vec<_>>(),
    );
    let running = observed.host.running && !observed.juju.event.is_leaving();
    UnitData {
        ip: observed.juju.address.as_ref().ok().copied(),
        zone: observed.juju.zone.clone(),
        address: desired.address.clone().filter(|_| running),
        // What the running server was started for, not what it will be restarted for.
        settings: if is_current(observed, desired) {
            desired.settings.clone()
        } else {
            before.settings
        },
        faults: before
            .faults
            .into_iter()
            // What is healed is forgotten here: the unit that was asked to heal may leave, and its request with it. So is what
            // gives way to a fault that was asked for elsewhere at the same moment.
            .filter(|request| request.holds(&heals, now))
            // What a site that wants no faults has ended does not come back when it allows them again.
            .filter(|_| !observed.juju.faults_forbidden())
            .collect(),
        heal: before.heal,
        heal_here: before.heal_here,
        // Not what gives way: that follows from what each unit sees, and it may see the one before the heal of the other.
        healed: healed(&observed.juju.faults_asked(), &told, now),
        acknowledged: acknowledged(observed, &before.acknowledged),
    }
}

/// The requests that would still hold if nobody had healed them.
fn healed(asked: &[Request], heals: &[HealRequest], now_ms: u64) -> BTreeSet<String> {
    let healed = asked
        .iter()
        .filter(|request| request.holds(&[], now_ms) && !request.holds(heals, now_ms));
    healed.map(|request| request.id.clone()).collect()
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
        first_id: before.first_id.max(view.config.next_id()),
        policy: kept(before.policy.clone(), observed, view),
        health: desire::health(Some(&before.health), &observed.set, observed.host.now_ms),
        ..before
    })
}

/// What is still of use of what a person said: a unit that is gone does not come back, and one that was taken for lost and
/// is back for good is like any other.
fn kept(mut policy: Policy, observed: &Observed, view: &SetView) -> Policy {
    let juju = &observed.juju;
    let peers = juju.relation.as_ref().map(|relation| &relation.peers);
    let exists =
        |unit: &UnitName| *unit == juju.me || peers.is_some_and(|peers| peers.contains_key(unit));
    let voting = |unit: &UnitName| view.config.of_unit(unit).is_some_and(|member| member.votes);
    let up = |unit: &UnitName| {
        view.config
            .of_unit(unit)
            .is_some_and(|member| view.healthy(member.id))
    };
    policy
        .demoted
        .retain(|unit| exists(unit) && !(voting(unit) && up(unit)));
    policy.members.retain(|unit, _| exists(unit));
    policy.dropped.retain(|host| {
        view.config
            .at(host)
            .is_some_and(|member| member.unit.is_none())
    });
    policy
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fault::Fault;

    #[test]
    fn what_is_healed_is_passed_on_until_it_would_be_over() {
        let request = |id: &str, until_ms| Request {
            id: id.to_owned(),
            asked_at_ms: 10,
            until_ms,
            length_ms: None,
            addresses: std::collections::BTreeMap::new(),
            fault: Fault::Kill {
                unit: "m/0".parse().unwrap(),
            },
        };
        let asked = [request("a", 100), request("b", 100), request("c", 20)];
        let heal = HealRequest {
            ids: ["a".to_owned(), "c".to_owned()].into(),
            ..HealRequest::default()
        };
        assert_eq!(healed(&asked, &[heal], 50), ["a".to_owned()].into());
        assert!(healed(&asked, &[], 50).is_empty());
    }
}

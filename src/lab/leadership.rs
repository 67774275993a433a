//! Who leads an application. Pure: Juju's lease, without the lease manager.
//!
//! The first agent that starts leads. A leader that is removed resigns at once; one that is not heard of loses its lease
//! after a while.

use super::model::{Life, Model, Unit};
use super::moment::Moment;
use crate::model::unit::UnitName;
use std::collections::BTreeMap;

/// A new leader (or none) for an application.
pub type Election = (String, Option<UnitName>);

/// What is to change. `unheard`: since when each machine that is off has been off.
pub fn elections(model: &Model, unheard: &BTreeMap<u32, Moment>, now: Moment) -> Vec<Election> {
    let heard = |unit: &Unit| !unheard.contains_key(&unit.machine);
    let can_lead = |unit: &Unit| unit.life == Life::Alive && heard(unit);
    let keeps = |unit: &Unit| {
        let silent = unheard
            .get(&unit.machine)
            .map_or(0, |since| now.since(*since));
        unit.life == Life::Alive && silent <= model.settings.lease
    };
    let mut elections = Vec::new();
    for application in model.applications.values() {
        let leader = application
            .leader
            .as_ref()
            .and_then(|name| model.units.get(name));
        if leader.is_some_and(keeps) {
            continue;
        }
        let next = model
            .units_of(&application.name)
            .find(|unit| can_lead(unit))
            .map(|unit| unit.name.clone());
        if next != application.leader && (next.is_some() || leader.is_none()) {
            elections.push((application.name.clone(), next));
        }
    }
    elections
}

/// Makes it so.
pub fn elect(model: &mut Model, elections: &[Election]) {
    for (name, leader) in elections {
        if let Some(application) = model.applications.get_mut(name) {
            application.leader.clone_from(leader);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::model::Application;

    fn model(leader: Option<&str>) -> Model {
        let mut model = Model::default();
        model.settings.lease = 10_000;
        let leader = leader.map(|name| name.parse().unwrap());
        let application = Application {
            name: "a".into(),
            leader,
            ..Application::default()
        };
        model.applications.insert("a".into(), application);
        for number in 0..3 {
            let name: UnitName = format!("a/{number}").parse().unwrap();
            model
                .units
                .insert(name.clone(), Unit::new(name, number, Moment(0)));
        }
        model
    }

    fn next(model: &Model, silent: &[(u32, i64)]) -> Option<String> {
        let unheard = silent
            .iter()
            .map(|(machine, since)| (*machine, Moment(*since)))
            .collect();
        let elections = elections(model, &unheard, Moment(20_000));
        elections
            .first()
            .map(|(_, leader)| leader.as_ref().map_or("nobody".into(), ToString::to_string))
    }

    #[test]
    fn the_first_that_is_there_leads_and_stays() {
        assert_eq!(next(&model(None), &[]).as_deref(), Some("a/0"));
        assert_eq!(next(&model(None), &[(0, 0)]).as_deref(), Some("a/1"));
        assert_eq!(next(&model(Some("a/2")), &[]), None);
    }

    #[test]
    fn a_silent_leader_keeps_its_lease_for_a_while_and_a_dying_one_resigns() {
        assert_eq!(next(&model(Some("a/0")), &[(0, 15_000)]), None);
        assert_eq!(
            next(&model(Some("a/0")), &[(0, 5_000)]).as_deref(),
            Some("a/1")
        );
        let mut dying = model(Some("a/0"));
        dying.units.values_mut().next().unwrap().life = Life::Dying;
        assert_eq!(next(&dying, &[]).as_deref(), Some("a/1"));
        dying.units.clear();
        assert_eq!(next(&dying, &[]).as_deref(), Some("nobody"));
    }
}

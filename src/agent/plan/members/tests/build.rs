//! What the tables are made of: sets and goals in short.

use super::{plan, simulate};
use crate::agent::lint;
use crate::model::address::HostPort;
use crate::model::desired::{Goal, Health, Role, Wanted};
use crate::model::plan::Plan;
use crate::model::policy::Policy;
use crate::model::set_config::SetConfig;
use crate::model::set_view::{Seen, SetView, State};
use crate::model::unit::UnitName;
use mongodb::bson::doc;
use std::collections::{BTreeMap, BTreeSet};

pub fn unit(number: u32) -> UnitName {
    format!("m/{number}").parse().unwrap()
}

pub fn host(number: u32) -> HostPort {
    HostPort::new(&format!("10.0.0.{number}"), 27017)
}

/// A member in short: unit, votes, state (P, S, R for syncing, D for down).
pub fn view(members: &[(u32, u8, char)]) -> SetView {
    let documents: Vec<_> = members
        .iter()
        .map(|(number, votes, _)| {
            doc! { "_id": *number as i32, "host": host(*number).to_string(), "votes": i32::from(*votes),
                   "priority": i32::from(*votes), "tags": { "juju-unit": unit(*number).to_string() } }
        })
        .collect();
    let raw = doc! { "_id": "rs", "version": 5, "term": 1, "members": documents,
    "settings": { "electionTimeoutMillis": 10_000 } };
    let seen = |letter| match letter {
        'P' => Seen {
            state: State::Primary,
            optime_secs: Some(100),
        },
        'S' => Seen {
            state: State::Secondary,
            optime_secs: Some(99),
        },
        'L' => Seen {
            state: State::Secondary,
            optime_secs: Some(10),
        },
        'R' => Seen {
            state: State::Other("STARTUP2".into()),
            optime_secs: None,
        },
        _ => Seen {
            state: State::Unknown("down".into()),
            optime_secs: None,
        },
    };
    SetView {
        seen_from: host(0),
        config: SetConfig::read(raw).unwrap(),
        committed: true,
        primary: members
            .iter()
            .find(|(_, _, letter)| *letter == 'P')
            .map(|(number, ..)| *number as i32),
        term: 1,
        members: members
            .iter()
            .map(|(number, _, letter)| (*number as i32, seen(*letter)))
            .collect(),
        has_default_write_concern: Some(true),
        doors: (0..100).map(|number| (host(number), Ok(()))).collect(),
    }
}

pub fn goal(me: u32, role: Role, units: &[u32]) -> Goal {
    Goal {
        me: unit(me),
        role,
        units: units
            .iter()
            .map(|number| (unit(*number), wanted(*number)))
            .collect(),
        dying: BTreeSet::new(),
        policy: Policy::default(),
        two_voters: false,
        first_id: 0,
        health: BTreeMap::new(),
        now_ms: NOW,
        grace_ms: 100,
        election_timeout_ms: 10_000,
    }
}

/// Where the tests' clock stands.
pub const NOW: u64 = 1000;

pub fn wanted(number: u32) -> Wanted {
    Wanted {
        address: Some(host(number)),
        zone: None,
    }
}

/// The same goal, with units in zones: `("ab", …)` puts m/0 into a and m/1 into b.
pub fn in_zones(mut goal: Goal, zones: &str) -> Goal {
    for (wanted, zone) in goal.units.values_mut().zip(zones.chars()) {
        wanted.zone = Some(zone.to_string());
    }
    goal
}

/// The same goal, with members away or back for so many milliseconds.
pub fn since(mut goal: Goal, health: &[(u32, bool, u64)]) -> Goal {
    for (number, up, age) in health {
        let since_ms = NOW - age;
        goal.health
            .insert(unit(*number), Health { up: *up, since_ms });
    }
    goal
}

/// Who votes once everything that was planned is done.
pub fn voters_after(view: &SetView, goal: &Goal) -> Vec<i32> {
    let plan = plan(view, goal);
    let mut ahead = view.clone();
    for planned in &plan.steps {
        assert_eq!(
            lint::check(&Plan::step(planned.step.clone(), ""), Some(&ahead)),
            Ok(())
        );
        assert!(simulate::advance(&mut ahead, &planned.step), "{plan}");
    }
    ahead.config.voters().into_iter().collect()
}

pub fn lines(plan: &Plan) -> Vec<String> {
    let mut lines: Vec<String> = plan
        .steps
        .iter()
        .map(|planned| planned.step.to_string())
        .collect();
    lines.extend(plan.wait.iter().map(|wait| format!("wait: {}", wait.why)));
    lines
}

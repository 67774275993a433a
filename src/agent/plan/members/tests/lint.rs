//! The second pair of eyes.

use super::build::{goal, host, unit, view};
use crate::agent::lint;
use crate::model::desired::Role;
use crate::model::plan::{Plan, Step};
use crate::model::set_config::Change;

#[test]
fn lint_refuses_what_no_plan_should_hold() {
    let seen = view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 0, 'R')]);
    let step = |version, change| {
        Plan::step(
            Step::Reconfigure {
                primary: host(0),
                version,
                term: 1,
                changes: vec![change],
            },
            "because",
        )
    };
    let lagging = view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 0, 'L')]);
    let dying = view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'D')]);
    let mut uncommitted = seen.clone();
    uncommitted.committed = false;
    for (plan, view, rule) in [
        (
            step(4, Change::Remove(1)),
            &seen,
            "planned from another config",
        ),
        (step(5, Change::Remove(1)), &uncommitted, "not committed"),
        (step(5, Change::GiveVote(2)), &lagging, "has not caught up"),
        (
            step(5, Change::TakeVote(0)),
            &seen,
            "the primary would lose its place",
        ),
        (
            step(5, Change::Remove(0)),
            &seen,
            "the primary would lose its place",
        ),
        (step(5, Change::Remove(1)), &dying, "no live majority"),
        (step(5, Change::Remove(9)), &seen, "does not fit"),
    ] {
        let said = lint::check(&plan, Some(view))
            .expect_err("lint let it pass")
            .to_string();
        assert!(said.contains(rule), "{said}");
    }
}

#[test]
fn lint_refuses_what_does_not_fit_the_goal() {
    let seen = view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 0, 'S'), (3, 1, 'S')]);
    let leader = |units: &[u32]| goal(0, Role::Leader, units);
    let mut dying = leader(&[0, 1]);
    dying.dying = [unit(2)].into();
    let leaver = goal(1, Role::Leaver, &[0, 1]);
    let added = Change::Add {
        id: 9,
        host: host(9),
        unit: unit(9),
    };
    for (change, goal, rule) in [
        (
            Change::Remove(1),
            &leader(&[0, 1]),
            Some("whose unit is to stay"),
        ),
        (Change::Remove(2), &leader(&[0, 1]), None),
        (Change::Remove(2), &dying, Some("takes itself out")),
        (Change::Remove(2), &leaver, Some("and nobody else")),
        (Change::Remove(1), &leaver, None),
        (Change::GiveVote(2), &leader(&[0, 1]), Some("not to stay")),
        (Change::GiveVote(2), &leader(&[0, 1, 2]), None),
        (added, &leader(&[0]), Some("not to stay")),
    ] {
        let told = format!("{change:?}");
        let step = Step::Reconfigure {
            primary: host(0),
            version: 5,
            term: 1,
            changes: vec![change],
        };
        let said = lint::fits(&Plan::step(step, "because"), &seen, goal);
        let said = said.err().map(|broken| broken.to_string());
        match rule {
            None => assert_eq!(said, None, "{told}"),
            Some(rule) => assert!(said.is_some_and(|said| said.contains(rule)), "{told}"),
        }
    }
}

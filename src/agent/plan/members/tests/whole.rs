//! What holds for the set as a whole: when nothing is planned, what comes first, and that a large plan ends.

use super::build::{goal, lines, view};
use super::{plan, simulate};
use crate::agent::lint;
use crate::model::desired::Role;
use crate::model::plan::Plan;

#[test]
fn nothing_is_planned_without_a_majority_a_primary_or_a_commit() {
    let units = goal(0, Role::Leader, &[0, 1, 2, 3]);
    let lost = plan(&view(&[(0, 1, 'S'), (1, 1, 'D'), (2, 1, 'D')]), &units);
    assert!(lost.steps.is_empty() && lost.wait.is_some_and(|wait| !wait.soon));
    // The last step of another unit: it is out already, and the config was read a moment before.
    let mut torn = view(&[(0, 1, 'D'), (1, 1, 'P')]);
    torn.members.remove(&0);
    let torn = plan(&torn, &goal(1, Role::Leader, &[1]));
    assert!(torn.steps.is_empty() && torn.wait.is_some_and(|wait| wait.soon));
    let mut moving = view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'S')]);
    moving.committed = false;
    let moving = plan(&moving, &units);
    assert!(moving.steps.is_empty() && moving.wait.is_some_and(|wait| wait.soon));
}

#[test]
fn the_default_write_concern_is_written_down_before_members_change() {
    let mut members = view(&[(0, 1, 'P')]);
    members.has_default_write_concern = Some(false);
    let steps = lines(&plan(&members, &goal(0, Role::Leader, &[0, 1])));
    assert!(
        steps[0].starts_with("make majority the default write concern"),
        "{steps:?}"
    );
    assert!(steps[1].starts_with("add m/1"), "{steps:?}");
}

#[test]
fn a_plan_for_fifty_members_reaches_its_goal() {
    let fresh = view(&[(0, 1, 'P')]);
    let ready: Vec<(u32, u8, char)> = (0..50)
        .map(|n| (n, u8::from(n == 0), if n == 0 { 'P' } else { 'S' }))
        .collect();
    let full: Vec<(u32, u8, char)> = ready
        .iter()
        .map(|(n, _, s)| (*n, u8::from(*n < 7), *s))
        .collect();
    let all: Vec<u32> = (0..50).collect();
    for (what, view, units, size, voters) in [
        // All join at once; votes have to wait until they have caught up.
        ("fifty join", fresh, &all[..], 50, 1),
        ("fifty are ready", view(&ready), &all, 50, 7),
        ("all but one leave", view(&full), &all[49..], 1, 1),
        ("nothing is to be done", view(&full), &all, 50, 7),
    ] {
        let goal = goal(49, Role::Leader, units);
        let plan = plan(&view, &goal);
        let mut ahead = view.clone();
        for planned in &plan.steps {
            let alone = Plan::step(planned.step.clone(), "");
            assert_eq!(lint::check(&alone, Some(&ahead)), Ok(()), "{what}");
            assert!(simulate::advance(&mut ahead, &planned.step), "{what}");
        }
        assert_eq!(ahead.config.size(), size, "{what}: {plan}");
        assert_eq!(ahead.config.voters().len(), voters, "{what}: {plan}");
        assert_eq!(plan.wait.is_some(), what == "fifty join", "{what}: {plan}");
        assert_eq!(plan.blocker, None, "{what}");
    }
}

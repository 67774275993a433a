//! Planners that are broken on purpose, and who finds each of them out: lint, the explorer, histories.

use super::broken;
use super::explore::explore;
use super::explore_test::{AT_ONCE, LATE, tasks};
use super::history::History;
use super::history_test::{event, lag, zones};
use super::world::Planner;
use crate::agent::lint;
use crate::model::desired::Goal;
use crate::model::set_view::SetView;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use std::cell::Cell;
use std::rc::Rc;

/// Of those that lint finds out there are so many; the others do nothing that is wrong by itself.
const FOUND_BY_LINT: usize = 16;

/// Within bounds in which nothing is found against ours, in every state of three units.
fn explorer(planner: &Planner) -> bool {
    let mut searches = [AT_ONCE, LATE].into_iter();
    let tasks = tasks(3);
    searches.any(|bounds| {
        let mut found = tasks.iter().map(|task| explore(planner, *task, bounds));
        found.any(|found| found.broken.is_some())
    })
}

/// In histories that find nothing in ours; the same ones every time.
fn histories(planner: &Planner) -> bool {
    let events = proptest::collection::vec(event(4), 0..60);
    let histories = (1_usize..=10, lag(), zones::<16>(), events);
    let mut chance = TestRunner::deterministic();
    (0..300).any(|_| {
        let (units, lag, zones, events) = histories.new_tree(&mut chance).unwrap().current();
        let lived = History::new(planner, units, lag, zones).run(&events);
        lived.is_err()
    })
}

#[test]
fn each_broken_planner_is_found_out() {
    let small = broken::all().into_iter().map(|it| (it, true));
    let large = broken::of_large_sets().into_iter().map(|it| (it, false));
    let mut by_lint = 0;
    for ((what, planner), small) in small.chain(large) {
        let refused = Rc::new(Cell::new(false));
        let seen = Rc::clone(&refused);
        let watched = move |view: &SetView, goal: &Goal| {
            let plan = planner(view, goal);
            let lint = lint::check(&plan, Some(view)).and(lint::fits(&plan, view, goal));
            seen.set(seen.get() || lint.is_err());
            plan
        };
        // Three units show no zones, and no eighth vote.
        let explorer = small && explorer(&watched);
        let histories = histories(&watched);
        let lint = refused.get();
        by_lint += usize::from(lint);
        println!("lint {lint:5} explorer {explorer:5} histories {histories:5}: the planner {what}");
        assert!(explorer || !small, "no state shows that the planner {what}");
        assert!(histories, "no history shows that the planner {what}");
    }
    assert!(by_lint >= FOUND_BY_LINT, "lint finds {by_lint} out only");
}

//! The planner against the reference set: every state of small sets, and planners that must be found out.

use super::super::members;
use super::Bits;
use super::explore::{Bounds, Found, Task, explore};
use super::world::Planner;
use std::time::Instant;

/// All beginnings and goals for a number of units. Units that are no members yet are all alike: the first ones join.
pub(super) fn tasks(units: usize) -> Vec<Task> {
    let mut tasks = Vec::new();
    for members in 1..=units {
        for kept in 0..(1 as Bits) << members {
            for joining in 0..=units - members {
                let goal = kept | (((1 << joining) - 1) << members);
                if goal == 0 {
                    continue;
                }
                let voters = if members % 2 == 1 {
                    members
                } else {
                    members - 1
                };
                let mut primaries = vec![0, voters - 1];
                primaries.dedup();
                // A unit that is neither a member nor to be one is not there.
                let units = members + joining;
                tasks.extend(primaries.into_iter().map(|primary| Task {
                    units,
                    members,
                    voters,
                    primary,
                    goal,
                }));
            }
        }
    }
    tasks
}

fn all(planner: &Planner, tasks: &[Task], bounds: Bounds) -> (Found, Vec<String>) {
    let begin = Instant::now();
    let mut sum = Found::default();
    let mut broken = Vec::new();
    for task in tasks {
        let found = explore(planner, *task, bounds);
        sum.states += found.states;
        sum.ways += found.ways;
        sum.resting += found.resting;
        if let Some((why, story)) = found.broken {
            broken.push(format!("{task:?}\n  {}\n  => {why}", story.join("\n  ")));
        }
    }
    println!(
        "{} tasks, {bounds:?}: {} states, {} ways, {} states on the way to rest, {:.1?}",
        tasks.len(),
        sum.states,
        sum.ways,
        sum.resting,
        begin.elapsed()
    );
    (sum, broken)
}

fn holds(units: usize, bounds: Bounds) {
    none_broken(&tasks(units), bounds);
}

fn none_broken(tasks: &[Task], bounds: Bounds) {
    let (sum, broken) = all(&members::plan, tasks, bounds);
    assert!(
        broken.is_empty(),
        "{} broken:\n{}",
        broken.len(),
        broken.join("\n")
    );
    assert!(sum.states > 1000 && sum.resting > 100, "{sum:?}");
}

pub(super) const AT_ONCE: Bounds = Bounds {
    faults: 1,
    writes: 0,
    delay: false,
    entries: 3,
    lag: 100,
};

pub(super) const LATE: Bounds = Bounds {
    delay: true,
    ..AT_ONCE
};

const TWO_FAULTS: Bounds = Bounds {
    faults: 2,
    entries: 4,
    ..AT_ONCE
};

#[test]
fn every_state_of_three_units_with_late_messages_is_safe_and_arrives() {
    holds(3, LATE);
}

#[test]
fn every_state_of_three_units_with_two_faults_is_safe_and_arrives() {
    holds(3, TWO_FAULTS);
}

#[test]
fn every_state_of_five_units_of_which_two_come_or_go_is_safe_and_arrives() {
    let mut tasks = tasks(5);
    tasks.retain(|task| task.units == 5 && task.primary == 0 && changes(task) <= 2);
    none_broken(&tasks, AT_ONCE);
}

/// How many units come or go.
fn changes(task: &Task) -> u32 {
    let members = ((1 as Bits) << task.members) - 1;
    (members ^ task.goal).count_ones()
}

#[test]
fn every_state_of_four_units_with_a_fault_is_safe_and_arrives() {
    holds(4, AT_ONCE);
}

/// The same with more of everything: see docs/testing.md.
#[test]
#[ignore = "minutes: see docs/testing.md"]
fn larger_explorations_are_safe_and_arrive() {
    let mut five = tasks(5);
    five.retain(|task| task.units == 5 && changes(task) <= 3);
    // One entry of the oplog is still caught up with 1 s, and is not with 100 s.
    for lag in [1, 100] {
        let more = Bounds {
            writes: 1,
            entries: 4,
            lag,
            ..AT_ONCE
        };
        holds(
            3,
            Bounds {
                delay: true,
                ..more
            },
        );
        holds(4, more);
        none_broken(&five, Bounds { lag, ..AT_ONCE });
    }
}

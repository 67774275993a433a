//! Planners that are broken on purpose, each in one way. The explorer must find every one out.

use super::super::members;
use super::world::Planner;
use crate::model::desired::{Goal, Role};
use crate::model::plan::{Plan, Step};
use crate::model::set_config::{Change, Member};
use crate::model::set_view::{Seen, SetView, State};

/// All of them, each with what it does wrong.
pub fn all() -> Vec<(&'static str, &'static Planner)> {
    vec![
        (
            "gives a vote to a member that has not caught up",
            &vote_early,
        ),
        (
            "gives votes to all, so that two of two must be there",
            &vote_for_all,
        ),
        ("takes a live voter out before a dead one", &living_first),
        ("takes the primary's vote", &unvote_primary),
        (
            "takes the primary out without handing over",
            &remove_primary,
        ),
        (
            "does not look whether the config is committed",
            &not_committed,
        ),
        ("names the version before the one that it saw", &old_version),
        ("takes out whom nobody can reach", &remove_unknown),
        ("does nothing", &|_, _| Plan::default()),
        ("gives and takes the same vote for ever", &flap),
        ("takes everybody to be there", &all_healthy),
        ("hands over to a member that cannot take over", &hand_over),
        ("gives two votes at once", &two_votes),
        ("plans without a primary", &any_primary),
        ("never takes anybody out", &never_remove),
        ("adds with an _id that is taken", &same_id),
        ("adds a unit where another one is", &same_host),
        ("drops a voter whenever one is dead", &shrink),
    ]
}

/// What only sets with zones, or of more than seven units, or whose leader remembers who there was, can show.
pub fn of_large_sets() -> Vec<(&'static str, &'static Planner)> {
    vec![
        ("does not look at zones", &no_zones),
        ("gives an eighth vote", &eighth_vote),
        ("gives an _id for the second time", &|view, goal| {
            let first_id = 0;
            members::plan(
                view,
                &Goal {
                    first_id,
                    ..goal.clone()
                },
            )
        }),
    ]
}

fn change(view: &SetView, changes: Vec<Change>) -> Plan {
    let Some(primary) = view.primary_member() else {
        return Plan::default();
    };
    let step = Step::Reconfigure {
        primary: primary.host.clone(),
        version: view.config.version(),
        term: view.config.term(),
        changes,
    };
    Plan::step(step, "broken on purpose")
}

/// The change that a broken planner wants, or else what ours does.
fn first(view: &SetView, goal: &Goal, wanted: Option<Change>) -> Plan {
    match wanted {
        Some(wanted) if view.committed && goal.role == Role::Leader => change(view, vec![wanted]),
        _ => members::plan(view, goal),
    }
}

fn find(view: &SetView, fits: impl Fn(&Member) -> bool) -> Option<i32> {
    let mut members = view.config.members();
    members.find(|member| fits(member)).map(|member| member.id)
}

fn leaves(goal: &Goal, member: &Member) -> bool {
    member
        .unit
        .as_ref()
        .is_some_and(|unit| !goal.units.contains_key(unit))
}

fn vote_early(view: &SetView, goal: &Goal) -> Plan {
    let wanted = find(view, |member| !member.votes && !leaves(goal, member));
    first(view, goal, wanted.map(Change::GiveVote))
}

fn vote_for_all(view: &SetView, goal: &Goal) -> Plan {
    let wanted = find(view, |m| {
        !m.votes && !leaves(goal, m) && view.caught_up(m.id)
    });
    first(view, goal, wanted.map(Change::GiveVote))
}

fn living_first(view: &SetView, goal: &Goal) -> Plan {
    let wanted = find(view, |m| {
        leaves(goal, m) && view.healthy(m.id) && Some(m.id) != view.primary
    });
    first(view, goal, wanted.map(Change::Remove))
}

fn unvote_primary(view: &SetView, goal: &Goal) -> Plan {
    let several = view.config.voters().len() > 1;
    first(
        view,
        goal,
        view.primary.filter(|_| several).map(Change::TakeVote),
    )
}

fn remove_primary(view: &SetView, goal: &Goal) -> Plan {
    let primary = view.primary_member().filter(|member| leaves(goal, member));
    first(view, goal, primary.map(|member| Change::Remove(member.id)))
}

fn not_committed(view: &SetView, goal: &Goal) -> Plan {
    let mut view = view.clone();
    view.committed = true;
    members::plan(&view, goal)
}

fn old_version(view: &SetView, goal: &Goal) -> Plan {
    let mut plan = members::plan(view, goal);
    for planned in &mut plan.steps {
        if let Step::Reconfigure { version, .. } = &mut planned.step {
            *version -= 1;
        }
    }
    plan
}

fn remove_unknown(view: &SetView, goal: &Goal) -> Plan {
    let wanted = find(view, |m| matches!(view.state(m.id), State::Unknown(_)));
    first(view, goal, wanted.map(Change::Remove))
}

fn flap(view: &SetView, goal: &Goal) -> Plan {
    let plan = members::plan(view, goal);
    if !plan.steps.is_empty() {
        return plan;
    }
    let taken = find(view, |m| m.votes && Some(m.id) != view.primary);
    first(view, goal, taken.map(Change::TakeVote))
}

fn all_healthy(view: &SetView, goal: &Goal) -> Plan {
    let mut view = view.clone();
    for seen in view
        .members
        .values_mut()
        .filter(|seen| seen.state != State::Primary)
    {
        *seen = Seen {
            state: State::Secondary,
            optime_secs: Some(u32::MAX),
        };
    }
    members::plan(&view, goal)
}

fn hand_over(view: &SetView, goal: &Goal) -> Plan {
    let to = view
        .config
        .members()
        .find(|member| Some(member.id) != view.primary);
    match view.primary_member().zip(to) {
        Some((primary, to)) if leaves(goal, primary) && view.committed && !to.electable() => {
            let (from, to) = (primary.host.clone(), to.host.clone());
            Plan::step(Step::HandOver { from, to }, "broken on purpose")
        }
        _ => members::plan(view, goal),
    }
}

/// Both votes that are to come, in one config.
fn two_votes(view: &SetView, goal: &Goal) -> Plan {
    let ready = view
        .config
        .members()
        .filter(|member| !member.votes && view.caught_up(member.id));
    let votes: Vec<Change> = ready.map(|member| Change::GiveVote(member.id)).collect();
    if view.committed && goal.role == Role::Leader && votes.len() > 1 {
        change(view, votes)
    } else {
        members::plan(view, goal)
    }
}

fn any_primary(view: &SetView, goal: &Goal) -> Plan {
    let mut view = view.clone();
    view.committed = true;
    view.primary = view.primary.or(find(&view, |member| member.votes));
    members::plan(&view, goal)
}

fn never_remove(view: &SetView, goal: &Goal) -> Plan {
    let mut plan = members::plan(view, goal);
    for planned in &mut plan.steps {
        if let Step::Reconfigure { changes, .. } = &mut planned.step {
            changes.retain(|change| !matches!(change, Change::Remove(_)));
        }
    }
    plan.steps.retain(|planned| match &planned.step {
        Step::Reconfigure { changes, .. } => !changes.is_empty(),
        _ => true,
    });
    plan
}

/// Ours, with what it adds changed.
fn added(view: &SetView, goal: &Goal, edit: impl Fn(&mut Change)) -> Plan {
    let mut plan = members::plan(view, goal);
    for planned in &mut plan.steps {
        if let Step::Reconfigure { changes, .. } = &mut planned.step {
            for change in changes {
                edit(change);
            }
        }
    }
    plan
}

fn same_id(view: &SetView, goal: &Goal) -> Plan {
    added(view, goal, |change| {
        if let Change::Add { id, .. } = change {
            *id -= 1;
        }
    })
}

fn same_host(view: &SetView, goal: &Goal) -> Plan {
    added(view, goal, |change| {
        if let Change::Add { host, .. } = change {
            host.clone_from(&view.config.members().next().unwrap().host);
        }
    })
}

fn shrink(view: &SetView, goal: &Goal) -> Plan {
    let dead = view
        .config
        .members()
        .any(|m| m.votes && !view.healthy(m.id));
    let wanted = find(view, |m| {
        dead && m.votes && view.healthy(m.id) && Some(m.id) != view.primary
    });
    first(view, goal, wanted.map(Change::TakeVote))
}

fn no_zones(view: &SetView, goal: &Goal) -> Plan {
    let mut goal = goal.clone();
    for wanted in goal.units.values_mut() {
        wanted.zone = None;
    }
    members::plan(view, &goal)
}

fn eighth_vote(view: &SetView, goal: &Goal) -> Plan {
    let full = view.config.voters().len() == 7;
    let wanted = find(view, |m| full && !m.votes && view.caught_up(m.id));
    first(view, goal, wanted.map(Change::GiveVote))
}

//! Who votes, and who stands by.

use super::build::{goal, lines, since, unit, view, voters_after};
use super::plan;
use crate::model::desired::Role;
use crate::model::set_config::SetConfig;
use crate::model::set_view::State;

#[test]
fn votes_come_one_at_a_time_and_rest_at_an_odd_number() {
    for (members, units, steps) in [
        // Two have caught up: both get a vote, one after the other.
        (&[(0, 1, 'P'), (1, 0, 'S'), (2, 0, 'S')][..], 3, 2),
        // One has: it waits for the other, so that two voters are never at rest.
        (&[(0, 1, 'P'), (1, 0, 'S'), (2, 0, 'R')], 3, 0),
        // Hardly replicating is not caught up.
        (&[(0, 1, 'P'), (1, 0, 'L'), (2, 0, 'S')], 3, 0),
        // Two units: one voter and a standby.
        (&[(0, 1, 'P'), (1, 0, 'S')], 2, 0),
        // Four: three and a standby.
        (&[(0, 1, 'P'), (1, 0, 'S'), (2, 0, 'S'), (3, 0, 'S')], 4, 2),
        // Eight: seven and a standby.
        (
            &[
                (0, 1, 'P'),
                (1, 1, 'S'),
                (2, 1, 'S'),
                (3, 1, 'S'),
                (4, 1, 'S'),
                (5, 0, 'S'),
                (6, 0, 'S'),
                (7, 0, 'S'),
            ],
            8,
            2,
        ),
    ] {
        let units: Vec<u32> = (0..units).collect();
        let plan = plan(&view(members), &goal(0, Role::Leader, &units));
        assert_eq!(plan.steps.len(), steps, "{members:?}\n{plan}");
        assert!(
            plan.steps
                .iter()
                .all(|planned| planned.step.to_string().contains("a vote")),
            "{plan}"
        );
    }
}

#[test]
fn a_voter_that_is_away_keeps_its_vote_and_strangers_are_left_alone() {
    let away = plan(
        &view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'D')]),
        &goal(0, Role::Leader, &[0, 1, 2]),
    );
    assert!(away.steps.is_empty(), "{away}");
    let mut raw = view(&[(0, 1, 'P'), (1, 1, 'S')]).config.document().clone();
    raw.get_array_mut("members").unwrap()[1]
        .as_document_mut()
        .unwrap()
        .remove("tags");
    let mut stranger = view(&[(0, 1, 'P'), (1, 1, 'S')]);
    stranger.config = SetConfig::read(raw).unwrap();
    let plan = plan(&stranger, &goal(0, Role::Leader, &[0]));
    assert!(plan.steps.is_empty(), "{plan}");
}

#[test]
fn a_standby_steps_in_for_a_voter_that_has_been_away_for_the_grace_time() {
    let members = view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'D'), (3, 0, 'S')]);
    let units = goal(0, Role::Leader, &[0, 1, 2, 3]);
    for (health, voters) in [
        // Nobody knows since when, or not long enough.
        (&[][..], [0, 1, 2]),
        (&[(2, false, 99)], [0, 1, 2]),
        (&[(2, false, 100)], [0, 1, 3]),
        // The standby has only just come back itself.
        (&[(2, false, 500), (3, true, 50)], [0, 1, 2]),
        (&[(2, false, 500), (3, true, 100)], [0, 1, 3]),
    ] {
        let units = since(units.clone(), health);
        assert_eq!(voters_after(&members, &units), voters, "{health:?}");
    }
    // Whoever comes back takes nobody's vote.
    let back = view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 0, 'S'), (3, 1, 'S')]);
    assert!(plan(&back, &since(units.clone(), &[(2, true, 500)])).is_done());
    // Without a standby a voter that is away keeps its vote, however long.
    let none = view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'D')]);
    let long = since(goal(0, Role::Leader, &[0, 1, 2]), &[(2, false, 900)]);
    assert_eq!(voters_after(&none, &long), [0, 1, 2]);
}

#[test]
fn two_units_are_a_voter_and_a_standby_unless_both_are_wanted() {
    let members = view(&[(0, 1, 'P'), (1, 0, 'S')]);
    let mut units = goal(0, Role::Leader, &[0, 1]);
    assert_eq!(voters_after(&members, &units), [0]);
    units.two_voters = true;
    assert_eq!(voters_after(&members, &units), [0, 1]);
    units.two_voters = false;
    let both = view(&[(0, 1, 'P'), (1, 1, 'S')]);
    assert_eq!(voters_after(&both, &units), [0]);
    // Two votes are left, and a third is on its way: nobody loses one meanwhile.
    let joining = view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 0, 'R')]);
    let units = goal(0, Role::Leader, &[0, 1, 2]);
    assert!(plan(&joining, &units).steps.is_empty());
}

/// What only time brings about wakes nobody: as long as it is awaited the plan has to say so.
#[test]
fn whoever_has_only_just_come_back_is_waited_for() {
    let members = view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'D'), (3, 0, 'S')]);
    let units = goal(0, Role::Leader, &[0, 1, 2, 3]);
    let recent = since(units.clone(), &[(2, false, 500), (3, true, 50)]);
    assert_eq!(
        lines(&plan(&members, &recent)),
        ["wait: m/3 to have been back for 0 s before it can step in for m/2, which is away"]
    );
    // Nobody is there that could.
    let none = view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'D'), (3, 0, 'D')]);
    assert!(plan(&none, &recent).is_done());
    // Taken for lost, and back.
    let members = view(&[
        (0, 1, 'P'),
        (1, 1, 'S'),
        (2, 1, 'S'),
        (3, 0, 'S'),
        (4, 0, 'S'),
    ]);
    let units = goal(0, Role::Leader, &[0, 1, 2, 3, 4]);
    let mut recent = since(units.clone(), &[(3, true, 50), (4, true, 60)]);
    recent.policy.demoted = [unit(3), unit(4)].into();
    assert_eq!(
        lines(&plan(&members, &recent)),
        ["wait: m/3 to have been back for 0 s before it votes again: it was taken for lost"]
    );
    recent.health = since(units, &[(3, true, 100), (4, true, 100)]).health;
    assert_eq!(voters_after(&members, &recent), [0, 1, 2, 3, 4]);
}

/// Of four voters one is too many: who can be spared best goes first.
#[test]
fn of_votes_that_are_too_many_the_dead_go_first_and_those_that_do_not_replicate_next() {
    for (members, left) in [
        (
            &[
                (0, 1, 'P'),
                (1, 1, 'S'),
                (2, 1, 'D'),
                (3, 1, 'S'),
                (4, 1, 'R'),
                (5, 1, 'L'),
            ][..],
            [0, 1, 3, 4, 5],
        ),
        (
            &[
                (0, 1, 'P'),
                (1, 1, 'S'),
                (2, 1, 'R'),
                (3, 1, 'S'),
                (4, 1, 'S'),
                (5, 1, 'L'),
            ],
            [0, 1, 3, 4, 5],
        ),
        (
            &[
                (0, 1, 'P'),
                (1, 1, 'S'),
                (2, 1, 'S'),
                (3, 1, 'S'),
                (4, 1, 'L'),
                (5, 1, 'S'),
            ],
            [0, 1, 2, 3, 5],
        ),
        (
            &[
                (0, 1, 'P'),
                (1, 1, 'S'),
                (2, 1, 'S'),
                (3, 1, 'S'),
                (4, 1, 'S'),
                (5, 1, 'S'),
            ],
            [0, 1, 2, 3, 4],
        ),
    ] {
        let units = goal(0, Role::Leader, &[0, 1, 2, 3, 4, 5]);
        assert_eq!(voters_after(&view(members), &units), left, "{members:?}");
    }
}

#[test]
fn an_even_number_rests_beside_one_that_recovers_for_the_grace_time_only() {
    let mut members = view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 0, 'R')]);
    let units = goal(0, Role::Leader, &[0, 1, 2]);
    // A first copy may take hours.
    let long = since(units.clone(), &[(2, false, 900)]);
    assert_eq!(voters_after(&members, &long), [0, 1]);
    members.members.get_mut(&2).unwrap().state = State::Other("RECOVERING".to_owned());
    assert_eq!(voters_after(&members, &long), [0]);
    let short = since(units, &[(2, false, 50)]);
    assert_eq!(voters_after(&members, &short), [0, 1]);
}

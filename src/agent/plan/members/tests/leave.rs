//! Who leaves, and in which order.

use super::build::{goal, lines, unit, view, voters_after};
use super::plan;
use crate::model::desired::Role;

#[test]
fn the_dead_leave_first_and_the_primary_hands_over() {
    // B2: voters {1 primary, 2, 3 dead}, goal {1}: the dead one first, else two voters with one alive would be left.
    let dead = plan(
        &view(&[(1, 1, 'P'), (2, 1, 'S'), (3, 1, 'D')]),
        &goal(1, Role::Leader, &[1]),
    );
    assert_eq!(
        lines(&dead),
        [
            "take member 3 out (config 5 -> 6)",
            "take member 2 out (config 6 -> 7)"
        ]
    );
    let handover = plan(
        &view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'S')]),
        &goal(1, Role::Leader, &[1, 2]),
    );
    assert_eq!(
        lines(&handover),
        [
            "have the primary 10.0.0.0:27017 hand over to 10.0.0.1:27017",
            "take member 0 out (config 5 -> 6)",
            "take member 2's vote (config 6 -> 7)"
        ]
    );
}

#[test]
fn a_single_server_can_be_switched_to_another() {
    let first = plan(
        &view(&[(0, 1, 'P'), (1, 0, 'S')]),
        &goal(0, Role::Leaver, &[0, 1]),
    );
    assert_eq!(
        lines(&first),
        [
            "give member 1 a vote (config 5 -> 6)",
            "have the primary 10.0.0.0:27017 hand over to 10.0.0.1:27017",
            "take member 0 out (config 6 -> 7)"
        ]
    );
    let second = plan(
        &view(&[(0, 1, 'S'), (1, 1, 'P')]),
        &goal(0, Role::Leaver, &[0, 1]),
    );
    assert_eq!(lines(&second), ["take member 0 out (config 5 -> 6)"]);
    let alone = plan(&view(&[(0, 1, 'P')]), &goal(0, Role::Leaver, &[0]));
    assert!(
        alone.is_done(),
        "the last one has nobody to leave it to: {alone}"
    );
}

#[test]
fn a_voter_that_is_alive_is_replaced_before_it_goes() {
    let members = view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'S'), (3, 0, 'S')]);
    for goal in [
        goal(2, Role::Leaver, &[0, 1, 2, 3]),
        goal(0, Role::Leader, &[0, 1, 3]),
    ] {
        assert_eq!(
            lines(&plan(&members, &goal)),
            [
                "give member 3 a vote (config 5 -> 6)",
                "take member 2 out (config 6 -> 7)"
            ]
        );
    }
    // Seven is the most: the vote goes first.
    let mut seven: Vec<(u32, u8, char)> = (0..8).map(|n| (n, u8::from(n < 7), 'S')).collect();
    seven[0].2 = 'P';
    let full = plan(
        &view(&seven),
        &goal(6, Role::Leaver, &[0, 1, 2, 3, 4, 5, 6, 7]),
    );
    assert_eq!(lines(&full), ["take member 6 out (config 5 -> 6)"]);
}

/// A leader that knows who is on its way out does not undo what that one does, and does not do it itself.
#[test]
fn a_leader_lets_a_unit_that_leaves_take_itself_out() {
    for (members, units, dying, expected) in [
        // m/2 has given m/3 a vote, and is about to go: four voters are no surplus.
        (
            &[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'S'), (3, 1, 'S')][..],
            &[0, 1, 3][..],
            2,
            &["wait: m/2 to take itself out: it is leaving"][..],
        ),
        // It has not yet.
        (
            &[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'S'), (3, 0, 'S')],
            &[0, 1, 3],
            2,
            &["wait: m/2 to take itself out: it is leaving"],
        ),
        // A single server is switched to another: m/0 has given m/1 a vote.
        (
            &[(0, 1, 'P'), (1, 1, 'S')],
            &[1],
            0,
            &["wait: m/0 to take itself out: it is leaving"],
        ),
        // Three are to become two: it goes first, and then one vote too many does.
        (
            &[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'S')],
            &[0, 1],
            2,
            &["wait: m/2 to take itself out: it is leaving"],
        ),
        (
            &[(0, 1, 'P'), (1, 1, 'S')],
            &[0, 1],
            2,
            &["take member 1's vote (config 5 -> 6)"],
        ),
        // Whoever is out is not added again.
        (&[(0, 1, 'P')], &[0], 2, &[]),
        // One whose server is away cannot take itself out.
        (
            &[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'D'), (3, 1, 'S')],
            &[0, 1, 3],
            2,
            &["take member 2 out (config 5 -> 6)"],
        ),
    ] {
        let leader = units[units.len() - 1];
        let mut goal = goal(leader, Role::Leader, units);
        goal.dying = [unit(dying)].into();
        let told = lines(&plan(&view(members), &goal));
        assert_eq!(told, expected, "{members:?}, m/{dying} leaves");
    }
}

#[test]
fn a_dead_voter_loses_its_vote_before_a_living_one_goes_without_which_no_majority_would_be() {
    // One of two that are alive leaves, and a dead one is still a unit.
    let three = view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'D')]);
    assert_eq!(
        lines(&plan(&three, &goal(0, Role::Leaver, &[0, 1, 2]))),
        [
            "take member 2's vote (config 5 -> 6)",
            "have the primary 10.0.0.0:27017 hand over to 10.0.0.1:27017",
            "take member 0 out (config 6 -> 7)"
        ]
    );
    // The same by the leader, where the unit is gone and its server answers.
    assert_eq!(
        lines(&plan(&three, &goal(1, Role::Leader, &[1, 2]))),
        [
            "take member 2's vote (config 5 -> 6)",
            "have the primary 10.0.0.0:27017 hand over to 10.0.0.1:27017",
            "take member 0 out (config 6 -> 7)"
        ]
    );
    // It stays without a vote until it has been back for the grace time: then it is like any other.
    let five = view(&[
        (0, 1, 'P'),
        (1, 1, 'S'),
        (2, 1, 'S'),
        (3, 1, 'D'),
        (4, 1, 'R'),
    ]);
    assert_eq!(
        lines(&plan(&five, &goal(2, Role::Leaver, &[0, 1, 2, 3, 4]))),
        [
            "take member 3's vote (config 5 -> 6)",
            "take member 2 out (config 6 -> 7)"
        ]
    );
    let back = view(&[(0, 1, 'P'), (1, 1, 'S'), (3, 0, 'S'), (4, 1, 'S')]);
    let stay = goal(0, Role::Leader, &[0, 1, 3, 4]);
    assert_eq!(voters_after(&back, &stay), [0, 1, 4]);
    let back = view(&[(0, 1, 'P'), (1, 1, 'S'), (3, 0, 'S')]);
    let stay = goal(0, Role::Leader, &[0, 1, 3]);
    assert_eq!(voters_after(&back, &stay), [0, 1, 3]);
}

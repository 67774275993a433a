//! Who leaves, and in which order.

use super::build::{goal, lines, view};
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

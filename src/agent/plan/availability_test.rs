//! Cases of Juju's `ensure-availability` and `enable-ha`, told as sets: H1 to H13 of the notes, with machines as units. What
//! is other on purpose is said at the case.

use super::*;
use crate::agent::plan::members::tests::{goal, in_zones, since, unit, view};
use crate::model::desired::Role;

/// Members as unit, votes, state; units that Juju has; the number; what each list holds, and what is to be typed.
type Case<'a> = (&'a [(u32, u8, char)], &'a [u32], i64, &'a str);

fn told(ensured: &Ensured) -> String {
    let lists = ensured.lists();
    let lists = lists.iter().filter(|(_, list)| !list.is_empty());
    let number = |why: &Why| why.0.trim_start_matches("m/").to_owned();
    let mut told: Vec<String> = lists
        .map(|(name, list)| {
            let units: Vec<String> = list.iter().map(number).collect();
            format!("{name} {}", units.join(","))
        })
        .collect();
    told.extend(ensured.commands.iter().cloned());
    told.join("; ")
}

#[test]
fn units_are_kept_promoted_demoted_and_asked_for_as_juju_did() {
    let one: &[(u32, u8, char)] = &[(0, 1, 'P')];
    let three: &[(u32, u8, char)] = &[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'S')];
    let three_less_one: &[(u32, u8, char)] = &[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'D')];
    let four: &[(u32, u8, char)] = &[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'S'), (3, 0, 'S')];
    let five_less_two: &[(u32, u8, char)] = &[
        (0, 1, 'P'),
        (1, 1, 'S'),
        (2, 1, 'S'),
        (3, 1, 'D'),
        (4, 1, 'D'),
    ];
    let cases: &[Case] = &[
        (one, &[0], 3, "maintained 0; juju add-unit m -n 2"),
        (one, &[0], 0, "maintained 0; juju add-unit m -n 2"),
        (one, &[0], 1, "maintained 0"),
        (one, &[0], 7, "maintained 0; juju add-unit m -n 6"),
        // Units that are there and no members yet come first.
        (one, &[0, 1, 2], 3, "maintained 0; added 1,2"),
        (
            one,
            &[0, 1],
            5,
            "maintained 0; added 1; juju add-unit m -n 3",
        ),
        (three, &[0, 1, 2], 3, "maintained 0,1,2"),
        (three, &[0, 1, 2], 0, "maintained 0,1,2"),
        (
            three,
            &[0, 1, 2],
            5,
            "maintained 0,1,2; juju add-unit m -n 2",
        ),
        // A voter that is down is demoted, and somebody is asked for in its place.
        (
            three_less_one,
            &[0, 1, 2],
            3,
            "maintained 0,1; demoted 2; juju add-unit m -n 1; juju remove-unit m/2 --force",
        ),
        (
            three_less_one,
            &[0, 1, 2],
            0,
            "maintained 0,1; demoted 2; juju add-unit m -n 1; juju remove-unit m/2 --force",
        ),
        (
            five_less_two,
            &[0, 1, 2, 3, 4],
            5,
            "maintained 0,1,2; demoted 3,4; juju add-unit m -n 2; juju remove-unit m/3 --force; \
             juju remove-unit m/4 --force",
        ),
        // Of four one stands by: with three it goes on doing so, with five it gets a vote once a fifth is there.
        (four, &[0, 1, 2, 3], 3, "maintained 0,1,2"),
        (
            four,
            &[0, 1, 2, 3],
            5,
            "maintained 0,1,2; promoted 3; juju add-unit m -n 1",
        ),
        (
            four,
            &[0, 1, 2, 3],
            0,
            "maintained 0,1,2; promoted 3; juju add-unit m -n 1",
        ),
        // A standby takes the place of the one that is down, and nobody has to be added.
        (
            &[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'D'), (3, 0, 'S')],
            &[0, 1, 2, 3],
            3,
            "maintained 0,1; promoted 3; demoted 2; juju remove-unit m/2 --force",
        ),
        // One that does not replicate yet is promised a vote; one that answers is not down.
        (
            &[(0, 1, 'P'), (1, 0, 'R')],
            &[0, 1],
            3,
            "maintained 0; promoted 1; juju add-unit m -n 1",
        ),
        // The unit of a member is gone: that leaves by itself.
        (
            three,
            &[0, 1],
            3,
            "maintained 0,1; removed 2; juju add-unit m -n 1",
        ),
        // Whoever was asked is up, whatever the primary sees.
        (
            &[(5, 1, 'D'), (1, 1, 'P'), (2, 1, 'S')],
            &[1, 2, 5],
            3,
            "maintained 1,2,5",
        ),
    ];
    for (members, units, asked, expected) in cases {
        let me = if units.contains(&5) { 5 } else { 0 };
        let ensured = ensure(*asked, &view(members), &goal(me, Role::Leader, units)).unwrap();
        assert_eq!(
            told(&ensured),
            *expected,
            "{members:?} n={asked}\n{}",
            ensured.plan
        );
    }
}

#[test]
fn a_number_that_may_not_be_asked_for_is_refused_in_jujus_words() {
    let five: Vec<(u32, u8, char)> = (0..5)
        .map(|n| (n, 1, if n == 0 { 'P' } else { 'S' }))
        .collect();
    for (asked, said) in [
        (-1, "number of units must be odd and non-negative"),
        (2, "number of units must be odd and non-negative"),
        (8, "number of units must be odd and non-negative"),
        (-3, "number of units must be odd and non-negative"),
        (9, "unit count is too large (allowed 7)"),
        (i64::MAX, "unit count is too large (allowed 7)"),
        (i64::MIN, "number of units must be odd and non-negative"),
        (
            3,
            "failed to ensure availability with 3 units: cannot remove units",
        ),
        (
            1,
            "failed to ensure availability with 1 units: cannot remove units",
        ),
    ] {
        let why = ensure(
            asked,
            &view(&five),
            &goal(0, Role::Leader, &[0, 1, 2, 3, 4]),
        )
        .unwrap_err();
        assert!(why.starts_with(said), "{asked}: {why}");
    }
}

#[test]
fn what_was_ensured_is_kept_and_repaired_step_by_step() {
    // Two of five are killed, and it is run again: three vote at once, and five once two more are there.
    let members = [
        (0, 1, 'P'),
        (1, 1, 'S'),
        (2, 1, 'S'),
        (3, 1, 'D'),
        (4, 1, 'D'),
    ];
    let mut units = goal(0, Role::Leader, &[0, 1, 2, 3, 4]);
    let ensured = ensure(5, &view(&members), &units).unwrap();
    assert_eq!(ensured.policy.voters, Some(5));
    assert_eq!(ensured.policy.demoted, [unit(3), unit(4)].into());
    units.policy = ensured.policy;
    let (_, ahead) = foresee(&view(&members), &units);
    assert_eq!(ahead.config.voters(), [0, 1, 2].into());
    // Asked again it says the same.
    let again = ensure(5, &view(&members), &units).unwrap();
    assert_eq!(
        told(&again),
        "maintained 0,1,2; demoted 3,4; juju add-unit m -n 2; juju remove-unit m/3 --force; juju remove-unit m/4 --force"
    );
    let joined = [
        (0, 1, 'P'),
        (1, 1, 'S'),
        (2, 1, 'S'),
        (3, 0, 'D'),
        (4, 0, 'D'),
        (5, 0, 'S'),
        (6, 0, 'S'),
    ];
    let mut units = goal(0, Role::Leader, &[0, 1, 2, 3, 4, 5, 6]);
    units.policy = again.policy;
    let (_, ahead) = foresee(&view(&joined), &units);
    assert_eq!(ahead.config.voters(), [0, 1, 2, 5, 6].into());
    // The dead come back: they stand by, because five vote already.
    let back = [
        (0, 1, 'P'),
        (1, 1, 'S'),
        (2, 1, 'S'),
        (3, 0, 'S'),
        (4, 0, 'S'),
        (5, 1, 'S'),
        (6, 1, 'S'),
    ];
    let (plan, _) = foresee(&view(&back), &units);
    assert!(plan.is_done(), "{plan}");
}

/// Five of which three are in one zone: three vote, so that the loss of that one leaves a majority.
#[test]
fn a_number_is_counted_from_those_that_vote_over_the_zones() {
    let members = [
        (0, 1, 'P'),
        (1, 0, 'S'),
        (2, 0, 'S'),
        (3, 1, 'S'),
        (4, 1, 'S'),
    ];
    let units = goal(0, Role::Leader, &[0, 1, 2, 3, 4]);
    for (zones, asked, before, expected) in [
        ("aaabc", 0, None, Ok(3)),
        ("aaabc", 3, None, Ok(3)),
        ("aaabc", 5, None, Ok(5)),
        ("aaabc", 1, None, Err("5 units, 3 of them to vote")),
        // Five can be spread, or fewer would be no better.
        ("aabbc", 0, None, Ok(5)),
        ("aabbc", 3, None, Err("5 units, 5 of them to vote")),
        ("aaaaa", 0, None, Ok(5)),
        ("aaaab", 3, None, Err("5 units, 5 of them to vote")),
        // A person asked for it.
        ("aaabc", 0, Some(5), Ok(5)),
        ("aaabc", 0, Some(3), Ok(3)),
    ] {
        let mut units = in_zones(units.clone(), zones);
        units.policy.voters = before;
        let row = format!("{zones} {asked} {before:?}");
        match (ensure(asked, &view(&members), &units), expected) {
            (Ok(ensured), Ok(voters)) => {
                assert_eq!(ensured.voters, voters, "{row}");
                assert_eq!(
                    ensured.plan.is_done(),
                    voters == 3,
                    "{row}: {}",
                    ensured.plan
                );
            }
            (Err(why), Err(said)) => assert!(why.contains(said), "{row}: {why}"),
            (other, _) => panic!("{row}: {other:?}"),
        }
    }
}

/// Zero is the number that was asked for before, as long as nobody was removed.
#[test]
fn the_present_number_stays_while_units_are_lost() {
    let members = [
        (0, 1, 'P'),
        (1, 1, 'S'),
        (2, 1, 'S'),
        (3, 1, 'D'),
        (4, 1, 'D'),
    ];
    let mut units = goal(0, Role::Leader, &[0, 1, 2, 3, 4]);
    units.policy = ensure(5, &view(&members), &units).unwrap().policy;
    for _ in 0..2 {
        let again = ensure(0, &view(&members), &units).unwrap();
        assert_eq!(again.voters, 5, "{again:?}");
        assert!(again.commands[0].ends_with("-n 2"), "{again:?}");
        units.policy = again.policy;
    }
    let removed = [(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'S')];
    for number in [3, 4] {
        units.units.remove(&unit(number));
    }
    assert_eq!(ensure(0, &view(&removed), &units).unwrap().voters, 3);
}

/// One that was replaced and never came back is nobody to count on.
#[test]
fn a_standby_that_has_been_away_for_long_is_lost_too() {
    let members = [(0, 1, 'P'), (1, 1, 'S'), (2, 0, 'D'), (3, 1, 'D')];
    let units = goal(0, Role::Leader, &[0, 1, 2, 3]);
    let away = since(units.clone(), &[(2, false, 500), (3, false, 5)]);
    let ensured = ensure(3, &view(&members), &away).unwrap();
    assert_eq!(
        told(&ensured),
        "maintained 0,1; demoted 3; juju add-unit m -n 1; juju remove-unit m/2 --force; juju remove-unit m/3 --force"
    );
    // It may only be starting.
    let starts = since(units, &[(2, false, 5), (3, false, 5)]);
    let ensured = ensure(3, &view(&members), &starts).unwrap();
    assert_eq!(
        told(&ensured),
        "maintained 0,1; promoted 2; demoted 3; juju remove-unit m/3 --force"
    );
}

#[test]
fn the_vote_of_one_that_is_lost_goes_when_another_can_have_it() {
    let named = |numbers: &[u32]| goal(0, Role::Leader, numbers);
    let after = |members: &[(u32, u8, char)], units: &Goal| {
        let (_, ahead) = foresee(&view(members), units);
        ahead.config.voters()
    };
    // One of three: without it one would vote, and a majority's write be on a single server.
    let three = [(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'D')];
    let ensured = ensure(3, &view(&three), &named(&[0, 1, 2])).unwrap();
    assert!(ensured.plan.is_done(), "{}", ensured.plan);
    assert!(ensured.demoted[0].1.contains("its vote stays until"));
    let mut units = named(&[0, 1, 2, 3]);
    units.policy = ensured.policy;
    // Another one is there and copies; then it is ready.
    let copies = [(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'D'), (3, 0, 'R')];
    assert_eq!(after(&copies, &units), [0, 1, 2].into());
    let ready = [(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'D'), (3, 0, 'S')];
    assert_eq!(after(&ready, &units), [0, 1, 3].into());
    // Of three that are lost of seven two go, because an odd number is left; of the last two one stays, when a unit is gone.
    let seven = [
        (0, 1, 'P'),
        (1, 1, 'S'),
        (2, 1, 'S'),
        (3, 1, 'S'),
        (4, 1, 'D'),
        (5, 1, 'D'),
        (6, 1, 'D'),
    ];
    let mut units = named(&[0, 1, 2, 3, 4, 5, 6]);
    units.policy = ensure(7, &view(&seven), &units).unwrap().policy;
    assert_eq!(after(&seven, &units), [0, 1, 2, 3, 4].into());
    units.units.remove(&unit(4));
    assert_eq!(after(&seven, &units), [0, 1, 2, 3, 5].into());
}

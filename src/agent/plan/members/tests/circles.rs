//! Every plan ends: no step undoes what another one did.

use super::build::{goal, lines, since, unit, view, voters_after, wanted};
use super::by_hand::written;
use super::plan;
use crate::model::desired::{Goal, Role};
use crate::model::policy::MemberPolicy;
use crate::model::set_view::{SetView, State};
use mongodb::bson::doc;
use proptest::prelude::*;

fn said(goal: &mut Goal, number: u32, votes: Option<bool>, priority: Option<f64>) {
    let policy = MemberPolicy {
        votes,
        priority,
        ..MemberPolicy::default()
    };
    goal.policy.members.insert(unit(number), policy);
}

#[test]
fn nobody_who_cannot_lead_gets_the_vote_of_the_only_one_who_can() {
    for members in [
        &[(0, 1, 'P'), (1, 0, 'S')][..],
        &[(0, 1, 'P'), (1, 0, 'S'), (3, 1, 'D'), (4, 1, 'S')],
    ] {
        let mut units = goal(0, Role::Leader, &[0, 1, 2, 3, 4]);
        said(&mut units, 0, Some(false), None);
        said(&mut units, 1, None, Some(0.0));
        said(&mut units, 4, None, Some(0.0));
        units.units.get_mut(&unit(2)).unwrap().address = None;
        let zero = doc! { "priority": 0 };
        let last = members.len() - 1;
        let view = written(view(members), &[(last, zero)]);
        let plan = plan(&view, &units);
        let waits = lines(&plan).join("; ");
        assert!(waits.contains("another unit that may lead"), "{plan}");
    }
}

/// Who was taken for lost and kept its vote is like any other once it is back.
#[test]
fn a_lost_voter_that_comes_back_takes_no_vote_away() {
    for members in [
        &[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'S')][..],
        &[
            (0, 1, 'P'),
            (1, 1, 'S'),
            (2, 1, 'S'),
            (3, 1, 'S'),
            (4, 1, 'S'),
        ],
    ] {
        let numbers: Vec<u32> = members.iter().map(|member| member.0).collect();
        let mut units = goal(0, Role::Leader, &numbers);
        units.policy.voters = Some(numbers.len());
        units.policy.demoted = numbers.iter().skip(2).map(|number| unit(*number)).collect();
        let back: Vec<_> = numbers.iter().map(|number| (*number, true, 0)).collect();
        let plan = plan(&view(members), &since(units, &back));
        assert!(plan.is_done(), "{plan}");
    }
}

#[test]
fn the_only_one_who_may_lead_says_what_keeps_it() {
    let mut units = goal(0, Role::Leaver, &[0, 1, 2]);
    said(&mut units, 1, None, Some(0.0));
    said(&mut units, 2, None, Some(0.0));
    let zero = doc! { "priority": 0 };
    let three = view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'S')]);
    let three = written(three, &[(1, zero.clone()), (2, zero.clone())]);
    let waits = lines(&plan(&three, &units)).join("; ");
    assert!(
        waits.contains("juju run m/leader set-member unit=m/1 priority=1"),
        "{waits}"
    );
    // One who may lead is on its way: there is nothing to do but wait.
    let copies = view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'S'), (3, 0, 'R')]);
    let copies = written(copies, &[(1, zero.clone()), (2, zero.clone())]);
    units.units.insert(unit(3), wanted(3));
    let waits = lines(&plan(&copies, &units)).join("; ");
    assert!(waits.contains("another unit to catch up"), "{waits}");
    // Done as it says, it goes on, also where a person had said that it is not to vote.
    let two = view(&[(0, 1, 'P'), (1, 0, 'S')]);
    let mut units = goal(0, Role::Leaver, &[0, 1]);
    said(&mut units, 1, Some(false), None);
    let waits = lines(&plan(&two, &units)).join("; ");
    assert!(waits.contains("votes=true"), "{waits}");
    said(&mut units, 1, Some(true), Some(1.0));
    assert_eq!(voters_after(&two, &units), [1]);
    // Seven vote, and the one who may lead has none: room is made for it.
    let mut members: Vec<(u32, u8, char)> = (0..7).map(|number| (number, 1, 'S')).collect();
    members[0].2 = 'P';
    members.push((7, 0, 'S'));
    let mut units = goal(0, Role::Leaver, &[0, 1, 2, 3, 4, 5, 6, 7]);
    let zeros: Vec<_> = (1..7).map(|at| (at, zero.clone())).collect();
    for number in 1..7 {
        said(&mut units, number, None, Some(0.0));
    }
    let seven = written(view(&members), &zeros);
    let voters = voters_after(&seven, &units);
    assert!(!voters.contains(&0) && voters.contains(&7), "{voters:?}");
}

/// What somebody may have written by hand.
fn by_hand(view: SetView, kinds: &[u8]) -> SetView {
    let mut arbiters = Vec::new();
    let mut fields = Vec::new();
    for (at, member) in view.config.members().enumerate() {
        match kinds[at] {
            1 => fields.push((at, doc! { "tags": null })),
            2 if member.votes && Some(member.id) != view.primary => {
                fields.push((
                    at,
                    doc! { "tags": null, "arbiterOnly": true, "priority": 0 },
                ));
                arbiters.push(member.id);
            }
            3 if Some(member.id) != view.primary => fields.push((at, doc! { "priority": 0 })),
            4 if Some(member.id) != view.primary => {
                fields.push((at, doc! { "priority": 0, "tags": null }));
            }
            _ => {}
        }
    }
    let mut view = written(view, &fields);
    for id in arbiters {
        let seen = view.members.get_mut(&id).unwrap();
        if seen.state == State::Secondary {
            (seen.state, seen.optime_secs) = (State::Other("ARBITER".to_owned()), None);
        }
    }
    view
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn no_plan_goes_in_a_circle(
        letters in proptest::collection::vec((0_u8..2, prop::sample::select(vec!['S', 'S', 'S', 'R', 'D'])), 1..9),
        kinds in proptest::collection::vec(prop::sample::select(vec![0_u8, 0, 0, 0, 1, 2, 3, 4]), 9),
        said in proptest::collection::vec((prop::option::of(any::<bool>()), prop::sample::select(vec![None, None, Some(0.0), Some(2.0)])), 12),
        ages in proptest::collection::vec(prop::option::of((any::<bool>(), 0_u64..300)), 12),
        demoted in proptest::collection::vec(prop::bool::weighted(0.2), 12),
        voters in prop::sample::select(vec![None, None, Some(1), Some(3), Some(5)]),
        zones in proptest::collection::vec(prop::option::of(0_u8..3), 12),
        (keep, leaves) in (proptest::collection::vec(prop::bool::weighted(0.9), 12), prop::bool::weighted(0.2)),
    ) {
        let mut members: Vec<(u32, u8, char)> =
            (0..).zip(&letters).map(|(number, (votes, letter))| (number, *votes, *letter)).collect();
        members[0] = (0, 1, 'P');
        let mut count = 0;
        for member in &mut members {
            count += member.1;
            if count > 7 { member.1 = 0; }
        }
        let set = by_hand(view(&members), &kinds);
        let units: Vec<u32> = (0..12).filter(|number| keep[*number as usize] || *number == 0).collect();
        let role = if leaves { Role::Leaver } else { Role::Leader };
        let mut goal = goal(0, role, &units);
        for number in &units {
            let at = *number as usize;
            self::said(&mut goal, *number, said[at].0, said[at].1);
            if demoted[at] {
                goal.policy.demoted.insert(unit(*number));
            }
            let wanted = goal.units.get_mut(&unit(*number)).unwrap();
            wanted.zone = zones[at].map(|zone| zone.to_string());
            if let Some((up, age)) = ages[at] {
                goal = since(goal, &[(*number, up, age)]);
            }
        }
        goal.policy.voters = voters;
        let plan = plan(&set, &goal);
        prop_assert!(plan.blocker.iter().all(|blocker| !blocker.0.contains("bug")), "{plan}");
    }
}

//! A person's word about members.

use super::build::{goal, in_zones, lines, unit, view, voters_after};
use super::by_hand::written;
use super::plan;
use crate::model::desired::{Goal, Role};
use crate::model::policy::MemberPolicy;
use crate::model::set_config::SetConfig;
use mongodb::bson::doc;
use std::collections::BTreeMap;

#[test]
fn what_a_person_said_of_members_is_kept_to() {
    let members = view(&[
        (0, 1, 'P'),
        (1, 1, 'S'),
        (2, 1, 'S'),
        (3, 0, 'S'),
        (4, 0, 'S'),
    ]);
    let mut units = goal(0, Role::Leader, &[0, 1, 2, 3, 4]);
    units.policy.voters = Some(3);
    assert!(plan(&members, &units).is_done(), "three were asked for");
    let set = |units: &mut Goal, number, policy| units.policy.members.insert(unit(number), policy);
    let no_vote = MemberPolicy {
        votes: Some(false),
        ..MemberPolicy::default()
    };
    set(&mut units, 1, no_vote.clone());
    assert_eq!(voters_after(&members, &units), [0, 2, 3]);
    // The primary may not vote: another leads first.
    units.policy.members.clear();
    set(&mut units, 0, no_vote);
    let steps = lines(&plan(&members, &units));
    assert_eq!(
        steps,
        [
            "give member 3 a vote (config 5 -> 6)",
            "have the primary 10.0.0.0:27017 hand over to 10.0.0.1:27017",
            "take member 0's vote (config 6 -> 7)"
        ]
    );
    units.policy.members.clear();
    let late = MemberPolicy {
        delay: Some(3600),
        hidden: Some(true),
        tags: Some(BTreeMap::from([("use".to_owned(), "backup".to_owned())])),
        ..MemberPolicy::default()
    };
    set(&mut units, 4, late);
    let favourite = MemberPolicy {
        priority: Some(5.0),
        ..MemberPolicy::default()
    };
    set(&mut units, 2, favourite);
    assert_eq!(
        lines(&plan(&members, &units)),
        [
            "set member 2 to priority 5; set member 4 to priority 0, hidden, 3600 s behind, use=backup (config 5 -> 6)"
        ]
    );
    // Taken for lost: its vote goes at once, and a second one with it, so that an odd number is left.
    let dead = view(&[
        (0, 1, 'P'),
        (1, 1, 'S'),
        (2, 1, 'S'),
        (3, 1, 'D'),
        (4, 1, 'D'),
    ]);
    let mut units = goal(0, Role::Leader, &[0, 1, 2, 3, 4]);
    units.policy.demoted = [unit(3), unit(4)].into();
    assert_eq!(voters_after(&dead, &units), [0, 1, 2]);
}

/// Of three voters two must not lead: the standby that may steps in for one of them.
#[test]
fn two_voters_may_lead_wherever_that_is_possible() {
    let never = MemberPolicy {
        priority: Some(0.0),
        ..MemberPolicy::default()
    };
    let told = |policies: &[u32], units: &[u32]| {
        let mut goal = goal(0, Role::Leader, units);
        for number in policies {
            goal.policy.members.insert(unit(*number), never.clone());
        }
        goal
    };
    let four = view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'S'), (3, 0, 'S')]);
    assert_eq!(voters_after(&four, &told(&[1], &[0, 1, 2, 3])), [0, 1, 2]);
    assert_eq!(
        voters_after(&four, &told(&[1, 2], &[0, 1, 2, 3])),
        [0, 1, 3]
    );
    assert_eq!(
        voters_after(&four, &told(&[1, 2, 3], &[0, 1, 2, 3])),
        [0, 1, 2]
    );
    // With seven the vote of another one goes first.
    let all: Vec<u32> = (0..8).collect();
    let mut eight: Vec<(u32, u8, char)> = all.iter().map(|n| (*n, u8::from(*n < 7), 'S')).collect();
    eight[0].2 = 'P';
    let eight = view(&eight);
    assert_eq!(
        voters_after(&eight, &told(&all[1..7], &all)),
        [0, 1, 2, 3, 4, 5, 7]
    );
    // Votes come to those who may lead first, and go from them last.
    let ready = view(&[
        (0, 1, 'P'),
        (1, 0, 'S'),
        (2, 0, 'S'),
        (3, 0, 'S'),
        (4, 0, 'R'),
    ]);
    assert_eq!(
        voters_after(&ready, &told(&[1], &[0, 1, 2, 3, 4])),
        [0, 2, 3]
    );
    let many = view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'S'), (3, 1, 'S')]);
    assert_eq!(voters_after(&many, &told(&[1], &[0, 1, 2, 3])), [0, 2, 3]);
    // Where no zone may have a majority the two who may lead keep their votes all the same.
    let zones = in_zones(told(&[2, 3], &[0, 1, 2, 3]), "aabc");
    let crowded = view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'S'), (3, 0, 'S')]);
    assert_eq!(voters_after(&crowded, &zones), [0, 1, 2]);
}

/// Wherever it is in the config: nobody could take over before another one's priority is set.
#[test]
fn a_primary_that_is_not_to_lead_hands_over_once_another_one_may() {
    for lead in 0..3_usize {
        let letters = (0..3).map(|at| if at == lead { 'P' } else { 'S' });
        let members: Vec<(u32, u8, char)> = (0..)
            .zip(letters)
            .map(|(at, letter)| (at, 1, letter))
            .collect();
        let others = (0..3).filter(|at| *at != lead);
        let zeros: Vec<_> = others.map(|at| (at, doc! { "priority": 0 })).collect();
        let set = written(view(&members), &zeros);
        let mut units = goal(0, Role::Leader, &[0, 1, 2]);
        let heir = (lead + 1) % 3;
        for (at, priority) in [(lead, 0.0), (heir, 1.0)] {
            let policy = MemberPolicy {
                priority: Some(priority),
                ..MemberPolicy::default()
            };
            units.policy.members.insert(unit(at as u32), policy);
        }
        assert_eq!(
            lines(&plan(&set, &units)),
            [
                format!("set member {heir} to priority 1 (config 5 -> 6)"),
                format!("have the primary 10.0.0.{lead}:27017 hand over to 10.0.0.{heir}:27017"),
                format!("set member {lead} to priority 0 (config 6 -> 7)"),
            ]
        );
    }
}

/// A priority that comes with the next reconfig is too late.
#[test]
fn a_member_gets_its_vote_with_the_priority_that_a_person_wants() {
    let members = view(&[(0, 1, 'P'), (1, 0, 'S'), (2, 0, 'S')]);
    let mut units = goal(0, Role::Leader, &[0, 1, 2]);
    for (number, priority) in [(1, 0.0), (2, 5.0)] {
        let policy = MemberPolicy {
            priority: Some(priority),
            ..MemberPolicy::default()
        };
        units.policy.members.insert(unit(number), policy);
    }
    assert_eq!(
        lines(&plan(&members, &units)),
        [
            "give member 2 a vote; set member 2 to priority 5 (config 5 -> 6)",
            "give member 1 a vote; set member 1 to priority 0 (config 6 -> 7)"
        ]
    );
}

/// By `set-member`, or by hand: it would hold up what a majority acknowledges.
#[test]
fn a_member_that_is_kept_behind_gets_no_vote_unasked() {
    let behind = doc! { "secondaryDelaySecs": 60_i64, "priority": 0 };
    let set = |votes| {
        let members = view(&[
            (0, 1, 'P'),
            (1, 1, 'S'),
            (2, 1, 'S'),
            (3, 0, 'S'),
            (4, votes, 'S'),
        ]);
        written(members, &[(4, behind.clone())])
    };
    let policy = |votes, delay| MemberPolicy {
        votes,
        delay,
        ..MemberPolicy::default()
    };
    for (votes, policy, voters) in [
        (0, policy(None, None), &[0, 1, 2][..]),
        (0, policy(None, Some(60)), &[0, 1, 2]),
        (0, policy(Some(true), None), &[0, 1, 2, 3, 4]),
        (0, policy(None, Some(0)), &[0, 1, 2, 3, 4]),
        // Somebody gave it one.
        (1, policy(None, None), &[0, 1, 2, 3, 4]),
        (1, policy(None, Some(60)), &[0, 1, 2]),
    ] {
        let mut units = goal(0, Role::Leader, &[0, 1, 2, 3, 4]);
        units.policy.members.insert(unit(4), policy.clone());
        let row = format!("{votes} {policy:?}");
        assert_eq!(voters_after(&set(votes), &units), voters, "{row}");
    }
}

/// One that is kept an hour behind has caught up when it is an hour behind.
#[test]
fn a_member_that_is_kept_behind_votes_if_it_is_told_to() {
    let mut members = view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 0, 'S')]);
    let mut raw = members.config.document();
    let last = &mut raw.get_array_mut("members").unwrap()[2];
    last.as_document_mut()
        .unwrap()
        .insert("secondaryDelaySecs", 60_i64);
    members.config = SetConfig::read(raw).unwrap();
    let mut units = goal(0, Role::Leader, &[0, 1, 2]);
    let policy = MemberPolicy {
        delay: Some(60),
        votes: Some(true),
        ..MemberPolicy::default()
    };
    units.policy.members.insert(unit(2), policy);
    for (optime, voters) in [(40, &[0, 1, 2][..]), (35, &[0, 1, 2]), (34, &[0, 1])] {
        members.members.get_mut(&2).unwrap().optime_secs = Some(optime);
        assert_eq!(voters_after(&members, &units), voters, "at {optime} of 100");
    }
}

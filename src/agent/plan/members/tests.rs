//! Tables and properties of the members' plans. The reference below is `mongod`'s own rules, written apart from ours.

use super::*;
use crate::agent::lint;
use crate::model::address::HostPort;
use crate::model::desired::{Health, Wanted, odd_voters};
use crate::model::policy::{MemberPolicy, Policy};
use crate::model::set_config::{Change, SetConfig};
use crate::model::set_view::{Seen, State};
use crate::model::unit::UnitName;
use mongodb::bson::doc;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

pub fn unit(number: u32) -> UnitName {
    format!("m/{number}").parse().unwrap()
}

fn host(number: u32) -> HostPort {
    HostPort::new(&format!("10.0.0.{number}"), 27017)
}

/// A member in short: unit, votes, state (P, S, R for syncing, D for down).
pub fn view(members: &[(u32, u8, char)]) -> SetView {
    let documents: Vec<_> = members
        .iter()
        .map(|(number, votes, _)| {
            doc! { "_id": *number as i32, "host": host(*number).to_string(), "votes": i32::from(*votes),
                   "priority": i32::from(*votes), "tags": { "juju-unit": unit(*number).to_string() } }
        })
        .collect();
    let raw = doc! { "_id": "rs", "version": 5, "term": 1, "members": documents,
    "settings": { "electionTimeoutMillis": 10_000 } };
    let seen = |letter| match letter {
        'P' => Seen {
            state: State::Primary,
            optime_secs: Some(100),
        },
        'S' => Seen {
            state: State::Secondary,
            optime_secs: Some(99),
        },
        'L' => Seen {
            state: State::Secondary,
            optime_secs: Some(10),
        },
        'R' => Seen {
            state: State::Other("STARTUP2".into()),
            optime_secs: None,
        },
        _ => Seen {
            state: State::Unknown("down".into()),
            optime_secs: None,
        },
    };
    SetView {
        seen_from: host(0),
        config: SetConfig::read(raw).unwrap(),
        committed: true,
        primary: members
            .iter()
            .find(|(_, _, letter)| *letter == 'P')
            .map(|(number, ..)| *number as i32),
        term: 1,
        members: members
            .iter()
            .map(|(number, _, letter)| (*number as i32, seen(*letter)))
            .collect(),
        has_default_write_concern: Some(true),
        doors: (0..100).map(|number| (host(number), Ok(()))).collect(),
    }
}

pub fn goal(me: u32, role: Role, units: &[u32]) -> Goal {
    Goal {
        me: unit(me),
        role,
        units: units
            .iter()
            .map(|number| (unit(*number), wanted(*number)))
            .collect(),
        policy: Policy::default(),
        two_voters: false,
        health: BTreeMap::new(),
        now_ms: NOW,
        grace_ms: 100,
        election_timeout_ms: 10_000,
    }
}

/// Where the tests' clock stands.
const NOW: u64 = 1000;

fn wanted(number: u32) -> Wanted {
    Wanted {
        address: Some(host(number)),
        zone: None,
    }
}

/// The same goal, with units in zones: `("ab", …)` puts m/0 into a and m/1 into b.
fn in_zones(mut goal: Goal, zones: &str) -> Goal {
    for (wanted, zone) in goal.units.values_mut().zip(zones.chars()) {
        wanted.zone = Some(zone.to_string());
    }
    goal
}

/// The same goal, with members away or back for so many milliseconds.
fn since(mut goal: Goal, health: &[(u32, bool, u64)]) -> Goal {
    for (number, up, age) in health {
        let since_ms = NOW - age;
        goal.health
            .insert(unit(*number), Health { up: *up, since_ms });
    }
    goal
}

/// Who votes once everything that was planned is done.
fn voters_after(view: &SetView, goal: &Goal) -> Vec<i32> {
    let plan = plan(view, goal);
    let mut ahead = view.clone();
    for planned in &plan.steps {
        assert_eq!(
            lint::check(&Plan::step(planned.step.clone(), ""), Some(&ahead)),
            Ok(())
        );
        assert!(simulate::advance(&mut ahead, &planned.step), "{plan}");
    }
    ahead.config.voters().into_iter().collect()
}

fn lines(plan: &Plan) -> Vec<String> {
    let mut lines: Vec<String> = plan
        .steps
        .iter()
        .map(|planned| planned.step.to_string())
        .collect();
    lines.extend(plan.wait.iter().map(|wait| format!("wait: {}", wait.why)));
    lines
}

#[test]
fn newcomers_join_without_a_vote_and_are_waited_for() {
    let plan = plan(&view(&[(0, 1, 'P')]), &goal(0, Role::Leader, &[0, 1, 2]));
    assert_eq!(
        lines(&plan),
        [
            "add m/1 as member 1 at 10.0.0.1:27017, without a vote; \
             add m/2 as member 2 at 10.0.0.2:27017, without a vote (config 5 -> 6)",
            "wait: m/1 to catch up (it is just added)",
        ]
    );
}

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
fn a_new_address_is_written_in_place_the_primary_last() {
    let mut units = goal(0, Role::Leader, &[0, 1, 2]);
    for number in [0, 1] {
        units.units.insert(unit(number), wanted(number + 10));
    }
    let members = view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'S')]);
    assert_eq!(
        lines(&plan(&members, &units)),
        [
            "move member 1 to 10.0.0.11:27017 (config 5 -> 6)",
            "have the primary 10.0.0.0:27017 hand over to 10.0.0.11:27017",
            "move member 0 to 10.0.0.10:27017 (config 6 -> 7)"
        ]
    );
    // Nobody has answered at the new address of one: the other moves all the same.
    let mut silent = members.clone();
    silent
        .doors
        .insert(host(11), Err("no connection".to_owned()));
    let steps = lines(&plan(&silent, &units));
    assert!(steps[0].starts_with("have the primary"), "{steps:?}");
    assert!(
        steps
            .last()
            .unwrap()
            .contains("m/1 at 10.0.0.11:27017: no connection")
    );
    // Two that have changed places change members, because a host keeps its `_id`.
    let mut swapped = goal(0, Role::Leader, &[0, 1, 2]);
    swapped.units.insert(unit(1), wanted(2));
    swapped.units.insert(unit(2), wanted(1));
    assert_eq!(
        lines(&super::plan(&members, &swapped)),
        ["mark member 2 as m/1's; mark member 1 as m/2's (config 5 -> 6)"]
    );
    // One that has gone to another's old place waits for that one to be moved.
    let mut behind = goal(0, Role::Leader, &[0, 1, 2]);
    behind.units.insert(unit(1), wanted(2));
    behind.units.insert(unit(2), wanted(12));
    assert_eq!(
        lines(&super::plan(&members, &behind)),
        [
            "move member 2 to 10.0.0.12:27017 (config 5 -> 6)",
            "move member 1 to 10.0.0.2:27017 (config 6 -> 7)"
        ]
    );
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

#[test]
fn the_loss_of_one_zone_leaves_a_majority_wherever_that_is_possible() {
    let all = |count: u32| -> Vec<(u32, u8, char)> {
        let state = |n| if n == 0 { 'P' } else { 'S' };
        (0..count)
            .map(|n| (n, u8::from(n == 0), state(n)))
            .collect()
    };
    for (zones, voters) in [
        ("abc", &[0, 1, 2][..]),
        ("aabbc", &[0, 1, 2, 3, 4]),
        // Five cannot be spread so that two zones of three do, three can.
        ("aaabc", &[0, 3, 4]),
        ("aaabbc", &[0, 1, 3, 4, 5]),
        // Two zones, or one: nothing can be done, and more voters are better than fewer.
        ("aabb", &[0, 1, 2]),
        ("aaaaa", &[0, 1, 2, 3, 4]),
        ("aaaaabbccc", &[0, 1, 2, 5, 6, 7, 8]),
    ] {
        let count = zones.len() as u32;
        let units: Vec<u32> = (0..count).collect();
        let goal = in_zones(goal(0, Role::Leader, &units), zones);
        let mut got = voters_after(&view(&all(count)), &goal);
        got.sort_unstable();
        let spread = |ids: &[i32]| {
            let mut zones: Vec<char> = ids
                .iter()
                .map(|id| zones.as_bytes()[*id as usize] as char)
                .collect();
            zones.sort_unstable();
            zones
        };
        assert_eq!(spread(&got), spread(voters), "{zones}: {got:?}");
    }
    // Votes that all came to one zone first move when the others are ready.
    let late = view(&[
        (0, 1, 'P'),
        (1, 1, 'S'),
        (2, 1, 'S'),
        (3, 0, 'S'),
        (4, 0, 'S'),
    ]);
    let goal = in_zones(goal(0, Role::Leader, &[0, 1, 2, 3, 4]), "aaabc");
    assert_eq!(voters_after(&late, &goal), [0, 3, 4]);
}

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

#[test]
fn one_unit_that_cannot_join_holds_up_nobody() {
    let mut members = view(&[(0, 1, 'P')]);
    members
        .doors
        .insert(host(1), Err("it is in another set, other".to_owned()));
    members.doors.remove(&host(2));
    let mut units = goal(0, Role::Leader, &[0, 1, 2, 3, 4]);
    units.units.insert(unit(4), Wanted::default());
    let plan = lines(&plan(&members, &units));
    assert_eq!(
        plan,
        [
            "add m/3 as member 1 at 10.0.0.3:27017, without a vote (config 5 -> 6)",
            "wait: the server of m/1 at 10.0.0.1:27017: it is in another set, other",
        ]
    );
    let many: Vec<u32> = (0..52).collect();
    let crowd = super::plan(&view(&[(0, 1, 'P')]), &goal(0, Role::Leader, &many));
    assert_eq!(crowd.steps.len(), 1, "{crowd}");
    assert!(
        crowd
            .blocker
            .is_some_and(|blocker| blocker.0.contains("at most 50"))
    );
}

#[test]
fn a_member_that_no_unit_owns_goes_or_is_adopted_by_a_persons_word_or_by_its_address() {
    let mut raw = view(&[(0, 1, 'P'), (1, 0, 'S'), (2, 1, 'S'), (3, 1, 'S')])
        .config
        .document();
    for member in &mut raw.get_array_mut("members").unwrap()[1..3] {
        member.as_document_mut().unwrap().remove("tags");
    }
    let mut strangers = view(&[(0, 1, 'P'), (1, 0, 'S'), (2, 1, 'S'), (3, 1, 'S')]);
    strangers.config = SetConfig::read(raw).unwrap();
    let mut units = goal(0, Role::Leader, &[0, 1, 3]);
    assert_eq!(
        lines(&plan(&strangers, &units)),
        ["mark member 1 as m/1's (config 5 -> 6)"]
    );
    units.policy.dropped = [host(2)].into();
    assert_eq!(voters_after(&strangers, &units), [0, 1, 3]);
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

/// What `mongod` would say to a step, and what the set looks like afterwards, when everybody that is up takes part.
fn mongod(view: &SetView, step: &Step) -> Result<SetView, String> {
    let mut next = view.clone();
    match step {
        Step::HandOver { to, .. } => {
            let heir = view.config.members().find(|m| {
                Some(m.id) != view.primary && m.electable() && view.caught_up(m.id) && m.host == *to
            });
            let heir = heir.ok_or("no electable secondaries caught up")?.id;
            let old = view.primary.ok_or("no primary")?;
            next.members.insert(
                old,
                Seen {
                    state: State::Secondary,
                    optime_secs: Some(100),
                },
            );
            next.members.insert(
                heir,
                Seen {
                    state: State::Primary,
                    optime_secs: Some(100),
                },
            );
            next.primary = Some(heir);
            next.term += 1;
            Ok(next)
        }
        Step::Reconfigure {
            version, changes, ..
        } => {
            if *version != view.config.version() {
                return Err("version".into());
            }
            let after = view
                .config
                .with(changes)
                .map_err(|error| error.to_string())?;
            let (before_voters, after_voters) = (view.config.voters(), after.voters());
            if before_voters.symmetric_difference(&after_voters).count() > 1 {
                return Err("M8".into());
            }
            if after_voters.is_empty() || after_voters.len() > 7 || after.size() > 50 {
                return Err("M1".into());
            }
            let primary = view.primary.ok_or("M12")?;
            if !after
                .member(primary)
                .is_some_and(|member| member.electable())
            {
                return Err("M7".into());
            }
            let live =
                |voters: &BTreeSet<i32>| voters.iter().filter(|id| view.healthy(**id)).count();
            if live(&before_voters) * 2 <= before_voters.len()
                || live(&after_voters) * 2 <= after_voters.len()
            {
                return Err("M10/M11".into());
            }
            for member in after.members() {
                // Whoever is new has synced by the next look.
                let synced = Seen {
                    state: State::Secondary,
                    optime_secs: Some(100),
                };
                next.members.entry(member.id).or_insert(synced);
            }
            next.config = after;
            Ok(next)
        }
        other => Err(format!("not for mongod: {other}")),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// From any set and to any goal: every step is one that `mongod` takes and that lint passes, and with a live
    /// majority the goal is reached in a bounded number of steps: an odd number of voters, all units members.
    #[test]
    fn every_plan_is_legal_and_arrives(
        letters in proptest::collection::vec((0_u8..2, prop::sample::select(vec!['S', 'S', 'S', 'R', 'D'])), 1..10),
        keep in proptest::collection::vec(any::<bool>(), 10),
        newcomers in 0_u32..4,
    ) {
        let mut members: Vec<(u32, u8, char)> =
            letters.iter().enumerate().map(|(n, (votes, letter))| (n as u32, *votes, *letter)).collect();
        members[0] = (0, 1, 'P');
        let mut voters = 0;
        for member in &mut members {
            voters += usize::from(member.1);
            if voters > 7 { member.1 = 0; }
        }
        let mut now = view(&members);
        let mut units: Vec<u32> = members.iter().map(|m| m.0).filter(|n| keep[*n as usize]).collect();
        units.extend((0..newcomers).map(|n| 20 + n));
        let leader = units.iter().copied().find(|n| *n >= 20 || members[*n as usize].2 != 'D');
        prop_assume!(leader.is_some());
        let goal = goal(leader.unwrap(), Role::Leader, &units);
        let could = now.could_commit(&now.config);
        let mut steps = 0;
        loop {
            let plan = plan(&now, &goal);
            let Some(planned) = plan.steps.first() else { break };
            prop_assert!(could, "a step from a state that cannot commit: {plan}");
            prop_assert_eq!(lint::check(&plan, Some(&now)), Ok(()));
            prop_assert!(plan == super::plan(&now, &goal), "the same input gave another plan");
            match mongod(&now, &planned.step) {
                Ok(next) => now = next,
                Err(why) => prop_assert!(false, "mongod refused ({why}): {plan}"),
            }
            steps += 1;
            prop_assert!(steps < 200, "no end: {plan}");
        }
        let healthy = |n: &u32| now.members.get(&(*n as i32)).is_none_or(|seen| seen.state.is_healthy());
        let all_well = members.iter().all(|member| !matches!(member.2, 'D' | 'R'));
        if could && all_well && units.iter().all(healthy) {
            prop_assert_eq!(now.config.size(), units.len());
            prop_assert_eq!(now.config.voters().len(), odd_voters(units.len()));
        }
    }
}

#[test]
fn lint_refuses_what_no_plan_should_hold() {
    let seen = view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 0, 'R')]);
    let step = |version, change| {
        Plan::step(
            Step::Reconfigure {
                primary: host(0),
                version,
                term: 1,
                changes: vec![change],
            },
            "because",
        )
    };
    let lagging = view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 0, 'L')]);
    let dying = view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'D')]);
    let mut uncommitted = seen.clone();
    uncommitted.committed = false;
    for (plan, view, rule) in [
        (
            step(4, Change::Remove(1)),
            &seen,
            "planned from another config",
        ),
        (step(5, Change::Remove(1)), &uncommitted, "not committed"),
        (step(5, Change::GiveVote(2)), &lagging, "has not caught up"),
        (
            step(5, Change::TakeVote(0)),
            &seen,
            "the primary would lose its place",
        ),
        (
            step(5, Change::Remove(0)),
            &seen,
            "the primary would lose its place",
        ),
        (step(5, Change::Remove(1)), &dying, "no live majority"),
        (step(5, Change::Remove(9)), &seen, "does not fit"),
    ] {
        let said = lint::check(&plan, Some(view))
            .expect_err("lint let it pass")
            .to_string();
        assert!(said.contains(rule), "{said}");
    }
}

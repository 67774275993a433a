//! Tables and properties of the members' plans. The reference below is `mongod`'s own rules, written apart from ours.

use super::*;
use crate::agent::lint;
use crate::model::address::HostPort;
use crate::model::set_config::SetConfig;
use crate::model::set_view::Seen;
use crate::model::unit::UnitName;
use mongodb::bson::doc;
use proptest::prelude::*;

fn unit(number: u32) -> UnitName {
    format!("m/{number}").parse().unwrap()
}

fn host(number: u32) -> HostPort {
    HostPort::new(&format!("10.0.0.{number}"), 27017)
}

/// A member in short: unit, votes, state (P, S, R for syncing, D for down).
fn view(members: &[(u32, u8, char)]) -> SetView {
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
    }
}

fn goal(me: u32, role: Role, units: &[u32]) -> Goal {
    Goal {
        me: unit(me),
        role,
        units: units
            .iter()
            .map(|number| (unit(*number), Some(host(*number))))
            .collect(),
        election_timeout_ms: 10_000,
    }
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
            "add m/1 as member 1 at 10.0.0.1:27017, without a vote (config 5 -> 6)",
            "add m/2 as member 2 at 10.0.0.2:27017, without a vote (config 6 -> 7)",
            "wait: m/1 to catch up (it is it has only just been added)",
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
        ["ask the primary 10.0.0.0:27017 to hand over"]
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
            "ask the primary 10.0.0.0:27017 to hand over"
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
        units.units.insert(unit(number), Some(host(number + 10)));
    }
    let plan = plan(&view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'S')]), &units);
    let steps = lines(&plan);
    assert_eq!(steps[0], "move member 1 to 10.0.0.11:27017 (config 5 -> 6)");
    assert_eq!(steps[1], "move member 0 to 10.0.0.10:27017 (config 6 -> 7)");
}

/// What `mongod` would say to a step, and what the set looks like afterwards, when everybody that is up takes part.
fn mongod(view: &SetView, step: &Step) -> Result<SetView, String> {
    let mut next = view.clone();
    match step {
        Step::StepDown(_) => {
            let heir = view
                .config
                .members()
                .iter()
                .find(|m| Some(m.id) != view.primary && m.electable() && view.caught_up(m.id));
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
            version, change, ..
        } => {
            if *version != view.config.version() {
                return Err("version".into());
            }
            let after = view
                .config
                .with(change)
                .map_err(|error| error.to_string())?;
            let (before_voters, after_voters) = (view.config.voters(), after.voters());
            if before_voters.symmetric_difference(&after_voters).count() > 1 {
                return Err("M8".into());
            }
            if after_voters.is_empty() || after_voters.len() > 7 || after.members().len() > 50 {
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
            prop_assert_eq!(now.config.members().len(), units.len());
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
                change,
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

use super::*;
use crate::agent::plan::members::tests::{goal, unit, view};
use crate::model::desired::{Health, Role};
use crate::model::policy::MemberPolicy;

#[test]
fn each_unit_is_told_what_it_has_wants_and_why() {
    let members = view(&[
        (0, 1, 'P'),
        (1, 1, 'S'),
        (2, 0, 'S'),
        (3, 0, 'R'),
        (9, 1, 'D'),
    ]);
    let mut units = goal(0, Role::Leader, &[0, 1, 2, 3, 30]);
    units.units.entry(unit(30)).or_default().address = None;
    let told: Vec<String> = outlook(&members, &units)
        .iter()
        .map(|row| {
            let unit = row
                .unit
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
            format!(
                "{unit} {} {:?}->{:?}: {}",
                row.state, row.has, row.wants, row.why
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "m/0 PRIMARY Voter->Voter: ",
            "m/1 SECONDARY Voter->Voter: ",
            "m/2 SECONDARY Standby->Voter: m/2 has caught up; 3 are to vote",
            "m/3 STARTUP2 Standby->Standby: catches up first (it is STARTUP2)",
            // Not the wait of m/3, whose name begins alike.
            "m/30 no member None->None: waits for m/30 to start its mongod",
            "m/9 unknown (down) Voter->None: m/9: its unit is gone",
        ]
    );
}

#[test]
fn how_far_a_member_is_behind_is_told() {
    let lagging = view(&[(0, 1, 'P'), (1, 1, 'L'), (2, 1, 'D')]);
    let rows = outlook(&lagging, &goal(0, Role::Leader, &[0, 1, 2]));
    let lags: Vec<Option<u32>> = rows.iter().map(|row| row.lag).collect();
    assert_eq!(lags, [Some(0), Some(90), None]);
}

/// One set, the same goal but for one thing, and what is told of one unit.
type Told<'a> = (&'a [(u32, u8, char)], fn(&mut Goal), u32, &'a str);

#[test]
fn whoever_has_no_vote_is_told_why() {
    let four = &[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'S'), (3, 0, 'S')][..];
    let two = &[(0, 1, 'P'), (1, 0, 'S')][..];
    let nine: Vec<(u32, u8, char)> = (0..9)
        .map(|n| (n, u8::from(n < 7), if n == 0 { 'P' } else { 'S' }))
        .collect();
    let five = &[
        (0, 1, 'P'),
        (1, 1, 'S'),
        (2, 1, 'S'),
        (3, 0, 'S'),
        (4, 0, 'S'),
    ][..];
    let spread = &[
        (0, 1, 'P'),
        (1, 0, 'S'),
        (2, 0, 'S'),
        (3, 1, 'S'),
        (4, 1, 'S'),
    ][..];
    let cases: &[Told] = &[
        (four, |_| (), 3, "an odd number votes"),
        (two, |_| (), 1, "an odd number votes"),
        (&nine, |_| (), 8, "seven is the most that may vote"),
        (
            five,
            |goal| goal.policy.voters = Some(3),
            4,
            "ensure-availability asked for 3 to vote",
        ),
        (
            five,
            |goal| {
                let no_vote = MemberPolicy {
                    votes: Some(false),
                    ..MemberPolicy::default()
                };
                goal.policy.members.insert(unit(4), no_vote);
            },
            4,
            "is kept without a vote by set-member",
        ),
        (
            spread,
            |goal| {
                for (wanted, zone) in goal.units.values_mut().zip(["a", "a", "a", "b", "c"]) {
                    wanted.zone = Some(zone.to_owned());
                }
            },
            1,
            "3 vote, so that the loss of one zone leaves a majority",
        ),
        (
            &[(0, 1, 'P'), (1, 0, 'R')],
            |_| (),
            1,
            "catches up first (it is STARTUP2)",
        ),
        (&[(0, 1, 'P'), (1, 0, 'L')], |_| (), 1, "catches up first"),
        (&[(0, 1, 'P'), (1, 0, 'D')], |_| (), 1, "is away (down)"),
        (
            &[(0, 1, 'P'), (1, 0, 'S'), (2, 0, 'R')],
            |_| (),
            1,
            "an odd number votes: it gets its vote together with the next one",
        ),
        (
            &[(0, 1, 'S'), (1, 1, 'D'), (2, 0, 'S')],
            |_| (),
            2,
            "no vote can be given without a primary and a majority",
        ),
        (
            four,
            |goal| {
                let back = Health {
                    up: true,
                    since_ms: goal.now_ms,
                };
                goal.health.insert(unit(3), back);
                goal.grace_ms = 120_000;
            },
            3,
            "votes once it has been back for 120 s",
        ),
    ];
    for (members, change, number, why) in cases {
        let numbers: Vec<u32> = members.iter().map(|(number, ..)| *number).collect();
        let mut goal = goal(0, Role::Leader, &numbers);
        change(&mut goal);
        let rows = outlook(&view(members), &goal);
        let row = rows.iter().find(|row| row.unit == Some(unit(*number)));
        assert_eq!(row.unwrap().why, *why, "{members:?}");
    }
    // Who is late already, and is to be so, has no step.
    let mut goal = goal(0, Role::Leader, &[0, 1]);
    let late = MemberPolicy {
        delay: Some(3600),
        ..MemberPolicy::default()
    };
    goal.policy.members.insert(unit(1), late);
    let members = view(two);
    let member = members.config.of_unit(&unit(1)).unwrap();
    assert_eq!(
        reason::to_stand_by(&members, &members, &goal, &unit(1), member),
        "is kept 3600 s behind by set-member, and so without a vote"
    );
}

use super::*;
use crate::agent::plan::members::tests::{goal, unit, view};
use crate::model::desired::Role;

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
            "m/3 STARTUP2 Standby->Standby: ",
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

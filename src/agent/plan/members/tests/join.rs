//! Who joins, and whose member a stranger is.

use super::build::{goal, host, lines, unit, view, voters_after};
use super::plan;
use crate::model::desired::{Role, Wanted};
use crate::model::set_config::{Change, SetConfig};

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
fn a_new_member_gets_an_id_that_nobody_has_had() {
    let mut units = goal(0, Role::Leader, &[0, 1, 8, 9]);
    // Those of the highest members that have left are remembered.
    units.first_id = 5;
    let plan = plan(&view(&[(0, 1, 'P'), (1, 0, 'S')]), &units);
    assert_eq!(
        lines(&plan)[0],
        "add m/8 as member 5 at 10.0.0.8:27017, without a vote; \
         add m/9 as member 6 at 10.0.0.9:27017, without a vote (config 5 -> 6)"
    );
    // A plan that takes the highest out goes on with the next.
    let config = view(&[(0, 1, 'P'), (4, 0, 'S')]).config;
    let without = config.with(&[Change::Remove(4)]).unwrap();
    assert_eq!((without.size(), without.next_id()), (1, 5));
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

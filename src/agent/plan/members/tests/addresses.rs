//! Members whose address has changed.

use super::build::{goal, host, lines, unit, view, wanted};
use super::plan;
use crate::model::desired::Role;

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

//! Votes over zones.

use super::build::{goal, in_zones, view, voters_after};
use crate::model::desired::Role;

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

#![no_main]
//! The groups of a partition: whatever is typed, no group holds a unit twice, and a split cuts nobody off from itself.

use mongo_rs::fault::groups;
use mongo_rs::fault::shape::{Direction, Shape, Units, split};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(read) = groups::read("m", text) else { return };
    let all: Vec<_> = (0..5).filter_map(|number| groups::unit("m", &format!("{number}")).ok()).collect();
    let units = Units { all: all.iter().cloned().collect(), ..Units::default() };
    for direction in [Direction::Both, Direction::In, Direction::Out] {
        let Ok(split) = split(&Shape::Custom(read.clone()), direction, &units) else { continue };
        assert!(split.links.iter().all(|(from, to)| from != to && units.all.contains(from) && units.all.contains(to)));
        for group in &split.groups {
            assert!(!split.links.iter().any(|(from, to)| group.contains(from) && group.contains(to)));
        }
    }
});

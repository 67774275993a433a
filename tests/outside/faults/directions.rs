//! Two sides of which one hears nothing of the other, measured by packets: of a connection both ways are needed.

use super::super::support::{Lab, text};
use super::beacon::{Beacons, SILENT_MS, now_ms};
use super::units::{UNITS, heal, until_cut};
use std::collections::BTreeSet;
use std::time::Duration;

pub fn a_direction_of_a_shape_is_cut_and_the_other_one_is_not(lab: &Lab) {
    let beacons = Beacons::light(lab);
    cut_and_heal(lab, "direction=in");
    let between = now_ms();
    cut_and_heal(lab, "direction=out");
    std::thread::sleep(Duration::from_millis(100));
    let seen = beacons.out(lab);
    let silent = |of_the_first: bool| -> BTreeSet<(usize, usize)> {
        let gaps = seen.links.iter();
        let of_this = gaps.filter(|(_, gaps)| {
            let begun = gaps.iter().map(|gap| gap.begun);
            begun.filter(|at| (*at < between) == of_the_first).count() > 0
        });
        of_this.map(|(link, _)| *link).collect()
    };
    // What comes into the first group, and then what goes out of it.
    let out: BTreeSet<_> = (0..2)
        .flat_map(|a| (2..UNITS).map(move |b| (a, b)))
        .collect();
    let into: BTreeSet<_> = out.iter().map(|(a, b)| (*b, *a)).collect();
    assert_eq!(silent(true), into, "{:?}", seen.links);
    assert_eq!(silent(false), out, "{:?}", seen.links);
}

fn cut_and_heal(lab: &Lab, direction: &str) {
    let words = ["partition", "groups=0,1/2,3,4", direction, "delay=600"];
    let cut = lab.action("mongo-rs/0", &words);
    assert_eq!(text(&cut, "links"), "6", "{cut}");
    for n in 0..UNITS {
        until_cut(lab, n, true);
    }
    // What is silent for less does not count.
    std::thread::sleep(Duration::from_secs_f64(SILENT_MS / 1000.0 + 0.5));
    heal(lab);
}

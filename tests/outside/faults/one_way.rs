//! Ways that are cut one by one, as jupsen's scripts do: they hold beside each other, and each ends at its own time.

use super::super::support::{Lab, text};
use super::beacon::{Beacons, now_ms};
use super::reach::until_reached;
use super::units::{until_cut, until_nobody_is_cut};
use std::time::Duration;

pub fn ways_that_are_cut_one_by_one_end_each_at_its_time(lab: &Lab) {
    let beacons = Beacons::light(lab);
    // The first hears nothing of the second.
    let first = part(lab, 1, 0, 30);
    // While it holds: half a minute may be over soon on a busy machine.
    let again = ["partition", "from=mongo-rs/0", "to=mongo-rs/1"];
    let why = lab.refused("mongo-rs/1", &again);
    assert!(why.contains("s more"), "{why}");
    let second = part(lab, 0, 1, 600);
    // The one whom neither concerns hears of them last.
    lab.until("mongo-rs/2 has heard of a partition", 25, |_| {
        text(&lab.action("mongo-rs/2", &["faults"]), "asked-for").contains("(partition)")
    });
    let why = lab.refused("mongo-rs/2", &["partition"]);
    assert!(why.contains("s more"), "{why}");
    let left = (first - now_ms()).max(0.0) / 1000.0;
    std::thread::sleep(Duration::from_secs_f64(left + 3.0));
    let there = lab.plugin(&["show", "mongo-rs/1"], &[]);
    assert!(
        there.contains("10.61.0.10 not spoken to") && !there.contains("not heard"),
        "{there}"
    );
    // That way is over; only the word about the other one ends it.
    let other = lab.plugin(&["heal", "mongo-rs/1", "mongo-rs/0"], &[]);
    assert!(
        other.contains("still-in-place: 10.61.0.10 not spoken to"),
        "{other}"
    );
    lab.plugin(&["heal", "mongo-rs/0", "mongo-rs/1"], &[]);
    let healed = now_ms();
    until_nobody_is_cut(lab);
    std::thread::sleep(Duration::from_millis(100));
    let seen = beacons.out(lab);
    let cut: Vec<_> = seen.links.keys().copied().collect();
    assert_eq!(cut, [(0, 1), (1, 0)], "{:?}", seen.links);
    let (there, back) = (seen.links[&(0, 1)][0], seen.links[&(1, 0)][0]);
    println!(
        "part 1 0 for 30 s and part 0 1: nothing passes from 0 to 1 for {:.1} s, both ways {:.1} s; after their ends {:.0} ms \
         and (by heal) {:.0} ms",
        (there.ended - there.begun) / 1000.0,
        (there.ended - back.begun) / 1000.0,
        there.ended - first,
        back.ended - healed
    );
    assert!(
        (-500.0..3000.0).contains(&(there.ended - first)),
        "{there:?}"
    );
    assert!(back.begun < there.ended && there.ended < back.ended);
    assert!(
        back.ended < healed + 30_000.0 && healed < second,
        "{back:?}"
    );
    // Both at once, and both healed by one word.
    part(lab, 3, 2, 600);
    part(lab, 2, 3, 600);
    until_reached(lab, "neither way", 27017, &|from, to| {
        (from, to) != (2, 3) && (from, to) != (3, 2)
    });
    until_cut(lab, 2, true);
    lab.plugin(&["heal"], &[]);
    until_nobody_is_cut(lab);
    until_reached(lab, "healed", 27017, &|_, _| true);
}

/// `part A B` in jupsen's words; the moment at which it ends.
fn part(lab: &Lab, hears: usize, not: usize, seconds: u64) -> f64 {
    let (hears, not) = (super::unit(hears), super::unit(not));
    let delay = seconds.to_string();
    let said = lab.plugin(&["part", &hears, &not], &[("DELAY", delay.as_str())]);
    assert!(
        said.contains("outcome: installed") && said.contains("links: '1'"),
        "{said}"
    );
    let id = said
        .lines()
        .find_map(|line| line.trim().strip_prefix("id: "));
    let asked = id.and_then(|id| id.rsplit('-').next()?.trim().parse::<f64>().ok());
    asked.unwrap_or_else(|| panic!("{said}")) + seconds as f64 * 1000.0
}

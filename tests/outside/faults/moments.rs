//! When a partition really begins and ends: measured by packets, not by what the units say.

use super::super::support::{Lab, text};
use super::beacon::{Beacons, Gap, SILENT_MS, Seen, now_ms};
use super::shapes::groups;
use super::units::{UNITS, until_cut, until_nobody_is_cut};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// The moments of one partition, in milliseconds.
pub struct Moments {
    /// From the return of the action until nothing passes any more on the last of its links.
    pub last_cut: f64,
    /// From the return of the action until every unit's own kernel holds its part.
    pub all_hold: f64,
    /// From what ended it (its time, or the return of `heal`) until something passes again, by unit: what it sends leaves
    /// its own kernel, it hears the first of the other side, it hears the last.
    pub back: BTreeMap<usize, [f64; 3]>,
    /// The longest time between two beacons of a link.
    pub worst: f64,
}

impl Moments {
    fn of(&self, which: usize) -> Vec<f64> {
        let mut all: Vec<f64> = self.back.values().map(|back| back[which]).collect();
        all.sort_by(f64::total_cmp);
        all
    }

    /// How far apart the units' own kernels are.
    pub fn kernels_apart(&self) -> f64 {
        let own = self.of(0);
        own[own.len() - 1] - own[0]
    }

    /// How far apart the first and the last link are.
    pub fn links_apart(&self) -> f64 {
        self.last_link() - self.of(1)[0]
    }

    /// When the last link is open again.
    pub fn last_link(&self) -> f64 {
        self.of(2)[self.back.len() - 1]
    }
}

/// Cuts and lets the time go by.
pub fn until_its_time(lab: &Lab, seconds: u64) -> Moments {
    let beacons = Beacons::light(lab);
    let delay = format!("delay={seconds}");
    let cut = lab.action("mongo-rs/0", &["partition", "shape=primary-pair", &delay]);
    let returned = now_ms();
    // Its name ends with the moment at which it was asked for.
    let asked: f64 = text(&cut, "id")
        .rsplit('-')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let end = asked + seconds as f64 * 1000.0;
    // Nothing is to be waited for but the end itself, and what may come too late after it.
    std::thread::sleep(Duration::from_secs_f64(
        (end - now_ms()).max(0.0) / 1000.0 + 2.0,
    ));
    until_nobody_is_cut(lab);
    moments(&cut, &beacons.out(lab), returned, end)
}

/// Cuts and heals.
pub fn until_healed(lab: &Lab) -> Moments {
    let beacons = Beacons::light(lab);
    let words = ["partition", "shape=primary-pair", "delay=600"];
    let cut = lab.action("mongo-rs/0", &words);
    let returned = now_ms();
    for n in 0..UNITS {
        until_cut(lab, n, true);
    }
    // What is silent for less does not count.
    std::thread::sleep(Duration::from_secs_f64(SILENT_MS / 1000.0));
    lab.action("mongo-rs/0", &["heal"]);
    let end = now_ms();
    until_nobody_is_cut(lab);
    std::thread::sleep(Duration::from_millis(100));
    moments(&cut, &beacons.out(lab), returned, end)
}

/// That exactly the links of the partition were cut, and when.
fn moments(cut: &Value, seen: &Seen, returned: f64, end: f64) -> Moments {
    let groups = groups(cut);
    let side = |n: usize| groups.iter().position(|group| group.contains(&n));
    let all = (0..UNITS).flat_map(|a| (0..UNITS).map(move |b| (a, b)));
    let across: Vec<_> = all
        .filter(|(a, b)| a != b && side(*a) != side(*b))
        .collect();
    let silent: Vec<_> = seen.links.keys().copied().collect();
    assert_eq!(silent, across, "{cut}");
    let last = |gaps: &[Gap]| *gaps.last().unwrap();
    // The first silence is the cut's, the last one ends with it; there is one, or something passed in between.
    for (link, gaps) in &seen.links {
        assert_eq!(gaps.len(), 1, "something passed on {link:?}: {gaps:?}");
    }
    let latest = |moments: &mut dyn Iterator<Item = f64>| moments.fold(f64::MIN, f64::max);
    let last_cut = latest(&mut seen.links.values().map(|gaps| gaps[0].begun)) - returned;
    let all_hold = latest(&mut seen.own.values().map(|gaps| gaps[0].begun)) - returned;
    let back = (0..UNITS).map(|n| {
        let own = seen.own.iter().filter(|((from, _), _)| *from == n);
        let own = latest(&mut own.map(|(_, gaps)| last(gaps).ended));
        let heard = seen.links.iter().filter(|((_, to), _)| *to == n);
        let mut heard: Vec<f64> = heard.map(|(_, gaps)| last(gaps).ended).collect();
        heard.sort_by(f64::total_cmp);
        (n, [own - end, heard[0] - end, heard[heard.len() - 1] - end])
    });
    Moments {
        last_cut,
        all_hold,
        back: back.collect(),
        worst: seen.worst,
    }
}

/// Prints them, and asserts what nobody would call together any more.
pub fn the_units_cut_and_heal_together(lab: &Lab) {
    for (what, moments) in [
        ("its time", until_its_time(lab, 20)),
        ("the return of heal", until_healed(lab)),
    ] {
        println!(
            "ms after the action's return: nothing passes on the last link {:.0}, every unit's own kernel has cut {:.0}",
            moments.last_cut, moments.all_hold
        );
        println!(
            "ms after {what}: its own kernel lets pass, hears the first of the others, hears the last"
        );
        for (n, [own, first, last]) in &moments.back {
            println!("  mongo-rs/{n} {own:>6.0} {first:>6.0} {last:>6.0}");
        }
        println!(
            "  apart: kernels {:.0} ms, links {:.0} ms (beacons at most {:.0} ms apart)",
            moments.kernels_apart(),
            moments.links_apart(),
            moments.worst
        );
        assert!(moments.last_cut < 30_000.0, "the last link is cut too late");
        let first = moments
            .back
            .values()
            .map(|back| back[1])
            .fold(f64::MAX, f64::min);
        let (earliest, latest) = match what {
            // The kernel counts in milliseconds from when it is told.
            "its time" => (-500.0, 3000.0),
            // One link may be open before the action returns, the others as soon as their units have heard of it.
            _ => (-60_000.0, 30_000.0),
        };
        assert!(first > earliest, "{first} ms: too early");
        assert!(
            moments.last_link() < latest,
            "{} ms: too late",
            moments.last_link()
        );
    }
}

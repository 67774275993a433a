//! When links are really cut and open again: beacons on every machine, which all go by the one monotonic clock of their one
//! kernel.

use super::super::support::{Lab, said};
use super::traffic::Place;
use super::units::{UNITS, on};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::process::Child;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const PROGRAM: &str = include_str!("beacon.py");

/// A link on which nothing passed for so long is taken for cut: a beacon may have had to wait for its turn for less.
pub const SILENT_MS: f64 = 3000.0;

/// Milliseconds since 1970, to the thousandth.
pub fn now_ms() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_secs_f64() * 1000.0
}

/// Burning beacons.
pub struct Beacons(Vec<Child>);

/// What a beacon noted, in nanoseconds of the monotonic clock.
#[derive(Deserialize)]
struct Notes {
    silences: Vec<Silence>,
    refusals: Vec<Refusal>,
    /// The longest time between two rounds.
    worst: u64,
    /// What the clock of the world is ahead of the monotonic one.
    wall: u64,
}

/// A link on which something was lost.
#[derive(Deserialize)]
struct Silence {
    other: usize,
    /// When the last datagram before it was sent, that came.
    last: u64,
    /// When the first one was sent that came again.
    first: u64,
}

/// A time during which a machine's own firewall dropped what it sent to another one.
#[derive(Deserialize)]
struct Refusal {
    other: usize,
    /// When it first did.
    begun: u64,
    /// When the first one passed again.
    first: u64,
}

/// How long nothing passed, in milliseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct Gap {
    /// From then on.
    pub begun: f64,
    /// Until then: something passed again.
    pub ended: f64,
}

/// What all beacons noted.
pub struct Seen {
    /// From whom to whom nothing passed for [`SILENT_MS`] or more, and when.
    pub links: BTreeMap<(usize, usize), Vec<Gap>>,
    /// The same as the sender's own kernel has it.
    pub own: BTreeMap<(usize, usize), Vec<Gap>>,
    /// The longest time between two datagrams of a link, in milliseconds: no moment is known better.
    pub worst: f64,
}

impl Beacons {
    /// Lights one on every unit, and waits until each sees all others.
    pub fn light(lab: &Lab) -> Self {
        let light = |n| Place::Unit(n).start(lab, PROGRAM, &format!("{n} {UNITS}"));
        let all = Self((0..UNITS).map(light).collect());
        let deadline = Instant::now() + Duration::from_secs(60);
        for n in 0..UNITS {
            while !on(lab, n, "ls /run").contains("beacon-ready") {
                assert!(Instant::now() < deadline, "the beacon of mongo-rs/{n}");
            }
        }
        all
    }

    /// Puts them out, and tells what they saw.
    pub fn out(self, lab: &Lab) -> Seen {
        for n in 0..UNITS {
            on(lab, n, "touch /run/beacon-over");
        }
        let notes = self.0.into_iter().map(|child| {
            let output = child.wait_with_output().unwrap();
            serde_json::from_slice::<Notes>(&output.stdout)
                .unwrap_or_else(|error| panic!("{error}: {}", said(&output)))
        });
        let notes: Vec<Notes> = notes.collect();
        // One kernel, one clock; what is ahead of it is asked of one beacon only.
        let wall = notes[0].wall;
        let ms = |ns: u64| (ns + wall) as f64 / 1e6;
        let mut seen = Seen {
            links: BTreeMap::new(),
            own: BTreeMap::new(),
            worst: notes.iter().map(|it| it.worst).max().unwrap() as f64 / 1e6,
        };
        let gap = |begun, ended| Gap {
            begun: ms(begun),
            ended: ms(ended),
        };
        for (me, notes) in notes.iter().enumerate() {
            for it in &notes.silences {
                let gaps = seen.links.entry((it.other, me)).or_default();
                gaps.push(gap(it.last, it.first));
            }
            for it in &notes.refusals {
                let gaps = seen.own.entry((me, it.other)).or_default();
                gaps.push(gap(it.begun, it.first));
            }
        }
        for gaps in seen.links.values_mut() {
            gaps.retain(|gap| gap.ended - gap.begun >= SILENT_MS);
        }
        seen.links.retain(|_, gaps| !gaps.is_empty());
        seen
    }
}

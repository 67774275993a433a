//! What `faults` tells of the other units.

use super::super::support::{Lab, text};
use super::units::{heal, until_heard_of};

/// Asked of any unit, it tells for how long each unit's own kernel keeps its part; and what ends is told no more.
pub fn every_unit_tells_how_long_its_own_kernel_keeps_it(lab: &Lab) {
    let cut = lab.action("mongo-rs/0", &["partition", "delay=600"]);
    let key = format!("acknowledged-{}", text(&cut, "id"));
    lab.until("every unit has told its kernel's end", 60, |_| {
        let seen = lab.action("mongo-rs/4", &["faults"]);
        let told = seen[&key].as_str().unwrap_or_default().to_owned();
        let left: Vec<u64> = (0..5).filter_map(|n| left(&told, n)).collect();
        if left.len() == 5 {
            println!("{key}: {told}");
            assert!(left.iter().all(|left| (500..600).contains(left)), "{told}");
            assert!(
                left.iter().max().unwrap() - left.iter().min().unwrap() <= 2,
                "{told}"
            );
        }
        left.len() == 5
    });
    // A server that stands still is ended by its watchdog, whose end is told in the kernel's place.
    let pause = lab.action("mongo-rs/1", &["pause", "delay=300"]);
    let key = format!("acknowledged-{}", text(&pause, "id"));
    until_heard_of(lab, 4, &pause);
    let seen = lab.action("mongo-rs/4", &["faults"]);
    let left = left(text(&seen, &key), 1).unwrap_or_default();
    assert!((200..300).contains(&left), "{seen}");
    lab.action("mongo-rs/4", &["heal"]);
    let healed = lab.action("mongo-rs/4", &["faults"]);
    assert!(healed[&key].is_null(), "{healed}");
    // The unit that asked for it, which was cut off, hears of that last.
    heal(lab);
}

/// The seconds of `mongo-rs/N installed for S s`.
fn left(told: &str, n: usize) -> Option<u64> {
    let of_unit = format!("mongo-rs/{n} installed for ");
    let part = told
        .split(", ")
        .find_map(|part| part.strip_prefix(&of_unit))?;
    part.strip_suffix(" s")?.parse().ok()
}

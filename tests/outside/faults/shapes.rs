//! Partitions: each shape cuts its links and no other.

use super::super::support::{Lab, text};
use super::reach::{services_of_others_run, the_way_in_is_open, until_reached};
use super::units::{UNITS, heal, on};
use serde_json::Value;
use std::collections::BTreeSet;

/// After each of them everything must be as before.
pub fn every_shape_cuts_its_links_and_no_other(lab: &Lab, as_before: &dyn Fn()) {
    services_of_others_run(lab);
    for words in [
        &["shape=primary-pair"][..],
        &["shape=primary-alone"],
        &["shape=minority"],
        &["shape=halves"],
        &["shape=no-majority"],
        &["shape=majorities-ring"],
        &["shape=bridge"],
        &["shape=random", "seed=7"],
        &["groups=0,1/2,3"],
        &["from=mongo-rs/1", "to=mongo-rs/3"],
    ] {
        let cut = lab.action("mongo-rs/0", &[&["partition", "delay=120"], words].concat());
        assert_eq!(text(&cut, "outcome"), "installed", "{words:?}: {cut}");
        let groups = groups(&cut);
        let together = |from: usize, to: usize| -> bool {
            match words[0] {
                "shape=majorities-ring" => matches!(from.abs_diff(to), 1 | 4),
                // The third is the one that hears both.
                "shape=bridge" => {
                    groups[2].contains(&from)
                        || groups[2].contains(&to)
                        || groups.iter().any(|g| g.contains(&from) && g.contains(&to))
                }
                "groups=0,1/2,3" => {
                    from == 4
                        || to == 4
                        || groups.iter().any(|g| g.contains(&from) && g.contains(&to))
                }
                // Of a connection both ways are needed.
                "from=mongo-rs/1" => (from, to) != (1, 3) && (from, to) != (3, 1),
                _ => groups.iter().any(|g| g.contains(&from) && g.contains(&to)),
            }
        };
        until_reached(lab, words[0], 27017, &together);
        the_way_in_is_open(lab);
        heal(lab);
        as_before();
    }
    until_reached(lab, "healed", 27017, &|_, _| true);
}

pub fn groups(results: &Value) -> Vec<BTreeSet<usize>> {
    let group = |n: usize| {
        let names = results[format!("group-{n}")].as_str()?;
        Some(
            names
                .split(',')
                .map(|name| name[9..].parse().unwrap())
                .collect(),
        )
    };
    (1..=UNITS).map_while(group).collect()
}

pub fn mongods_traffic_is_cut_and_other_traffic_passes(lab: &Lab) {
    let words = [
        "partition",
        "groups=0,1,2,3/4",
        "traffic=mongod",
        "delay=120",
    ];
    lab.action("mongo-rs/0", &words);
    until_reached(lab, "mongod's port", 27017, &|from, to| {
        from != 4 && to != 4
    });
    until_reached(lab, "the other service", 8080, &|_, _| true);
    heal(lab);
    for n in 0..UNITS {
        on(lab, n, "pkill -f 'http[.]server' || true");
    }
}

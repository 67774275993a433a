//! Who reaches whom, by connections that are tried.

use super::super::support::Lab;
use super::units::{UNITS, on};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// To whom each unit can open a connection: on mongod's port, or on a port of a service that is none of ours.
fn reached(lab: &Lab, port: u16) -> BTreeMap<usize, BTreeSet<usize>> {
    let from = |n: usize| {
        let tries = format!(
            "for to in 0 1 2 3 4; do (timeout 1 bash -c \"</dev/tcp/10.61.0.1$to/{port}\" 2>/dev/null && echo $to) & done; wait"
        );
        let said = on(lab, n, &tries);
        let others = said
            .lines()
            .map(|line| line.trim().parse::<usize>().unwrap());
        (n, others.filter(|to| *to != n).collect())
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..UNITS).map(|n| scope.spawn(move || from(n))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

/// Waits until who reaches whom is as expected: the units that were not asked follow within a few seconds.
pub fn until_reached(lab: &Lab, what: &str, port: u16, expected: &dyn Fn(usize, usize) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    let expected: BTreeMap<usize, BTreeSet<usize>> = (0..UNITS)
        .map(|n| {
            (
                n,
                (0..UNITS)
                    .filter(|to| *to != n && expected(n, *to))
                    .collect(),
            )
        })
        .collect();
    loop {
        let seen = reached(lab, port);
        if seen == expected {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "{what}: {seen:?}, not {expected:?}"
        );
    }
}

/// Whoever is outside and the controller must reach every unit whatever is cut: the server, and the port of ssh.
pub fn the_way_in_is_open(lab: &Lab) {
    for n in 0..UNITS {
        let both = format!("</dev/tcp/10.61.0.1{n}/27017 && </dev/tcp/10.61.0.1{n}/22");
        lab.lab(&["client", "--", "timeout", "2", "bash", "-c", &both]);
        on(lab, n, "nft list table inet theirs >/dev/null 2>&1 || true");
    }
}

/// Something on the port of ssh, and on another one.
pub fn services_of_others_run(lab: &Lab) {
    for (n, port) in (0..UNITS).flat_map(|n| [(n, 22), (n, 8080)]) {
        let serve = format!("setsid python3 -m http.server {port} >/dev/null 2>&1 </dev/null &");
        on(lab, n, &serve);
    }
    for port in [22, 8080] {
        until_reached(lab, "what is not ours", port, &|_, _| true);
    }
}

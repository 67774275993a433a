//! All that a fault could leave behind.

use super::super::support::Lab;
use super::units::{UNITS, on};
use std::time::{Duration, Instant};

pub fn traces(lab: &Lab) -> Vec<String> {
    (0..UNITS).map(|n| traces_on(lab, n)).collect()
}

/// All that a fault could leave behind on a machine; of firewalls without counts, for those of another's rules go on
/// counting, and of processes those that are there for longer than a hook takes (the tests' own are Python's). Files of
/// systemd's own come and go with whoever looks.
const TRACES: &str = "nft -s list ruleset; iptables-legacy -S; sha256sum /etc/ufw/*; tc qdisc show; \
    pgrep -af '[e]nd-faults'; ls /var/lib/mongodb | grep fill; \
    ps -eo etimes=,stat=,comm= | awk '$1 > 2 && $3 !~ /python/ {print ($2 ~ /^[TZ]/) ? \"ill\" : \"well\", $3}' | sort; \
    find /etc/systemd /run /var/lib/mongo-rs -xdev -type f | grep -v -e lock -e beacon -e /runs/ -e /run/systemd/[a-s] | sort; \
    true";

pub fn traces_on(lab: &Lab, n: usize) -> String {
    on(lab, n, TRACES)
}

pub fn until_nothing_is_left(lab: &Lab, before: &[String]) {
    for (n, before) in before.iter().enumerate() {
        until_as_before(lab, n, before, "something is left");
    }
}

/// Waits until one unit's machine is as it was.
pub fn until_as_before(lab: &Lab, n: usize, before: &str, what: &str) {
    let deadline = Instant::now() + Duration::from_secs(90);
    while let now = traces_on(lab, n)
        && now != before
    {
        let lacks = |lines: &str, sign: char, all: &str| -> String {
            let missing = lines
                .lines()
                .filter(|line| !all.lines().any(|it| it == *line));
            missing.map(|line| format!("{sign} {line}\n")).collect()
        };
        assert!(
            Instant::now() < deadline,
            "mongo-rs/{n}: {what}:\n{}{}",
            lacks(&now, '+', before),
            lacks(before, '-', &now)
        );
        std::thread::sleep(Duration::from_millis(300));
    }
}

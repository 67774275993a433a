//! All that a fault could leave behind.

use super::super::support::Lab;
use super::units::{UNITS, on};
use std::time::{Duration, Instant};

pub fn traces(lab: &Lab) -> Vec<String> {
    (0..UNITS).map(|n| traces_on(lab, n)).collect()
}

/// All that a fault could leave behind: firewall, queues, notes, watchdogs, files beside the data, servers that do not run.
pub fn traces_on(lab: &Lab, n: usize) -> String {
    // Without counts: those of another's rules go on counting.
    let command = "nft -s list ruleset; iptables-legacy -S; ufw status verbose; sha256sum /etc/ufw/*; tc qdisc show; ls /var/lib/mongo-rs/faults 2>/dev/null | grep -v lock; \
                   pgrep -af end-faults | grep -v pgrep; ls /var/lib/mongodb | grep fill; ps -o stat= -C mongod | cut -c1; true";
    on(lab, n, command).replace("pgrep -af end-faults", "")
}

pub fn until_nothing_is_left(lab: &Lab, before: &[String]) {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let now = traces(lab);
        if now == before {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "left:\n{now:#?}\nbefore:\n{before:#?}"
        );
        std::thread::sleep(Duration::from_millis(500));
    }
}

//! IPv6 addresses in the kernel's sets. The lab's units are known by their IPv4 ones, so the transaction that is made for a
//! fault is handed to `nft` from here.

use super::super::support::Lab;
use super::units::on;
use mongo_rs::host::firewall::{Table, script};
use mongo_rs::model::fault::network::{Element, End, Network, Rule, Side};
use std::net::IpAddr;
use std::time::{Duration, Instant, SystemTime};

const FAR: &str = "fd6c:6162::b";
const PORT: u16 = 8086;
const SECONDS: u64 = 8;

/// Each rule stops what comes or goes, is told, and is over when the kernel says so: here no hook runs.
pub fn what_is_meant_for_an_ipv6_address_bites_and_ends(lab: &Lab) {
    let serve =
        format!("setsid python3 -m http.server {PORT} --bind :: >/dev/null 2>&1 </dev/null &");
    on(lab, 1, &serve);
    until_it_passes(lab);
    let far: IpAddr = FAR.parse().unwrap();
    let (address, service) = (Element::Address(far), Element::Service(far, PORT));
    for (rule, element) in [
        (Rule::Drop(Side::In), address),
        (Rule::Drop(Side::Out), address),
        (Rule::DropPort(Side::In, End::Source), service),
        (Rule::DropPort(Side::Out, End::Destination), service),
        (Rule::Lose(10_000), address),
    ] {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = u64::try_from(now.unwrap().as_millis()).unwrap();
        let mut network = Network::default();
        network.add(rule, element, now + SECONDS * 1000);
        let script = script(Table::Charm, &network, now);
        let begun = Instant::now();
        on(lab, 0, &format!("nft -f - <<'END'\n{script}END"));
        assert!(!passes(lab), "{script}");
        let told = on(lab, 0, "mongo-rs faults");
        assert!(told.contains(FAR), "{script}: {told}");
        until_it_passes(lab);
        let held = begun.elapsed();
        assert!(
            held > Duration::from_secs(SECONDS - 1),
            "{held:?}: {script}"
        );
    }
    on(lab, 0, "nft delete table inet mongo_rs_fault");
    on(lab, 1, "pkill -f 'http[.]server'");
}

fn passes(lab: &Lab) -> bool {
    let open = format!("timeout 1 bash -c '</dev/tcp/{FAR}/{PORT}' 2>/dev/null");
    lab.run(&["ssh", "mongo-rs/0", &open]).status.success()
}

fn until_it_passes(lab: &Lab) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !passes(lab) {
        assert!(Instant::now() < deadline, "nothing passes to {FAR}");
    }
}

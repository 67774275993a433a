//! Which of a machine's addresses the others are to use.

use serde_json::Value;
use std::net::IpAddr;

/// How well an address does for a member; the lesser, the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fitness {
    /// An address in a network.
    Plain,
    /// One whose network is itself alone (`/32`, `/128`): as a rule it moves from machine to machine.
    Virtual,
    /// It is known on one link only.
    LinkLocal,
}

/// The address at which the others reach this unit, from what `network-get` prints. `present` are those under which they
/// know it already, the best first: one of them stays, as long as it is among the best that there are, so that a network
/// card more moves no member. Else it is the first that Juju names; addresses of this machine alone are none.
pub fn usable_address(network: &Value, present: &[IpAddr]) -> Option<IpAddr> {
    let bound = network["bind-addresses"].as_array().into_iter().flatten();
    let bound: Vec<&Value> = bound
        .filter_map(|bind| bind["addresses"].as_array())
        .flatten()
        .collect();
    let ingress = network["ingress-addresses"].as_array();
    let named = ingress
        .into_iter()
        .flatten()
        .chain(bound.iter().map(|address| &address["value"]));
    let usable: Vec<IpAddr> = named.filter_map(ip).filter(is_for_others).collect();
    let is_virtual = |of: IpAddr| {
        let own = bound.iter().filter(|bound| ip(&bound["value"]) == Some(of));
        let mut prefixes = own.filter_map(|bound| prefix(&bound["cidr"]));
        prefixes.any(|bits| bits == if of.is_ipv4() { 32 } else { 128 })
    };
    let fitness = |of: IpAddr| match is_link_local(of) {
        true => Fitness::LinkLocal,
        false if is_virtual(of) => Fitness::Virtual,
        false => Fitness::Plain,
    };
    let best = usable.iter().map(|of| fitness(*of)).min()?;
    let fit = |of: &&IpAddr| fitness(**of) == best;
    let kept = present.iter().filter(|of| usable.contains(of)).find(fit);
    kept.or_else(|| usable.iter().find(fit)).copied()
}

/// IPv4 addresses that are written as IPv6 ones are what they are.
fn ip(value: &Value) -> Option<IpAddr> {
    Some(value.as_str()?.parse::<IpAddr>().ok()?.to_canonical())
}

fn is_for_others(of: &IpAddr) -> bool {
    !of.is_loopback() && !of.is_unspecified()
}

fn is_link_local(of: IpAddr) -> bool {
    match of {
        IpAddr::V4(of) => of.is_link_local(),
        IpAddr::V6(of) => of.is_unicast_link_local(),
    }
}

/// How many bits of a network's text are the network's.
fn prefix(cidr: &Value) -> Option<u8> {
    cidr.as_str()?.rsplit_once('/')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// As Juju prints it: `10.0.0.5/24` is an address and its network; the ingress addresses are the same ones.
    fn printed(addresses: &str) -> Value {
        let all: Vec<(&str, String)> = addresses
            .split_whitespace()
            .map(|text| {
                let (value, bits) = text.split_once('/').unwrap_or((text, ""));
                (value, format!("{value}/{bits}"))
            })
            .collect();
        let bound: Vec<Value> = all
            .iter()
            .map(|(value, cidr)| json!({ "hostname": "", "value": value, "cidr": cidr }))
            .collect();
        let ingress: Vec<&str> = all.iter().map(|(value, _)| *value).collect();
        json!({ "bind-addresses": [{ "interface-name": "eth0", "addresses": bound }],
                "egress-subnets": [], "ingress-addresses": ingress })
    }

    /// What is printed, under which addresses the unit is known, and which one it is to have. The ids are those of known
    /// cases of Juju (`agent::plan::cases_test`).
    #[test]
    fn the_address_that_others_reach_is_chosen_and_kept() {
        for (addresses, present, expected) in [
            ("10.0.0.5/24", "", "10.0.0.5"),
            // Of several it is the first that Juju names; Juju's own took the lowest by its text (dpg-106).
            ("10.0.0.99/24 10.0.0.100/24", "", "10.0.0.99"),
            // A card more, named first, moves nobody (dpg-101, dpg-109), with either kind of address.
            ("10.9.0.5/24 10.0.0.5/24", "10.0.0.5", "10.0.0.5"),
            (
                "2001:db8:9::5/64 2001:db8::5/64",
                "2001:db8::5",
                "2001:db8::5",
            ),
            ("2001:db8::5/64 10.0.0.5/24", "10.0.0.5", "10.0.0.5"),
            // The best that it is known under counts first.
            ("10.1.0.5/24 10.0.0.5/24", "10.0.0.5 10.1.0.5", "10.0.0.5"),
            // Its address is gone: it has moved.
            ("10.0.0.6/24", "10.0.0.5", "10.0.0.6"),
            // A virtual address is nobody's while there is another (dpg-108), even if it was taken before.
            ("0.1.2.5/32 0.1.2.10/24", "", "0.1.2.10"),
            ("0.1.2.5/32 0.1.2.10/24", "0.1.2.5", "0.1.2.10"),
            ("2001:db8::5/128 2001:db8::10/64", "", "2001:db8::10"),
            // Some clouds give nothing else.
            ("10.0.0.5/32", "", "10.0.0.5"),
            ("10.0.0.5/32 10.0.0.6/32", "10.0.0.6", "10.0.0.6"),
            // Known on one link only: better than none.
            ("169.254.1.1/16 10.0.0.5/24", "169.254.1.1", "10.0.0.5"),
            ("fe80::1/64 10.0.0.5/32", "", "10.0.0.5"),
            ("fe80::1/64 2001:db8::5/64", "", "2001:db8::5"),
            ("fe80::1/64", "", "fe80::1"),
            // This machine's alone (hf-02).
            ("127.0.0.1/8 ::1/128 0.0.0.0/0 :: ::ffff:127.0.0.1", "", ""),
            ("127.0.0.1/8 2001:db8::5/64", "127.0.0.1", "2001:db8::5"),
            // Nobody knows the network.
            ("10.0.0.5 10.0.0.6/24", "", "10.0.0.5"),
            ("", "10.0.0.5", ""),
        ] {
            let present: Vec<IpAddr> = present
                .split_whitespace()
                .map(|text| text.parse().unwrap())
                .collect();
            let found = usable_address(&printed(addresses), &present);
            let found = found.map(|of| of.to_string()).unwrap_or_default();
            assert_eq!(found, expected, "{addresses:?}, known under {present:?}");
        }
    }

    #[test]
    fn what_is_printed_in_other_shapes_is_read_too() {
        for (network, expected) in [
            (
                json!({ "ingress-addresses": ["10.0.0.5"] }),
                Some("10.0.0.5"),
            ),
            (
                json!({ "bind-addresses": [{ "addresses": null }, { "addresses": [{ "value": "10.0.0.5" }] }] }),
                Some("10.0.0.5"),
            ),
            // The way in is not an address of the machine.
            (
                json!({ "ingress-addresses": ["203.0.113.5"],
                        "bind-addresses": [{ "addresses": [{ "value": "10.0.0.5", "cidr": "10.0.0.0/24" }] }] }),
                Some("203.0.113.5"),
            ),
            (json!({ "ingress-addresses": ["a.name", 7, null] }), None),
            (json!({}), None),
            (json!(null), None),
        ] {
            let expected = expected.map(|text| text.parse::<IpAddr>().unwrap());
            assert_eq!(usable_address(&network, &[]), expected, "{network}");
        }
    }
}

//! What is said to `nft`, and what it says. Pure.

use crate::model::fault::network::{Element, End, Network, Rule, Side};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::IpAddr;

/// What the elements of a set are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Family {
    V4,
    V6,
    Port,
}

impl Element {
    fn family(self) -> Family {
        match self {
            Self::Address(IpAddr::V4(_)) | Self::Service(IpAddr::V4(_), _) => Family::V4,
            Self::Address(IpAddr::V6(_)) | Self::Service(IpAddr::V6(_), _) => Family::V6,
            Self::Port(_) => Family::Port,
        }
    }

    fn text(self) -> String {
        match self {
            Self::Address(address) => address.to_string(),
            Self::Service(address, port) => format!("{address} . {port}"),
            Self::Port(port) => port.to_string(),
        }
    }
}

impl Rule {
    /// The name of its set, but for the family's ending; [`Rule::of_name`] reads it.
    fn name(self) -> String {
        let side = |side| if side == Side::In { "in" } else { "out" };
        let end = |end| {
            if end == End::Source {
                "source"
            } else {
                "destination"
            }
        };
        match self {
            Self::Drop(way) => format!("drop_{}", side(way)),
            Self::DropPort(way, port) => format!("drop_{}_{}", side(way), end(port)),
            Self::Lose(share) => format!("lose_{share}"),
            Self::LosePort(share) => format!("lose_port_{share}"),
            Self::Limit(rate) => format!("limit_{rate}"),
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        let number = |text: &str| text.parse().ok();
        Some(match name {
            "drop_in" => Self::Drop(Side::In),
            "drop_out" => Self::Drop(Side::Out),
            "drop_in_source" => Self::DropPort(Side::In, End::Source),
            "drop_in_destination" => Self::DropPort(Side::In, End::Destination),
            "drop_out_source" => Self::DropPort(Side::Out, End::Source),
            "drop_out_destination" => Self::DropPort(Side::Out, End::Destination),
            other => match other.split_at(other.rfind('_')? + 1) {
                ("lose_", share) => Self::Lose(number(share)?),
                ("lose_port_", share) => Self::LosePort(number(share)?),
                ("limit_", rate) => Self::Limit(number(rate)?),
                _ => return None,
            },
        })
    }

    fn side(self) -> Side {
        match self {
            Self::Drop(side) | Self::DropPort(side, _) => side,
            Self::Lose(_) | Self::LosePort(_) => Side::In,
            Self::Limit(_) => Side::Out,
        }
    }

    fn text(self, family: Family, set: &str) -> String {
        let ip = if family == Family::V6 { "ip6" } else { "ip" };
        let address = match self.side() {
            Side::In => format!("{ip} saddr"),
            Side::Out => format!("{ip} daddr"),
        };
        match self {
            Self::Drop(_) => format!("{address} @{set} drop"),
            Self::DropPort(_, End::Source) => format!("{address} . tcp sport @{set} drop"),
            Self::DropPort(_, End::Destination) => format!("{address} . tcp dport @{set} drop"),
            // Only once: the port's own loss is everybody else's.
            Self::Lose(share) => {
                let lost = by_chance(share);
                format!("{address} @{set} {lost}drop; {address} @{set} return")
            }
            Self::LosePort(share) => format!("tcp dport @{set} {}drop", by_chance(share)),
            Self::Limit(rate) => {
                format!(
                    "{address} @{set} limit rate over {rate} kbytes/second burst 64 kbytes drop"
                )
            }
        }
    }

    fn set_type(self, family: Family) -> &'static str {
        match (self, family) {
            (_, Family::Port) => "inet_service",
            (Self::DropPort(..), Family::V4) => "ipv4_addr . inet_service",
            (Self::DropPort(..), Family::V6) => "ipv6_addr . inet_service",
            (_, Family::V4) => "ipv4_addr",
            (_, Family::V6) => "ipv6_addr",
        }
    }
}

/// Matches so many packets of ten thousand; all of them need no dice, and `nft` knows none for it.
fn by_chance(share: u32) -> String {
    if share < 10_000 {
        format!("numgen random mod 10000 < {share} ")
    } else {
        String::new()
    }
}

/// What ends sooner is left out. Kernels older than October 2024 take a time-out of less than one of their ticks (up to
/// 10 ms) for none at all: the element would stay for ever (Linux e0c47281723f).
const SHORTEST_MS: u64 = 20;

/// When an element without a time-out is said to end: none of ours is so, and one that is must be seen, to be replaced.
const NEVER_MS: u64 = 365 * 24 * 3600 * 1000;

/// The transaction. Adding the table first makes deleting it valid whether or not it was there.
pub(super) fn script(name: &str, network: &Network, now_ms: u64) -> String {
    let table = format!("inet {name}");
    let mut script = format!("add table {table}\ndelete table {table}\n");
    let mut sets: BTreeMap<(Rule, Family), Vec<String>> = BTreeMap::new();
    for (rule, element, until_ms) in network.elements() {
        let left = until_ms.saturating_sub(now_ms);
        if left < SHORTEST_MS {
            continue;
        }
        let text = format!("{} timeout {left}ms", element.text());
        sets.entry((rule, element.family())).or_default().push(text);
    }
    if sets.is_empty() {
        return script;
    }
    let mut chains = BTreeMap::from([(Side::In, String::new()), (Side::Out, String::new())]);
    let _ = writeln!(script, "table {table} {{");
    for ((rule, family), elements) in sets {
        let set = format!(
            "{}_{}",
            rule.name(),
            match family {
                Family::V4 => "v4",
                Family::V6 => "v6",
                Family::Port => "port",
            }
        );
        let kind = rule.set_type(family);
        let elements = elements.join(", ");
        let _ = writeln!(
            script,
            "  set {set} {{ type {kind}; flags timeout; elements = {{ {elements} }}; }}"
        );
        let rules = chains.entry(rule.side()).or_default();
        let _ = write!(rules, "{}; ", rule.text(family, &set));
    }
    for (side, rules) in chains {
        let hook = if side == Side::In { "input" } else { "output" };
        // Before all other filters, so that no accept of another table comes first.
        let _ = writeln!(
            script,
            "  chain {hook} {{ type filter hook {hook} priority -300; policy accept; {rules}}}"
        );
    }
    script.push_str("}\n");
    script
}

/// Reads `nft --json list table`: elements are `{"elem": {"val": …, "timeout": s, "expires": s}}`, or the value alone where
/// they never end.
pub(super) fn parse(json: &str, now_ms: u64) -> Network {
    let parsed: Value = serde_json::from_str(json).unwrap_or_default();
    let items = parsed["nftables"].as_array().into_iter().flatten();
    let mut network = Network::default();
    for set in items.map(|item| &item["set"]) {
        let name = set["name"].as_str().and_then(|name| name.rsplit_once('_'));
        let Some(rule) = name.and_then(|(rule, _)| Rule::of_name(rule)) else {
            continue;
        };
        for element in set["elem"].as_array().into_iter().flatten() {
            let timed = &element["elem"];
            let value = if timed.is_null() {
                element
            } else {
                &timed["val"]
            };
            let left_ms = match timed["expires"].as_u64() {
                Some(seconds) => seconds * 1000,
                None if timed["timeout"].is_null() => NEVER_MS,
                // It ends at this very moment.
                None => continue,
            };
            if let Some(found) = read(value) {
                network.add(rule, found, now_ms + left_ms);
            }
        }
    }
    network
}

fn read(value: &Value) -> Option<Element> {
    let port = |value: &Value| value.as_u64().and_then(|port| u16::try_from(port).ok());
    let address = |value: &Value| value.as_str().and_then(|text| text.parse::<IpAddr>().ok());
    if let Some(parts) = value["concat"].as_array() {
        let [first, second] = &parts[..] else {
            return None;
        };
        return Some(Element::Service(address(first)?, port(second)?));
    }
    port(value)
        .map(Element::Port)
        .or_else(|| address(value).map(Element::Address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network() -> Network {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let mut network = Network::default();
        for (rule, element) in [
            (Rule::Drop(Side::In), Element::Address(ip("10.0.0.1"))),
            (Rule::Drop(Side::In), Element::Address(ip("fd00::1"))),
            (Rule::Drop(Side::Out), Element::Address(ip("10.0.0.2"))),
            (
                Rule::DropPort(Side::In, End::Source),
                Element::Service(ip("10.0.0.3"), 27017),
            ),
            (
                Rule::DropPort(Side::Out, End::Destination),
                Element::Service(ip("10.0.0.3"), 27017),
            ),
            (Rule::Lose(2000), Element::Address(ip("10.0.0.4"))),
            (Rule::LosePort(2000), Element::Port(27017)),
            (Rule::Limit(100), Element::Address(ip("10.0.0.5"))),
        ] {
            network.add(rule, element, 61_000);
        }
        network
    }

    #[test]
    fn the_transaction_replaces_the_table() {
        let script = script("t", &network(), 0);
        for part in [
            "add table inet t\ndelete table inet t\n",
            "set drop_in_v4 { type ipv4_addr; flags timeout; elements = { 10.0.0.1 timeout 61000ms }; }",
            "ip saddr @drop_in_v4 drop; ip6 saddr @drop_in_v6 drop;",
            "ip daddr @drop_out_v4 drop;",
            "ip saddr . tcp sport @drop_in_source_v4 drop;",
            "ip saddr @lose_2000_v4 numgen random mod 10000 < 2000 drop; ip saddr @lose_2000_v4 return; tcp dport @lose_port_2000_port numgen random mod 10000 < 2000 drop;",
            "ip daddr @limit_100_v4 limit rate over 100 kbytes/second burst 64 kbytes drop;",
            "hook input priority -300; policy accept;",
        ] {
            assert!(script.contains(part), "{part:?} is not in\n{script}");
        }
        assert!(!super::script("t", &Network::default(), 0).contains('{'));
    }

    #[test]
    fn what_ends_within_a_tick_of_the_kernel_is_left_out_and_not_kept_for_ever() {
        for (now_ms, there) in [
            (60_900, true),
            (60_990, false),
            (61_000, false),
            (70_000, false),
        ] {
            let script = script("t", &network(), now_ms);
            assert_eq!(script.contains("timeout"), there, "{now_ms}: {script}");
        }
        let json = r#"{"nftables": [{"set": {"name": "drop_in_v4", "elem": ["10.0.0.3",
            {"elem": {"val": "10.0.0.4", "timeout": 60}}]}},
            {"set": {"name": "drop_out_source_v4", "elem": [{"concat": ["10.0.0.3", 27017]}]}}]}"#;
        let found: Vec<_> = parse(json, 1000).elements().collect();
        let address = "10.0.0.3".parse().unwrap();
        let never = 1000 + NEVER_MS;
        let service = Element::Service(address, 27017);
        let source = Rule::DropPort(Side::Out, End::Source);
        let kept = (Rule::Drop(Side::In), Element::Address(address), never);
        assert_eq!(found, [kept, (source, service, never)]);
    }

    #[test]
    fn every_rule_is_known_by_its_name() {
        for (rule, _, _) in network().elements() {
            assert_eq!(Rule::of_name(&rule.name()), Some(rule));
        }
        assert_eq!(Rule::of_name("nothing"), None);
    }

    #[test]
    fn nfts_own_json_is_read() {
        let json = r#"{"nftables": [{"metainfo": {"version": "1.0.6"}},
            {"set": {"family": "inet", "name": "drop_in_v4", "elem": [
                {"elem": {"val": "10.0.0.3", "timeout": 60, "expires": 41}}]}},
            {"set": {"family": "inet", "name": "drop_out_source_v4", "elem": [
                {"elem": {"val": {"concat": ["10.0.0.3", 27017]}, "timeout": 60, "expires": 41}}]}},
            {"set": {"family": "inet", "name": "lose_port_500_port", "elem": [
                {"elem": {"val": 27017, "timeout": 60, "expires": 41}}]}},
            {"set": {"family": "inet", "name": "drop_in_v6"}}]}"#;
        let found: Vec<_> = parse(json, 1000).elements().collect();
        let address = "10.0.0.3".parse().unwrap();
        assert_eq!(
            found,
            [
                (Rule::Drop(Side::In), Element::Address(address), 42_000),
                (
                    Rule::DropPort(Side::Out, End::Source),
                    Element::Service(address, 27017),
                    42_000
                ),
                (Rule::LosePort(500), Element::Port(27017), 42_000),
            ]
        );
        assert!(parse("nonsense", 0).is_empty());
    }
}

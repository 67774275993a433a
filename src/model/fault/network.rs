//! What one machine's kernel is to hold of all faults in the network, and what it holds: sets of elements that time out.
//! Pure.

use super::{Fault, HealRequest, Reach, Request, Traffic};
use crate::model::unit::UnitName;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Which way a packet goes, as this machine sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// It comes in.
    In,
    /// It goes out.
    Out,
}

/// Which end of a connection has the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// The sender's.
    Source,
    /// The receiver's.
    Destination,
}

/// What happens to the packets that match an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Dropped: all that comes from, or goes to, an address.
    Drop(Side),
    /// Dropped: what comes from, or goes to, an address and a TCP port at one end.
    DropPort(Side, End),
    /// Lost by chance on the way in, from an address; hundredths of a percent.
    Lose(u32),
    /// Lost by chance on the way in, to a TCP port here; hundredths of a percent.
    LosePort(u32),
    /// Dropped beyond so many kilobytes a second on the way out, to all its addresses together.
    Limit(u32),
}

/// What a rule is looked up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Element {
    /// The other unit's address.
    Address(IpAddr),
    /// The other unit's address and a port, at either end.
    Service(IpAddr, u16),
    /// A port of this machine.
    Port(u16),
}

/// Elements of each rule, with the moment at which the kernel is to drop them (milliseconds since 1970): moments stay true
/// however long it takes until they are told to the kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network(pub BTreeMap<Rule, BTreeMap<Element, u64>>);

impl Network {
    /// True when nothing is held.
    pub fn is_empty(&self) -> bool {
        self.0.values().all(BTreeMap::is_empty)
    }

    /// Adds an element; the later end wins where it is there already.
    pub fn add(&mut self, rule: Rule, element: Element, until_ms: u64) {
        let kept = self.0.entry(rule).or_default().entry(element).or_default();
        *kept = (*kept).max(until_ms);
    }

    /// When the last of it ends.
    pub fn last_ms(&self) -> Option<u64> {
        self.elements().map(|(_, _, until)| until).max()
    }

    /// Every element with its rule and end.
    pub fn elements(&self) -> impl Iterator<Item = (Rule, Element, u64)> {
        self.0.iter().flat_map(|(rule, elements)| {
            elements
                .iter()
                .map(|(element, until)| (*rule, *element, *until))
        })
    }

    /// Whether both hold the same, and end it at the same moments but for `slack_ms`.
    pub fn is_near(&self, other: &Self, slack_ms: u64) -> bool {
        let of = |network: &Self| -> Vec<_> { network.elements().collect() };
        let (here, there) = (of(self), of(other));
        here.len() == there.len()
            && here
                .iter()
                .zip(&there)
                .all(|(a, b)| (a.0, a.1) == (b.0, b.1) && a.2.abs_diff(b.2) <= slack_ms)
    }

    /// Whether everything of `other` is held here, until whenever.
    pub fn covers(&self, other: &Self) -> bool {
        other.elements().all(|(rule, element, _)| {
            self.0
                .get(&rule)
                .is_some_and(|elements| elements.contains_key(&element))
        })
    }

    /// When the last of what `other` names ends here.
    pub fn end_of(&self, other: &Self) -> Option<u64> {
        let here = |(rule, element, _)| self.0.get(&rule)?.get(&element).copied();
        other.elements().filter_map(here).max()
    }

    /// The addresses from which nothing is heard, or which hear nothing, with the last end of each.
    pub fn cut_off(&self) -> BTreeMap<IpAddr, u64> {
        let mut cut = BTreeMap::new();
        for (rule, element, until) in self.elements() {
            if let (
                Rule::Drop(_) | Rule::DropPort(..),
                Element::Address(ip) | Element::Service(ip, _),
            ) = (rule, element)
            {
                let last: &mut u64 = cut.entry(ip).or_default();
                *last = (*last).max(until);
            }
        }
        cut
    }
}

/// What the kernel of `unit` must hold now: the union of all requests that hold, each until its end as this unit's clock
/// tells it, which knows when this unit's part of it was begun.
pub fn wanted(
    unit: &UnitName,
    requests: &[Request],
    heals: &[HealRequest],
    begun_ms: impl Fn(&Request) -> u64,
    now_ms: u64,
) -> Network {
    let mut network = Network::default();
    for request in requests
        .iter()
        .filter(|request| request.holds(heals, now_ms))
    {
        let begun_ms = begun_ms(request);
        if !request.is_over_here(begun_ms, now_ms) {
            add(&mut network, unit, request, request.until_here(begun_ms));
        }
    }
    network
}

fn add(network: &mut Network, unit: &UnitName, request: &Request, until_ms: u64) {
    let peers = || request.addresses.iter().filter(|(peer, _)| *peer != unit);
    match &request.fault {
        Fault::Partition { links, traffic, .. } => {
            for (from, to) in links {
                let (side, far) = match (from == unit, to == unit) {
                    (true, false) => (Side::Out, to),
                    (false, true) => (Side::In, from),
                    _ => continue,
                };
                let (Some(there), here) = (request.addresses.get(far), request.addresses.get(unit))
                else {
                    continue;
                };
                if *traffic == Traffic::All {
                    network.add(Rule::Drop(side), Element::Address(there.ip()), until_ms);
                    continue;
                }
                // The far unit's port is the sender's on the way in and the receiver's on the way out.
                let (far_end, near_end) = match side {
                    Side::In => (End::Source, End::Destination),
                    Side::Out => (End::Destination, End::Source),
                };
                let mut drop = |end, port| {
                    let element = Element::Service(there.ip(), port);
                    network.add(Rule::DropPort(side, end), element, until_ms);
                };
                drop(far_end, there.port());
                if let Some(here) = here {
                    drop(near_end, here.port());
                }
            }
        }
        Fault::Flaky { units, loss, reach } if units.contains(unit) => {
            for (_, address) in peers() {
                network.add(Rule::Lose(*loss), Element::Address(address.ip()), until_ms);
            }
            if let (Reach::All, Some(own)) = (reach, request.addresses.get(unit)) {
                network.add(Rule::LosePort(*loss), Element::Port(own.port()), until_ms);
            }
        }
        Fault::Slow {
            units,
            rate: Some(rate),
            ..
        } if units.contains(unit) => {
            for (_, address) in peers() {
                network.add(Rule::Limit(*rate), Element::Address(address.ip()), until_ms);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(n: u8) -> UnitName {
        format!("m/{n}").parse().unwrap()
    }

    fn request(id: &str, asked_at_ms: u64, until_ms: u64, fault: Fault) -> Request {
        let address = |n: u8| ([10, 0, 0, n], 27017 + u16::from(n)).into();
        Request {
            id: id.into(),
            asked_at_ms,
            until_ms,
            length_ms: None,
            addresses: (0..5).map(|n| (unit(n), address(n))).collect(),
            fault,
        }
    }

    fn cut(links: &[(u8, u8)], traffic: Traffic) -> Fault {
        Fault::Partition {
            groups: Vec::new(),
            links: links.iter().map(|(a, b)| (unit(*a), unit(*b))).collect(),
            traffic,
        }
    }

    fn of(
        n: u8,
        requests: &[Request],
        heals: &[HealRequest],
        now_ms: u64,
    ) -> Vec<(Rule, Element, u64)> {
        wanted(&unit(n), requests, heals, |_| now_ms, now_ms)
            .elements()
            .collect()
    }

    fn address(n: u8) -> Element {
        Element::Address(IpAddr::from([10, 0, 0, n]))
    }

    #[test]
    fn each_side_cuts_the_other_until_the_same_moment() {
        let both = cut(&[(0, 2), (2, 0)], Traffic::All);
        let requests = [request("a", 1000, 61_000, both)];
        for (me, far, now, until) in [(0, 2, 2000, 61_000), (2, 0, 3000, 61_000)] {
            assert_eq!(
                of(me, &requests, &[], now),
                [
                    (Rule::Drop(Side::In), address(far), until),
                    (Rule::Drop(Side::Out), address(far), until)
                ]
            );
        }
        assert_eq!(of(4, &requests, &[], 2000), []);
        assert_eq!(of(0, &requests, &[], 61_000), []);
    }

    #[test]
    fn a_unit_whose_clock_is_behind_holds_a_cut_for_no_longer_than_was_asked() {
        let both = cut(&[(0, 2), (2, 0)], Traffic::All);
        let asked = request("a", 100_000, 160_000, both);
        // A heal of a clock that is ahead made it be asked for at a later moment than it was.
        let pushed = Request {
            asked_at_ms: 900_000,
            length_ms: Some(60_000),
            ..asked.clone()
        };
        for (begun_ms, now_ms, until_ms) in [
            // Right, and seven seconds ahead.
            (101_000, 101_000, Some(160_000)),
            (108_000, 108_000, Some(160_000)),
            // Half a minute behind: just begun, a while later, and over.
            (71_000, 71_000, Some(131_000)),
            (71_000, 120_000, Some(131_000)),
            (71_000, 131_000, None),
            // An hour behind.
            (0, 0, Some(60_000)),
        ] {
            for request in [&asked, &pushed] {
                let held = wanted(
                    &unit(0),
                    std::slice::from_ref(request),
                    &[],
                    |_| begun_ms,
                    now_ms,
                );
                assert_eq!(held.last_ms(), until_ms, "{begun_ms} {now_ms} {request:?}");
            }
        }
    }

    #[test]
    fn a_clock_that_is_set_back_makes_no_cut_longer() {
        let asked = request("a", 100_000, 160_000, cut(&[(0, 2)], Traffic::All));
        for (now_ms, holds) in [
            (159_999, true),
            (99_000, true),
            (98_999, false),
            (0, false),
            (160_000, false),
        ] {
            let alone = std::slice::from_ref(&asked);
            let held = wanted(&unit(0), alone, &[], |_| 101_000, now_ms);
            assert_eq!(!held.is_empty(), holds, "{now_ms}");
        }
    }

    #[test]
    fn one_way_is_cut_at_both_ends_of_that_way_only() {
        let requests = [request("a", 0, 10_000, cut(&[(1, 0)], Traffic::All))];
        assert_eq!(
            of(0, &requests, &[], 0),
            [(Rule::Drop(Side::In), address(1), 10_000)]
        );
        assert_eq!(
            of(1, &requests, &[], 0),
            [(Rule::Drop(Side::Out), address(0), 10_000)]
        );
    }

    #[test]
    fn of_mongods_traffic_both_ports_are_cut() {
        let requests = [request("a", 0, 10_000, cut(&[(1, 0)], Traffic::Mongod))];
        let service = |port| Element::Service(IpAddr::from([10, 0, 0, 1]), port);
        assert_eq!(
            of(0, &requests, &[], 0),
            [
                (
                    Rule::DropPort(Side::In, End::Source),
                    service(27018),
                    10_000
                ),
                (
                    Rule::DropPort(Side::In, End::Destination),
                    service(27017),
                    10_000
                ),
            ]
        );
    }

    #[test]
    fn faults_compose_and_the_longer_time_wins() {
        let flaky = Fault::Flaky {
            units: [unit(0)].into(),
            loss: 2000,
            reach: Reach::All,
        };
        let requests = [
            request("a", 0, 10_000, cut(&[(1, 0)], Traffic::All)),
            request("b", 0, 20_000, cut(&[(1, 0)], Traffic::All)),
            request("c", 0, 5_000, flaky),
        ];
        let here = of(0, &requests, &[], 0);
        assert!(here.contains(&(Rule::Drop(Side::In), address(1), 20_000)));
        assert!(here.contains(&(Rule::Lose(2000), address(4), 5_000)));
        assert!(here.contains(&(Rule::LosePort(2000), Element::Port(27017), 5_000)));
        assert_eq!(
            of(1, &requests, &[], 0),
            [(Rule::Drop(Side::Out), address(0), 20_000)]
        );
    }

    #[test]
    fn a_heal_ends_what_it_names_and_what_was_asked_before_it() {
        let requests = [request("a", 1000, 61_000, cut(&[(1, 0)], Traffic::All))];
        use super::super::Kind;
        let heal = |ids: &[&str], before_ms: u64, kinds: &[Kind]| HealRequest {
            ids: ids.iter().map(|id| (*id).to_owned()).collect(),
            before_ms: kinds.iter().map(|kind| (*kind, before_ms)).collect(),
        };
        for (heal, ended) in [
            (heal(&["a"], 0, &Kind::ALL), true),
            (heal(&[], 1001, &Kind::ALL), true),
            (heal(&["b"], 900, &Kind::ALL), false),
            (heal(&[], 1001, &[Kind::Flaky]), false),
            (heal(&[], 1001, &[Kind::Partition]), true),
        ] {
            assert_eq!(
                of(0, &requests, std::slice::from_ref(&heal), 2000).is_empty(),
                ended,
                "{heal:?}"
            );
        }
    }
}

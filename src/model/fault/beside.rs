//! Which faults may hold beside each other. Pure.

use super::{Fault, HealRequest, Kind, Request};
use crate::model::unit::UnitName;
use std::collections::BTreeSet;

/// A way from one unit to another.
pub type Link = (UnitName, UnitName);

impl Fault {
    /// The only link that it cuts, where it is a partition of one.
    pub fn only_link(&self) -> Option<&Link> {
        match self {
            Self::Partition { links, .. } if links.len() == 1 => links.first(),
            _ => None,
        }
    }
}

/// A fault that holds and would be mixed up with one that is asked for on `me`: of the same kind, or another one that takes
/// the same server away. Partitions of a single link, which is named by who asks, are not mixed up: a cut both ways may be
/// made of two, and each ends at its own time.
pub fn in_the_way<'a>(
    kind: Kind,
    only_link: Option<&Link>,
    me: &UnitName,
    asked: &'a [Request],
    heals: &[HealRequest],
    now_ms: u64,
) -> Option<&'a Request> {
    asked.iter().find(|request| {
        request.holds(heals, now_ms)
            && mixed_up(kind, only_link, &request.fault)
            && (!kind.is_local() || request.fault.concerns(me))
    })
}

fn mixed_up(kind: Kind, only_link: Option<&Link>, other: &Fault) -> bool {
    let beside = match (only_link, other.only_link()) {
        (Some(link), Some(other)) => link != other,
        _ => false,
    };
    kind.excludes(other.kind()) && !beside
}

/// Faults between units that were asked for elsewhere at the same moment as another one, which holds and would be mixed up
/// with them: of those the earlier one stays, by the clocks of those who were asked.
pub fn giving_way(asked: &[Request], heals: &[HealRequest], now_ms: u64) -> BTreeSet<String> {
    let holding = asked.iter().filter(|request| request.holds(heals, now_ms));
    let mut holding: Vec<&Request> = holding
        .filter(|request| !request.fault.kind().is_local())
        .collect();
    holding.sort_by_key(|request| (request.asked_at_ms, &request.id));
    let mut staying: Vec<&Request> = Vec::new();
    let mut giving_way = BTreeSet::new();
    for request in holding {
        let fault = &request.fault;
        let stays = |other: &&Request| mixed_up(fault.kind(), fault.only_link(), &other.fault);
        match staying.iter().any(stays) {
            true => drop(giving_way.insert(request.id.clone())),
            false => staying.push(request),
        }
    }
    giving_way
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fault::Traffic;
    use std::collections::BTreeMap;

    fn unit(n: u8) -> UnitName {
        format!("m/{n}").parse().unwrap()
    }

    fn link(from: u8, to: u8) -> Link {
        (unit(from), unit(to))
    }

    fn holding(fault: Fault) -> Request {
        Request {
            id: "a".to_owned(),
            asked_at_ms: 1000,
            until_ms: 61_000,
            length_ms: None,
            addresses: BTreeMap::new(),
            fault,
        }
    }

    fn cut(links: &[(u8, u8)]) -> Request {
        holding(Fault::Partition {
            groups: Vec::new(),
            links: links.iter().map(|(from, to)| link(*from, *to)).collect(),
            traffic: Traffic::All,
        })
    }

    #[test]
    fn ways_that_are_named_one_by_one_are_cut_beside_each_other() {
        let (one, both) = (cut(&[(1, 0)]), cut(&[(1, 0), (0, 1)]));
        let kill = holding(Fault::Kill { unit: unit(0) });
        for (there, kind, asked, refused) in [
            (&one, Kind::Partition, Some(link(0, 1)), false),
            (&one, Kind::Partition, Some(link(1, 2)), false),
            // The same once more, and a shape: nobody could say any more what is cut until when.
            (&one, Kind::Partition, Some(link(1, 0)), true),
            (&one, Kind::Partition, None, true),
            (&both, Kind::Partition, Some(link(2, 1)), true),
            (&one, Kind::Flaky, None, false),
            (&kill, Kind::Pause, None, true),
            (&kill, Kind::Partition, Some(link(1, 0)), false),
        ] {
            let asked = asked.as_ref();
            let all = std::slice::from_ref(there);
            let found = in_the_way(kind, asked, &unit(0), all, &[], 2000);
            assert_eq!(found.is_some(), refused, "{there:?} {kind} {asked:?}");
            // What is over or healed is in nobody's way, nor is what takes another unit's server.
            assert_eq!(in_the_way(kind, asked, &unit(0), all, &[], 61_000), None);
        }
        let all = std::slice::from_ref(&kill);
        let elsewhere = in_the_way(Kind::Kill, None, &unit(1), all, &[], 2000);
        assert_eq!(elsewhere, None);
    }

    #[test]
    fn of_two_that_were_asked_for_at_once_the_earlier_one_stays() {
        let at = |id: &str, asked_at_ms: u64, request: Request| Request {
            id: id.to_owned(),
            asked_at_ms,
            ..request
        };
        let flaky = || {
            holding(Fault::Flaky {
                units: [unit(0)].into(),
                loss: 2000,
                reach: Default::default(),
            })
        };
        let kill = || holding(Fault::Kill { unit: unit(0) });
        let (a, b) = (cut(&[(1, 0), (0, 1)]), cut(&[(2, 0), (0, 2)]));
        let heal = HealRequest {
            ids: ["x".to_owned()].into(),
            ..HealRequest::default()
        };
        for (one, other, gives_way) in [
            (at("x", 1000, a.clone()), at("y", 1001, b.clone()), "y"),
            (at("x", 1001, a.clone()), at("y", 1000, b.clone()), "x"),
            (at("x", 1000, a.clone()), at("y", 1000, b.clone()), "y"),
            (at("x", 1000, a.clone()), at("y", 1001, flaky()), ""),
            (at("x", 1000, flaky()), at("y", 1001, flaky()), "y"),
            (
                at("x", 1000, cut(&[(1, 0)])),
                at("y", 1001, cut(&[(2, 0)])),
                "",
            ),
            // The unit that was asked sees to these alone.
            (at("x", 1000, kill()), at("y", 1001, kill()), ""),
        ] {
            let expected: BTreeSet<String> = [gives_way.to_owned()]
                .into_iter()
                .filter(|id| !id.is_empty())
                .collect();
            for asked in [[one.clone(), other.clone()], [other.clone(), one.clone()]] {
                assert_eq!(giving_way(&asked, &[], 2000), expected, "{asked:?}");
                // What is over or healed holds nobody up.
                assert_eq!(giving_way(&asked, &[], 61_000), BTreeSet::new());
                let healed = giving_way(&asked, std::slice::from_ref(&heal), 2000);
                assert_eq!(healed, BTreeSet::new(), "{asked:?}");
            }
        }
    }
}

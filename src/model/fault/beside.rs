//! Which faults may hold beside each other. Pure.

use super::{Fault, HealRequest, Kind, Request};
use crate::model::unit::UnitName;

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
    let local = !matches!(kind, Kind::Partition | Kind::Flaky | Kind::Slow);
    asked.iter().find(|request| {
        let beside = match (only_link, request.fault.only_link()) {
            (Some(link), Some(other)) => link != other,
            _ => false,
        };
        request.holds(heals, now_ms)
            && kind.excludes(request.fault.kind())
            && (!local || request.fault.concerns(me))
            && !beside
    })
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
}

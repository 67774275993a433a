//! What a heal is to end: everything, some kinds of faults, or the cut of one way. Pure.

use crate::fault::groups;
use crate::model::fault::beside::Link;
use crate::model::fault::network::Network;
use crate::model::fault::{Fault, HealRequest, Kind, Request};
use crate::model::observed::HostFacts;
use std::collections::BTreeSet;

/// What is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meant {
    /// Every fault.
    All,
    /// Every fault of these kinds.
    Kinds(BTreeSet<Kind>),
    /// The partition of this way alone, as `from` and `to` made it.
    Way(Link),
}

impl Meant {
    /// Reads the action's parameters.
    ///
    /// # Errors
    /// Which of them makes no sense, and what would.
    pub fn read<'a>(
        application: &str,
        word: impl Fn(&str) -> Option<&'a str>,
    ) -> Result<Self, String> {
        let kinds = word("faults").filter(|text| *text != "all");
        match (kinds, word("from"), word("to")) {
            (None, None, None) => Ok(Self::All),
            (Some(text), None, None) => Ok(Self::Kinds(kinds_of(text)?)),
            (Some(_), _, _) => Err(
                "from and to name the one partition that is to end: leave faults out".to_owned(),
            ),
            (None, from, to) => groups::way(application, from, to).map(Self::Way),
        }
    }

    /// Whether every fault of this kind is meant.
    pub fn is_kind(&self, kind: Kind) -> bool {
        match self {
            Self::All => true,
            Self::Kinds(kinds) => kinds.contains(&kind),
            Self::Way(_) => false,
        }
    }

    /// Whether this fault is meant.
    pub fn is(&self, request: &Request) -> bool {
        match self {
            Self::Way(way) => request.fault.only_link() == Some(way),
            _ => self.is_kind(request.fault.kind()),
        }
    }

    /// Why it cannot be ended alone: a fault that holds cuts this way together with others, and ends as a whole or not.
    pub fn is_less_than<'a>(
        &self,
        mut holding: impl Iterator<Item = &'a Request>,
    ) -> Option<String> {
        let Self::Way(way) = self else { return None };
        let whole = holding.find(|request| match &request.fault {
            Fault::Partition { links, .. } => links.len() > 1 && links.contains(way),
            _ => false,
        })?;
        Some(format!(
            "from={} to={}: the partition {} cuts this way and others; faults=partition ends all of them",
            way.0, way.1, whole.id
        ))
    }

    /// The request to heal it, in the place of an earlier one: what that one ended stays ended.
    pub fn over(
        &self,
        earlier: Option<&HealRequest>,
        before_ms: u64,
        known: &[Request],
    ) -> HealRequest {
        let mut heal = earlier.cloned().unwrap_or_default();
        let kinds = Kind::ALL.into_iter().filter(|kind| self.is_kind(*kind));
        heal.before_ms.extend(kinds.map(|kind| (kind, before_ms)));
        if let Self::Way(_) = self {
            let ids = known.iter().filter(|request| self.is(request));
            heal.ids.extend(ids.map(|request| request.id.clone()));
        }
        // What nobody asks for any more needs no healing.
        heal.ids
            .retain(|id| known.iter().any(|request| request.id == *id));
        heal
    }

    /// What this machine holds of it, and what it holds besides, where `left` is what its firewall is to hold afterwards.
    pub fn part(&self, host: &HostFacts, left: &Network) -> (HostFacts, HostFacts) {
        let (mut ended, mut kept) = (host.clone(), host.clone());
        if let Ok(Some(there)) = &host.network {
            let (mut out, mut stays) = (Network::default(), Network::default());
            for (rule, element, until_ms) in there.elements() {
                let wanted = left.0.get(&rule);
                match wanted.is_some_and(|elements| elements.contains_key(&element)) {
                    true => stays.add(rule, element, until_ms),
                    false => out.add(rule, element, until_ms),
                }
            }
            (ended.network, kept.network) = (Ok(Some(out)), Ok(Some(stays)));
        }
        match self.is_kind(Kind::Partition) {
            true => kept.by_hand = Ok(None),
            false => ended.by_hand = Ok(None),
        }
        ended.held.retain(|held| self.is_kind(held.kind));
        kept.held.retain(|held| !self.is_kind(held.kind));
        (ended, kept)
    }
}

fn kinds_of(text: &str) -> Result<BTreeSet<Kind>, String> {
    let names = text.split(',').map(str::trim);
    names
        .map(|name| {
            let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name);
            kind.ok_or_else(|| {
                let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
                format!("faults={name}: use all, or some of {}", known.join(","))
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_mean_all_or_kinds_or_one_way() {
        let way = ("m/1".parse().unwrap(), "m/0".parse().unwrap());
        for (given, expected) in [
            (&[][..], Ok(Meant::All)),
            (&[("faults", "all")], Ok(Meant::All)),
            (
                &[("faults", "slow, kill")],
                Ok(Meant::Kinds([Kind::Slow, Kind::Kill].into())),
            ),
            (&[("faults", "fire")], Err("faults=fire: use all, or some")),
            (&[("from", "m/1"), ("to", "0")], Ok(Meant::Way(way))),
            (&[("from", "m/1")], Err("go together")),
            (&[("from", "m/1"), ("to", "x y")], Err("to=x y")),
            (
                &[("from", "m/1"), ("to", "m/0"), ("faults", "slow")],
                Err("leave faults out"),
            ),
        ] {
            let word = |name: &str| given.iter().find(|it| it.0 == name).map(|it| it.1);
            match (Meant::read("m", word), expected) {
                (Ok(meant), Ok(expected)) => assert_eq!(meant, expected),
                (Err(why), Err(part)) => assert!(why.contains(part), "{why}"),
                (other, _) => panic!("{given:?}: {other:?}"),
            }
        }
    }

    fn cut(id: &str, ways: &[(u8, u8)]) -> Request {
        let unit = |n: u8| format!("m/{n}").parse().unwrap();
        Request {
            id: id.to_owned(),
            asked_at_ms: 1000,
            until_ms: 61_000,
            length_ms: None,
            addresses: Default::default(),
            fault: Fault::Partition {
                groups: Vec::new(),
                links: ways.iter().map(|(a, b)| (unit(*a), unit(*b))).collect(),
                traffic: Default::default(),
            },
        }
    }

    #[test]
    fn one_way_ends_alone_and_what_was_ended_before_stays_so() {
        let known = [cut("there", &[(1, 0)]), cut("back", &[(0, 1)])];
        let way = Meant::Way(("m/1".parse().unwrap(), "m/0".parse().unwrap()));
        let earlier = HealRequest {
            ids: ["back".to_owned(), "forgotten".to_owned()].into(),
            before_ms: [(Kind::Slow, 7)].into(),
        };
        for (meant, ids, before_ms) in [
            (&way, &["back", "there"][..], &[(Kind::Slow, 7)][..]),
            (
                &Meant::Kinds([Kind::Slow].into()),
                &["back"],
                &[(Kind::Slow, 99)],
            ),
        ] {
            let heal = meant.over(Some(&earlier), 99, &known);
            assert_eq!(heal.ids.iter().collect::<Vec<_>>(), ids);
            assert_eq!(heal.before_ms, before_ms.iter().copied().collect());
        }
        let shape = cut("shape", &[(1, 0), (2, 0)]);
        for (meant, holding, refused) in [
            (&way, &known[..1], false),
            (&way, std::slice::from_ref(&shape), true),
            (&Meant::All, std::slice::from_ref(&shape), false),
        ] {
            let why = meant.is_less_than(holding.iter());
            assert_eq!(why.is_some(), refused, "{why:?}");
        }
    }
}

//! Partitions as data: who is cut from whom until when, and what a unit makes of all requests it knows.

use crate::model::unit::UnitName;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// A partition that somebody asked for. It travels in the databag of the unit that was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutRequest {
    /// Unique name of the request: the unit and the moment.
    pub id: String,
    /// When it was asked for, in milliseconds since 1970, by the asking unit's clock.
    pub asked_at_ms: u64,
    /// When it ends, in milliseconds since 1970, by the asking unit's clock.
    pub until_ms: u64,
    /// One side, with the addresses that it was planned from.
    pub group_1: BTreeMap<UnitName, IpAddr>,
    /// The other side.
    pub group_2: BTreeMap<UnitName, IpAddr>,
}

/// A request to end partitions now.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HealRequest {
    /// The partitions that the asking unit knew.
    pub ids: BTreeSet<String>,
    /// Partitions asked for before this moment end too, although the asking unit had not heard of them (ms since 1970).
    pub asked_at_ms: u64,
}

/// What a unit did about a partition, for the others to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// In place, checked by reading it back from the kernel.
    Installed,
    /// Known not to be in place.
    Skipped,
    /// Nobody knows.
    Unsure,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Installed => "installed",
            Self::Skipped => "skipped",
            Self::Unsure => "unsure",
        })
    }
}

/// An address to cut and for how long still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The address of the unit on the other side.
    pub address: IpAddr,
    /// How long the kernel is to keep it, in milliseconds.
    pub remaining_ms: u64,
}

impl CutRequest {
    /// True while nobody has ended it and its time is not over.
    pub fn holds(&self, heals: &[HealRequest], now_ms: u64) -> bool {
        let healed = heals
            .iter()
            .any(|heal| heal.ids.contains(&self.id) || self.asked_at_ms < heal.asked_at_ms);
        !healed && now_ms < self.until_ms
    }

    /// The addresses that `unit` must not hear of; empty when it is in neither group.
    pub fn far_side(&self, unit: &UnitName) -> Vec<IpAddr> {
        let far = if self.group_1.contains_key(unit) {
            &self.group_2
        } else if self.group_2.contains_key(unit) {
            &self.group_1
        } else {
            return Vec::new();
        };
        far.values().copied().collect()
    }
}

/// The cuts that `unit` must have in place now: the union of all requests that hold, each address with its longest time.
pub fn wanted_cuts(
    unit: &UnitName,
    requests: &[CutRequest],
    heals: &[HealRequest],
    now_ms: u64,
) -> Vec<Cut> {
    let mut wanted: BTreeMap<IpAddr, u64> = BTreeMap::new();
    for request in requests
        .iter()
        .filter(|request| request.holds(heals, now_ms))
    {
        let remaining = request.until_ms - now_ms;
        for address in request.far_side(unit) {
            let longest = wanted.entry(address).or_default();
            *longest = (*longest).max(remaining);
        }
    }
    wanted
        .into_iter()
        .map(|(address, remaining_ms)| Cut {
            address,
            remaining_ms,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(units: &[u8]) -> BTreeMap<UnitName, IpAddr> {
        units
            .iter()
            .map(|n| {
                (
                    format!("m/{n}").parse().unwrap(),
                    IpAddr::from([10, 0, 0, *n]),
                )
            })
            .collect()
    }

    fn request(id: &str, asked_at_ms: u64, until_ms: u64) -> CutRequest {
        CutRequest {
            id: id.into(),
            asked_at_ms,
            until_ms,
            group_1: group(&[0, 1]),
            group_2: group(&[2, 3, 4]),
        }
    }

    fn cut(unit: &str, requests: &[CutRequest], heals: &[HealRequest], now: u64) -> Vec<(u8, u64)> {
        wanted_cuts(&unit.parse().unwrap(), requests, heals, now)
            .into_iter()
            .map(|cut| match cut.address {
                IpAddr::V4(address) => (address.octets()[3], cut.remaining_ms),
                IpAddr::V6(_) => unreachable!(),
            })
            .collect()
    }

    #[test]
    fn each_side_cuts_the_other_until_the_same_moment() {
        let requests = [request("a", 1000, 61_000)];
        assert_eq!(
            cut("m/0", &requests, &[], 2000),
            [(2, 59_000), (3, 59_000), (4, 59_000)]
        );
        assert_eq!(cut("m/3", &requests, &[], 3000), [(0, 58_000), (1, 58_000)]);
        assert_eq!(cut("m/9", &requests, &[], 3000), []);
        assert_eq!(cut("m/0", &requests, &[], 61_000), []);
    }

    #[test]
    fn a_heal_ends_what_it_names_and_what_was_asked_before_it() {
        let requests = [request("a", 1000, 61_000)];
        let by_name = HealRequest {
            ids: ["a".to_owned()].into(),
            asked_at_ms: 0,
        };
        let by_time = HealRequest {
            ids: BTreeSet::new(),
            asked_at_ms: 1001,
        };
        let older = HealRequest {
            ids: ["b".to_owned()].into(),
            asked_at_ms: 900,
        };
        assert_eq!(cut("m/0", &requests, &[by_name], 2000), []);
        assert_eq!(cut("m/0", &requests, &[by_time], 2000), []);
        assert_eq!(cut("m/0", &requests, &[older], 2000).len(), 3);
    }
}

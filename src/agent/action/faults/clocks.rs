//! Whether the units' clocks differ, as far as the faults that hold show it.

use crate::model::databag::UnitData;
use crate::model::observed::{Bag, JujuFacts};
use crate::model::unit::UnitName;
use std::collections::BTreeMap;

/// A clock is said to differ from here on: less may be the time that a databag takes to arrive.
const CLOCK_SLACK_MS: u64 = 2000;

/// Which units' clocks differ, as far as the faults that hold show it. A moment in a databag is past when it is read,
/// unless the clock that gave it is ahead; and nobody does anything before it was asked for, unless its clock is behind.
pub fn clocks(juju: &JujuFacts, now_ms: u64) -> Option<String> {
    let relation = juju.relation.as_ref()?;
    let ahead = ahead(&relation.peers, now_ms);
    let ahead = ahead.iter().map(|(unit, seconds)| {
        let me = &juju.me;
        format!("{unit} is at least {seconds} s ahead of {me}: faults do not end together")
    });
    let own = relation.mine.as_ref().ok().and_then(Option::as_ref);
    let own = own.map(|data| (&juju.me, data));
    let peers = relation.peers.iter();
    let peers = peers.filter_map(|(unit, bag)| Some((unit, bag.as_ref().ok()?.as_ref()?)));
    let behind = behind(&own.into_iter().chain(peers).collect());
    let behind = behind.iter().map(|((unit, asker), seconds)| {
        format!(
            "{unit} is at least {seconds} s behind {asker}: what {asker} asks for ends there as late as it was heard of"
        )
    });
    let told: Vec<String> = ahead.chain(behind).collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// The units that did something before it was asked for, by the clock of the unit that was asked, and by how many seconds at
/// least theirs are behind that one.
fn behind(units: &BTreeMap<&UnitName, &UnitData>) -> BTreeMap<(UnitName, UnitName), u64> {
    let mut behind: BTreeMap<(UnitName, UnitName), u64> = BTreeMap::new();
    for (asker, asked) in units {
        for request in &asked.faults {
            let asked_ms = request.until_ms.saturating_sub(request.length_ms());
            for (unit, data) in units {
                let done = data.acknowledged.get(&request.id);
                let early_ms = done.map_or(0, |it| asked_ms.saturating_sub(it.at_ms));
                if early_ms > CLOCK_SLACK_MS {
                    let pair = ((*unit).clone(), (*asker).clone());
                    let most = behind.entry(pair).or_default();
                    *most = (*most).max(early_ms / 1000);
                }
            }
        }
    }
    behind
}

/// The units whose clocks are ahead, and by how many seconds at least.
fn ahead(peers: &BTreeMap<UnitName, Bag<UnitData>>, now_ms: u64) -> BTreeMap<UnitName, u64> {
    let ahead = peers.iter().filter_map(|(unit, bag)| {
        let data = bag.as_ref().ok()?.as_ref()?;
        let latest = data.acknowledged.values().map(|it| it.at_ms).max()?;
        let ahead = latest.saturating_sub(now_ms);
        (ahead > CLOCK_SLACK_MS).then(|| (unit.clone(), ahead / 1000))
    });
    ahead.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fault::{Acknowledgement, Fault, Outcome, Request};

    fn done(outcome: Outcome, at_ms: u64) -> Acknowledgement {
        let ends_ms = None;
        Acknowledgement {
            outcome,
            at_ms,
            ends_ms,
        }
    }

    #[test]
    fn what_was_done_before_it_was_asked_for_shows_a_clock_that_is_behind() {
        let unit = |n: u64| format!("m/{n}").parse::<UnitName>().unwrap();
        let request = Request {
            id: "a".to_owned(),
            // Pushed ahead by a heal; it was asked for at 100 s.
            asked_at_ms: 900_000,
            until_ms: 160_000,
            length_ms: Some(60_000),
            addresses: BTreeMap::new(),
            fault: Fault::Kill { unit: unit(0) },
        };
        let done_at = |id: &str, at_ms| {
            let outcome = Outcome::Installed;
            [(id.to_owned(), done(outcome, at_ms))].into()
        };
        let data = |faults: &[Request], acknowledged| UnitData {
            faults: faults.to_vec(),
            acknowledged,
            ..UnitData::default()
        };
        let asker = data(&[request], done_at("a", 100_010));
        let others = [
            (1, data(&[], done_at("a", 101_000))),
            (2, data(&[], done_at("a", 100_000 - CLOCK_SLACK_MS))),
            (3, data(&[], done_at("a", 92_500))),
            (4, data(&[], done_at("b", 1))),
            (5, UnitData::default()),
        ];
        let names: Vec<UnitName> = (0..6).map(unit).collect();
        let units = others
            .iter()
            .map(|(n, data)| (&names[*n], data))
            .chain([(&names[0], &asker)]);
        assert_eq!(behind(&units.collect()), [((unit(3), unit(0)), 7)].into());
    }

    #[test]
    fn a_moment_that_is_still_to_come_shows_a_clock_that_is_ahead() {
        let done_at = |at_ms| {
            let outcome = Outcome::Installed;
            let acknowledged = [("a".to_owned(), done(outcome, at_ms))].into();
            Ok(Some(UnitData {
                acknowledged,
                ..UnitData::default()
            }))
        };
        let unit = |n: u64| format!("m/{n}").parse::<UnitName>().unwrap();
        let now_ms = 100_000;
        let peers = [
            (unit(1), done_at(now_ms - 60_000)),
            (unit(2), done_at(now_ms + CLOCK_SLACK_MS)),
            (unit(3), done_at(now_ms + 7_500)),
            (unit(4), Ok(Some(UnitData::default()))),
            (unit(5), Ok(None)),
        ];
        assert_eq!(ahead(&peers.into(), now_ms), [(unit(3), 7)].into());
    }
}

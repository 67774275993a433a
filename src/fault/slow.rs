//! `slow`: packets to the other units leave late.

use super::held::{self, FaultError};
use crate::host::traffic::{self, Late};
use crate::model::fault::held::{Held, What};
use crate::model::fault::{Fault, Kind, Request};
use crate::model::unit::UnitName;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The network cards that lead to these addresses, each with the addresses behind it.
async fn cards(addresses: &[IpAddr]) -> Result<BTreeMap<String, Vec<IpAddr>>, FaultError> {
    let mut cards: BTreeMap<String, Vec<IpAddr>> = BTreeMap::new();
    for address in addresses {
        if let Some(card) = traffic::card(*address).await? {
            cards.entry(card).or_default().push(*address);
        }
    }
    Ok(cards)
}

/// Begins what a request asks of this unit, until a moment of its own clock.
pub async fn begin(request: &Request, me: &UnitName, until_ms: u64) -> Result<(), FaultError> {
    let Fault::Slow {
        latency, jitter, ..
    } = request.fault
    else {
        return Ok(());
    };
    let peers = request.addresses.iter().filter(|(unit, _)| *unit != me);
    let addresses: Vec<IpAddr> = peers.map(|(_, address)| address.ip()).collect();
    let cards = cards(&addresses).await?;
    // Before it is noted: what is noted is undone when it fails, and this queue is another fault's.
    for card in cards.keys() {
        if traffic::is_ours(card).await? {
            return Err(FaultError::Refused(format!(
                "packets are late on {card} already, by another fault; wait until it is over, or run the action heal first"
            )));
        }
    }
    let held = Held {
        id: request.id.clone(),
        kind: Kind::Slow,
        asked_at_ms: request.asked_at_ms,
        noted_ms: 0,
        until_ms,
        what: What::Late(cards.keys().cloned().collect()),
        watchdog: None,
    };
    held::begin(held, act(&cards, Late { latency, jitter })).await
}

/// Makes them late: on all cards, or on none.
async fn act(cards: &BTreeMap<String, Vec<IpAddr>>, late: Late) -> Result<(), FaultError> {
    let delay = async |(card, addresses): &(&String, &Vec<IpAddr>)| {
        traffic::delay(card, addresses, late).await.map_err(|error| {
            FaultError::Refused(format!(
                "packets cannot be made late on {card}: {error} (the kernel needs sch_netem, and no other queue may be set there)"
            ))
        })
    };
    let end = async |(card, _): &(&String, &Vec<IpAddr>)| {
        let _ = traffic::end(card).await;
    };
    all_or_none(&cards.iter().collect::<Vec<_>>(), delay, end).await
}

/// Does it to each; when one fails, what was done is undone, the last first, and nothing else.
async fn all_or_none<T, E>(
    all: &[T],
    act: impl AsyncFn(&T) -> Result<(), E>,
    undo: impl AsyncFn(&T),
) -> Result<(), E> {
    for (n, one) in all.iter().enumerate() {
        if let Err(error) = act(one).await {
            for done in all[..n].iter().rev() {
                undo(done).await;
            }
            return Err(error);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[tokio::test]
    async fn what_another_has_done_is_not_undone() {
        for (fails_at, expected) in [
            (None, &["+a", "+b", "+c"][..]),
            (Some("a"), &[]),
            (Some("c"), &["+a", "+b", "-b", "-a"]),
        ] {
            let log = RefCell::new(Vec::new());
            let act = async |name: &&str| {
                if fails_at == Some(*name) {
                    return Err(());
                }
                log.borrow_mut().push(format!("+{name}"));
                Ok(())
            };
            let undo = async |name: &&str| log.borrow_mut().push(format!("-{name}"));
            let done = all_or_none(&["a", "b", "c"], act, undo).await;
            assert_eq!(done.is_ok(), fails_at.is_none());
            assert_eq!(log.into_inner(), expected, "{fails_at:?}");
        }
    }
}

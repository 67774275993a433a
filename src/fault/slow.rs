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
    let held = Held {
        id: request.id.clone(),
        kind: Kind::Slow,
        asked_at_ms: request.asked_at_ms,
        until_ms,
        what: What::Late(cards.keys().cloned().collect()),
        watchdog: None,
    };
    held::begin(held, act(&cards, Late { latency, jitter })).await
}

/// Makes them late: on all cards, or on none.
async fn act(cards: &BTreeMap<String, Vec<IpAddr>>, late: Late) -> Result<(), FaultError> {
    for (card, addresses) in cards {
        if let Err(error) = traffic::delay(card, addresses, late).await {
            for card in cards.keys() {
                let _ = traffic::end(card).await;
            }
            let why = format!(
                "packets cannot be made late on {card}: {error} (the kernel needs sch_netem, and no other queue may be set there)"
            );
            return Err(FaultError::Refused(why));
        }
    }
    Ok(())
}

//! What this unit tells the others about the faults that it was asked for. Pure.

use crate::model::fault::network;
use crate::model::fault::{Acknowledgement, Fault, Outcome};
use crate::model::observed::Observed;
use std::collections::BTreeMap;

/// Ends of the same element are no further apart than this, whenever `nft` is asked: it tells whole seconds.
const END_SLACK_MS: u64 = 2000;

/// What this unit did about each fault that concerns it, read back from where it is.
pub(super) fn acknowledged(
    observed: &Observed,
    before: &BTreeMap<String, Acknowledgement>,
) -> BTreeMap<String, Acknowledgement> {
    let (juju, host) = (&observed.juju, &observed.host);
    let heals = juju.heals_asked();
    let asked = juju.faults_asked();
    let holding = asked
        .iter()
        .filter(|request| request.holds(&heals, host.now_ms) && request.fault.concerns(&juju.me));
    holding
        .map(|request| {
            let held = host.held.iter().find(|held| held.id == request.id);
            let alone = std::slice::from_ref(request);
            let begun_ms = juju.begun_ms(request);
            let wanted = network::wanted(&juju.me, alone, &heals, |_| begun_ms, host.now_ms);
            let needs_note = match request.fault {
                Fault::Partition { .. } | Fault::Flaky { .. } => false,
                Fault::Slow { latency, .. } => latency > 0,
                _ => true,
            };
            let there = host.network.as_ref().ok().and_then(Option::as_ref);
            let kernel = there.and_then(|there| there.end_of(&wanted));
            let ends_ms = kernel.max(held.map(|held| held.until_ms));
            let outcome = match &host.network {
                _ if needs_note && held.is_none() => Outcome::Skipped,
                _ if wanted.is_empty() => Outcome::Installed,
                Ok(Some(there)) if there.covers(&wanted) => Outcome::Installed,
                Ok(_) => Outcome::Skipped,
                Err(_) => Outcome::Unsure,
            };
            // Over here, though not by the clock of the unit that asked: it was what it was.
            let over = request.until_here(begun_ms) <= host.now_ms;
            let said = before.get(&request.id);
            let outcome = said.filter(|_| over).map_or(outcome, |it| it.outcome);
            let same = said.filter(|it| it.outcome == outcome);
            let acknowledgement = Acknowledgement {
                outcome,
                at_ms: same.map_or(juju.seen_ms, |it| it.at_ms),
                ends_ms: steady(same.and_then(|it| it.ends_ms), ends_ms),
            };
            (request.id.clone(), acknowledgement)
        })
        .collect()
}

/// The kernel's end as it was told before, where it is the same but for the parts of seconds that `nft` leaves out: a databag
/// that changes with every hook would wake every unit each time.
fn steady(said: Option<u64>, seen: Option<u64>) -> Option<u64> {
    match (said, seen) {
        (Some(said), Some(seen)) if said.abs_diff(seen) <= END_SLACK_MS => Some(said),
        // Over by now: it ended when it did.
        (Some(said), None) => Some(said),
        (_, seen) => seen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernels_end_is_told_once_and_again_only_when_it_is_another() {
        for (said, seen, told) in [
            (None, None, None),
            (None, Some(60_000), Some(60_000)),
            (Some(60_400), Some(60_000), Some(60_400)),
            (Some(60_000), Some(60_999), Some(60_000)),
            (Some(60_000), Some(300_000), Some(300_000)),
            (Some(60_000), None, Some(60_000)),
        ] {
            assert_eq!(steady(said, seen), told, "{said:?} {seen:?}");
        }
    }
}

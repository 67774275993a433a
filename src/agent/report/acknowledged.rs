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
    // Those that hold, and those of which this unit heard too late: by its clock, which may be ahead.
    let told = asked
        .iter()
        .filter(|request| request.is_unhealed(&heals) && request.fault.concerns(&juju.me));
    told.map(|request| {
        if !request.holds(&heals, host.now_ms) {
            let late = Acknowledgement {
                outcome: Outcome::Skipped,
                at_ms: juju.seen_ms,
                ends_ms: None,
            };
            let said = before.get(&request.id).copied();
            return (request.id.clone(), said.unwrap_or(late));
        }
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
        let over = request.is_over_here(begun_ms, host.now_ms);
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
    use crate::agent::plan::set::tests::observed_by_a_member;
    use crate::model::databag::UnitData;
    use crate::model::event::Event;
    use crate::model::fault::{HealRequest, Kind, Request};

    #[test]
    fn what_was_heard_of_too_late_is_refused_and_what_was_done_stays_told() {
        let done = |outcome, at_ms| Acknowledgement {
            outcome,
            at_ms,
            ends_ms: None,
        };
        let installed = Some(done(Outcome::Installed, 2000));
        for (now_ms, before, healed, expected) in [
            (60_000, None, false, Some(done(Outcome::Skipped, 60_000))),
            (90_000, installed, false, installed),
            (90_000, installed, true, None),
            (60_000, None, true, None),
            // It has not been begun, and nobody else does it here.
            (59_999, None, false, Some(done(Outcome::Skipped, 59_999))),
        ] {
            let mut observed = observed_by_a_member(Event::Woken);
            let unit = observed.juju.me.clone();
            (observed.host.now_ms, observed.juju.seen_ms) = (now_ms, now_ms);
            let request = Request {
                id: "a".to_owned(),
                asked_at_ms: 1000,
                until_ms: 60_000,
                length_ms: None,
                addresses: BTreeMap::new(),
                fault: Fault::Kill { unit },
            };
            let before_ms = healed.then_some((Kind::Kill, 1001)).into_iter().collect();
            let heal = HealRequest {
                before_ms,
                ..HealRequest::default()
            };
            let relation = observed.juju.relation.as_mut().unwrap();
            relation.mine = Ok(Some(UnitData {
                faults: vec![request],
                heal: healed.then_some(heal),
                ..UnitData::default()
            }));
            let before: BTreeMap<_, _> =
                before.map(|it| ("a".to_owned(), it)).into_iter().collect();
            let told = acknowledged(&observed, &before);
            assert_eq!(
                told.get("a").copied(),
                expected,
                "{now_ms} {before:?} {healed}"
            );
        }
    }

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

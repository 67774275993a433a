//! From what there is and what there is to be to the steps between them. Pure; all choice is here.
//!
//! The order of the parts: cuts first, because a fault must not wait for the set; then the server; then the set.

pub mod members;
pub mod server;
pub mod set;
pub mod simulate;

use super::desire::Desired;
use super::validate::Checked;
use crate::model::event::Event;
use crate::model::fault::Cut;
use crate::model::observed::Observed;
use crate::model::plan::{Plan, Step};

/// Plans.
pub fn plan(observed: &Observed, checked: &Checked, desired: &Desired) -> Plan {
    if let Some(step) = cuts(observed, &desired.cuts) {
        return step;
    }
    if observed.juju.event.is_leaving() {
        return leaving(observed, desired);
    }
    let server = server::plan(observed, checked, desired);
    if !server.steps.is_empty() || !observed.host.running {
        return server;
    }
    let set = set::plan(observed, desired);
    // A server that waits for its turn, or for a person, does not keep the set from going on.
    if set.is_done() { server } else { set }
}

/// A unit on its way out leaves the set, then stops its server.
fn leaving(observed: &Observed, desired: &Desired) -> Plan {
    let stops = match &observed.juju.event {
        Event::Stop | Event::Remove => true,
        Event::StorageDetaching(_) => {
            let location = observed.juju.storage.as_ref().map(|(_, location)| location);
            location.is_some_and(|location| desired.data_directory.starts_with(location))
        }
        _ => false,
    };
    let concerns_data = stops || observed.juju.event == Event::DepartedSelf;
    if !observed.host.running || !concerns_data {
        return Plan::default();
    }
    let set = set::plan(observed, desired);
    if set.is_done() && stops {
        Plan::step(Step::StopServer, "the unit has left the set")
    } else {
        set
    }
}

/// Cuts are set again when an address is missing or too many, or when the kernel would end one at another time.
fn cuts(observed: &Observed, wanted: &[Cut]) -> Option<Plan> {
    // A kernel that cannot be asked is reported by the action that asked for the cut; here there is nothing to do.
    let there = observed.host.cuts.as_ref().ok()?;
    let near = |a: u64, b: u64| a.abs_diff(b) <= 2000;
    let same = match there {
        None => wanted.is_empty(),
        Some(there) => {
            !wanted.is_empty()
                && there.len() == wanted.len()
                && wanted.iter().all(|cut| {
                    there
                        .iter()
                        .any(|t| t.address == cut.address && near(t.remaining_ms, cut.remaining_ms))
                })
        }
    };
    let why = if wanted.is_empty() {
        "no partition concerns this unit now"
    } else {
        "a partition was asked for"
    };
    (!same).then(|| Plan::step(Step::SetCuts(wanted.to_vec()), why))
}

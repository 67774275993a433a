//! From what there is and what there is to be to the steps between them. Pure; all choice is here.
//!
//! The order of the parts: the server, then the set. Faults are planned apart, before anything else is looked at, and so
//! is the observer.

pub mod availability;
#[cfg(test)]
mod cases_test;
pub mod faults;
pub mod members;
pub mod observer;
pub mod outlook;
mod reason;
#[cfg(test)]
mod reference;
pub mod server;
pub mod set;
pub mod simulate;

use super::desire::Desired;
use super::validate::Checked;
use crate::model::event::Event;
use crate::model::observed::{Observed, SetFacts};
use crate::model::plan::{Plan, Step};

/// Plans.
pub fn plan(observed: &Observed, checked: &Checked, desired: &Desired) -> Plan {
    if observed.juju.event.is_leaving() {
        return leaving(observed, desired);
    }
    let server = server::plan(observed, checked, desired);
    if !server.steps.is_empty() {
        return server;
    }
    let set = set::plan(observed, desired);
    // A server that waits for its turn, or for a person, does not keep the set from going on: not even one that does not
    // run, of the unit that leads and so plans for all. Its own trouble is what its status is to tell.
    let nothing_to_do = set.steps.is_empty() && !observed.host.running;
    if set.is_done() || nothing_to_do {
        server
    } else {
        set
    }
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
    if !concerns_data {
        return Plan::default();
    }
    if !observed.host.running {
        return back_to_leave(observed);
    }
    let set = set::plan(observed, desired);
    // At once: a server that answers would be taken for one that wants to come in again, by a leader that has not heard yet.
    if set.is_done() && (stops || is_out(observed)) {
        Plan::step(Step::StopServer, "the unit has left the set")
    } else {
        set
    }
}

/// Whether a primary knows a config without this unit.
fn is_out(observed: &Observed) -> bool {
    let SetFacts::Seen(view) = &observed.set else {
        return false;
    };
    view.primary.is_some() && view.config.of_unit(&observed.juju.me).is_none()
}

/// A server that died, or lost its power, with its unit on its way out: without its vote the set may have no majority to
/// take it out with, for ever.
fn back_to_leave(observed: &Observed) -> Plan {
    let host = &observed.host;
    let could_run = host.program.is_some() && host.config.is_some() && host.data_there;
    if host.started.is_some() && could_run {
        Plan::step(Step::StartServer, "nobody stopped it, and it is in the set")
    } else {
        Plan::default()
    }
}

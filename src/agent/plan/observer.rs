//! Plans for the observer: it runs while the unit stays, from this very program. Apart from the rest of the plan, because
//! nothing depends on it: without it the set is looked at at every `update-status`.

use crate::model::observed::{Observed, Observer};
use crate::model::plan::{Plan, Step};

/// Plans; none when nothing is left to do.
pub fn plan(observed: &Observed) -> Option<Plan> {
    let host = &observed.host;
    let (step, why) = match (observed.juju.event.is_leaving(), host.observer) {
        (true, Observer::Current | Observer::Outdated) => {
            (Step::StopObserver, "the unit is on its way out")
        }
        (false, Observer::Absent) if host.running => (Step::StartObserver, "it does not run"),
        (false, Observer::Outdated) if host.running => {
            (Step::StartObserver, "it runs from an older program")
        }
        _ => return None,
    };
    Some(Plan::step(step, why))
}

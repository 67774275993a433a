//! Plans for the faults on this machine: what is over ends first, then the kernel is brought to what is wanted.

use super::super::desire::Desired;
use crate::model::observed::Observed;
use crate::model::plan::{Plan, Step};

/// How far apart the kernel's end of an element and the wanted one may be: it counts in whole seconds.
const SLACK_MS: u64 = 2000;

/// Plans; none when nothing is left to do.
pub fn plan(observed: &Observed, desired: &Desired) -> Option<Plan> {
    if !desired.over.is_empty() {
        let step = Step::EndFaults(desired.over.clone());
        return Some(Plan::step(step, "its time is over, or it was healed"));
    }
    // A kernel that cannot be asked is reported by the action that asked for the fault; here there is nothing to do.
    if let Ok(there) = &observed.host.network {
        let same = match there {
            Some(there) => !desired.network.is_empty() && there.is_near(&desired.network, SLACK_MS),
            None => desired.network.is_empty(),
        };
        if !same {
            let why = if desired.network.is_empty() {
                "no fault holds any more"
            } else {
                "a fault was asked for, healed or changed"
            };
            return Some(Plan::step(Step::SetNetwork(desired.network.clone()), why));
        }
    }
    let late = desired.late.as_ref()?;
    Some(Plan::step(Step::Delay(late.clone()), "it was asked for"))
}

//! Plans for the faults on this machine: what is over ends first, then the kernel is brought to what is wanted.

use super::super::desire::Desired;
use crate::model::observed::Observed;
use crate::model::plan::{Plan, Step};

/// How far apart the kernel's end of an element and the wanted one may be: it counts in whole seconds.
const SLACK_MS: u64 = 2000;

/// Plans; no steps when nothing is left to do. None depends on those before it: what cannot be ended keeps no cut open.
pub fn plan(observed: &Observed, desired: &Desired) -> Plan {
    let mut plan = Plan::default();
    if !desired.over.is_empty() {
        let step = Step::EndFaults(desired.over.clone());
        plan = plan.then(step, "its time is over, or it was healed");
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
            plan = plan.then(Step::SetNetwork(desired.network.clone()), why);
        }
    }
    match &desired.late {
        Some(late) => plan.then(Step::Delay(late.clone()), "it was asked for"),
        None => plan,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::{desire::desire, validate::validate};
    use super::super::set::tests::observed_by_a_member;
    use super::*;
    use crate::model::event::Event;
    use crate::model::fault::network::{Element, Network, Rule, Side};

    #[test]
    fn what_cannot_be_ended_keeps_no_cut_open() {
        let observed = observed_by_a_member(Event::Woken);
        let mut desired = desire(&observed, &validate(&observed));
        assert_eq!(plan(&observed, &desired), Plan::default());
        let far = Element::Address([10, 0, 0, 1].into());
        desired.over = ["a".to_owned()].into();
        desired.network.add(Rule::Drop(Side::In), far, 60_000);
        let steps = plan(&observed, &desired).steps.into_iter();
        let steps: Vec<Step> = steps.map(|planned| planned.step).collect();
        let (over, network) = (desired.over.clone(), desired.network.clone());
        assert_eq!(steps, [Step::EndFaults(over), Step::SetNetwork(network)]);
        desired.network = Network::default();
        assert_eq!(plan(&observed, &desired).steps.len(), 1);
    }
}

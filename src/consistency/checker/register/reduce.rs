//! Makes the evidence smaller: fewer operations among which there is still no order.
//!
//! Each step keeps or weakens what must hold, so that a history without an order after the step had none before it:
//! forgetting what came after a moment, forgetting what was over before a moment and with it what the register held then,
//! forgetting a read, and forgetting a value as a whole, that is all that find it
//! and then, as nobody asks for it any more, all that write it.

use super::literal::Literal;
use super::model::RegisterModel;
use super::prepare::Prepared;
use super::searched;
use crate::consistency::checker::operation::OPEN;
use crate::consistency::checker::search::{Answer, Plan, explain, first_failing};
use std::collections::HashSet;

/// What is left, and what is wrong with it.
#[derive(Clone, Debug)]
pub(super) struct Core {
    /// The calls.
    pub prepared: Prepared,
    /// The operation that could not be brought into an order, and the values that were possible before its return;
    /// none where that took too long to find out.
    pub stuck: Option<(u32, Vec<u32>)>,
}

/// Histories with more calls than this are made smaller value by value before anything else.
const LARGE: usize = 2000;

/// Reduces calls without an order, with a bound on the work.
pub(super) fn reduce(prepared: &Prepared, plan: &Plan<Literal>, stuck: u32, budget: u64) -> Core {
    let mut reduction = Reduction { left: budget };
    let is_large = prepared.calls.len() > LARGE;
    let mut core = prepared.clone();
    if is_large {
        reduction.values(&mut core);
    }
    core = if core.calls.len() == prepared.calls.len() {
        reduction.prefix(&core, plan, stuck)
    } else {
        match searched::search(&core, reduction.left) {
            (Answer::Not { stuck }, plan, _) => reduction.prefix(&core, &plan, stuck),
            _ => core,
        }
    };
    // What was possible is asked before values are forgotten. What the shortest beginning ends with stays to the last:
    // without its return there is an order.
    let model = &mut RegisterModel::new(&core.calls, core.values.len(), 0, false);
    let plan = Plan::new(core.calls.iter().copied(), model);
    let effort = budget.min(EXPLAIN);
    let mut stuck = explain(&plan, model, effort)
        .map(|(rank, states)| (plan.required[rank as usize].source, states));
    if let Some((_, states)) = &mut stuck
        && is_large
    {
        // Other values may have been forgotten.
        states.clear();
    }
    reduction.ending(&mut core);
    reduction.values(&mut core);
    reduction.observers(&mut core);
    Core {
        prepared: core,
        stuck,
    }
}

/// The most configurations that are looked at to tell what was possible.
const EXPLAIN: u64 = 200_000;

struct Reduction {
    left: u64,
}

impl Reduction {
    fn has_no_order(&mut self, prepared: &Prepared) -> bool {
        if self.left == 0 {
            return false;
        }
        let (answer, _, spent) = searched::search(prepared, self.left);
        // Small searches have a cost too.
        self.left = self
            .left
            .saturating_sub(spent + 1 + prepared.calls.len() as u64 / 8);
        matches!(answer, Answer::Not { .. })
    }

    /// The shortest beginning that has no order. It cannot end before the return that the search did not get past.
    fn prefix(&mut self, prepared: &Prepared, plan: &Plan<Literal>, stuck: u32) -> Prepared {
        let last = plan.required.len().saturating_sub(1) as u32;
        let at = |rank: u32| until(prepared, plan.required[rank as usize].returned);
        let bad = first_failing(stuck, last, |rank| self.has_no_order(&at(rank)));
        if bad == last {
            prepared.clone()
        } else {
            at(bad)
        }
    }

    /// The shortest ending that has no order whatever the register held before it. Forgets what was over by then; what
    /// was running may have taken effect before, or after, or never.
    fn ending(&mut self, core: &mut Prepared) {
        let mut moments: Vec<u32> = core.calls.iter().map(|call| call.invoked).collect();
        moments.sort_unstable_by_key(|moment| std::cmp::Reverse(*moment));
        moments.dedup();
        let first = first_failing(0, moments.len() as u32, |place| {
            self.has_no_order(&since(core, moments[place as usize]))
        });
        if let Some(moment) = moments.get(first as usize) {
            *core = since(core, *moment);
        }
    }

    /// Forgets as many values as can be.
    fn values(&mut self, core: &mut Prepared) {
        if core.differs() > 0 {
            let without = core.without_differs();
            if !self.has_no_order(&without) {
                return;
            }
            *core = without;
        }
        let mut values: Vec<u32> = (0..core.values.len() as u32).collect();
        self.thin(core, &mut values, without_values);
    }

    /// Forgets as many reads as can be.
    fn observers(&mut self, core: &mut Prepared) {
        let mut sources: Vec<u32> = core
            .calls
            .iter()
            .filter(|call| call.action.writes().is_none())
            .map(|call| call.source)
            .collect();
        self.thin(core, &mut sources, |core, gone| {
            let gone: HashSet<u32> = gone.iter().copied().collect();
            let mut copy = core.clone();
            copy.calls
                .retain(|call| call.action.writes().is_some() || !gone.contains(&call.source));
            copy
        });
    }

    /// Tries to do without one part of the elements after the other; the parts become smaller (after Zeller's delta
    /// debugging).
    fn thin(
        &mut self,
        core: &mut Prepared,
        elements: &mut Vec<u32>,
        without: impl Fn(&Prepared, &[u32]) -> Prepared,
    ) {
        let mut size = elements.len().div_ceil(2);
        while size > 0 && self.left > 0 {
            let mut from = 0;
            while from < elements.len() && self.left > 0 {
                let to = (from + size).min(elements.len());
                let fewer = without(core, &elements[from..to]);
                if self.has_no_order(&fewer) {
                    *core = fewer;
                    elements.drain(from..to);
                } else {
                    from = to;
                }
            }
            size /= 2;
        }
    }
}

/// What was known at a place: what was invoked later is not there, and what returned later is unanswered.
fn until(prepared: &Prepared, place: u32) -> Prepared {
    let mut copy = prepared.clone();
    copy.calls.retain_mut(|call| {
        if call.returned > place {
            call.returned = OPEN;
        }
        call.invoked <= place && (call.is_required() || call.action.writes().is_some())
    });
    copy
}

/// What is known from a place on: the register may hold anything.
fn since(prepared: &Prepared, place: u32) -> Prepared {
    let mut copy = prepared.clone();
    copy.calls.retain_mut(|call| {
        if call.invoked < place && call.returned >= place {
            call.returned = OPEN;
        }
        call.returned >= place && (call.is_required() || call.action.writes().is_some())
    });
    copy.starts = copy
        .calls
        .iter()
        .filter_map(|call| call.action.finds())
        .collect();
    copy.starts.push(copy.values.len() as u32);
    copy.starts.sort_unstable();
    copy.starts.dedup();
    copy
}

fn without_values(prepared: &Prepared, gone: &[u32]) -> Prepared {
    let mut flags = vec![false; prepared.values.len()];
    for value in gone {
        flags[*value as usize] = true;
    }
    let is_gone = |value: u32| flags[value as usize];
    let mut copy = prepared.clone();
    copy.calls.retain_mut(|call| match call.action {
        Literal::Read(value) | Literal::Write(value) | Literal::Differ(value) => !is_gone(value),
        Literal::Swap(from, to) => match (is_gone(from), is_gone(to)) {
            (true, true) => false,
            (false, false) => true,
            (true, false) => {
                call.action = Literal::Write(to);
                true
            }
            (false, true) => {
                call.action = Literal::Read(from);
                call.is_required()
            }
        },
    });
    copy
}

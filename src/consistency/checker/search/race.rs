use super::config::Slots;
use super::depth::Depth;
use super::frontier::{Frontier, Standing};
use super::space::Space;
use super::{Model, Plan};

/// The most slots that fit into the quick kind of set.
const QUICK: u32 = 128;

/// What the explorers get in their first turn; each turn is twice the one before.
const TURN: u64 = 4096;

/// What a search says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::consistency::checker) enum Answer {
    /// There is an order.
    Linearizable,
    /// There is none. No order gets past the return of the call with this rank.
    Not {
        /// The rank. Where the model looks ahead, orders may have been given up before they had to be.
        stuck: u32,
    },
    /// The budget did not suffice.
    Undecided {
        /// So many calls could be brought into an order.
        reached: u32,
    },
}

/// Searches with both explorers in turn. Returns the answer and how many configurations were looked at.
pub(in crate::consistency::checker) fn race<M: Model>(
    plan: &Plan<M::Action>,
    model: &mut M,
    budget: u64,
) -> (Answer, u64) {
    if plan.end == 0 {
        return (Answer::Linearizable, 0);
    }
    if plan.slot_count <= QUICK {
        race_with::<M, u128>(plan, model, budget)
    } else {
        race_with::<M, Box<[u64]>>(plan, model, budget)
    }
}

fn race_with<M: Model, L: Slots>(
    plan: &Plan<M::Action>,
    model: &mut M,
    budget: u64,
) -> (Answer, u64) {
    let mut space = Space::new(plan, model);
    let mut frontier = Frontier::<L>::new(&space);
    let mut depth = Depth::<L>::new(&mut space);
    let mut turn = TURN;
    loop {
        let before = space.spent;
        let limit = budget.min(space.spent.saturating_add(turn));
        let standing = frontier.run(&mut space, limit);
        if let Some(answer) = answer(standing, || frontier.returned()) {
            return (answer, space.spent);
        }
        let limit = budget.min(space.spent.saturating_add(turn));
        let standing = depth.run(&mut space, limit);
        if let Some(answer) = answer(standing, || depth.returned()) {
            return (answer, space.spent);
        }
        // Nothing spent: both have given up.
        if space.spent >= budget || space.spent == before {
            let reached = frontier.returned().max(depth.returned());
            return (Answer::Undecided { reached }, space.spent);
        }
        turn = turn.saturating_mul(2);
    }
}

fn answer(standing: Standing, returned: impl Fn() -> u32) -> Option<Answer> {
    match standing {
        Standing::Found => Some(Answer::Linearizable),
        Standing::Exhausted => Some(Answer::Not { stuck: returned() }),
        Standing::Halted => None,
    }
}

/// The call that no order gets past and the states that were possible before its return, in rising order; none where
/// there is an order or the budget does not suffice. The model must not look ahead, else states are missing.
pub(in crate::consistency::checker) fn explain<M: Model>(
    plan: &Plan<M::Action>,
    model: &mut M,
    budget: u64,
) -> Option<(u32, Vec<u32>)> {
    if plan.slot_count <= QUICK {
        explain_with::<M, u128>(plan, model, budget)
    } else {
        explain_with::<M, Box<[u64]>>(plan, model, budget)
    }
}

fn explain_with<M: Model, L: Slots>(
    plan: &Plan<M::Action>,
    model: &mut M,
    budget: u64,
) -> Option<(u32, Vec<u32>)> {
    if plan.end == 0 {
        return None;
    }
    let mut space = Space::new(plan, model);
    let mut frontier = Frontier::<L>::new(&space);
    if frontier.run(&mut space, budget) != Standing::Exhausted {
        return None;
    }
    let mut states: Vec<u32> = frontier.states().collect();
    states.sort_unstable();
    states.dedup();
    Some((frontier.returned(), states))
}

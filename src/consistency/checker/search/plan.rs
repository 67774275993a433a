use super::{Call, FastMap, Model};
use std::hash::Hash;

/// The calls of one object, made ready for a search.
#[derive(Debug)]
pub(in crate::consistency::checker) struct Plan<A> {
    /// The calls that must take effect, by their returns. A call is named by its place here: its rank.
    pub required: Vec<Call<A>>,
    /// The calls that may take effect, by their invocations.
    pub open: Vec<Call<A>>,
    /// How many of the required calls have to be looked at: after the last one that observes something there is
    /// nothing left that could go wrong.
    pub end: u32,
    /// Which required calls do the same.
    pub(super) classes: Vec<u32>,
    /// Which open calls do the same, in the numbers of [`Plan::classes`].
    pub(super) open_classes: Vec<u32>,
    /// An action for each class.
    pub(super) actions: Vec<A>,
    /// By class: the rank from which on an open call of it can no longer help.
    pub(super) expiry: Vec<u32>,
    /// The classes by [`Plan::expiry`].
    pub(super) expiring: Vec<u32>,
    /// A number for each required call that no other has at the same time.
    pub(super) slots: Vec<u32>,
    pub(super) slot_count: u32,
    /// By rank: the first rank from there on whose call is aimed at; one more than the last rank for none.
    pub(super) aims: Vec<u32>,
    /// The ranks by invocation.
    pub(super) arrivals: Vec<u32>,
    /// By rank: how many of [`Plan::arrivals`] are invoked no later than its return.
    pub(super) arrived: Vec<u32>,
    /// By rank: how many open calls are invoked no later than its return.
    pub(super) opened: Vec<u32>,
}

impl<A: Copy + Eq + Hash> Plan<A> {
    /// Of all calls, in any order; open calls that only observe are dropped.
    pub fn new(calls: impl IntoIterator<Item = Call<A>>, model: &impl Model<Action = A>) -> Self {
        let (mut required, mut open): (Vec<_>, Vec<_>) =
            calls.into_iter().partition(Call::is_required);
        open.retain(|call| model.changes(call.action));
        required.sort_by_key(|call| (call.returned, call.invoked, call.source));
        open.sort_by_key(|call| (call.invoked, call.source));
        let end = required
            .iter()
            .rposition(|call| model.observes(call.action))
            .map_or(0, |rank| rank as u32 + 1);
        // What returns after the end may still be needed before it, but only what was invoked by then.
        let last = required
            .get((end as usize).saturating_sub(1))
            .map_or(0, |call| call.returned);
        required.retain(|call| call.invoked <= last);
        open.retain(|call| call.invoked <= last);

        let mut numbers: FastMap<A, u32> = FastMap::default();
        let mut actions = Vec::new();
        let mut class = |action: A| {
            *numbers.entry(action).or_insert_with(|| {
                actions.push(action);
                actions.len() as u32 - 1
            })
        };
        let classes = required.iter().map(|call| class(call.action)).collect();
        let open_classes: Vec<u32> = open.iter().map(|call| class(call.action)).collect();
        let mut expiry = vec![0; actions.len()];
        for class in &open_classes {
            if expiry[*class as usize] == 0 {
                let action = actions[*class as usize];
                expiry[*class as usize] =
                    required.partition_point(|call| model.is_useful(action, call.returned)) as u32;
            }
        }
        let mut expiring: Vec<u32> = (0..actions.len() as u32).collect();
        expiring.sort_by_key(|class| expiry[*class as usize]);

        let mut aims = vec![required.len() as u32; required.len() + 1];
        for rank in (0..required.len()).rev() {
            aims[rank] = if model.aims(required[rank].action) {
                rank as u32
            } else {
                aims[rank + 1]
            };
        }
        let mut arrivals: Vec<u32> = (0..required.len() as u32).collect();
        arrivals.sort_by_key(|rank| required[*rank as usize].invoked);
        let mut plan = Self {
            end: end.min(required.len() as u32),
            classes,
            open_classes,
            actions,
            expiry,
            expiring,
            aims,
            slots: vec![0; required.len()],
            slot_count: 0,
            arrived: Vec::with_capacity(required.len()),
            opened: Vec::with_capacity(required.len()),
            arrivals,
            required,
            open,
        };
        plan.place();
        plan
    }

    /// Finds slots, and what has been invoked at each return.
    fn place(&mut self) {
        let mut free: Vec<u32> = Vec::new();
        let (mut arrived, mut opened) = (0, 0);
        for rank in 0..self.required.len() {
            let place = self.required[rank].returned;
            while let Some(next) = self.arrivals.get(arrived)
                && self.required[*next as usize].invoked <= place
            {
                self.slots[*next as usize] = free.pop().unwrap_or_else(|| {
                    self.slot_count += 1;
                    self.slot_count - 1
                });
                arrived += 1;
            }
            while self
                .open
                .get(opened)
                .is_some_and(|call| call.invoked <= place)
            {
                opened += 1;
            }
            self.arrived.push(arrived as u32);
            self.opened.push(opened as u32);
            free.push(self.slots[rank]);
        }
    }
}

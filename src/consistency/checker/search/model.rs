use std::fmt::Debug;
use std::hash::Hash;

/// What an action does to a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::consistency::checker) enum Effect {
    /// It cannot have come back with its result here.
    Refused,
    /// It can, and leaves this.
    Becomes(u32),
}

/// A sequential object. Its states are numbers; equal states have equal numbers.
pub(in crate::consistency::checker) trait Model {
    /// What can be done with it. Equal actions do the same.
    type Action: Copy + Debug + Eq + Hash;

    /// The state in the beginning.
    fn start(&self) -> u32;

    /// What an action does.
    fn apply(&mut self, state: u32, action: Self::Action) -> Effect;

    /// Whether it can change a state. One that cannot is taken as soon as it fits: that never hurts.
    fn changes(&self, action: Self::Action) -> bool;

    /// Whether it fits only some states.
    fn observes(&self, action: Self::Action) -> bool;

    /// Whether an unanswered call of this can still help a call that returns at this place or later.
    fn is_useful(&self, action: Self::Action, place: u32) -> bool;

    /// Whether some later operation shows that the state must not be changed by this action now; all calls that were
    /// invoked up to this place and fit the state were taken.
    fn may_leave(&self, state: u32, by: Self::Action, place: u32) -> bool;

    /// Whether this sets the state whatever it was.
    fn overwrites(&self, action: Self::Action) -> bool;

    /// Whether what this writes is of no interest to any call that returns at this place or later, so that it may as
    /// well be hidden by the next call that overwrites.
    fn is_idle(&self, action: Self::Action, place: u32) -> bool;

    /// The state that stands for all states that no call that returns at this place or later can tell from this one.
    fn fold(&self, state: u32, place: u32) -> u32;

    /// Whether this call is of use for [`Model::reaches`].
    fn aims(&self, action: Self::Action) -> bool;

    /// Whether the target may become possible from this state without a call for which [`Model::resets`] holds.
    fn reaches(&mut self, state: u32, target: Self::Action) -> bool;

    /// Whether this call may make the target possible from any state.
    fn resets(&mut self, action: Self::Action, target: Self::Action) -> bool;
}

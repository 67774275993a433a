//! What can happen in a random history, and to whom.

use super::action::Action;
use super::node::Role;
use super::set::State;
use super::view::Knows;
use super::world::World;

/// One event. A pick chooses among those to whom it can happen; where it can happen to nobody nothing does.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// Units join, so many at once.
    Join(u8),
    /// Units are to go, so many at once; each stays until its machine goes.
    Leave(u8, u8),
    /// The machine of a unit that is to go is no more, whether or not it is out of the set.
    Gone(u8),
    /// Servers die.
    Die(u8, u8),
    /// Servers come back.
    Return(u8, u8),
    /// Two sides do not hear each other.
    Cut(u64),
    /// They do again.
    Heal,
    /// Juju's leader changes.
    Lead(u8),
    /// The primary changes.
    Elect(u8),
    /// Primaries without a majority notice it.
    GiveUp,
    /// All messages arrive.
    Deliver,
    /// One member hears, and replicates.
    Hear(u8),
    /// Initial syncs end.
    Copy(u8, u8),
    /// A client writes.
    Write,
    /// A unit's hook: it plans and does the first step.
    Hook(u8, bool, Knows),
    /// Its step is done later, when another one may have been done in between.
    Late(u8, bool, Knows),
    /// What was to be done later is done.
    Done,
    /// Its step is lost.
    Lost(u8, bool, Knows),
    /// Everybody does its part once, and all arrives.
    Round,
    /// The grace time passes.
    Time,
}

impl Event {
    /// To whom it happens.
    pub fn whom<const N: usize>(self, world: &World<N>, state: &State<N>) -> Vec<usize> {
        let up = |unit: usize| state.servers[unit].up;
        let leaves = |unit: usize| world.leaves(unit);
        let leads = |unit: usize| unit == usize::from(state.leader);
        // The leader plans, and whoever is on its way out.
        let plans = |unit: usize| {
            up(unit) && (leads(unit) || leaves(unit) && state.is_member(&world.configs, unit))
        };
        let fits = |unit: usize| match self {
            Self::Leave(..) => !leaves(unit),
            Self::Gone(_) => leaves(unit),
            Self::Die(..) | Self::Hear(_) => up(unit),
            Self::Return(..) => !up(unit),
            Self::Lead(_) => up(unit) && !leaves(unit),
            Self::Elect(_) => up(unit) && state.would_win(&world.configs, unit),
            Self::GiveUp => state.lost_majority(&world.configs, unit),
            Self::Copy(..) => up(unit) && state.servers[unit].role == Role::Syncing,
            Self::Write => state.is_primary(unit),
            Self::Hook(..) | Self::Late(..) | Self::Lost(..) => plans(unit),
            _ => false,
        };
        let (which, count) = match self {
            Self::Leave(which, count)
            | Self::Die(which, count)
            | Self::Return(which, count)
            | Self::Copy(which, count) => (which, count),
            Self::Gone(which)
            | Self::Lead(which)
            | Self::Elect(which)
            | Self::Hear(which)
            | Self::Hook(which, ..)
            | Self::Late(which, ..)
            | Self::Lost(which, ..) => (which, 1),
            Self::GiveUp => (0, u8::MAX),
            _ => (0, 1),
        };
        let there = (0..N).filter(|unit| world.units >> unit & 1 == 1);
        let fit: Vec<usize> = there.filter(|unit| fits(*unit)).collect();
        let from = fit.iter().cycle();
        let from = from.skip(usize::from(which) % fit.len().max(1));
        from.take(fit.len().min(usize::from(count)))
            .copied()
            .collect()
    }

    /// What it is in the explorer's words.
    pub fn action(self, unit: usize) -> Option<Action> {
        Some(match self {
            Self::Gone(_) | Self::Die(..) => Action::Crash(unit),
            Self::Return(..) => Action::Restart(unit),
            Self::Lead(_) => Action::Lead(unit),
            Self::Elect(_) => Action::Elect(unit),
            Self::GiveUp => Action::GiveUp(unit),
            Self::Hear(_) => Action::Hear(unit),
            Self::Copy(..) => Action::Pull(unit),
            Self::Write => Action::Write(unit),
            Self::Hook(_, long, knows) => Action::Plan(unit, long, knows),
            Self::Late(_, long, knows) => Action::Hold(unit, long, knows),
            _ => return None,
        })
    }
}

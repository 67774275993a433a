//! What can happen next to a set: one thing at a time, to units that the explorer or a history has chosen.

use super::Bits;
use super::node::Role;
use super::set::{Broken, State};
use super::view::Knows;
use super::world::World;

/// One thing.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// A server dies.
    Crash(usize),
    /// It comes back.
    Restart(usize),
    /// The network is cut: one side, by bits.
    Cut(Bits),
    /// The network is whole again.
    Heal,
    /// Juju has another leader.
    Lead(usize),
    /// A server wins an election.
    Elect(usize),
    /// A primary notices that it hears no majority.
    GiveUp(usize),
    /// A member hears of newer terms and configs.
    Hear(usize),
    /// A member replicates.
    Pull(usize),
    /// A client writes.
    Write(usize),
    /// A unit plans and acts, with whether who is away has been so for the grace time, and what it knows of who leaves.
    Plan(usize, bool, Knows),
    /// A unit plans, and acts later.
    Hold(usize, bool, Knows),
    /// What was planned then is done now.
    Release,
}

/// Lets it happen; true when it is a fault.
pub fn act<const N: usize>(
    world: &mut World<N>,
    state: &mut State<N>,
    action: Action,
) -> Result<bool, Broken> {
    let mut costs = false;
    match action {
        Action::Crash(unit) => {
            let server = &mut state.servers[unit];
            server.up = false;
            if server.role == Role::Primary {
                server.role = Role::Secondary;
            }
            costs = true;
        }
        Action::Restart(unit) => state.servers[unit].up = true,
        Action::Cut(side) => {
            state.cut = side;
            costs = true;
        }
        Action::Heal => state.cut = 0,
        Action::Lead(unit) => {
            costs = state.servers[usize::from(state.leader)].up;
            state.leader = unit as u8;
        }
        Action::Elect(unit) => {
            costs = !state.needs_primary(&world.configs);
            state.elect(&mut world.configs, unit)?;
        }
        Action::GiveUp(unit) => state.servers[unit].role = Role::Secondary,
        Action::Hear(unit) => state.hear(&world.configs, unit),
        Action::Pull(unit) => {
            if let Some(source) = state.source(&world.configs, unit) {
                state.pull(source, unit);
            }
        }
        Action::Write(unit) => {
            let server = &mut state.servers[unit];
            server.log = server.log.with(server.term);
            state.writes -= 1;
        }
        Action::Plan(unit, long, knows) => {
            if let Some(step) = world.plan(state, unit, long, knows)? {
                // Else a unit that leaves and a leader that does not know of it undo each other's steps for ever.
                costs = knows == Knows::Nothing;
                let planned = world.step(step);
                let done = world.carry_out(state, unit, &planned, false);
                done.map_err(|why| format!("m/{unit} does {}: {why}", planned.text))?;
            }
        }
        Action::Hold(unit, long, knows) => {
            if let Some(step) = world.plan(state, unit, long, knows)? {
                state.held = Some((step, unit as u8));
                costs = true;
            }
        }
        Action::Release => {
            if let Some((step, unit)) = state.held.take() {
                let planned = world.step(step);
                let done = world.carry_out(state, usize::from(unit), &planned, true);
                done.map_err(|why| format!("late, m/{unit} does {}: {why}", planned.text))?;
            }
        }
    }
    Ok(costs)
}

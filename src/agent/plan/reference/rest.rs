//! Where a set comes to when nothing more happens to it, and whether that is where it should.

use super::goal::judge;
use super::node::Role;
use super::set::{Broken, State};
use super::view::Knows;
use super::world::World;
use std::collections::HashSet;

/// No set needs more rounds than this; each step of a plan is one.
const MOST_ROUNDS: usize = 80;

/// What happens on the way; kept only for a story that must be told.
type Story = Option<Vec<String>>;

/// Lets all faults end and everybody do their part in turn. With `revive` all servers come back, else the dead stay dead.
/// `known` are states that are known to end well. The error comes with what happens on the way.
pub fn check<const N: usize>(
    world: &mut World<N>,
    start: &State<N>,
    revive: bool,
    known: &mut HashSet<State<N>>,
) -> Result<(), (Broken, Vec<String>)> {
    // What a leader comes to know on this way it knows on no other.
    let ids = world.ids.clone();
    let rested = run(world, start, revive, known, &mut None);
    world.ids.clone_from(&ids);
    let Err(why) = rested else {
        return Ok(());
    };
    let mut story = Some(Vec::new());
    let _ = run(world, start, revive, known, &mut story);
    world.ids = ids;
    let mut story = story.unwrap_or_default();
    if story.len() > 12 {
        story.truncate(12);
        story.push("and so on".to_owned());
    }
    Err((why, story))
}

fn run<const N: usize>(
    world: &mut World<N>,
    start: &State<N>,
    revive: bool,
    known: &mut HashSet<State<N>>,
    story: &mut Story,
) -> Result<(), Broken> {
    let mut state = *start;
    (state.cut, state.held, state.faults, state.writes) = (0, None, 0, 0);
    for unit in 0..N {
        state.servers[unit].up |= revive && world.units >> unit & 1 == 1;
    }
    let stays = |state: &State<N>, unit: usize| !world.leaves(unit) && state.servers[unit].up;
    if !stays(&state, usize::from(state.leader)) {
        match (0..N).find(|unit| stays(&state, *unit)) {
            Some(leader) => state.leader = leader as u8,
            None => return Ok(()),
        }
    }
    let mut path = Vec::new();
    loop {
        quiet(world, &mut state)?;
        if known.contains(&state) {
            break;
        }
        path.push(state);
        if path.len() > MOST_ROUNDS {
            return Err("it never comes to rest".to_owned());
        }
        let before = state;
        // First the leader waits for those that take themselves out; by the end they are gone.
        for knows in [Knows::Dying, Knows::Gone] {
            if state == before {
                round(world, &mut state, knows, story)?;
                quiet(world, &mut state)?;
            }
            if state == before {
                judge(world, &state)?;
            }
        }
        if state == before {
            break;
        }
    }
    known.extend(path);
    Ok(())
}

/// All messages arrive, all members copy what they need.
fn quiet<const N: usize>(world: &mut World<N>, state: &mut State<N>) -> Result<(), Broken> {
    loop {
        let before = *state;
        state.deliver(&world.configs);
        for unit in 0..N {
            if state.servers[unit].up
                && state.servers[unit].role == Role::Syncing
                && let Some(source) = state.source(&world.configs, unit)
            {
                state.pull(source, unit);
            }
        }
        state.acknowledge(&world.configs)?;
        if *state == before {
            return Ok(());
        }
    }
}

/// Elections, then each unit that plans; by then whoever is away has been so for long.
pub fn round<const N: usize>(
    world: &mut World<N>,
    state: &mut State<N>,
    knows: Knows,
    story: &mut Story,
) -> Result<(), Broken> {
    for unit in 0..N {
        if state.lost_majority(&world.configs, unit) {
            state.servers[unit].role = Role::Secondary;
        }
    }
    if state.primary().is_none()
        && let Some(unit) = candidate(world, state)
    {
        if let Some(story) = story {
            story.push(format!("m/{unit} is elected"));
        }
        state.elect(&mut world.configs, unit)?;
        quiet(world, state)?;
    }
    let leader = usize::from(state.leader);
    for unit in 0..N {
        let plans = unit == leader || world.leaves(unit) && state.is_member(&world.configs, unit);
        if !state.servers[unit].up || !plans {
            continue;
        }
        if let Some(step) = world.plan(state, unit, true, knows)? {
            let planned = world.step(step);
            if let Some(story) = story {
                story.push(format!("m/{unit}: {}", planned.text));
            }
            world
                .carry_out(state, unit, &planned, false)
                .map_err(|why| format!("m/{unit} does {}: {why}", planned.text))?;
            quiet(world, state)?;
        }
    }
    Ok(())
}

/// Who is elected: whoever was chosen, if it can be.
fn candidate<const N: usize>(world: &World<N>, state: &State<N>) -> Option<usize> {
    let heir = state.heir.map(usize::from).into_iter();
    let mut candidates = heir.chain(0..N);
    candidates.find(|unit| state.would_win(&world.configs, *unit))
}

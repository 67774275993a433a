//! Where a set comes to when nothing more happens to it, and whether that is where it should.

use super::UNITS;
use super::node::Role;
use super::set::{Broken, State};
use super::world::World;
use std::collections::HashSet;

/// No set needs more rounds than this; each step of a plan is one.
const MOST_ROUNDS: usize = 80;

/// What happens on the way; kept only for a story that must be told.
type Story = Option<Vec<String>>;

/// Lets all faults end and everybody do their part in turn. With `revive` all servers come back, else the dead stay dead.
/// `known` are states that are known to end well. The error comes with what happens on the way.
pub fn check(
    world: &mut World,
    start: &State,
    revive: bool,
    known: &mut HashSet<State>,
) -> Result<(), (Broken, Vec<String>)> {
    let Err(why) = run(world, start, revive, known, &mut None) else {
        return Ok(());
    };
    let mut story = Some(Vec::new());
    let _ = run(world, start, revive, known, &mut story);
    let mut story = story.unwrap_or_default();
    if story.len() > 12 {
        story.truncate(12);
        story.push("and so on".to_owned());
    }
    Err((why, story))
}

fn run(
    world: &mut World,
    start: &State,
    revive: bool,
    known: &mut HashSet<State>,
    story: &mut Story,
) -> Result<(), Broken> {
    let mut state = *start;
    (state.cut, state.held, state.faults, state.writes) = (0, None, 0, 0);
    for unit in 0..UNITS {
        state.servers[unit].up |= revive && world.units >> unit & 1 == 1;
    }
    let stays = |state: &State, unit: usize| !world.leaves(unit) && state.servers[unit].up;
    if !stays(&state, usize::from(state.leader)) {
        match (0..UNITS).find(|unit| stays(&state, *unit)) {
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
        round(world, &mut state, story)?;
        quiet(world, &mut state)?;
        if state == before {
            judge(world, &state)?;
            break;
        }
    }
    known.extend(path);
    Ok(())
}

/// All messages arrive, all members copy what they need.
fn quiet(world: &mut World, state: &mut State) -> Result<(), Broken> {
    loop {
        let before = *state;
        state.deliver(&world.configs);
        for unit in 0..UNITS {
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
fn round(world: &mut World, state: &mut State, story: &mut Story) -> Result<(), Broken> {
    for unit in 0..UNITS {
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
    for unit in 0..UNITS {
        let plans = unit == leader || world.leaves(unit) && state.is_member(&world.configs, unit);
        if !state.servers[unit].up || !plans {
            continue;
        }
        if let Some(step) = world.plan(state, unit, true)? {
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
fn candidate(world: &World, state: &State) -> Option<usize> {
    let heir = state.heir.map(usize::from).into_iter();
    let mut candidates = heir.chain(0..UNITS);
    candidates.find(|unit| state.would_win(&world.configs, *unit))
}

/// What must hold at rest: the goal, unless a person must act because the majority is lost.
fn judge(world: &World, state: &State) -> Result<(), Broken> {
    let Some(primary) = state.primary() else {
        return Ok(());
    };
    let Some(config) = state.config(&world.configs, primary) else {
        return Err("a primary without a config".to_owned());
    };
    let wanted: Vec<usize> = (0..UNITS).filter(|unit| !world.leaves(*unit)).collect();
    let voters: Vec<usize> = config.voters().collect();
    let said = || format!("voters {voters:?} at rest, to stay are {wanted:?}");
    for unit in &wanted {
        if state.servers[*unit].up && config.places[*unit].is_none() {
            return Err(format!("m/{unit} was never added; {}", said()));
        }
    }
    // A vote that the majority needs is not taken away: a person is told what must come back first.
    let needed = |unit: usize| {
        let rest = voters.iter().filter(|voter| **voter != unit);
        let (rest, live) = rest.fold((0, 0), |(rest, live), voter| {
            (rest + 1, live + usize::from(state.reaches(primary, *voter)))
        });
        voters.contains(&unit) && live < rest / 2 + 1
    };
    let leftover = |u: &usize| world.leaves(*u) && config.places[*u].is_some();
    if (0..UNITS).any(|unit| leftover(&unit) && needed(unit)) {
        return Ok(());
    }
    if let Some(unit) = (0..UNITS).find(leftover) {
        return Err(format!("m/{unit} was never taken out; {}", said()));
    }
    if voters.len().is_multiple_of(2) {
        return Err(format!("even: {}", said()));
    }
    let all_up = wanted.iter().all(|unit| state.servers[*unit].up);
    let full = if wanted.len() % 2 == 1 {
        wanted.len()
    } else {
        wanted.len() - 1
    };
    if all_up && voters.len() != full {
        return Err(format!("all are there: {}", said()));
    }
    Ok(())
}

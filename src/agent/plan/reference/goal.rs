//! Whether a set at rest is as it should be.

use super::node::Role;
use super::set::{Broken, State};
use super::world::World;

/// M1.
const MOST_MEMBERS: usize = 50;
const MOST_VOTERS: usize = 7;

/// What must hold at rest: the goal, unless a person must act because the majority is lost.
pub fn judge<const N: usize>(world: &World<N>, state: &State<N>) -> Result<(), Broken> {
    let Some(primary) = state.primary() else {
        return nobody_could_lead(world, state);
    };
    let Some(config) = state.config(&world.configs, primary) else {
        return Err("a primary without a config".to_owned());
    };
    let wanted: Vec<usize> = (0..N).filter(|unit| !world.leaves(*unit)).collect();
    let voters: Vec<usize> = config.voters().collect();
    let said = || format!("voters {voters:?} at rest, to stay are {wanted:?}");
    let full = config.places.iter().flatten().count() >= MOST_MEMBERS;
    for unit in &wanted {
        if state.servers[*unit].up && config.places[*unit].is_none() && !full {
            return Err(format!("m/{unit} was never added; {}", said()));
        }
    }
    // Only a vote that nobody else could have is not taken away: whatever majority is there, a dead voter's vote can go
    // before that of a living one.
    let needed = |unit: usize| {
        let mut others = (0..N).filter(|other| *other != unit && config.places[*other].is_some());
        let another = others.any(|other| {
            state.reaches(primary, other) && state.servers[other].role != Role::Syncing
        });
        voters.contains(&unit) && !another
    };
    let leftover = |u: &usize| world.leaves(*u) && config.places[*u].is_some();
    if (0..N).any(|unit| leftover(&unit) && needed(unit)) {
        return Ok(());
    }
    if let Some(unit) = (0..N).find(leftover) {
        return Err(format!("m/{unit} was never taken out; {}", said()));
    }
    if voters.len().is_multiple_of(2) {
        return Err(format!("even: {}", said()));
    }
    let all_up = wanted.iter().all(|unit| state.servers[*unit].up);
    if all_up {
        spread(world, &wanted, &voters).map_err(|why| format!("{why}: {}", said()))?;
    }
    Ok(())
}

/// Without a primary at rest no majority may be there.
fn nobody_could_lead<const N: usize>(world: &World<N>, state: &State<N>) -> Result<(), Broken> {
    let up = (0..N).filter(|unit| state.servers[*unit].up);
    let configs = up.filter_map(|unit| state.config(&world.configs, unit));
    let Some(config) = configs.max_by_key(|config| config.age()) else {
        return Ok(());
    };
    let live = config.voters().filter(|unit| state.servers[*unit].up);
    if live.count() >= config.majority() {
        return Err("a majority is there, and nobody is primary".to_owned());
    }
    Ok(())
}

/// Once all are there as many vote as the zones allow: the largest odd number with which no zone has a majority; the
/// largest odd one at all where every number fails.
fn spread<const N: usize>(
    world: &World<N>,
    wanted: &[usize],
    voters: &[usize],
) -> Result<(), Broken> {
    let crowd = |units: &[usize], zone: u8| {
        let there = units.iter().filter(|unit| world.zones[**unit] == zone);
        there.count()
    };
    let mut zones: Vec<u8> = wanted.iter().map(|unit| world.zones[*unit]).collect();
    zones.sort_unstable();
    zones.dedup();
    let fits = |count: &usize| {
        let most = (count - 1) / 2;
        let useful = zones.iter().map(|zone| match (zone, crowd(wanted, *zone)) {
            // Who has no zone fails alone.
            (0, units) => units,
            (_, units) => units.min(most),
        });
        useful.sum::<usize>() >= *count
    };
    let largest = (wanted.len().min(MOST_VOTERS) - 1) / 2 * 2 + 1;
    let mut counts = (3..=largest).rev().step_by(2);
    let spread = counts.find(fits);
    if voters.len() != spread.unwrap_or(largest) {
        return Err("all are there".to_owned());
    }
    let most = (voters.len() - 1) / 2;
    if spread.is_some()
        && let Some(zone) = zones
            .iter()
            .find(|zone| **zone != 0 && crowd(voters, **zone) > most)
    {
        return Err(format!("zone {zone} has a majority"));
    }
    Ok(())
}

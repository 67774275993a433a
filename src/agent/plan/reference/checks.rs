//! What no step may do, judged when it is planned, by the set as it is then.

use super::node::Role;
use super::rules::shape::Config;
use super::set::{Broken, State};
use super::view::Knows;
use super::world::{Planned, World};
use crate::model::plan::Step;
use crate::model::set_config::Change;
use crate::model::set_view::CAUGHT_UP_SECONDS;
use std::collections::BTreeSet;

/// Judges.
pub fn step<const N: usize>(
    world: &World<N>,
    state: &State<N>,
    (unit, knows): (usize, Knows),
    primary: Option<usize>,
    planned: &Planned,
) -> Result<(), Broken> {
    let Some(primary) = primary else {
        return Err("there is no primary".to_owned());
    };
    if state.servers[primary].config != planned.config {
        return Err("it looked at another config".to_owned());
    }
    let before = world.configs.get(planned.config);
    let live = state.live_voters(before, primary);
    if live < before.majority() {
        return Err("there is no live majority to begin with".to_owned());
    }
    let Step::Reconfigure { changes, .. } = &planned.step else {
        return Ok(());
    };
    let Some(proposed) = &planned.proposed else {
        return Err("it does not fit the config".to_owned());
    };
    let Ok(after) = Config::read(proposed) else {
        return Err("it makes no config".to_owned());
    };
    let voters = |id: i32| before.unit_of(id);
    let old: BTreeSet<usize> = (0..N)
        .filter(|unit| before.places[*unit].is_some_and(|place| place.base_votes))
        .collect();
    let units = |config: &Config| -> BTreeSet<usize> {
        let voting = config.members.iter().filter(|member| member.votes);
        voting
            .filter_map(|member| {
                voters(member.id).or_else(|| super::configs::unit_at(&member.host))
            })
            .collect()
    };
    let new = units(&after);
    if old.symmetric_difference(&new).count() > 1 {
        return Err("it changes more than one vote".to_owned());
    }
    let healthy =
        |unit: &usize| state.reaches(primary, *unit) && state.servers[*unit].role != Role::Syncing;
    if new.iter().filter(|unit| healthy(unit)).count() < new.len() / 2 + 1 {
        return Err("it leads into a config without a live majority".to_owned());
    }
    for unit in new.difference(&old) {
        let letters = super::view::letters(state, &world.configs, primary, world.lag);
        if letters[*unit] < 3 || letters[*unit] - 3 > CAUGHT_UP_SECONDS {
            return Err("this member has not caught up".to_owned());
        }
    }
    let removed = changes.iter().filter_map(|change| match change {
        Change::Remove(id) | Change::Drop(id) => before.unit_of(*id),
        _ => None,
    });
    if removed
        .into_iter()
        .any(|gone| gone != unit && !world.leaves(gone))
    {
        return Err("its unit is to stay".to_owned());
    }
    // A unit that leaves can take out itself only.
    let dead_and_gone = |unit: &usize| world.leaves(*unit) && !healthy(unit);
    if let Some(loser) = old.difference(&new).next()
        && !world.leaves(unit)
        && knows != Knows::Nothing
        && healthy(loser)
        && old.iter().any(dead_and_gone)
    {
        return Err("a dead voter is there that should go first".to_owned());
    }
    Ok(())
}

//! The shapes of partitions: who is to hear whom no more. Pure.

use crate::model::unit::UnitName;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use std::collections::BTreeSet;

/// A shape, as the action names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The primary and one secondary against all others (jupsen's `part.sh`).
    PrimaryPair,
    /// The primary against all others.
    PrimaryAlone,
    /// As many voters as cannot elect, the primary among them, against all others.
    Minority,
    /// Two halves, the primary in the smaller one.
    Halves,
    /// Everybody hears a majority of the voters, and no two the same units (Jepsen's `majorities-ring`).
    MajoritiesRing,
    /// Two halves and one that hears both (Jepsen's `bridge`).
    Bridge,
    /// Two sides by chance.
    Random(u64),
    /// No side can elect.
    NoMajority,
    /// One unit against all others.
    Alone(UnitName),
    /// These groups against each other; who is in none hears all.
    Custom(Vec<BTreeSet<UnitName>>),
    /// Nothing goes from the first to the second.
    OneWay(UnitName, UnitName),
}

/// Which way is cut, between the first group and all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Both.
    #[default]
    Both,
    /// What comes into the first group.
    In,
    /// What goes out of it.
    Out,
}

/// The units, as far as a shape asks for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Units {
    /// All whose address is known, in the order of their numbers.
    pub all: BTreeSet<UnitName>,
    /// Those of them that vote.
    pub voters: BTreeSet<UnitName>,
    /// How many vote besides: members that are no unit's, or of units whose address is not known. They are cut off from
    /// nobody, and so vote with every side.
    pub others: usize,
    /// Those that answer and vote: the company of choice.
    pub healthy: BTreeSet<UnitName>,
    /// Who is primary, or why it is not known.
    pub primary: Result<UnitName, NoPrimary>,
}

impl Default for Units {
    fn default() -> Self {
        Self {
            all: BTreeSet::new(),
            voters: BTreeSet::new(),
            others: 0,
            healthy: BTreeSet::new(),
            primary: Err(NoPrimary::NotSeen),
        }
    }
}

/// Why there is no primary to plan from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPrimary {
    /// The set cannot be seen.
    #[error("the set cannot be seen from this unit, so its primary is unknown")]
    NotSeen,
    /// Nobody is.
    #[error("there is no primary to cut off, and none was elected while this waited for one: {0}")]
    None(String),
    /// It is none of our units.
    #[error("the primary {0} is no unit of this application, or its address is not known")]
    Stranger(String),
}

/// Who is with whom, and which links are cut.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// For people; with the shapes that have no groups, each unit is its own.
    pub groups: Vec<BTreeSet<UnitName>>,
    /// From whom to whom nothing goes.
    pub links: BTreeSet<(UnitName, UnitName)>,
}

/// Why there is nothing to cut.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Impossible {
    /// There is nobody else.
    #[error("there is no other unit to cut this one off from; add units first")]
    Alone,
    /// Too few for this shape.
    #[error("this shape needs {needed} units and there are {0}; use scope=unit or add units", .found)]
    TooFew {
        /// How many it needs.
        needed: usize,
        /// How many there are.
        found: usize,
    },
    /// Too few that vote.
    #[error(
        "this shape needs {needed} units that vote and there are {found}; wait for more votes or add units"
    )]
    TooFewVoters {
        /// How many it needs.
        needed: usize,
        /// How many there are.
        found: usize,
    },
    /// No primary.
    #[error("{0}; use scope=unit to cut this unit off, or a shape without a primary")]
    NoPrimary(#[from] NoPrimary),
    /// They would vote with every side.
    #[error(
        "{others} of {found} voters are not units of this application whose address is known: nobody is cut off from them, and with them every side can elect; use shape=custom or scope=unit"
    )]
    InReach {
        /// How many there are.
        others: usize,
        /// How many vote in all.
        found: usize,
    },
    /// A single voter is a majority wherever it is.
    #[error("with {0} voters one side can always elect; add units first")]
    AlwaysElects(usize),
    /// One way of what?
    #[error(
        "direction={0} is one way between two sides, and this shape has {1}; use direction=both"
    )]
    NotTwoSides(&'static str, usize),
    /// Not one of ours.
    #[error("{0}: there is no unit {1} whose address is known")]
    Unknown(&'static str, String),
    /// In two groups.
    #[error("groups: {0} is named twice")]
    Twice(String),
    /// One group is no partition.
    #[error("groups: name two groups at least, as in groups=0,1/2,3,4")]
    OneGroup,
}

/// Plans.
pub fn split(shape: &Shape, direction: Direction, units: &Units) -> Result<Split, Impossible> {
    let count = units.all.len();
    if count < 2 {
        return Err(Impossible::Alone);
    }
    let at_least = |needed| match count < needed {
        true => Err(Impossible::TooFew {
            needed,
            found: count,
        }),
        false => Ok(()),
    };
    let groups = match shape {
        Shape::PrimaryPair => {
            let order = primary_first(units)?;
            at_least(3)?;
            two(units, &order, 2)
        }
        Shape::PrimaryAlone => two(units, &primary_first(units)?, 1),
        Shape::Minority => {
            let mut order = primary_first(units)?;
            let spare = spare(units)?;
            // Standbys are on the other side: a majority of units is not what elects.
            order.retain(|unit| units.voters.contains(unit));
            two(units, &order, spare)
        }
        Shape::Halves => two(units, &primary_first(units)?, count / 2),
        Shape::Alone(unit) => two(units, std::slice::from_ref(unit), 1),
        Shape::Random(seed) => random(&units.all, *seed),
        Shape::NoMajority => no_majority(units)?,
        Shape::Custom(groups) => custom(groups, units)?,
        Shape::Bridge => {
            let order = primary_first(units)?;
            at_least(3)?;
            let half = (count - 1) / 2;
            let groups = vec![set(&order[..half]), set(&order[half + 1..])];
            let links = between(&groups);
            let bridge = set(&order[half..=half]);
            return directed(Split { groups, links }, direction).map(|mut split| {
                split.groups.push(bridge);
                split
            });
        }
        Shape::MajoritiesRing => {
            at_least(4)?;
            return directed(ring(units)?, direction);
        }
        Shape::OneWay(from, to) => {
            for (named, unit) in [("from", from), ("to", to)] {
                if !units.all.contains(unit) {
                    return Err(Impossible::Unknown(named, unit.to_string()));
                }
            }
            return Ok(Split {
                groups: vec![
                    set(std::slice::from_ref(from)),
                    set(std::slice::from_ref(to)),
                ],
                links: [(from.clone(), to.clone())].into(),
            });
        }
    };
    let links = between(&groups);
    directed(Split { groups, links }, direction)
}

fn set(units: &[UnitName]) -> BTreeSet<UnitName> {
    units.iter().cloned().collect()
}

/// The primary, then healthy voters, then other voters, then the rest, each by number: so a split can be foretold.
fn primary_first(units: &Units) -> Result<Vec<UnitName>, Impossible> {
    let primary = units.primary.clone()?;
    let mut order: Vec<UnitName> = units.all.iter().cloned().collect();
    order.sort_by_key(|unit| {
        (
            *unit != primary,
            !units.healthy.contains(unit),
            !units.voters.contains(unit),
            unit.clone(),
        )
    });
    Ok(order)
}

/// The first so many of `order` against all others.
fn two(units: &Units, order: &[UnitName], first: usize) -> Vec<BTreeSet<UnitName>> {
    let one = set(&order[..first]);
    let other = units.all.difference(&one).cloned().collect();
    vec![one, other]
}

fn between(groups: &[BTreeSet<UnitName>]) -> BTreeSet<(UnitName, UnitName)> {
    let mut links = BTreeSet::new();
    for (n, one) in groups.iter().enumerate() {
        for (m, other) in groups.iter().enumerate() {
            if n != m {
                links.extend(
                    one.iter()
                        .flat_map(|a| other.iter().map(|b| (a.clone(), b.clone()))),
                );
            }
        }
    }
    links
}

fn directed(mut split: Split, direction: Direction) -> Result<Split, Impossible> {
    let into_first = match direction {
        Direction::Both => return Ok(split),
        Direction::In => true,
        Direction::Out => false,
    };
    let [first, _] = &split.groups[..] else {
        let word = if into_first { "in" } else { "out" };
        return Err(Impossible::NotTwoSides(word, split.groups.len()));
    };
    split
        .links
        .retain(|(_, to)| first.contains(to) == into_first);
    Ok(split)
}

fn random(all: &BTreeSet<UnitName>, seed: u64) -> Vec<BTreeSet<UnitName>> {
    let mut chance = StdRng::seed_from_u64(seed);
    loop {
        let (one, other): (BTreeSet<_>, BTreeSet<_>) =
            all.iter().cloned().partition(|_| chance.random());
        if !one.is_empty() && !other.is_empty() {
            return vec![one, other];
        }
    }
}

/// Voters in groups that are each short of a majority; who does not vote is with the last.
fn no_majority(units: &Units) -> Result<Vec<BTreeSet<UnitName>>, Impossible> {
    let voters: Vec<UnitName> = match primary_first(units) {
        Ok(order) => order,
        Err(_) => units.all.iter().cloned().collect(),
    }
    .into_iter()
    .filter(|unit| units.voters.contains(unit))
    .collect();
    let found = voters.len() + units.others;
    if found < 2 || voters.is_empty() {
        return Err(Impossible::AlwaysElects(found));
    }
    let short = short_of_majority(units)?;
    let mut groups: Vec<BTreeSet<UnitName>> = voters.chunks(short).map(set).collect();
    if let Some(last) = groups.last_mut() {
        last.extend(units.all.difference(&units.voters).cloned());
    }
    Ok(groups)
}

/// How many of the units that vote are short of a majority together with all voters that nobody is cut off from.
fn short_of_majority(units: &Units) -> Result<usize, Impossible> {
    let (others, found) = (units.others, units.voters.len() + units.others);
    match (found / 2).saturating_sub(others) {
        0 => Err(Impossible::InReach { others, found }),
        short => Ok(short),
    }
}

/// How many voters are not needed for a majority; too few vote when that is none of them.
fn spare(units: &Units) -> Result<usize, Impossible> {
    let found = units.voters.len() + units.others;
    let spare = at_least_one(found.saturating_sub(1) / 2, found)?;
    Ok(spare.min(short_of_majority(units)?))
}

fn at_least_one(spare: usize, found: usize) -> Result<usize, Impossible> {
    match spare {
        0 => Err(Impossible::TooFewVoters { needed: 3, found }),
        spare => Ok(spare),
    }
}

/// Each voter hears those next to it on a ring of the voters, as many on each side as make a majority with itself. Each
/// standby misses some voters that follow each other on that ring, and all other standbys. How many it misses is never how
/// many a voter misses, so that no two units hear the same ones.
fn ring(units: &Units) -> Result<Split, Impossible> {
    let voters: Vec<&UnitName> = units.voters.iter().collect();
    let standbys: Vec<&UnitName> = units.all.difference(&units.voters).collect();
    let count = voters.len();
    // Who hears a majority of these hears one of all: nobody is cut off from the others.
    let spare = at_least_one(count.saturating_sub(1) / 2, count)?;
    // Of three on a ring nobody is far from anybody: they have three places out of four, and standbys share the last.
    let places = count.max(4);
    let reach = (count / 2).div_ceil(2);
    let missed_by_voters = places - 1 - 2 * reach;
    let missed = |standby: usize| -> Vec<&UnitName> {
        let (first, many) = match count {
            3 => (1, 1),
            _ if spare == missed_by_voters => (standby, spare - 1),
            _ => (standby, spare),
        };
        let missed = first..first + many;
        missed.map(|place| voters[place % count]).collect()
    };
    let mut cuts: Vec<(&UnitName, &UnitName)> = Vec::new();
    for (n, one) in voters.iter().enumerate() {
        for (m, other) in voters.iter().enumerate().skip(n) {
            let apart = m - n;
            if apart.min(places - apart) > reach {
                cuts.push((one, other));
            }
        }
    }
    for (n, standby) in standbys.iter().enumerate() {
        cuts.extend(missed(n).into_iter().map(|voter| (*standby, voter)));
        cuts.extend(standbys[..n].iter().map(|other| (*standby, *other)));
    }
    let alone = units.all.iter().map(|unit| [unit.clone()].into());
    let links = cuts.into_iter().flat_map(|(a, b)| {
        let (a, b) = (a.clone(), b.clone());
        [(a.clone(), b.clone()), (b, a)]
    });
    Ok(Split {
        groups: alone.collect(),
        links: links.collect(),
    })
}

fn custom(
    groups: &[BTreeSet<UnitName>],
    units: &Units,
) -> Result<Vec<BTreeSet<UnitName>>, Impossible> {
    let mut seen = BTreeSet::new();
    for unit in groups.iter().flatten() {
        if !units.all.contains(unit) {
            return Err(Impossible::Unknown("groups", unit.to_string()));
        }
        if !seen.insert(unit) {
            return Err(Impossible::Twice(unit.to_string()));
        }
    }
    if groups.len() < 2 || groups.iter().any(BTreeSet::is_empty) {
        return Err(Impossible::OneGroup);
    }
    Ok(groups.to_vec())
}

#[cfg(test)]
#[path = "shape_test.rs"]
mod tests;

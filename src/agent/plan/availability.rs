//! `ensure-availability`: how many are to vote, as Juju's command of that name (later `enable-ha`) decided it. Its rules are
//! numbered as in the notes on Juju 1.18 to 2.3, where a member that is down is demoted and replaced.
//!
//! Other than Juju, a charm makes no machines: what it cannot do itself it gives as commands to type.

use super::members::largest_that_spreads;
use super::outlook::foresee;
use crate::model::desired::{Goal, MOST_VOTERS, odd_voters};
use crate::model::plan::Plan;
use crate::model::policy::Policy;
use crate::model::set_config::Member;
use crate::model::set_view::{SetView, State};
use crate::model::unit::UnitName;
use std::collections::BTreeSet;

/// What is done when no number is given (H4).
pub const DEFAULT: usize = 3;

/// A unit or member, and why it is where it is.
pub type Why = (String, String);

/// What is done, in the order in which Juju printed it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ensured {
    /// How many are to vote.
    pub voters: usize,
    /// Voters that stay.
    pub maintained: Vec<Why>,
    /// Units that are no members yet and become some.
    pub added: Vec<Why>,
    /// Members that leave the set: their units are gone.
    pub removed: Vec<Why>,
    /// Standbys that get a vote.
    pub promoted: Vec<Why>,
    /// Voters that are down and lose theirs.
    pub demoted: Vec<Why>,
    /// Members that no unit owned and that become a unit's.
    pub converted: Vec<Why>,
    /// What a person must type, because a charm makes and removes no machines.
    pub commands: Vec<String>,
    /// What is kept from now on.
    pub policy: Policy,
    /// The steps to come.
    pub plan: Plan,
}

impl Ensured {
    /// The lists by their names, in Juju's order.
    pub fn lists(&self) -> [(&'static str, &[Why]); 6] {
        [
            ("maintained", &self.maintained),
            ("added", &self.added),
            ("removed", &self.removed),
            ("promoted", &self.promoted),
            ("demoted", &self.demoted),
            ("converted", &self.converted),
        ]
    }
}

/// One unit that may vote.
struct Candidate<'a> {
    unit: &'a UnitName,
    member: Option<&'a Member>,
    /// It does not answer the primary.
    down: bool,
}

impl Candidate<'_> {
    /// Whether it does not count any more: it was taken for lost, or has been away for so long that another may stand in for
    /// it. The unit that was asked is up, whatever the primary sees of it (H10).
    fn is_lost(&self, goal: &Goal) -> bool {
        let gone = goal.policy.demoted.contains(self.unit) || goal.long_away(self.unit);
        self.down && gone && *self.unit != goal.me
    }
}

/// Works it out. `asked` is what the person gave; zero is the present number, made odd.
///
/// # Errors
/// When the number is none that may be asked for, in Juju's words.
pub fn ensure(asked: i64, view: &SetView, goal: &Goal) -> Result<Ensured, String> {
    let candidates = candidates(view, goal);
    let voters = match asked {
        // Whoever is lost and not removed counts: what was asked for stays as it is until it is there.
        0 => present(limited(candidates.iter(), view, goal)),
        asked => number(asked, wanting(&candidates, view, goal), candidates.len())?,
    };
    let mut done = Ensured {
        voters,
        policy: goal.policy.clone(),
        ..Ensured::default()
    };
    done.policy.voters = Some(voters);
    let dead = |one: &&Candidate| one.down && one.member.is_some_and(|member| member.votes);
    for one in candidates.iter().filter(dead) {
        // The unit that was asked is up, whatever the primary sees of it (H10).
        if *one.unit == goal.me {
            continue;
        }
        done.policy.demoted.insert(one.unit.clone());
        let state = one.member.map(|member| view.state(member.id).to_string());
        done.demoted.push((
            one.unit.to_string(),
            format!("it is {}", state.unwrap_or_default()),
        ));
    }
    let mut next = goal.clone();
    next.policy = done.policy.clone();
    let (plan, ahead) = foresee(view, &next);
    for (unit, why) in &mut done.demoted {
        let kept = |member: &Member| member.votes && member.label() == *unit;
        if ahead.config.members().any(kept) {
            why.push_str(
                "; its vote stays until another can have it: an even number would be left",
            );
        }
    }
    compare(view, &ahead, &candidates, &next, &mut done);
    done.commands = commands(view, &candidates, &next, voters);
    done.plan = plan;
    Ok(done)
}

fn candidates<'a>(view: &'a SetView, goal: &'a Goal) -> Vec<Candidate<'a>> {
    let all = goal.units.keys();
    let all = all.map(|unit| (unit, view.config.of_unit(unit), goal.policy.of(unit)));
    let may = all.filter(|(_, member, policy)| match member {
        Some(member) => policy.may_have_vote(member),
        None => policy.may_vote(),
    });
    may.map(|(unit, member, _)| {
        let state = member.map(|member| view.state(member.id));
        Candidate {
            unit,
            member,
            down: matches!(state, Some(State::Unknown(_))),
        }
    })
    .collect()
}

/// How many are to vote as things are, parity left out: what a present number is counted from.
fn wanting(candidates: &[Candidate], view: &SetView, goal: &Goal) -> usize {
    let lost = |one: &&Candidate| one.down && goal.policy.demoted.contains(one.unit);
    let counted = candidates.iter().filter(|one| !lost(one));
    limited(counted, view, goal)
}

/// As many as a person asked for before, else as there are; fewer where more cannot be spread over the zones.
fn limited<'a>(
    counted: impl Iterator<Item = &'a Candidate<'a>>,
    view: &SetView,
    goal: &Goal,
) -> usize {
    let zones = counted.filter_map(|one| goal.units.get(one.unit));
    let zones: Vec<_> = zones.map(|wanted| wanted.zone.as_deref()).collect();
    let units = zones.len();
    if let Some(voters) = goal.policy.voters {
        return units.min(voters);
    }
    let units = units.min(MOST_VOTERS);
    let strangers = view.config.members();
    let strangers = strangers.filter(|member| member.votes && member.unit.is_none());
    match largest_that_spreads(zones, strangers.count()) {
        fewer if fewer < odd_voters(units) => fewer,
        _ => units,
    }
}

/// The present number, made odd (H4, H5).
fn present(now: usize) -> usize {
    match now {
        0 | 1 => DEFAULT,
        now => (now + usize::from(now.is_multiple_of(2))).min(MOST_VOTERS),
    }
}

/// The number (H1 to H7); `now` is how many there are that are to vote.
fn number(asked: i64, now: usize, units: usize) -> Result<usize, String> {
    if asked < 0 || asked != 0 && asked % 2 == 0 {
        return Err("number of units must be odd and non-negative".to_owned());
    }
    let asked = usize::try_from(asked).unwrap_or(usize::MAX);
    if asked > MOST_VOTERS {
        return Err(format!("unit count is too large (allowed {MOST_VOTERS})"));
    }
    // Of an even number one stands by already: that is no vote less.
    if asked < odd_voters(now) {
        return Err(format!(
            "failed to ensure availability with {asked} units: cannot remove units with ensure-availability, \
             use remove-unit and choose the units to remove ({units} units, {} of them to vote)",
            odd_voters(now)
        ));
    }
    Ok(asked)
}

fn compare(
    view: &SetView,
    ahead: &SetView,
    candidates: &[Candidate],
    goal: &Goal,
    done: &mut Ensured,
) {
    let (mut voting, mut promised) = (0, Vec::new());
    for one in candidates {
        let label = one.unit.to_string();
        if one.is_lost(goal) {
            continue;
        }
        let after = ahead.config.of_unit(one.unit);
        let votes = |member: Option<&Member>| member.is_some_and(|member| member.votes);
        match (one.member, after) {
            (Some(_), _) if votes(one.member) => {
                voting += 1;
                let why = match votes(after) {
                    true => "it has a vote and keeps it".to_owned(),
                    false => format!(
                        "it stays; it stands by until {} can vote, because an even number would be left",
                        done.voters
                    ),
                };
                done.maintained.push((label, why));
            }
            (Some(_), _) if votes(after) => {
                voting += 1;
                done.promoted.push((label, "it has caught up".to_owned()));
            }
            (Some(member), _) => {
                let state = view.state(member.id);
                promised.push((label, state, true));
            }
            (None, _) => {
                let state = State::Other("no member yet".to_owned());
                promised.push((label, state, false));
            }
        }
    }
    // Those who cannot have a vote yet, but are to have one: as many as are short.
    for (label, state, member) in promised {
        let short = voting < done.voters;
        voting += usize::from(short);
        match (member, short) {
            (true, true) => {
                let why =
                    format!("once it has caught up and an odd number comes of it (it is {state})");
                done.promoted.push((label, why));
            }
            (false, true) => done.added.push((
                label,
                "it joins, and votes once it has caught up".to_owned(),
            )),
            (false, false) => done.added.push((label, "it joins as a standby".to_owned())),
            (true, false) => {}
        }
    }
    for member in view.config.members() {
        let (before, after) = (&member.unit, ahead.config.member(member.id));
        match (before, after) {
            (Some(unit), _) if !goal.units.contains_key(unit) => {
                let why = match goal.dying.contains(unit) {
                    true => "its unit is leaving",
                    false => "its unit is gone",
                };
                done.removed.push((unit.to_string(), why.to_owned()));
            }
            (None, Some(adopted)) if adopted.unit.is_some() => done
                .converted
                .push((adopted.label(), format!("it is at {}", member.host))),
            (None, None) => done
                .removed
                .push((member.host.to_string(), "a person wants it out".to_owned())),
            _ => {}
        }
    }
}

/// What only Juju can do: machines for those who are missing, and those away that are dead and hold nothing.
fn commands(view: &SetView, candidates: &[Candidate], goal: &Goal, voters: usize) -> Vec<String> {
    let application = goal.me.application();
    let lost: BTreeSet<_> = candidates
        .iter()
        .filter(|one| one.is_lost(goal))
        .map(|one| one.unit)
        .collect();
    let there = candidates.len() - lost.len();
    let strangers = view.config.members().filter(|member| {
        member.unit.is_none() && member.votes && !goal.policy.dropped.contains(&member.host)
    });
    let missing = voters.saturating_sub(there + strangers.count());
    let mut commands = Vec::new();
    if missing > 0 {
        commands.push(format!("juju add-unit {application} -n {missing}"));
    }
    let removals = lost
        .iter()
        .map(|unit| format!("juju remove-unit {unit} --force"));
    commands.extend(removals);
    commands
}

#[cfg(test)]
#[path = "availability_test.rs"]
mod tests;

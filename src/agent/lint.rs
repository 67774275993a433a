//! A second pair of eyes on plans: safety rules that hold for any plan, written without knowing how it was made.
//! Runs in production too; a plan that breaks a rule is not carried out.

use crate::model::address::HostPort;
use crate::model::desired::{Goal, MOST_MEMBERS, MOST_VOTERS, Role};
use crate::model::plan::{Plan, Step};
use crate::model::set_config::{Change, Member, SetConfig};
use crate::model::set_view::SetView;
use crate::model::unit::UnitName;
use std::collections::BTreeSet;

/// A rule that a plan breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("refused to {step}: {rule}")]
pub struct Unsafe {
    /// The step.
    pub step: String,
    /// The rule, as a sentence.
    pub rule: &'static str,
}

/// Checks the first step of a plan against the set as it is seen: later steps are checked when they are first.
pub fn check(plan: &Plan, view: Option<&SetView>) -> Result<(), Unsafe> {
    let Some(planned) = plan.steps.first() else {
        return Ok(());
    };
    let broken = match (&planned.step, view) {
        (
            Step::Reconfigure {
                version,
                term,
                changes,
                ..
            },
            Some(view),
        ) => reconfigure(*version, *term, changes, view),
        (
            Step::Reconfigure { .. } | Step::HandOver { .. } | Step::SetDefaultWriteConcern(_),
            None,
        ) => Some("the set has not been seen"),
        (Step::HandOver { from, to }, Some(view)) => hand_over(from, to, view),
        (Step::SetDefaultWriteConcern(at), Some(view)) => {
            (view.primary_member().map(|primary| &primary.host) != Some(at))
                .then_some("only the primary may be told")
        }
        (Step::Initiate(_), Some(_)) => Some("there is a set already"),
        (Step::ForceOwnHost(id, _), Some(view)) => (view.config.voters().iter().ne([id]))
            .then_some("only a set's only voter may be moved by force"),
        _ => None,
    };
    match broken {
        Some(rule) => Err(Unsafe {
            step: planned.step.to_string(),
            rule,
        }),
        None => Ok(()),
    }
}

fn reconfigure(
    version: i64,
    term: i64,
    changes: &[Change],
    view: &SetView,
) -> Option<&'static str> {
    let before = &view.config;
    if (version, term) != (before.version(), before.term()) {
        return Some("it was planned from another config");
    }
    let Some(primary) = view.primary else {
        return Some("there is no primary");
    };
    if !view.committed {
        return Some("the config before it is not committed");
    }
    if !view.could_commit(before) {
        return Some("the config before it has no live majority");
    }
    let Ok(after) = before.with(changes) else {
        return Some("it does not fit the config");
    };
    if before
        .voters()
        .symmetric_difference(&after.voters())
        .count()
        > 1
    {
        return Some("it changes more than one vote");
    }
    if after.voters().is_empty()
        || after.voters().len() > MOST_VOTERS
        || after.size() > MOST_MEMBERS
    {
        return Some("it leaves too few or too many voters or members");
    }
    if !view.could_commit(&after) {
        return Some("the config after it would have no live majority");
    }
    if !after
        .member(primary)
        .is_some_and(|member| member.electable())
    {
        return Some("the primary would lose its place");
    }
    if after
        .voters()
        .difference(&before.voters())
        .any(|id| !view.caught_up(*id))
    {
        return Some("a member that has not caught up would get a vote");
    }
    if changes.iter().any(|change| is_unheard_of(change, view)) {
        return Some("no server has answered at an address that it writes");
    }
    if after
        .members()
        .any(|member| member.priority > 0.0 && !may_have_priority(member))
    {
        return Some("a member without a vote, or hidden, or kept behind, would be electable");
    }
    if secondary_leads_at_once(before, &after) {
        return Some(
            "beside a primary and an arbiter a secondary would get its vote and a priority at once",
        );
    }
    if touches_strangers(before, changes) {
        return Some("it touches a member that no unit owns");
    }
    // What somebody did by hand keeps nothing else from being done.
    (!twins(&after).is_subset(&twins(before)))
        .then_some("two members would have one address, one _id or one unit")
}

/// Checks the first step of a plan against what there is to be: who comes, who stays and who goes.
pub fn fits(plan: &Plan, view: &SetView, goal: &Goal) -> Result<(), Unsafe> {
    let Some(planned) = plan.steps.first() else {
        return Ok(());
    };
    let Step::Reconfigure { changes, .. } = &planned.step else {
        return Ok(());
    };
    let mut broken = changes
        .iter()
        .filter_map(|change| misfit(change, view, goal));
    broken.next().map_or(Ok(()), |rule| {
        Err(Unsafe {
            step: planned.step.to_string(),
            rule,
        })
    })
}

fn misfit(change: &Change, view: &SetView, goal: &Goal) -> Option<&'static str> {
    let leaves = |unit: &UnitName| goal.role == Role::Leaver && *unit == goal.me;
    let stays = |unit: &UnitName| goal.units.contains_key(unit) && !leaves(unit);
    let unit = |id: &i32| view.config.member(*id)?.unit.as_ref();
    match change {
        Change::Remove(id) => {
            let unit = unit(id)?;
            if stays(unit) {
                return Some("it takes a member out whose unit is to stay");
            }
            if goal.role == Role::Leaver && !leaves(unit) {
                return Some("a unit that leaves takes itself out, and nobody else");
            }
            (goal.dying.contains(unit) && view.healthy(*id))
                .then_some("it takes a member out whose unit takes itself out")
        }
        Change::GiveVote(id) => (!unit(id).is_some_and(stays))
            .then_some("it gives a vote to a member whose unit is not to stay"),
        Change::Add { id, .. } if *id < goal.first_id => {
            Some("it gives an _id that a member that is gone has had")
        }
        Change::Add { unit, .. } => {
            (!stays(unit)).then_some("it adds a member whose unit is not to stay")
        }
        _ => None,
    }
}

/// An address that nobody has answered at, and that is no other member's either.
fn is_unheard_of(change: &Change, view: &SetView) -> bool {
    let (Change::Add { host, .. } | Change::SetHost(_, host)) = change else {
        return false;
    };
    view.doors.get(host) != Some(&Ok(())) && view.config.at(host).is_none()
}

fn may_have_priority(member: &Member) -> bool {
    member.votes && !member.hidden && member.delay_secs == 0
}

/// `mongod` refuses that (M19): two data members and an arbiter, made of a set whose voters with data are no more than half.
fn secondary_leads_at_once(before: &SetConfig, after: &SetConfig) -> bool {
    let arbiters = |config: &SetConfig| config.members().filter(|member| member.arbiter).count();
    let voters = before.voters().len();
    let overlaps = voters / 2 < voters.saturating_sub(arbiters(before));
    let is_psa = after.size() == 3 && after.voters().len() == 3 && arbiters(after) == 1;
    let able = after.members().filter(|member| member.priority > 0.0);
    !overlaps && is_psa && able.count() > 1
}

fn hand_over(from: &HostPort, to: &HostPort, view: &SetView) -> Option<&'static str> {
    if view.primary_member().map(|primary| &primary.host) != Some(from) {
        return Some("it is not the primary that would hand over");
    }
    let heir = view.config.at(to);
    let able = heir.is_some_and(|heir| {
        Some(heir.id) != view.primary && heir.electable() && view.caught_up(heir.id)
    });
    (!able).then_some("it could not become primary")
}

/// Members without a unit stay as they were, unless a person wants them out or they are where a unit is.
fn touches_strangers(before: &SetConfig, changes: &[Change]) -> bool {
    let stranger = |id: &i32| {
        before
            .member(*id)
            .is_some_and(|member| member.unit.is_none())
    };
    changes.iter().any(|change| match change {
        Change::Remove(id)
        | Change::GiveVote(id)
        | Change::TakeVote(id)
        | Change::SetHost(id, _)
        | Change::SetUnit(id, _)
        | Change::SetFields(id, _) => stranger(id),
        Change::Drop(id) | Change::Adopt(id, _) => !stranger(id),
        Change::Add { .. } | Change::SetElectionTimeout(_) => false,
    })
}

/// What more than one member has that only one may have.
fn twins(config: &SetConfig) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let all = config.members().flat_map(|member| {
        let unit = member.unit.as_ref().map(ToString::to_string);
        [
            Some(member.id.to_string()),
            Some(member.host.to_string()),
            unit,
        ]
    });
    let twice = all.flatten().filter(|what| !seen.insert(what.clone()));
    twice.collect()
}

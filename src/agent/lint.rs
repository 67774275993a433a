//! A second pair of eyes on plans: safety rules that hold for any plan, written without knowing how it was made.
//! Runs in production too; a plan that breaks a rule is not carried out.

use crate::model::desired::{MOST_MEMBERS, MOST_VOTERS};
use crate::model::plan::{Plan, Step};
use crate::model::set_config::{Change, SetConfig};
use crate::model::set_view::SetView;

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
                change,
                ..
            },
            Some(view),
        ) => reconfigure(*version, *term, change, view),
        (Step::Reconfigure { .. } | Step::StepDown(_), None) => Some("the set has not been seen"),
        (Step::StepDown(_), Some(view)) => step_down(view),
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

fn reconfigure(version: i64, term: i64, change: &Change, view: &SetView) -> Option<&'static str> {
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
    let Ok(after) = before.with(change) else {
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
        || after.members().len() > MOST_MEMBERS
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
    (!keeps_strangers(before, &after)).then_some("it touches a member that no unit owns")
}

fn step_down(view: &SetView) -> Option<&'static str> {
    let others = view
        .config
        .members()
        .iter()
        .filter(|member| Some(member.id) != view.primary);
    let heir = others
        .into_iter()
        .any(|member| member.electable() && view.caught_up(member.id));
    (!heir).then_some("nobody else could become primary")
}

/// Members without a unit stay exactly as they were.
fn keeps_strangers(before: &SetConfig, after: &SetConfig) -> bool {
    let strangers = |config: &SetConfig| -> Vec<_> {
        config
            .members()
            .iter()
            .filter(|member| member.unit.is_none())
            .cloned()
            .collect()
    };
    strangers(before) == strangers(after)
}

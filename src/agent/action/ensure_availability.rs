//! `ensure-availability`: how many members are to vote, and what is done and to be done for it.

use super::membership::{keep, look, on_leader};
use super::{Answer, Situation};
use crate::agent::hook::HookError;
use crate::agent::plan::availability::{Ensured, ensure};

/// The action.
///
/// # Errors
/// When a hook tool fails.
pub async fn run(situation: &Situation) -> Result<Answer, HookError> {
    let (view, goal) = match look(situation) {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    if view.primary.is_none() {
        return Ok(Answer::failed(
            "the set has no primary now: without a majority no vote can be given or taken",
        ));
    }
    let ensured = match ensure(situation.integer("n", 3), view, &goal) {
        Ok(ensured) => ensured,
        Err(why) => return Ok(Answer::failed(why)),
    };
    let answer = report(&ensured);
    if situation.flag("dry-run") {
        return Ok(answer.with("dry-run", true));
    }
    if let Err(answer) = on_leader(situation, "ensure-availability") {
        return Ok(answer);
    }
    keep(situation, ensured.policy).await?;
    Ok(answer)
}

/// The lists that are not empty, in Juju's order, then the reasons, the steps to come and what to type.
fn report(ensured: &Ensured) -> Answer {
    let mut answer = Answer::default();
    let mut reasons = Vec::new();
    for (name, list) in ensured.lists() {
        if list.is_empty() {
            continue;
        }
        let names: Vec<&str> = list.iter().map(|(name, _)| name.as_str()).collect();
        answer = answer.with(name, names.join(", "));
        reasons.extend(
            list.iter()
                .map(|(unit, why)| format!("{name} {unit}: {why}")),
        );
    }
    let answer = answer
        .with("voters", ensured.voters)
        .with("why", reasons.join("\n"))
        .with("steps", ensured.plan.to_string().trim_end());
    match ensured.commands.is_empty() {
        true => answer,
        false => answer.with("commands", ensured.commands.join("\n")),
    }
}

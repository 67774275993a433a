//! What the actions about members have in common: the set, the goal as the leader sees it, and keeping what a person said.

use super::{Answer, Situation};
use crate::agent::desire;
use crate::agent::hook::{self, HookError};
use crate::juju::tools;
use crate::model::databag::{self, ApplicationData};
use crate::model::desired::{Goal, Role};
use crate::model::event::Event;
use crate::model::observed::SetFacts;
use crate::model::policy::Policy;
use crate::model::set_view::SetView;

/// The set and the goal, for a plan on behalf of all.
///
/// # Errors
/// The answer to give when the set cannot be seen.
pub fn look(situation: &Situation) -> Result<(&SetView, Goal), Answer> {
    let view = match &situation.set {
        SetFacts::Seen(view) => view,
        SetFacts::NotAsked => {
            return Err(Answer::failed(
                "mongod does not run on this unit, and no other unit has said where its own is; look at the status",
            ));
        }
        SetFacts::NotInitiated(_) => return Err(Answer::failed("there is no replica set yet")),
        SetFacts::Unknown(why) => {
            return Err(Answer::failed(format!(
                "the set cannot be seen from here: waiting for {why}"
            )));
        }
    };
    let Some(options) = &situation.host.options else {
        return Err(Answer::failed(
            "no right options have been given to this unit yet; look at its status",
        ));
    };
    let (juju, host) = (&situation.juju, &situation.host);
    let goal = desire::goal(juju, host, &situation.set, options, Role::Leader);
    Ok((view, goal))
}

/// Only the leader can keep what a person said.
///
/// # Errors
/// The answer to give on another unit.
pub fn on_leader(situation: &Situation, action: &str) -> Result<(), Answer> {
    let relation = situation.juju.relation.as_ref();
    if let Some(Err(why)) = relation.map(|relation| &relation.application) {
        return Err(Answer::failed(format!(
            "it cannot be kept: what was said before, in the application's databag, cannot be read ({why}), and would be lost; \
             look at the status of {}",
            situation.juju.me
        )));
    }
    if situation.juju.leader {
        return Ok(());
    }
    Err(Answer::failed(format!(
        "only the leader can keep it, and {} does not lead: juju run {}/leader {action} …",
        situation.juju.me,
        situation.juju.me.application()
    )))
}

/// Keeps it in the application's databag, and begins to act by it; what takes longer the hooks go on with.
///
/// # Errors
/// When a hook tool fails.
pub async fn keep(situation: &Situation, policy: Policy) -> Result<(), HookError> {
    let mut juju = situation.juju.clone();
    let Some(relation) = &mut juju.relation else {
        return Ok(());
    };
    let before = relation.application.clone().ok().flatten();
    let data = ApplicationData {
        policy,
        ..before.unwrap_or_default()
    };
    if relation.application == Ok(Some(data.clone())) {
        return Ok(());
    }
    tools::set_bag(&relation.id, true, &databag::write(&data)).await?;
    relation.application = Ok(Some(data));
    juju.event = Event::Reconcile("action".to_owned());
    hook::reconcile(juju).await
}

//! `step-down`: the primary hands over, to a unit that a person names or to the best.

use super::membership::look;
use super::primary::{ask, claimants};
use super::{Answer, Situation};
use crate::agent::apply::{self, ApplyError};
use crate::agent::observe;
use crate::agent::plan::members::successor;
use crate::model::address::HostPort;
use crate::model::set_config::Member;
use crate::model::set_view::SetView;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long it waits to see the new primary.
const LIMIT: Duration = Duration::from_secs(20);
/// How long it waits for a heir: just after an election nobody is known to have caught up with the new primary.
const READY: Duration = Duration::from_secs(15);

/// The action.
pub async fn run(situation: &mut Situation) -> Answer {
    let asked = Instant::now();
    loop {
        wait_for_an_heir(situation, asked + READY).await;
        match attempt(situation).await {
            Ok(answer) => return answer,
            // A new primary writes its term into the config; nothing was changed for the one that was seen before that.
            Err(ApplyError::Stale) if asked.elapsed() < READY => {
                situation.set = observe::set_from_anywhere(&situation.juju, &situation.host).await;
            }
            Err(error) => return Answer::failed(format!("the primary did not hand over: {error}")),
        }
    }
}

/// One attempt on what was seen last.
async fn attempt(situation: &Situation) -> Result<Answer, ApplyError> {
    let (view, _) = match look(situation) {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let (from, heir) = match choose(view, situation.word("to")) {
        Ok(Choice::HandOver(from, heir)) => (from, heir),
        Ok(Choice::Later(why)) => {
            let why = format!("{why}, for {} s now", READY.as_secs());
            return Ok(Answer::failed(why));
        }
        Ok(Choice::IsPrimary(primary)) => {
            return Ok(Answer::default()
                .with("primary", primary.host.to_string())
                .with("unit", primary.label())
                .with("outcome", "it is primary already"));
        }
        Err(why) => return Ok(Answer::failed(why)),
    };
    let answer = Answer::default()
        .with("from", from.label())
        .with("to", heir.label());
    if situation.flag("dry-run") {
        return Ok(answer.with("dry-run", true));
    }
    let begun = Instant::now();
    apply::hand_over(&from.host, &heir.host, view).await?;
    Ok(elected(view, from, heir, begun, answer).await)
}

/// Waits until somebody is primary in a term later than the one that was seen.
async fn elected(
    view: &SetView,
    from: &Member,
    heir: &Member,
    begun: Instant,
    answer: Answer,
) -> Answer {
    let hosts: Vec<HostPort> = view
        .config
        .members()
        .map(|member| member.host.clone())
        .collect();
    loop {
        let answers = ask(hosts.clone()).await;
        let newest = claimants(&answers).into_iter().next();
        if let Some(claim) = newest.filter(|claim| claim.term > view.term) {
            let member = view.config.at(&claim.host);
            let answer = answer
                .with("primary", &claim.host)
                .with("unit", member.map(Member::label).unwrap_or_default())
                .with("term", claim.term)
                .with("seconds", format!("{:.1}", begun.elapsed().as_secs_f64()));
            return match claim.host == heir.host {
                true => answer,
                false => answer.with(
                    "note",
                    "another member was elected than the one that was chosen",
                ),
            };
        }
        if begun.elapsed() > LIMIT {
            return Answer::failed(format!(
                "{} has stepped down, and nobody has been elected within {} s; look at: juju status",
                from.label(),
                LIMIT.as_secs()
            ));
        }
        sleep(Duration::from_millis(100)).await;
    }
}

async fn wait_for_an_heir(situation: &mut Situation, end: Instant) {
    while Instant::now() < end {
        let chosen = look(situation).map(|(view, _)| choose(view, situation.word("to")));
        let Ok(Ok(Choice::Later(_))) = chosen else {
            return;
        };
        sleep(Duration::from_millis(200)).await;
        situation.set = observe::set_from_anywhere(&situation.juju, &situation.host).await;
    }
}

enum Choice<'a> {
    HandOver(&'a Member, &'a Member),
    IsPrimary(&'a Member),
    Later(String),
}

/// Who hands over to whom. The word is a unit's name.
fn choose<'a>(view: &'a SetView, to: Option<&str>) -> Result<Choice<'a>, String> {
    let Some(primary) = view.primary_member() else {
        let why = "the set has no primary, so there is nobody to hand over (a majority that is gone for good: recover-quorum)";
        return Ok(Choice::Later(why.to_owned()));
    };
    let Some(word) = to else {
        let why = || {
            format!(
                "nobody can take over from {}: {}",
                primary.label(),
                able(view)
            )
        };
        let mut others = view.config.members().filter(|it| it.id != primary.id);
        return match successor(view, |_| true) {
            Some(heir) => Ok(Choice::HandOver(primary, heir)),
            None if others.any(Member::electable) => Ok(Choice::Later(why())),
            None => Err(why()),
        };
    };
    let named = |member: &&Member| {
        let unit = member.unit.as_ref();
        unit.is_some_and(|unit| unit.to_string() == word)
    };
    let member = view.config.members().find(named).ok_or_else(|| {
        let mut units: Vec<String> = view.config.members().map(Member::label).collect();
        units.sort();
        format!(
            "to={word}: no member of the set; the members are {}",
            units.join(", ")
        )
    })?;
    if member.id == primary.id {
        return Ok(Choice::IsPrimary(primary));
    }
    let label = member.label();
    if !member.electable() {
        return Err(format!(
            "{label} cannot be elected: it has {} and priority {}; see set-member",
            if member.votes { "a vote" } else { "no vote" },
            member.priority
        ));
    }
    if !view.caught_up(member.id) {
        let state = view.state(member.id);
        return Ok(Choice::Later(format!(
            "{label} has not caught up (it is {state})"
        )));
    }
    Ok(Choice::HandOver(primary, member))
}

fn able(view: &SetView) -> String {
    let others = view
        .config
        .members()
        .filter(|member| Some(member.id) != view.primary);
    let said = others.map(|member| {
        let (label, state) = (member.label(), view.state(member.id));
        match (member.electable(), view.healthy(member.id)) {
            (false, _) => format!("{label} cannot be elected"),
            (true, true) => format!("{label} is {state} and has not caught up"),
            (true, false) => format!("{label} is {state}"),
        }
    });
    let said: Vec<String> = said.collect();
    match said.is_empty() {
        true => "it is alone".to_owned(),
        false => said.join(", "),
    }
}

//! `set-member`: what a person wants of one member, kept by the planner from then on.

use super::membership::{keep, look, on_leader};
use super::{Answer, Situation};
use crate::agent::hook::HookError;
use crate::agent::plan::members::plan;
use crate::model::address::HostPort;
use crate::model::desired::Goal;
use crate::model::policy::MemberPolicy;
use crate::model::set_config::UNIT_TAG;
use crate::model::set_view::SetView;
use crate::model::unit::UnitName;
use std::collections::BTreeMap;

/// The action.
///
/// # Errors
/// When a hook tool fails.
pub async fn run(situation: &Situation) -> Result<Answer, HookError> {
    let (view, mut goal) = match look(situation) {
        Ok(found) => found,
        Err(answer) => return Ok(answer),
    };
    let said = match change(situation, view, &mut goal) {
        Ok(said) => said,
        Err(why) => return Ok(Answer::failed(why)),
    };
    let answer = said.with("steps", plan(view, &goal).to_string().trim_end());
    if situation.flag("dry-run") {
        return Ok(answer.with("dry-run", true));
    }
    if let Err(answer) = on_leader(situation, "set-member") {
        return Ok(answer);
    }
    keep(situation, goal.policy).await?;
    Ok(answer)
}

/// Puts what is wanted into the goal's policy.
fn change(situation: &Situation, view: &SetView, goal: &mut Goal) -> Result<Answer, String> {
    let wanted = fields(situation)?;
    match (situation.word("unit"), situation.word("member")) {
        (Some(_), Some(_)) => Err("give unit or member, not both".to_owned()),
        (None, None) => Err(
            "give unit=NAME/N for a unit's member, or member=HOST:PORT remove=true for one that no unit owns".to_owned(),
        ),
        (None, Some(host)) => {
            if wanted != MemberPolicy::default() || !situation.flag("remove") {
                return Err(format!(
                    "member={host}: the only thing that can be asked of a member that no unit owns is remove=true"
                ));
            }
            let host = stranger(view, host)?;
            goal.policy.dropped.insert(host.clone());
            Ok(Answer::default().with("removed", host))
        }
        (Some(word), None) => {
            if situation.flag("remove") {
                return Err(format!(
                    "unit={word}: a unit's member leaves with its unit: juju remove-unit"
                ));
            }
            let unit = unit(goal, word)?;
            let reset = situation.flag("reset");
            if wanted == MemberPolicy::default() && !reset {
                return Err("give at least one of priority, hidden, votes, delay, tags, reset".to_owned());
            }
            let before = if reset { defaults(goal, &unit) } else { goal.policy.of(&unit) };
            let asked = wanted.priority;
            let policy = over(before, wanted);
            check(&unit, &policy, asked)?;
            let text = serde_json::to_string(&policy).unwrap_or_default();
            goal.policy.members.insert(unit.clone(), policy);
            somebody_can_lead(goal)?;
            Ok(Answer::default().with("unit", unit).with("policy", text))
        }
    }
}

/// What was given.
fn fields(situation: &Situation) -> Result<MemberPolicy, String> {
    let given = |name: &str| {
        situation
            .parameters
            .get(name)
            .filter(|value| !value.is_null())
    };
    let priority = given("priority").and_then(serde_json::Value::as_f64);
    if let Some(priority) = priority.filter(|priority| !(0.0..=1000.0).contains(priority)) {
        return Err(format!("priority={priority}: use a number from 0 to 1000"));
    }
    let delay = given("delay").map(|_| situation.integer("delay", 0));
    let delay = match delay.map(u32::try_from) {
        None => None,
        Some(Ok(delay)) if delay <= 31_536_000 => Some(delay),
        Some(_) => return Err("delay: use seconds from 0 to 31536000 (a year)".to_owned()),
    };
    let flag = |name: &str| given(name).and_then(serde_json::Value::as_bool);
    Ok(MemberPolicy {
        priority,
        hidden: flag("hidden"),
        votes: flag("votes"),
        delay,
        tags: given("tags")
            .and_then(serde_json::Value::as_str)
            .map(tags)
            .transpose()?,
    })
}

/// `rack=7,use=backup`; an empty text takes all tags away.
fn tags(text: &str) -> Result<BTreeMap<String, String>, String> {
    let pairs = text
        .split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty());
    let mut tags = BTreeMap::new();
    for pair in pairs {
        let refused = |why: &str| format!("tags: {pair:?} {why}; one looks like rack=7,use=backup");
        let (name, value) = pair.split_once('=').ok_or_else(|| refused("has no ="))?;
        if name.is_empty() || value.is_empty() || name.contains(['.', '$']) {
            return Err(refused("is no tag"));
        }
        if name == UNIT_TAG {
            return Err(refused("is the charm's own"));
        }
        if tags.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(refused("is given twice"));
        }
    }
    Ok(tags)
}

fn over(before: MemberPolicy, wanted: MemberPolicy) -> MemberPolicy {
    MemberPolicy {
        priority: wanted.priority.or(before.priority),
        hidden: wanted.hidden.or(before.hidden),
        votes: wanted.votes.or(before.votes),
        delay: wanted.delay.or(before.delay),
        tags: wanted.tags.or(before.tags),
    }
}

/// Every field that was ever set, back to what `mongod` has by default.
fn defaults(goal: &Goal, unit: &UnitName) -> MemberPolicy {
    let before = goal.policy.of(unit);
    MemberPolicy {
        priority: before.priority.map(|_| 1.0),
        hidden: before.hidden.map(|_| false),
        votes: None,
        delay: before.delay.map(|_| 0),
        tags: before.tags.map(|_| BTreeMap::new()),
    }
}

/// What `mongod` would refuse (M2). A priority that was said earlier waits until the member may be primary again.
fn check(unit: &UnitName, policy: &MemberPolicy, asked: Option<f64>) -> Result<(), String> {
    let priority = asked.unwrap_or(0.0);
    let because = if policy.hidden == Some(true) {
        "is hidden"
    } else if policy.delay.unwrap_or(0) > 0 {
        "is kept behind"
    } else if !policy.may_vote() {
        "has no vote"
    } else {
        return Ok(());
    };
    if priority > 0.0 {
        return Err(format!(
            "{unit} {because}, so it can never be primary: its priority must be 0, not {priority}"
        ));
    }
    Ok(())
}

fn somebody_can_lead(goal: &Goal) -> Result<(), String> {
    let able = goal
        .units
        .keys()
        .any(|unit| goal.policy.of(unit).may_lead());
    able.then_some(()).ok_or_else(|| {
        "then no unit could be primary: leave at least one with a vote and a priority above 0"
            .to_owned()
    })
}

fn unit(goal: &Goal, word: &str) -> Result<UnitName, String> {
    let named = |unit: &&UnitName| unit.to_string() == word;
    goal.units.keys().find(named).cloned().ok_or_else(|| {
        let units: Vec<String> = goal.units.keys().map(ToString::to_string).collect();
        format!(
            "unit={word}: no unit of this application; the units are {}",
            units.join(", ")
        )
    })
}

fn stranger(view: &SetView, host: &str) -> Result<HostPort, String> {
    let parsed: HostPort = host
        .parse()
        .map_err(|error| format!("member={host}: {error}"))?;
    match view.config.at(&parsed) {
        None => Err(format!("member={host}: no member of the set is there")),
        Some(member) => match &member.unit {
            Some(unit) => Err(format!(
                "member={host} is {unit}'s: it leaves with juju remove-unit {unit}"
            )),
            None => Ok(parsed),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_earlier_waits_and_what_is_said_now_must_go_together() {
        let hidden = MemberPolicy {
            hidden: Some(true),
            ..MemberPolicy::default()
        };
        let late = MemberPolicy {
            delay: Some(60),
            ..MemberPolicy::default()
        };
        let before = MemberPolicy {
            priority: Some(1.0),
            ..MemberPolicy::default()
        };
        let unit: UnitName = "m/1".parse().unwrap();
        for (policy, asked, refused) in [
            (over(before.clone(), hidden.clone()), None, None),
            (over(before, late.clone()), Some(0.0), None),
            (hidden, Some(2.0), Some("is hidden")),
            (late, Some(2.0), Some("is kept behind")),
            (MemberPolicy::default(), Some(2.0), None),
        ] {
            let checked = check(&unit, &policy, asked);
            let agrees = match (&checked, refused) {
                (Err(why), Some(part)) => why.contains(part),
                (checked, refused) => checked.is_ok() && refused.is_none(),
            };
            assert!(agrees, "{policy:?} {asked:?}: {checked:?}");
        }
    }
}

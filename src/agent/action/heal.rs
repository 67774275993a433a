//! `heal`: ends faults now, here at once, elsewhere as soon as the request has reached the unit.

mod meant;

use self::meant::Meant;
use super::{Answer, Situation};
use crate::agent::apply;
use crate::agent::hook::HookError;
use crate::fault::held;
use crate::fault::partition;
use crate::host::clock;
use crate::host::firewall::Table;
use crate::juju::tools;
use crate::model::databag;
use crate::model::fault::Kind;
use crate::model::fault::held::What;
use crate::model::fault::network::{Network, wanted};
use std::collections::BTreeSet;

/// The action.
pub async fn run(situation: &Situation) -> Result<Answer, HookError> {
    let juju = &situation.juju;
    let word = |name: &str| situation.word(name);
    let meant = match Meant::read(juju.me.application(), word) {
        Ok(meant) => meant,
        Err(why) => return Ok(Answer::failed(why)),
    };
    let now_ms = clock::now_ms();
    let heals = juju.heals_asked();
    let known = juju.faults_asked();
    let only_here = situation.word("scope") == Some("unit");
    // What was healed here alone holds elsewhere.
    let elsewhere = juju.heals_of_all();
    let over = if only_here { &heals } else { &elsewhere };
    let holding = || known.iter().filter(|it| it.holds(over, now_ms));
    if let Some(why) = meant.is_less_than(holding()) {
        return Ok(Answer::failed(why));
    }
    let holding: Vec<&str> = holding()
        .filter(|request| meant.is(request))
        .map(|request| request.id.as_str())
        .collect();
    // Later than every request and every heal that is known, whatever the clocks say.
    let asked = known.iter().map(|request| request.asked_at_ms);
    let healed = heals.iter().flat_map(|heal| heal.before_ms.values());
    let before_ms = asked
        .chain(healed.copied())
        .map(|known_ms| known_ms + 1)
        .fold(now_ms, u64::max);
    let mine = juju.relation.as_ref().and_then(|it| it.mine.clone().ok());
    let mine = mine.flatten().unwrap_or_default();
    let earlier = if only_here {
        &mine.heal_here
    } else {
        &mine.heal
    };
    let heal = meant.over(earlier.as_ref(), before_ms, &known);
    let mut failures = Vec::new();
    let held = situation.host.held.iter();
    let held = held.filter(|held| held.what != What::Table && meant.is_kind(held.kind));
    let named: BTreeSet<String> = held.map(|held| held.id.clone()).collect();
    let mut all_heals = heals.clone();
    all_heals.push(heal.clone());
    let left = match meant {
        Meant::All => Network::default(),
        _ => wanted(
            &juju.me,
            &known,
            &all_heals,
            |request| juju.begun_ms(request),
            now_ms,
        ),
    };
    let (ended, kept) = meant.part(&situation.host, &left);
    let asked = match (&holding[..], only_here) {
        ([], _) | (_, true) => "nothing".to_owned(),
        (ids, false) => format!("to end {}", ids.join(", ")),
    };
    let mut answer = Answer::default().with("was-in-place", super::faults::here(&ended));
    if meant != Meant::All {
        answer = answer.with("still-in-place", super::faults::here(&kept));
    }
    let answer = answer.with("asked-of-others", asked);
    if situation.flag("dry-run") {
        return Ok(answer.with("outcome", "skipped").with("reason", "dry-run"));
    }
    // A firewall that could not be asked may hold anything.
    if !matches!(situation.host.network, Ok(None))
        && let Err(error) = partition::put(Table::Charm, &left, now_ms).await
    {
        failures.push(error.to_string());
    }
    // After the firewall: a server that is started may take long.
    match held::end_due(now_ms, &named).await {
        Ok(ended) => {
            let failed = ended.into_iter();
            let failed = failed.filter_map(|(held, why)| Some(format!("{}: {}", held.id, why?)));
            failures.extend(failed);
        }
        Err(why) => failures.push(why.to_string()),
    }
    if let Some(relation) = &juju.relation {
        let mut data = mine;
        if only_here {
            data.heal_here = Some(heal);
        } else {
            data.faults.retain(|request| !meant.is(request));
            data.heal = Some(heal);
        }
        // What others know of the rest: a unit whose clock is behind would begin anew what is over.
        let stays = |id: &String| known.iter().any(|it| it.id == *id && !meant.is(it));
        data.acknowledged.retain(|id, _| stays(id));
        tools::set_bag(&relation.id, false, &databag::write(&data)).await?;
    }
    if meant.is_kind(Kind::Partition) {
        // What a person cuts here by command from now on is not meant.
        apply::note(|state| state.healed_ms = before_ms)?;
    }
    let answer = answer.with(
        "outcome",
        if failures.is_empty() {
            "healed"
        } else {
            "unsure"
        },
    );
    let failure = (!failures.is_empty()).then(|| {
        format!(
            "not everything could be taken away: {}",
            failures.join("; ")
        )
    });
    Ok(Answer { failure, ..answer })
}

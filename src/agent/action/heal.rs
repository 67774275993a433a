//! `heal`: ends faults now, here at once, elsewhere as soon as the request has reached the unit.

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
    let kinds = match kinds(situation) {
        Ok(kinds) => kinds,
        Err(why) => return Ok(Answer::failed(why)),
    };
    let juju = &situation.juju;
    let now_ms = clock::now_ms();
    let heals = juju.heals_asked();
    let known = juju.faults_asked();
    let meant = |kind: Kind| kinds.is_empty() || kinds.contains(&kind);
    let only_here = situation.word("scope") == Some("unit");
    let holding: Vec<&str> = known
        .iter()
        .filter(|request| meant(request.fault.kind()) && request.holds(&heals, now_ms))
        .map(|request| request.id.as_str())
        .collect();
    let before = super::faults::here(&situation.host);
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
    }
    .as_ref();
    // What an earlier heal of this unit ended stays ended: the new one takes its place in the databag.
    let mut heal = earlier.cloned().unwrap_or_default();
    let meant_kinds = Kind::ALL.into_iter().filter(|kind| meant(*kind));
    heal.before_ms
        .extend(meant_kinds.map(|kind| (kind, before_ms)));
    let mut failures = Vec::new();
    let held = situation.host.held.iter();
    let held = held.filter(|held| held.what != What::Table && meant(held.kind));
    let named: BTreeSet<String> = held.map(|held| held.id.clone()).collect();
    for (held, failure) in held::end_due(now_ms, &named).await {
        failures.extend(failure.map(|why| format!("{}: {why}", held.id)));
    }
    let there = situation
        .host
        .network
        .as_ref()
        .ok()
        .and_then(Option::as_ref);
    let mut all_heals = heals.clone();
    all_heals.push(heal.clone());
    let left = match kinds.is_empty() {
        true => Network::default(),
        false => wanted(
            &juju.me,
            &known,
            &all_heals,
            |request| juju.begun_ms(request),
            now_ms,
        ),
    };
    // Without nft nothing was ever cut here.
    if there.is_some()
        && let Err(error) = partition::put(Table::Charm, &left, now_ms).await
    {
        failures.push(error.to_string());
    }
    if let Some(relation) = &juju.relation {
        let mut data = mine;
        if only_here {
            data.heal_here = Some(heal);
        } else {
            data.faults.retain(|request| !meant(request.fault.kind()));
            data.heal = Some(heal);
        }
        data.acknowledged.clear();
        tools::set_bag(&relation.id, false, &databag::write(&data)).await?;
    }
    if meant(Kind::Partition) {
        // What a person cuts here by command from now on is not meant.
        apply::note(|state| state.healed_ms = before_ms)?;
    }
    let asked = match (&holding[..], only_here) {
        ([], _) | (_, true) => "nothing".to_owned(),
        (ids, false) => format!("to end {}", ids.join(", ")),
    };
    let answer = Answer::default()
        .with("was-in-place", before)
        .with("asked-of-others", asked)
        .with(
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

fn kinds(situation: &Situation) -> Result<BTreeSet<Kind>, String> {
    let text = situation.word("faults").unwrap_or("all");
    if text == "all" {
        return Ok(BTreeSet::new());
    }
    let names = text.split(',').map(str::trim);
    names
        .map(|name| {
            let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name);
            kind.ok_or_else(|| {
                let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
                format!("faults={name}: use all, or some of {}", known.join(","))
            })
        })
        .collect()
}

//! `heal`: ends every partition now, here at once, elsewhere as soon as the request has reached the unit.

use super::{Answer, Situation};
use crate::agent::hook::HookError;
use crate::host::clock;
use crate::host::firewall::{self, Table};
use crate::juju::tools;
use crate::model::databag;
use crate::model::fault::{CutRequest, HealRequest};

/// The action.
pub async fn run(situation: &Situation) -> Result<Answer, HookError> {
    let juju = &situation.juju;
    let now_ms = clock::now_ms();
    let heals = juju.heals_asked();
    let known = juju.cuts_asked();
    let holding: Vec<&CutRequest> = known
        .iter()
        .filter(|request| request.holds(&heals, now_ms))
        .collect();
    let here = match &situation.host.cuts {
        Ok(Some(cuts)) if !cuts.is_empty() => {
            let cut: Vec<String> = cuts
                .iter()
                .map(|cut| format!("{} for {} s", cut.address, cut.remaining_ms / 1000))
                .collect();
            cut.join(", ")
        }
        Ok(_) => "nothing".to_owned(),
        Err(why) => format!("unknown: {why}"),
    };
    let cleared = match firewall::clear(Table::Charm).await {
        Ok(()) => None,
        // Without nft nothing was ever cut here.
        Err(error) if matches!(situation.host.cuts, Ok(Some(_))) => Some(error.to_string()),
        Err(_) => None,
    };
    let ids: Vec<String> = holding.iter().map(|request| request.id.clone()).collect();
    if let Some(relation) = &juju.relation {
        let mut data = relation.mine.clone().ok().flatten().unwrap_or_default();
        // Later than every request that is known, whatever the clocks say.
        let asked_at_ms = known
            .iter()
            .map(|request| request.asked_at_ms + 1)
            .fold(now_ms, u64::max);
        data.heal = Some(HealRequest {
            ids: known.iter().map(|request| request.id.clone()).collect(),
            asked_at_ms,
        });
        data.cuts.clear();
        data.acknowledged.clear();
        tools::set_bag(&relation.id, false, &databag::write(&data)).await?;
    }
    let asked = if ids.is_empty() {
        "nothing".to_owned()
    } else {
        format!("to end {}", ids.join(", "))
    };
    let answer = Answer::default()
        .with("was-in-place", here)
        .with("asked-of-others", asked)
        .with(
            "outcome",
            if cleared.is_none() {
                "healed"
            } else {
                "unsure"
            },
        );
    Ok(Answer {
        failure: cleared.map(|why| format!("the cut could not be taken away: {why}")),
        ..answer
    })
}

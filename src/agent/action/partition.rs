//! `partition`: asks for a cut between units. The request goes into this unit's databag, and every unit cuts its own
//! links from there; what concerns this unit is cut before the action returns.

use super::{Answer, Situation};
use crate::agent::hook::HookError;
use crate::fault::partition::{self, Groups};
use crate::host::clock;
use crate::host::firewall::{self, Table};
use crate::juju::tools;
use crate::model::databag;
use crate::model::fault::{CutRequest, Outcome, wanted_cuts};
use crate::model::observed::{JujuFacts, SetFacts};
use crate::model::unit::UnitName;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The action.
pub async fn run(situation: &Situation) -> Result<Answer, HookError> {
    let juju = &situation.juju;
    let Some(relation) = &juju.relation else {
        return Ok(Answer::failed(
            "this unit is not in the relation with its peers yet",
        ));
    };
    let now_ms = clock::now_ms();
    let requests = juju.cuts_asked();
    let heals = juju.heals_asked();
    if let Some(holding) = requests
        .iter()
        .find(|request| request.holds(&heals, now_ms))
    {
        let left = (holding.until_ms - now_ms).div_ceil(1000);
        return Ok(Answer::failed(format!(
            "the partition {} is in place for {left} s more; wait, or run the action heal first",
            holding.id
        )));
    }
    let addresses = addresses(juju);
    let whole_set = situation
        .parameters
        .get("scope")
        .and_then(|scope| scope.as_str())
        != Some("unit");
    let view = if let SetFacts::Seen(view) = &situation.set {
        Some(view.as_ref())
    } else {
        None
    };
    let planned = if whole_set {
        partition::primary_pair(view, &addresses)
    } else {
        partition::alone(&juju.me, view, &addresses)
    };
    let groups = match planned {
        Ok(groups) => groups,
        Err(why) => return Ok(Answer::failed(why.to_string())),
    };
    let delay_ms = situation.number("delay", 60) * 1000;
    // Later than every heal that is known, so that a clock that is behind cannot make it end before it began.
    let asked_at_ms = heals
        .iter()
        .map(|heal| heal.asked_at_ms + 1)
        .fold(now_ms, u64::max);
    let request = CutRequest {
        id: format!("{}-{now_ms}", juju.me.to_string().replace('/', "-")),
        asked_at_ms,
        until_ms: now_ms + delay_ms,
        group_1: groups.one.clone(),
        group_2: groups.two.clone(),
    };
    let mine = wanted_cuts(&juju.me, std::slice::from_ref(&request), &[], now_ms);
    let (outcome, reason) = partition::install(Table::Charm, &mine).await;
    let answer = results(&request, &groups, outcome, &reason);
    if outcome == Outcome::Skipped {
        return Ok(Answer {
            failure: Some(format!("no partition: {reason}")),
            ..answer
        });
    }
    let mut data = relation.mine.clone().ok().flatten().unwrap_or_default();
    data.cuts.retain(|cut| now_ms < cut.until_ms);
    data.acknowledged.insert(request.id.clone(), outcome);
    data.cuts.push(request);
    if let Err(error) = tools::set_bag(&relation.id, false, &databag::write(&data)).await {
        // Never half: what the others will not hear of is not left in place here.
        let _ = firewall::clear(Table::Charm).await;
        return Err(error.into());
    }
    Ok(answer)
}

fn results(request: &CutRequest, groups: &Groups, outcome: Outcome, reason: &str) -> Answer {
    let names = |group: &BTreeMap<UnitName, IpAddr>| {
        group
            .keys()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(",")
    };
    let answer = Answer::default()
        .with("id", &request.id)
        .with("group-1", names(&request.group_1))
        .with("group-2", names(&request.group_2))
        .with(
            "primary",
            groups
                .primary
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
        )
        .with("heals-at", partition::utc(request.until_ms))
        .with("outcome", outcome);
    if reason.is_empty() {
        answer
    } else {
        answer.with("reason", reason)
    }
}

/// Where each unit is to be cut: the address that it published, and this unit's own.
fn addresses(juju: &JujuFacts) -> BTreeMap<UnitName, IpAddr> {
    let peers = juju
        .peer_addresses()
        .filter_map(|(unit, address)| Some((unit.clone(), address.ip()?)));
    let own = juju.address.as_ref().ok().map(|ip| (juju.me.clone(), *ip));
    peers.chain(own).collect()
}

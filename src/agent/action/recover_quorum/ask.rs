//! Asking every server by itself, at its present address. Decides nothing.

use crate::agent::action::Situation;
use crate::model::address::HostPort;
use crate::model::fault::Kind;
use crate::model::set_config::SetConfig;
use crate::model::set_view::State;
use crate::model::survey::{Answer, Asked, Survey, Testimony};
use crate::model::unit::UnitName;
use crate::mongo::connection::Connection;
use crate::mongo::error::{Class, MongoError};
use crate::mongo::query;
use std::collections::{BTreeMap, BTreeSet};

/// Asks everybody: first the units, then whoever else is in a config that one of them has.
pub async fn survey(situation: &Situation) -> Survey {
    let juju = &situation.juju;
    let known = juju.servers(situation.port());
    let known: BTreeMap<UnitName, HostPort> = known
        .into_iter()
        .map(|(unit, at)| (unit, HostPort::new(&at.ip().to_string(), at.port())))
        .collect();
    let all = juju
        .relation
        .iter()
        .flat_map(|relation| relation.peers.keys());
    let all = all.chain([&juju.me]);
    let units = all
        .map(|unit| (unit.clone(), known.get(unit).cloned()))
        .collect();
    let first = known
        .iter()
        .map(|(unit, at)| (Some(unit.clone()), at.clone()));
    let mut asked = ask(first.collect()).await;
    let others = others(&asked);
    asked.extend(ask(others).await);
    let now_ms = situation.host.now_ms;
    // Of what was healed on this unit alone the others still drop what is theirs.
    let heals = juju.heals_of_all();
    let requests = juju.faults_asked().into_iter();
    let holding = requests.filter(|request| {
        // A disk that is full takes nobody away.
        request.holds(&heals, now_ms) && request.fault.kind() != Kind::FillDisk
    });
    let by_hand = situation.host.by_hand.as_ref().ok();
    let by_hand = by_hand.and_then(Option::as_ref).filter(|it| !it.is_empty());
    let faults: BTreeSet<String> = holding
        .map(|request| format!("{} {}", request.fault.kind(), request.id))
        .chain(by_hand.map(|_| "partition by command, on this machine".to_owned()))
        .collect();
    // `version.term.primary`, as a leader saw it last.
    let told = juju.application().and_then(|data| data.config.as_deref());
    let term_told = told.and_then(|text| text.split('.').nth(1)?.parse().ok());
    Survey {
        units,
        asked,
        faults: faults.into_iter().collect(),
        term_told,
        now_ms,
    }
}

/// Members that are no unit's, or of a unit that is gone or does not say where it is: at the address in the newest config
/// that names them.
fn others(asked: &[Asked]) -> Vec<(Option<UnitName>, HostPort)> {
    let mut configs: Vec<&SetConfig> = asked
        .iter()
        .filter_map(|asked| match &asked.answer {
            Answer::Member(said) => Some(&said.config),
            _ => None,
        })
        .collect();
    configs.sort_by_key(|config| (config.term(), config.version()));
    let mut units: BTreeSet<UnitName> = asked.iter().filter_map(|one| one.unit.clone()).collect();
    let mut hosts: BTreeSet<HostPort> = asked.iter().map(|one| one.address.clone()).collect();
    let mut others = Vec::new();
    for member in configs.iter().rev().flat_map(|config| config.members()) {
        let new = member
            .unit
            .as_ref()
            .is_none_or(|unit| !units.contains(unit));
        if new && hosts.insert(member.host.clone()) {
            units.extend(member.unit.clone());
            others.push((member.unit.clone(), member.host.clone()));
        }
    }
    others
}

/// All at once: those that do not answer cost the time of one.
async fn ask(whom: Vec<(Option<UnitName>, HostPort)>) -> Vec<Asked> {
    let tasks: Vec<_> = whom
        .into_iter()
        .map(|(unit, address)| {
            let server = address.clone();
            (
                unit,
                address,
                tokio::spawn(async move { answer(&server).await }),
            )
        })
        .collect();
    let mut asked = Vec::new();
    for (unit, address, task) in tasks {
        let answer = task
            .await
            .unwrap_or_else(|gone| Answer::Silent(gone.to_string()));
        asked.push(Asked {
            unit,
            address,
            answer,
        });
    }
    asked
}

async fn answer(server: &HostPort) -> Answer {
    match testimony(server).await {
        Ok(said) => Answer::Member(Box::new(said)),
        Err(MongoError {
            class: Class::NotInitiated | Class::NoReplication,
            ..
        }) => Answer::NoSet,
        Err(error) => Answer::Silent(error.class.to_string()),
    }
}

async fn testimony(server: &HostPort) -> Result<Testimony, MongoError> {
    /// `InvalidReplicaSetConfig`: the server is not in its own config.
    const NOT_IN_CONFIG: i32 = 93;
    let connection = Connection::to(server)?;
    let hello = query::hello(&connection).await?;
    let (config, _) = query::config(&connection, false).await?;
    let has_default_write_concern = query::has_default_write_concern(&connection).await.ok();
    let status = match query::status(&connection).await {
        Ok(status) => status,
        Err(MongoError {
            class: Class::Refused { code, .. },
            ..
        }) if code == NOT_IN_CONFIG => {
            let end = query::end_of_oplog(&connection).await?;
            return Ok(Testimony {
                config,
                state: State::Other("REMOVED".to_owned()),
                primary: None,
                term: None,
                applied: end,
                durable: end,
                committed: None,
                hears: BTreeSet::new(),
                has_default_write_concern,
            });
        }
        Err(error) => return Err(error),
    };
    let own = status.myself.and_then(|id| status.members.get(&id));
    let state = match own {
        _ if hello.primary => State::Primary,
        Some(seen) => seen.state.clone(),
        None => State::Unknown("it does not say what it does".to_owned()),
    };
    let heard = status
        .members
        .iter()
        .filter(|(_, seen)| !matches!(seen.state, State::Unknown(_)));
    Ok(Testimony {
        config,
        state,
        primary: hello.knows_primary,
        term: Some(status.term),
        applied: status.applied,
        durable: status.durable,
        committed: status.committed,
        hears: heard.map(|(id, _)| *id).collect(),
        has_default_write_concern,
    })
}

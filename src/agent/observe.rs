//! Looking at everything: Juju once a hook, the machine and the set in every round. No decisions.

use crate::host::firewall::{self, Table};
use crate::host::{clock, held, observer, paths, program, server, service, state};
use crate::juju::context::{Context, PEERS};
use crate::juju::tools::{self, ToolError};
use crate::model::address::HostPort;
use crate::model::databag;
use crate::model::event::Event;
use crate::model::fault::held::Held;
use crate::model::observed::{HostFacts, JujuFacts, Relation, SetFacts};
use crate::model::set_view::SetView;
use crate::model::unit::UnitName;
use crate::mongo::connection::Connection;
use crate::mongo::error::{Class, MongoError};
use crate::mongo::query;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::Path;
use tokio::task::JoinSet;
use tracing::warn;

/// What Juju knows.
///
/// # Errors
/// When a hook tool fails: Juju is to run the hook again.
pub async fn juju(context: &Context, event: Event) -> Result<JujuFacts, ToolError> {
    let relation = match tools::peer_relation().await? {
        None => None,
        Some(id) => {
            let mut peers = BTreeMap::new();
            for unit in tools::peers(&id).await? {
                let bag = tools::unit_bag(&id, &unit).await?;
                peers.insert(unit, databag::read(&bag));
            }
            let mine = databag::read(&tools::unit_bag(&id, &context.unit).await?);
            let application =
                databag::read(&tools::application_bag(&id, context.unit.application()).await?);
            Some(Relation {
                id,
                mine,
                application,
                peers,
            })
        }
    };
    let address = tools::own_address(&known_under(relation.as_ref()))
        .await
        .map_err(|error| format!("{PEERS}: {error}"));
    let leader = tools::is_leader().await?;
    let siblings = match event.is_leaving() || leader && event.may_be_one_of_many() {
        true => tools::siblings().await.map(Some),
        false => Ok(None),
    };
    Ok(JujuFacts {
        event,
        seen_ms: clock::now_ms(),
        me: context.unit.clone(),
        charm: context.charm.clone(),
        leader,
        config: tools::config().await?,
        relation,
        address,
        storage: tools::storage().await?,
        resource: tools::resource().await?,
        zone: context.zone.clone(),
        controllers: context.controllers.clone(),
        siblings: siblings.unwrap_or_else(|error| {
            warn!("who is to join or to go is not known: {error}");
            None
        }),
    })
}

/// The addresses under which the others know this unit, the one of its server first.
fn known_under(relation: Option<&Relation>) -> Vec<IpAddr> {
    let mine = relation.and_then(|relation| relation.mine.as_ref().ok()?.as_ref());
    let addresses = mine.map(|data| [data.address.as_ref().and_then(HostPort::ip), data.ip]);
    addresses.into_iter().flatten().flatten().collect()
}

/// What the machine shows.
///
/// # Errors
/// When the agent's own state cannot be read: going on without it could start an empty server.
pub async fn host(juju: &JujuFacts) -> Result<HostFacts, crate::host::file::FileError> {
    let state = state::load()?;
    let mut sources = Vec::new();
    let candidates = juju
        .resource
        .iter()
        .cloned()
        .chain(program::find("mongod").ok());
    for path in candidates.filter(|path| path != Path::new(paths::PROGRAM)) {
        if let Ok(stamp) = server::stamp(&path) {
            sources.push((path, stamp));
        }
    }
    // The place for a resource that was never attached is an empty file.
    sources.retain(|(path, _)| std::fs::metadata(path).is_ok_and(|about| about.len() > 0));
    let data_there = state
        .data_directory
        .as_ref()
        .is_some_and(|directory| server::holds_database(directory));
    let program = state
        .program
        .filter(|_| Path::new(paths::PROGRAM).is_file());
    let running = service::process().await.is_some();
    let asked_for = state.options.as_ref().map(|options| options.port);
    let port = state.port.or(asked_for);
    // Another program may know what this one does not.
    let refused_options = state
        .refused_options
        .filter(|(_, by, _)| program.as_ref().is_some_and(|program| program.stamp == *by));
    let held = held::all()?;
    let by_hand = match held.iter().any(Held::in_firewall) {
        true => firewall::network(Table::Person).await,
        false => Ok(None),
    };
    Ok(HostFacts {
        now_ms: clock::now_ms(),
        options: state.options,
        data_there,
        data_directory: state.data_directory,
        sources,
        refused: state.refused_programs,
        refused_options: refused_options.map(|(options, _, why)| (options, why)),
        program: program.map(|program| (program.stamp, program.version)),
        config: crate::host::file::read(Path::new(paths::CONFIG))?,
        running,
        started: state.started,
        port: port.filter(|_| running),
        joined: state.joined,
        network: firewall::network(Table::Charm)
            .await
            .map_err(|error| error.to_string()),
        by_hand: by_hand.map_err(|error| error.to_string()),
        held,
        observer: observer::look(),
    })
}

/// What the set shows: asked of the server here, of the primary that it names, and else of the other units. With `doors`
/// the addresses are tried too that units say are theirs and that are not in the config.
pub async fn set(juju: &JujuFacts, host: &HostFacts, doors: bool) -> SetFacts {
    let Some(port) = host.port else {
        return SetFacts::NotAsked;
    };
    let own = HostPort::new("127.0.0.1", port);
    let found = search(Some((juju.me.to_string(), own)), peers(juju)).await;
    behind_doors(found, juju, Some(port), doors).await
}

/// The same for a person who asks on this unit, whose server may be the very one that is down: then the other units are
/// asked alone.
pub async fn set_from_anywhere(juju: &JujuFacts, host: &HostFacts) -> SetFacts {
    let peers = peers(juju);
    if host.port.is_some() || peers.is_empty() {
        return set(juju, host, true).await;
    }
    behind_doors(search(None, peers).await, juju, None, true).await
}

fn peers(juju: &JujuFacts) -> Vec<(String, HostPort)> {
    let peers = juju.peer_addresses();
    peers
        .map(|(unit, address)| (unit.to_string(), address.clone()))
        .collect()
}

async fn behind_doors(
    found: SetFacts,
    juju: &JujuFacts,
    port: Option<u16>,
    doors: bool,
) -> SetFacts {
    match found {
        SetFacts::Seen(view) if doors && view.primary.is_some() => {
            SetFacts::Seen(with_doors(view, juju, port).await)
        }
        other => other,
    }
}

/// What the set shows when nothing is known of it but one member's address.
pub async fn through(server: HostPort) -> SetFacts {
    search(Some((server.to_string(), server)), Vec::new()).await
}

/// Asks the first server, which is the one here; then whom it takes for the primary; then all others at once, because those
/// that are cut off or dead cost a time-out each. Without a first one, because it does not run, all others at once.
async fn search(first: Option<(String, HostPort)>, mut known: Vec<(String, HostPort)>) -> SetFacts {
    let own = first.as_ref().map(|(_, server)| server.clone());
    let mut asked = BTreeSet::new();
    let mut silent = BTreeSet::new();
    let mut best: Option<Box<SetView>> = None;
    let mut uninitiated_here = false;
    if first.is_none() {
        silent.insert("the server here (it does not run)".to_owned());
    }
    let mut next = first.map_or_else(|| known.clone(), |first| vec![first]);
    while !next.is_empty() {
        let mut looks = JoinSet::new();
        for (label, server) in std::mem::take(&mut next) {
            if asked.insert(server.clone()) {
                looks.spawn(async move { (look(&server).await, label, server) });
            }
        }
        let mut named = None;
        while let Some(looked) = looks.join_next().await {
            let Ok((answer, label, server)) = looked else {
                continue;
            };
            match answer {
                Ok(Look::InSet(view, knows)) => {
                    if view.primary.is_some() {
                        return SetFacts::Seen(view);
                    }
                    let members = view.config.members();
                    known.extend(members.map(|member| (member.label(), member.host.clone())));
                    named = knows.filter(|host| !asked.contains(host)).or(named);
                    // What the first shows is preferred: it is the first to answer.
                    best.get_or_insert(view);
                }
                Ok(Look::NoSet) => uninitiated_here |= Some(&server) == own.as_ref(),
                Err(error) if Some(&server) == own.as_ref() => {
                    silent.insert(format!("the server here ({error})"));
                }
                Err(error) => {
                    silent.insert(format!("{label} ({})", error.class));
                }
            }
        }
        next = match named {
            Some(host) => vec![(host.to_string(), host)],
            None => known.clone(),
        };
        next.retain(|(_, host)| !asked.contains(host));
    }
    let silent: Vec<String> = silent.into_iter().collect();
    match best {
        Some(view) => SetFacts::Seen(view),
        None if uninitiated_here => SetFacts::NotInitiated(silent),
        None => SetFacts::Unknown(format!("an answer of {}", silent.join(", "))),
    }
}

enum Look {
    InSet(Box<SetView>, Option<HostPort>),
    NoSet,
}

/// Tries the addresses that units say are theirs and that are not in the config.
async fn with_doors(mut view: Box<SetView>, juju: &JujuFacts, port: Option<u16>) -> Box<SetView> {
    let own = juju.address.as_ref().ok().zip(port);
    let own = own.map(|(ip, port)| (&juju.me, HostPort::new(&ip.to_string(), port)));
    let said = juju.peer_addresses();
    let said = said.map(|(unit, address)| (unit, address.clone()));
    let said = said
        .chain(own)
        .filter(|(_, address)| view.config.at(address).is_none());
    // A databag may name an address that is another unit's by now.
    let mut new: BTreeMap<HostPort, Vec<&UnitName>> = BTreeMap::new();
    for (unit, address) in said {
        new.entry(address).or_default().push(unit);
    }
    let name = view.config.name().to_owned();
    let knocks = new.keys().cloned().map(|address| {
        let name = name.clone();
        tokio::spawn(async move {
            let answer = knock(&address, &name).await;
            (address, answer)
        })
    });
    // All at once: those that do not answer cost the time of one.
    for knock in knocks.collect::<Vec<_>>() {
        if let Ok((address, answer)) = knock.await {
            let units = new.get(&address).map_or(&[][..], Vec::as_slice);
            let answer = answer.and_then(|known_as| match known_as {
                Some(known_as) => view.config.may_be_at(units, &known_as),
                None => Ok(()),
            });
            view.doors.insert(address, answer);
        }
    }
    view
}

/// Whether a server answers there that may be a member of this set; and the address that it knows itself by.
async fn knock(address: &HostPort, set_name: &str) -> Result<Option<HostPort>, String> {
    let said = |error: MongoError| error.class.to_string();
    let hello = query::hello(&Connection::to(address).map_err(said)?).await;
    let hello = hello.map_err(said)?;
    match hello.set_name {
        Some(other) if other != set_name => Err(format!("it is in another set, {other}")),
        _ => Ok(hello.me),
    }
}

/// One member's view of the set. It names the primary only when it is the primary itself.
async fn look(server: &HostPort) -> Result<Look, MongoError> {
    let connection = Connection::to(server)?;
    let hello = query::hello(&connection).await?;
    if hello.set_name.is_none() {
        // A member that is still reading its config, or was taken out of it, says no name; its config tells.
        return match query::config(&connection, false).await {
            Ok((config, _)) => Ok(Look::InSet(
                view(
                    server,
                    config,
                    false,
                    None,
                    query::status(&connection).await,
                ),
                None,
            )),
            Err(MongoError {
                class: Class::NotInitiated | Class::NoReplication,
                ..
            }) => Ok(Look::NoSet),
            Err(error) => Err(error),
        };
    }
    let (config, committed) = query::config(&connection, hello.primary).await?;
    let status = query::status(&connection).await?;
    let primary = status.myself.filter(|_| hello.primary);
    let knows = hello.knows_primary.filter(|_| !hello.primary);
    let mut view = view(server, config, committed, primary, Ok(status));
    if hello.primary {
        view.has_default_write_concern = query::has_default_write_concern(&connection).await.ok();
    }
    Ok(Look::InSet(view, knows))
}

fn view(
    server: &HostPort,
    config: crate::model::set_config::SetConfig,
    committed: bool,
    primary: Option<i32>,
    status: Result<query::Status, MongoError>,
) -> Box<SetView> {
    let (members, term) = status
        .map(|status| (status.members, status.term))
        .unwrap_or_default();
    Box::new(SetView {
        seen_from: server.clone(),
        config,
        committed,
        primary,
        term,
        members,
        has_default_write_concern: None,
        doors: BTreeMap::new(),
    })
}

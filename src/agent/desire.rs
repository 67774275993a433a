//! From what may be acted on to what there is to be. Pure.

use super::config_file;
use super::validate::Checked;
use crate::model::address::HostPort;
use crate::model::databag::UnitData;
use crate::model::desired::{Goal, Health, Role, Wanted};
use crate::model::event::Event;
use crate::model::fault::held::{Held, What};
use crate::model::fault::network::{self, Network};
use crate::model::fault::{Fault, HealRequest, Outcome, Request};
use crate::model::observed::{Bag, HostFacts, JujuFacts, Observed, SetFacts};
use crate::model::options::Options;
use crate::model::paths;
use crate::model::unit::UnitName;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// What there is to be on this unit and, where this unit acts for it, in the set.
#[derive(Clone, Debug, PartialEq)]
pub struct Desired {
    /// Where this unit's server is reached: on its present port while it runs; none while that is not known.
    pub address: Option<HostPort>,
    /// Where the data is.
    pub data_directory: PathBuf,
    /// The options that the text of `mongod.conf` is made of.
    pub options: Option<Options>,
    /// The text of `mongod.conf`; none while it cannot be written.
    pub config: Option<String>,
    /// Mark of the options that the server must be restarted for; the same on every unit.
    pub settings: String,
    /// The members, where this unit plans for them.
    pub goal: Option<Goal>,
    /// The faults that are to be in the kernel's firewall.
    pub network: Network,
    /// The request for late packets that is still to be carried out here.
    pub late: Option<Request>,
    /// What is held here of faults that are over.
    pub over: BTreeSet<String>,
    /// Whether a fault holds on any unit: then nothing comes within seconds just because it usually does.
    pub faulty: bool,
    /// The set's name.
    pub set_name: Option<String>,
}

/// Works it out.
pub fn desire(observed: &Observed, checked: &Checked) -> Desired {
    let (juju, host) = (&observed.juju, &observed.host);
    let options = checked.options.as_ref();
    let ip = juju.address.as_ref().ok();
    let address = options
        .zip(ip)
        .map(|(options, ip)| HostPort::new(&ip.to_string(), host.port.unwrap_or(options.port)));
    let data_directory = host
        .data_directory
        .clone()
        .unwrap_or_else(|| match &juju.storage {
            Some((_, location)) => location.join("mongodb"),
            None => Path::new(paths::DATA).to_owned(),
        });
    let config = options
        .zip(ip)
        .map(|(options, ip)| config_file::text(options, *ip, &data_directory));
    // The unit's own address is left out, so that all units come to the same mark; what only the planner goes by, or what a database is made with, needs no restart.
    let settings = options.map(|options| {
        let mut shared = options.clone();
        shared.oplog_size_mb = None;
        shared.election_timeout_ms = 0;
        shared.standby_grace_s = 0;
        shared.two_voters = false;
        config_file::mark(&serde_json::to_string(&shared).unwrap_or_default())
    });
    let role = if juju.event.is_leaving() {
        Some(Role::Leaver)
    } else {
        juju.leader.then_some(Role::Leader)
    };
    let goal = role
        .zip(options)
        .map(|(role, options)| goal(juju, host, &observed.set, options, role));
    let faults = faults(observed);
    Desired {
        address,
        data_directory,
        options: checked.options.clone(),
        config,
        settings: settings.unwrap_or_default(),
        goal,
        network: faults.network,
        late: faults.late,
        over: faults.over,
        faulty: faults.holding,
        set_name: options.map(|options| options.replica_set_name.clone()),
    }
}

/// What is wanted of the members, as one who plans sees it.
pub fn goal(
    juju: &JujuFacts,
    host: &HostFacts,
    set: &SetFacts,
    options: &Options,
    role: Role,
) -> Goal {
    let application = juju.application();
    let ip = juju.address.as_ref().ok();
    let own = ip.map(|ip| HostPort::new(&ip.to_string(), host.port.unwrap_or(options.port)));
    let mut units = units(juju, own.filter(|_| host.running));
    let dying = match role {
        Role::Leaver => {
            units.extend(unlisted(set, &units));
            units.retain(|unit, _| juju.stays(unit) || *unit == juju.me);
            BTreeSet::new()
        }
        // Whoever takes itself out is not to stay, and is not hindered either.
        Role::Leader => {
            let (dying, stay) = units.into_iter().partition(|(unit, _)| juju.is_dying(unit));
            units = stay;
            let dying: BTreeMap<UnitName, Wanted> = dying;
            dying.into_keys().collect()
        }
    };
    Goal {
        me: juju.me.clone(),
        role,
        units,
        dying,
        policy: application
            .map(|data| data.policy.clone())
            .unwrap_or_default(),
        two_voters: options.two_voters,
        first_id: application.map_or(0, |data| data.first_id),
        health: health(application.map(|data| &data.health), set, host.now_ms),
        now_ms: host.now_ms,
        grace_ms: u64::from(options.standby_grace_s) * 1000,
        election_timeout_ms: options.election_timeout_ms,
    }
}

/// Since when each unit's member has been up or away. Only a primary's word counts; without one nothing new is known.
pub fn health(
    before: Option<&BTreeMap<UnitName, Health>>,
    set: &SetFacts,
    now_ms: u64,
) -> BTreeMap<UnitName, Health> {
    let known = |unit: &UnitName| before.and_then(|before| before.get(unit)).cloned();
    let view = match set {
        SetFacts::Seen(view) if view.primary.is_some() && !view.torn() => view,
        _ => return before.cloned().unwrap_or_default(),
    };
    let members = view.config.members();
    let now = members.filter_map(|member| {
        let unit = member.unit.clone()?;
        let up = view.healthy(member.id);
        let health = match known(&unit) {
            Some(health) if health.up == up => health,
            Some(_) => Health {
                up,
                since_ms: now_ms,
            },
            // One that has never been up has nothing to lose, and one that comes up for the first time is steady.
            None if up => Health { up, since_ms: 0 },
            None => return None,
        };
        Some((unit, health))
    });
    now.collect()
}

#[derive(Default)]
struct Faults {
    network: Network,
    late: Option<Request>,
    over: BTreeSet<String>,
    holding: bool,
}

/// What is to hold here now. On a site that forbids faults, and on a unit that leaves, nothing.
fn faults(observed: &Observed) -> Faults {
    let (juju, host) = (&observed.juju, &observed.host);
    let none = juju.faults_forbidden() || juju.event.is_leaving();
    let heals = juju.heals_asked();
    let asked = juju.faults_asked();
    let all_is_known = juju.relation.as_ref().is_some_and(|relation| {
        relation.mine.is_ok() && relation.peers.values().all(Result::is_ok)
    });
    let ended = |held: &&Held| {
        let healed = |heal: &HealRequest| heal.ends(&held.id, held.kind, held.asked_at_ms);
        // A table takes no part in what is asked for: it ends by itself, or is gone when a heal was cut off.
        let table = held.what == What::Table;
        // A server that was started again by a reboot is not down any more, nor does it stand still.
        let rebooted = juju.event == Event::Start && held.takes_server();
        let gone = table && matches!((&host.network, &host.by_hand), (Ok(None), Ok(None)));
        let strayed = held.what == What::ByHand && by_hand_strays(juju, host);
        // Of an action that was killed nobody hears, nor of one that was asked of a unit that has gone.
        let unasked =
            !held.in_firewall() && all_is_known && asked.iter().all(|it| it.id != held.id);
        let over = none || rebooted || strayed || unasked || heals.iter().any(healed);
        held.is_over(host.now_ms) || gone || !table && over
    };
    let over = host.held.iter().filter(ended).map(|held| held.id.clone());
    let over: BTreeSet<String> = over.collect();
    if none {
        return Faults {
            over,
            ..Faults::default()
        };
    }
    let mine = juju
        .relation
        .as_ref()
        .and_then(|relation| relation.mine.as_ref().ok());
    let mine = mine.and_then(Option::as_ref);
    let tried = |request: &Request| {
        let acknowledged = mine.and_then(|data| data.acknowledged.get(&request.id));
        acknowledged.is_some_and(|it| it.outcome != Outcome::Installed)
            || host.held.iter().any(|held| held.id == request.id)
    };
    let is_late = |request: &&Request| {
        matches!(&request.fault, Fault::Slow { units, latency, .. } if *latency > 0 && units.contains(&juju.me))
            && request.holds(&heals, host.now_ms)
            && !request.is_over_here(juju.begun_ms(request), host.now_ms)
            && !tried(request)
    };
    Faults {
        network: network::wanted(
            &juju.me,
            &asked,
            &heals,
            |request| juju.begun_ms(request),
            host.now_ms,
        ),
        late: asked.iter().find(is_late).cloned(),
        over,
        holding: host.held.iter().any(|held| held.what == What::ByHand)
            || asked
                .iter()
                .any(|request| request.holds(&heals, host.now_ms)),
    }
}

/// Whether a person's cut is at an address where no unit is any more, or where a controller came.
fn by_hand_strays(juju: &JujuFacts, host: &HostFacts) -> bool {
    let Ok(Some(by_hand)) = &host.by_hand else {
        return false;
    };
    let peers = juju
        .relation
        .iter()
        .flat_map(|relation| relation.peers.values());
    let told = |bag: &Bag<UnitData>| matches!(bag, Ok(Some(data)) if data.present_ip().is_some());
    let all_have_told = peers.into_iter().all(told);
    let servers = juju.servers(0);
    let of_a_unit = |ip: &IpAddr| servers.values().any(|at| at.ip() == *ip);
    let cut = by_hand.cut_off().into_keys();
    let mut strays = cut.filter(|ip| {
        // A unit of which nobody knows where it is may be there still.
        all_have_told && !of_a_unit(ip) || juju.controllers.contains(ip)
    });
    strays.next().is_some()
}

/// Members of the set whose units Juju does not list: one that leaves is told of each of the others that it has gone, in
/// a hook after which that one is not listed any more, although it stays.
fn unlisted(set: &SetFacts, listed: &BTreeMap<UnitName, Wanted>) -> BTreeMap<UnitName, Wanted> {
    let SetFacts::Seen(view) = set else {
        return BTreeMap::new();
    };
    let units = view
        .config
        .members()
        .filter_map(|member| member.unit.clone());
    units
        .filter(|unit| !listed.contains_key(unit))
        .map(|unit| (unit, Wanted::default()))
        .collect()
}

/// All units that are to be members. A unit whose databag cannot be read is there without an address: it is neither
/// added nor taken out.
fn units(juju: &JujuFacts, own: Option<HostPort>) -> BTreeMap<UnitName, Wanted> {
    let peers = juju.relation.iter().flat_map(|relation| &relation.peers);
    let mut units: BTreeMap<_, _> = peers
        .map(|(unit, bag)| {
            let data = bag.as_ref().ok().and_then(Option::as_ref);
            let wanted = data.map(|data| Wanted {
                address: data.address.clone(),
                zone: data.zone.clone(),
            });
            (unit.clone(), wanted.unwrap_or_default())
        })
        .collect();
    let mine = Wanted {
        address: own,
        zone: juju.zone.clone(),
    };
    units.insert(juju.me.clone(), mine);
    units
}

#[cfg(test)]
#[path = "desire_test.rs"]
mod tests;

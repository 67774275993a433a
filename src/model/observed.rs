//! Everything that was seen before anything is decided. What could not be seen is there too, with the reason.

use crate::model::address::HostPort;
use crate::model::databag::{ApplicationData, UnitData, Unreadable};
use crate::model::event::Event;
use crate::model::fault::beside;
use crate::model::fault::held::Held;
use crate::model::fault::network::Network;
use crate::model::fault::{HealRequest, Kind, Request};
use crate::model::options::Options;
use crate::model::set_view::SetView;
use crate::model::unit::UnitName;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// A databag as it was read: none when its owner has not written yet.
pub type Bag<T> = Result<Option<T>, Unreadable>;

/// What Juju knows. It cannot change while a hook runs, so it is asked once a hook.
#[derive(Clone, Debug, PartialEq)]
pub struct JujuFacts {
    /// Why we were started.
    pub event: Event,
    /// When Juju was asked, in milliseconds since 1970.
    pub seen_ms: u64,
    /// This unit.
    pub me: UnitName,
    /// Where the charm's files are.
    pub charm: PathBuf,
    /// True when this unit leads.
    pub leader: bool,
    /// The options as they were given.
    pub config: BTreeMap<String, Value>,
    /// The peer relation; none before this unit is in it.
    pub relation: Option<Relation>,
    /// The address at which the others reach this unit, or why it is not known.
    pub address: Result<IpAddr, String>,
    /// The attached storage: its id and directory.
    pub storage: Option<(String, PathBuf)>,
    /// The resource's file.
    pub resource: Option<PathBuf>,
    /// The zone of this unit's machine (`JUJU_AVAILABILITY_ZONE`).
    pub zone: Option<String>,
    /// Where Juju's controllers are.
    pub controllers: BTreeSet<IpAddr>,
    /// All units of this application and their status, as `goal-state` tells it, which knows of those too that have not
    /// joined the peer relation yet, and of those that are on their way out (`dying`); none where it was not asked.
    pub siblings: Option<BTreeMap<UnitName, String>>,
}

/// What `goal-state` says of a unit that is on its way out.
const DYING: &str = "dying";

/// The peer relation.
#[derive(Clone, Debug, PartialEq)]
pub struct Relation {
    /// Its id.
    pub id: String,
    /// What this unit has written.
    pub mine: Bag<UnitData>,
    /// What the leader has written for all.
    pub application: Bag<ApplicationData>,
    /// What the others have written; every unit that Juju names is there.
    pub peers: BTreeMap<UnitName, Bag<UnitData>>,
}

/// What the machine shows, looked at again in every round.
#[derive(Clone, Debug, PartialEq)]
pub struct HostFacts {
    /// Milliseconds since 1970.
    pub now_ms: u64,
    /// The options that were last found right and are in force.
    pub options: Option<Options>,
    /// Where the data has been since the server first ran.
    pub data_directory: Option<PathBuf>,
    /// True when that directory holds a database.
    pub data_there: bool,
    /// Where a program for the server could be taken from, with the mark of the file; the first choice first.
    pub sources: Vec<(PathBuf, String)>,
    /// Files that were tried as the program and refused: their marks, and why.
    pub refused: BTreeMap<String, String>,
    /// The installed program: the mark of its source, and its version.
    pub program: Option<(String, String)>,
    /// The text of `mongod.conf`.
    pub config: Option<String>,
    /// True while the server's process is there.
    pub running: bool,
    /// Options that the installed program refused, and what it said.
    pub refused_options: Option<(Options, String)>,
    /// Mark of the config and program that the server was started with; none once it was to be stopped.
    pub started: Option<String>,
    /// The port on which the server that runs was started: not that of the options until it is its turn to restart.
    pub port: Option<u16>,
    /// True once the server has been part of a set.
    pub joined: bool,
    /// The faults in the kernel's firewall; none without our table; or why they cannot be read.
    pub network: Result<Option<Network>, String>,
    /// What a person has put into the firewall by command; asked only while something in the firewall is noted.
    pub by_hand: Result<Option<Network>, String>,
    /// What other faults hold here.
    pub held: Vec<Held>,
    /// The service that watches the set.
    pub observer: Observer,
}

/// The service that watches the set and has the agent woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observer {
    /// It does not run.
    Absent,
    /// It runs from a program that is not this charm's any more.
    Outdated,
    /// It runs.
    Current,
}

/// The set, as far as it can be seen from here.
#[derive(Clone, Debug, PartialEq)]
pub enum SetFacts {
    /// There is no server here to ask, or it is not worth asking.
    NotAsked,
    /// The server here is in no set, and no other unit's is as far as they answer; those that did not answer are named.
    NotInitiated(Vec<String>),
    /// Seen.
    Seen(Box<SetView>),
    /// Could not be seen, and why.
    Unknown(String),
}

/// All of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// What Juju knows.
    pub juju: JujuFacts,
    /// What the machine shows.
    pub host: HostFacts,
    /// What the set shows.
    pub set: SetFacts,
}

impl JujuFacts {
    /// All peers that wrote where their server is.
    pub fn peer_addresses(&self) -> impl Iterator<Item = (&UnitName, &HostPort)> {
        let peers = self.relation.iter().flat_map(|relation| &relation.peers);
        peers.filter_map(|(unit, bag)| Some((unit, bag.as_ref().ok()?.as_ref()?.address.as_ref()?)))
    }

    /// All readable data of units: this one's first.
    pub fn unit_data(&self) -> impl Iterator<Item = &UnitData> {
        let bags = self
            .relation
            .iter()
            .flat_map(|r| std::iter::once(&r.mine).chain(r.peers.values()));
        bags.filter_map(|bag| bag.as_ref().ok()?.as_ref())
    }

    /// All faults that any unit was asked for, as far as they are this unit's business: at the addresses of units only.
    pub fn faults_asked(&self) -> Vec<Request> {
        let mut asked: Vec<Request> = self
            .unit_data()
            .flat_map(|data| data.faults.clone())
            .collect();
        for request in &mut asked {
            request
                .addresses
                .retain(|unit, at| self.is_still_at(unit, at.ip()));
        }
        asked
    }

    /// Whether a unit has not gone or moved since it was at this address, as far as is known, and nobody came there from
    /// whom no unit is to be cut off.
    fn is_still_at(&self, unit: &UnitName, ip: IpAddr) -> bool {
        if *unit == self.me {
            return true;
        }
        let peers = self.relation.as_ref().map(|relation| &relation.peers);
        let Some(bag) = peers.and_then(|peers| peers.get(unit)) else {
            return false;
        };
        let data = bag.as_ref().ok().and_then(Option::as_ref);
        let now = data.and_then(UnitData::present_ip);
        now.is_none_or(|now| now == ip) && !self.controllers.contains(&ip)
    }

    /// When this unit began its part of a fault, by its own clock: now, while it has not said so yet.
    pub fn begun_ms(&self, request: &Request) -> u64 {
        let mine = self.relation.as_ref().and_then(|it| it.mine.as_ref().ok());
        let done = mine.and_then(|data| data.as_ref()?.acknowledged.get(&request.id));
        done.map_or(self.seen_ms, |it| it.at_ms)
    }

    /// Whether this site wants no faults, by its option.
    pub fn faults_forbidden(&self) -> bool {
        let option = self.config.get("fault-injection").and_then(Value::as_str);
        option.is_some_and(|value| value != "allowed")
    }

    /// Where each unit's server is, or would be if it ran: what the peers published, and this unit's own.
    pub fn servers(&self, own_port: u16) -> BTreeMap<UnitName, SocketAddr> {
        let peers = self.relation.iter().flat_map(|relation| &relation.peers);
        let peers = peers.filter_map(|(unit, bag)| {
            let data = bag.as_ref().ok()?.as_ref()?;
            let port = data.address.as_ref().map_or(own_port, |it| it.port);
            Some((unit.clone(), SocketAddr::new(data.present_ip()?, port)))
        });
        let own = self.address.as_ref().ok();
        let own = own.map(|ip| (self.me.clone(), SocketAddr::new(*ip, own_port)));
        peers.chain(own).collect()
    }

    /// All requests to heal that any unit was given.
    pub fn heals_asked(&self) -> Vec<HealRequest> {
        let mine = self.relation.as_ref().and_then(|it| it.mine.as_ref().ok());
        let here = mine.and_then(|data| data.as_ref()?.heal_here.clone());
        self.heals_of_all().into_iter().chain(here).collect()
    }

    /// The moment before which every partition that was asked for is healed, as far as is known here; 0 without any.
    pub fn partitions_healed_ms(&self) -> u64 {
        let heals = self.heals_asked();
        let moments = heals
            .iter()
            .filter_map(|heal| heal.before_ms.get(&Kind::Partition));
        moments.copied().max().unwrap_or_default()
    }

    /// What is healed on every unit: what was healed, and what gives way to another fault.
    pub fn heals_of_all(&self) -> Vec<HealRequest> {
        let mut heals: Vec<_> = self.heals_told().collect();
        let ids = beside::giving_way(&self.faults_asked(), &heals, self.seen_ms);
        heals.push(HealRequest {
            ids,
            ..HealRequest::default()
        });
        heals
    }

    /// What was healed on every unit: by requests, and by what any unit knows of them.
    pub fn heals_told(&self) -> impl Iterator<Item = HealRequest> {
        let passed_on = self.unit_data().map(|data| HealRequest {
            ids: data.healed.clone(),
            ..HealRequest::default()
        });
        let asked = self.unit_data().filter_map(|data| data.heal.clone());
        asked.chain(passed_on)
    }

    /// Whether a unit is to stay, as far as Juju says. Of a unit that is gone it says nothing any more.
    pub fn stays(&self, unit: &UnitName) -> bool {
        let Some(siblings) = &self.siblings else {
            return true;
        };
        siblings.get(unit).is_some_and(|status| status != DYING)
    }

    /// Whether Juju says that a unit is on its way out.
    pub fn is_dying(&self, unit: &UnitName) -> bool {
        let status = self.siblings.as_ref().and_then(|all| all.get(unit));
        status.is_some_and(|status| status == DYING)
    }

    /// Whether another unit is about to join the peer relation: its hooks on this unit wait until this one ends. One that
    /// has failed is not waited for.
    pub fn more_are_to_join(&self) -> bool {
        let joined = |unit: &UnitName| {
            let relation = self.relation.as_ref();
            *unit == self.me || relation.is_some_and(|it| it.peers.contains_key(unit))
        };
        let siblings = self.siblings.iter().flatten();
        siblings
            .filter(|(unit, status)| *status != "error" && self.stays(unit) && !joined(unit))
            .count()
            > 0
    }

    /// What the leader wrote, if it is there and can be read.
    pub fn application(&self) -> Option<&ApplicationData> {
        self.relation.as_ref()?.application.as_ref().ok()?.as_ref()
    }
}

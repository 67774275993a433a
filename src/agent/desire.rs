//! From what may be acted on to what there is to be. Pure.

use super::config_file;
use super::validate::Checked;
use crate::model::address::HostPort;
use crate::model::desired::{Goal, Role};
use crate::model::fault::{Cut, wanted_cuts};
use crate::model::observed::Observed;
use crate::model::options::Options;
use crate::model::paths;
use std::collections::BTreeMap;
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
    /// The cuts that are to be in the kernel.
    pub cuts: Vec<Cut>,
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
    // The unit's own address is left out, so that all units come to the same mark; the election timeout needs no restart.
    let settings = options.map(|options| {
        let mut shared = options.clone();
        shared.election_timeout_ms = 0;
        config_file::mark(&serde_json::to_string(&shared).unwrap_or_default())
    });
    let role = if juju.event.is_leaving() {
        Some(Role::Leaver)
    } else {
        juju.leader.then_some(Role::Leader)
    };
    let goal = role.zip(options).map(|(role, options)| Goal {
        me: juju.me.clone(),
        role,
        units: units(observed, address.as_ref()),
        election_timeout_ms: options.election_timeout_ms,
    });
    let requests = juju.cuts_asked();
    let heals = juju.heals_asked();
    Desired {
        address,
        data_directory,
        options: checked.options.clone(),
        config,
        settings: settings.unwrap_or_default(),
        goal,
        cuts: wanted_cuts(&juju.me, &requests, &heals, host.now_ms),
        set_name: options.map(|options| options.replica_set_name.clone()),
    }
}

/// All units that are to be members. A unit whose databag cannot be read is there without an address: it is neither
/// added nor taken out.
fn units(
    observed: &Observed,
    own: Option<&HostPort>,
) -> BTreeMap<crate::model::unit::UnitName, Option<HostPort>> {
    let juju = &observed.juju;
    let known: BTreeMap<_, _> = juju.peer_addresses().collect();
    let peers = juju
        .relation
        .iter()
        .flat_map(|relation| relation.peers.keys());
    let mut units: BTreeMap<_, _> = peers
        .map(|unit| {
            (
                unit.clone(),
                known.get(unit).map(|address| (*address).clone()),
            )
        })
        .collect();
    let mine = own.filter(|_| observed.host.running).cloned();
    units.insert(juju.me.clone(), mine);
    units
}

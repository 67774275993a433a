//! What is wrong with a config as a whole, whatever was before it (M1 to M4): 103 for the client, also under force.

use super::member::is_address;
use super::refusal::{Refusal, unfit};
use super::shape::Config;
use std::collections::BTreeSet;

const MOST_MEMBERS: usize = 50;
const MOST_VOTERS: usize = 7;

/// Checks.
pub fn check(config: &Config) -> Result<(), Refusal> {
    let members = &config.members;
    if !(1..=MOST_MEMBERS).contains(&members.len()) {
        return unfit(format!("{} members", members.len()));
    }
    let mut ids = BTreeSet::new();
    if let Some(twice) = members.iter().find(|member| !ids.insert(member.id)) {
        return unfit(format!("two members with _id {}", twice.id));
    }
    let mut hosts = BTreeSet::new();
    if let Some(twice) = members.iter().find(|member| !hosts.insert(&member.host)) {
        return unfit(format!("two members at host {}", twice.host));
    }
    let loopback = members.iter().filter(|member| member.is_loopback()).count();
    if loopback != 0 && loopback != members.len() {
        return unfit("either all hosts must be localhost references, or none");
    }
    horizons(config)?;
    let voters = config.voters().count();
    if !(1..=MOST_VOTERS).contains(&voters) {
        return unfit(format!("{voters} voting members"));
    }
    if !members
        .iter()
        .any(|member| !member.arbiter && member.priority > 0.0)
    {
        return unfit("no non-arbiter member with priority > 0");
    }
    if let Some(arbiter) = members.iter().find(|m| m.arbiter && m.priority > 0.0) {
        return unfit(format!("{} is an arbiter with priority", arbiter.host));
    }
    // Since 5.0, unless every server was started with allowMultipleArbiters.
    if members.iter().filter(|member| member.arbiter).count() > 1 {
        return unfit("multiple arbiters are not allowed");
    }
    if config.config_server {
        return unfit("config servers must be started as such");
    }
    Ok(())
}

/// M4.
fn horizons(config: &Config) -> Result<(), Refusal> {
    let names =
        |m: &super::member::Member| -> BTreeSet<String> { m.horizons.keys().cloned().collect() };
    let mut all = config.members.iter().map(names);
    if let Some(first) = all.next()
        && all.any(|names| names != first)
    {
        return unfit("horizons are not universally present");
    }
    let mut seen: BTreeSet<&String> = config.members.iter().map(|member| &member.host).collect();
    for member in &config.members {
        for endpoint in member.horizons.values() {
            if !seen.insert(endpoint) {
                return unfit("an endpoint is not unique across all horizons");
            }
            if is_address(endpoint) {
                return unfit("a horizon is an IP address");
            }
        }
    }
    Ok(())
}

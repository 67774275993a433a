//! What one config may follow another (M5, M6, M8, M9, M19): 103 for the client.

use super::refusal::{Refusal, unfit};
use super::shape::Config;
use std::collections::BTreeSet;

/// What holds under force too.
pub fn check(old: &Config, new: &Config) -> Result<(), Refusal> {
    if !is_newer(new, old) {
        return unfit("version and term must be greater than old");
    }
    if old.set_id.is_some() && new.set_id != old.set_id {
        return unfit("the replica set ID differs");
    }
    for member in &new.members {
        for before in &old.members {
            let (same_id, same_host) = (before.id == member.id, before.host == member.host);
            if same_host && !same_id {
                return unfit(format!("{} had another _id", member.host));
            }
            if same_id && before.builds_indexes != member.builds_indexes {
                return unfit("buildIndexes differs: remove, then re-add the member");
            }
            if same_id && before.arbiter != member.arbiter {
                return unfit("arbiterOnly differs: remove, then re-add the member");
            }
        }
    }
    primary_secondary_arbiter(old, new)
}

/// M9. Without a term on either side the version alone decides: that is what force is for.
pub fn is_newer(new: &Config, old: &Config) -> bool {
    match (new.term, old.term) {
        (Some(new_term), Some(old_term)) => (new_term, new.version) > (old_term, old.version),
        _ => new.version > old.version,
    }
}

/// M8, for voters that count: those that are marked as newly added do not yet (measured).
pub fn one_voter(old: &Config, new: &Config) -> Result<(), Refusal> {
    let ids = |config: &Config| -> BTreeSet<i32> { config.voters().map(|m| m.id).collect() };
    if ids(old).symmetric_difference(&ids(new)).count() > 1 {
        return unfit(
            "non force replica set reconfig can only add or remove at most 1 voting member",
        );
    }
    Ok(())
}

/// M19. Here `newlyAdded` is looked through.
fn primary_secondary_arbiter(old: &Config, new: &Config) -> Result<(), Refusal> {
    let voters = old.members.iter().filter(|member| member.votes).count();
    let arbiters = old.members.iter().filter(|member| member.arbiter).count();
    let overlaps = voters / 2 < voters.saturating_sub(arbiters);
    let arbiters = new.members.iter().filter(|member| member.arbiter).count();
    let is_psa =
        new.members.len() == 3 && arbiters == 1 && new.members.iter().all(|member| member.votes);
    let electable = new.members.iter().filter(|m| m.priority > 0.0).count();
    if !overlaps && is_psa && electable > 1 {
        return unfit("PSA topology and the secondary is electable");
    }
    Ok(())
}

//! Write concerns that follow from a config (M17, M18, M20).

use super::Node;
use super::refusal::{Refusal, unfit};
use super::shape::Config;

/// The write concern that holds where nobody set one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Implicit {
    /// One member.
    One,
    /// A majority.
    Majority,
}

/// M17, from how many voters have data and how many are arbiters.
pub fn implicit_default(with_data: usize, arbiters: usize) -> Implicit {
    let majority = (with_data + arbiters) / 2 + 1;
    if arbiters > 0 && with_data <= majority {
        Implicit::One
    } else {
        Implicit::Majority
    }
}

/// M20: how many members with data a majority write waits for.
pub fn write_majority(voters: usize, arbiters: usize) -> usize {
    (voters / 2 + 1).min(voters - arbiters)
}

fn implicit_of(config: &Config) -> Implicit {
    let arbiters = config
        .members
        .iter()
        .filter(|member| member.arbiter)
        .count();
    implicit_default(config.voters().count().saturating_sub(arbiters), arbiters)
}

/// M17: before anything is said about the config itself, and under force too (measured).
pub fn keeps_the_implicit_default(node: &Node, old: &Config, new: &Config) -> Result<(), Refusal> {
    if !node.write_concern_set && implicit_of(old) != implicit_of(new) {
        return unfit("would change the implicit default write concern");
    }
    Ok(())
}

/// M18.
pub fn keeps_the_custom_default(node: &Node, new: &Config) -> Result<(), Refusal> {
    match node.custom_write_concern {
        Some(name) if !new.modes.contains(name) => {
            unfit(format!("no definition of the default write concern {name}"))
        }
        _ => Ok(()),
    }
}

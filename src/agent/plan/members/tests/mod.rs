//! Tables and properties of the members' plans, a file each subject.

mod addresses;
mod build;
mod by_hand;
mod circles;
mod join;
mod leave;
mod lint;
mod properties;
mod votes;
mod whole;
mod word;
mod zones;

pub use build::{goal, in_zones, since, unit, view};

use super::{plan, simulate};

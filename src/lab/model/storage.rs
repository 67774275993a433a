//! One storage instance.

use crate::model::unit::UnitName;
use serde::{Deserialize, Serialize};

/// One storage instance, attached to one unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Storage {
    /// Its id: `data/0`.
    pub id: String,
    /// Its name in the charm's metadata.
    pub name: String,
    /// `filesystem`; the lab has no block devices.
    pub kind: String,
    /// The unit that has it.
    pub owner: UnitName,
    /// Where it is in the machine.
    pub location: String,
    /// The size that was asked for, as it was written; the lab does not enforce it.
    pub size: String,
}

//! The stand-in for Juju on one machine.

pub mod machine;
pub mod network;
pub mod progress;
pub mod site;

//! The stand-in for Juju on one machine.

pub mod charm;
pub mod machine;
pub mod network;
pub mod pack;
pub mod progress;
pub mod site;

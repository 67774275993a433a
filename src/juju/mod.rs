//! The edge to Juju: the environment, read once, and one typed function per hook tool. JSON only.

pub mod context;
pub mod network;
pub mod tools;

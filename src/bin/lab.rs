//! The stand-in for Juju.
fn main() {}

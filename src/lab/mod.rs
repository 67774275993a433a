//! The stand-in for Juju on one machine.

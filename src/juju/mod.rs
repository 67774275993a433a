//! The edge to Juju.

//! The edge to the machine.

//! Faults and their healing. One rule over all: a fault ends by itself.

pub mod partition;

//! Faults and their healing.

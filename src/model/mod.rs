//! The words: plain data, no I/O.

pub mod connection_url;

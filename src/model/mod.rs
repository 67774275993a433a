//! The words: plain data, no I/O.

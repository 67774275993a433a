//! What is done to the store, and how what is there is read at the end.

pub mod list_append;

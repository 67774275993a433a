//! The same things as commands, for people.

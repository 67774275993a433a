//! The edge to the machine: programs, files, the server's process, the firewall, the clock. No decisions are made here.

pub mod account;
pub mod clock;
pub mod file;
pub mod firewall;
pub mod held;
pub mod observer;
pub mod own_command;
pub mod own_program;
pub mod program;
pub mod rollback;
pub mod seeds;
pub mod server;
pub mod service;
pub mod state;
pub mod traffic;
pub mod watchdog;

pub use crate::model::paths;

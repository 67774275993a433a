//! The stand-in for Juju on one machine.
//!
//! ```text
//! cli ──rpc──▶ controller ──▶ model ──▶ store            (every change one transaction)
//!                  │            │
//!                  │            └─▶ resolver (pure) ─▶ uniter ─▶ process ─▶ the charm's hook, in its machine
//!                  └─▶ provisioner ─▶ machines                                  │
//!                          hooktools ◀── the unit's socket ◀── hook tools ◀─────┘
//!                      command_queue ◀── the unit's other socket ◀── juju-exec, from outside hooks
//! ```
//!
//! Decisions are in pure functions (`resolver`, `leadership`, `status`, `hooktools`); `uniter`, `provisioner` and
//! `controller` carry them out. The lab knows the charm as a packed file, by its files, environment and exit code.

pub mod actions;
pub mod charm;
pub mod cli;
pub mod command_queue;
pub mod context;
pub mod controller;
pub mod debug_log;
pub mod demo;
pub mod hooktools;
pub mod juju_exec;
pub mod leadership;
pub mod machine;
pub mod model;
pub mod moment;
pub mod network;
pub mod pack;
pub mod paths;
pub mod process;
pub mod profile;
pub mod progress;
pub mod provisioner;
pub mod requests;
pub mod resolver;
pub mod rpc;
pub mod sheet;
pub mod site;
pub mod status;
pub mod store;
pub mod tool_server;
pub mod uniter;

//! mongo-rs: a Juju charm that deploys and operates MongoDB replica sets.
//!
//! The rooms and who may use whom (checked by `tests/layers.rs`):
//!
//! | room | is | may use |
//! |---|---|---|
//! | [`model`] | words: plain data, no I/O | nothing of ours |
//! | [`juju`], [`mongo`], [`host`] | the edges to Juju, `mongod` and the machine | `model` (and `juju` runs programs through `host`) |
//! | [`agent`] | the pipeline observe → validate → desire → plan → lint → apply → report | `model`, the edges, `fault`, `consistency` |
//! | [`fault`] | faults and their healing | `model`, `host` |
//! | [`consistency`] | the tester | `model` ids and the driver directly |
//! | [`lab`] | a stand-in for Juju on one machine | `model` ids |

pub mod agent;
pub mod consistency;
pub mod fault;
pub mod host;
pub mod juju;
#[cfg(feature = "lab")]
pub mod lab;
pub mod model;
pub mod mongo;

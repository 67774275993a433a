//! The words of the project: plain data and pure functions on it. No I/O, no clock, no randomness.

pub mod address;
pub mod connection_url;
pub mod databag;
pub mod desired;
pub mod event;
pub mod fault;
pub mod observed;
pub mod optime;
pub mod options;
pub mod paths;
pub mod plan;
pub mod policy;
pub mod seeds;
pub mod set_config;
pub mod set_view;
pub mod situation;
pub mod status;
pub mod survey;
pub mod unit;

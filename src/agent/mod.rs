//! The pipeline that turns what is observed into what is done:
//! observe (I/O) → validate → desire → plan → lint (all pure) → apply (I/O) → report (I/O).
//!
//! It runs again within one hook until the plan is empty or waits for something that takes longer than a hook should.

pub mod action;
pub mod apply;
pub mod command_line;
pub mod config_file;
pub mod desire;
pub mod hook;
pub mod lint;
pub mod logging;
pub mod observe;
pub mod observer;
pub mod plan;
pub mod recover;
pub mod report;
pub mod validate;

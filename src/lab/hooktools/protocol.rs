//! What a tool's process and the controller say to each other over the unit's socket: one JSON document a line.
//!
//! The process sends a [`Request`]; the controller answers with [`Reply`] documents. For each [`Reply::NeedFile`] the
//! process sends a [`Supply`]; [`Reply::Done`] ends the talk.

use serde::{Deserialize, Serialize};

/// A call of a tool.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    /// `JUJU_CONTEXT_ID` of the caller.
    pub context: String,
    /// The tool's name.
    pub tool: String,
    /// Its arguments.
    pub arguments: Vec<String>,
}

/// A file that the controller asked for.
#[derive(Debug, Serialize, Deserialize)]
pub struct Supply {
    /// Its content, or why it cannot be read.
    pub content: Result<Vec<u8>, String>,
}

/// The controller's answer.
#[derive(Debug, Serialize, Deserialize)]
pub enum Reply {
    /// The file is needed first; `-` is standard input.
    NeedFile(String),
    /// The tool is done.
    Done {
        /// Its exit code.
        code: i32,
        /// What it prints.
        stdout: String,
        /// What it prints on standard error.
        stderr: String,
        /// The file that `stdout` goes to, if not standard output.
        file: Option<String>,
    },
}

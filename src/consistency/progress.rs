//! What a write test says about itself while it runs.

use std::time::Duration;

/// What a write test is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Clients work.
    Working,
    /// Waiting until the set is whole and agrees.
    Settling,
    /// Reading what is there.
    Reading,
}

impl Phase {
    /// The word for a person.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Working => "working",
            Self::Settling => "waiting until the set is whole",
            Self::Reading => "reading what is there",
        }
    }
}

/// A snapshot, about once a second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What it is at.
    pub phase: Phase,
    /// Since the start.
    pub elapsed: Duration,
    /// How many operations are to be made.
    pub count: u32,
    /// How many were acknowledged.
    pub acknowledged: u32,
    /// How many certainly did not happen.
    pub failed: u32,
    /// How many nobody knows of.
    pub unknown: u32,
    /// `host:port` of the primary, when one says so.
    pub primary: Option<String>,
    /// What is being waited for, in `Settling`.
    pub waiting_for: Option<String>,
}

impl Progress {
    /// One line for a terminal or a log.
    #[must_use]
    pub fn line(&self) -> String {
        let primary = self.primary.as_deref().unwrap_or("none");
        let mut line = format!(
            "{:>5.0} s  {}  {}/{} acknowledged, {} failed, {} unknown, primary {primary}",
            self.elapsed.as_secs_f64(),
            self.phase.name(),
            self.acknowledged,
            self.count,
            self.failed,
            self.unknown,
        );
        if let Some(reason) = &self.waiting_for {
            line.push_str(&format!(" ({reason})"));
        }
        line
    }
}

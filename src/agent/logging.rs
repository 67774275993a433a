//! Log lines: to Juju's log in a hook, to the terminal else.

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::prelude::*;

/// Sends our own lines to standard error; Juju's agent puts what a hook writes there into its log, a line each.
/// One process per line (`juju-log`) would cost more than the rest of a hook.
pub fn start(level: Level) {
    let ours = Targets::new().with_target("mongo_rs", level);
    let lines = fmt::layer()
        .without_time()
        .with_target(false)
        .with_ansi(false)
        .with_writer(Stderr);
    // A second start, in tests, finds the first one in place.
    let _ = tracing_subscriber::registry()
        .with(lines.with_filter(ours))
        .try_init();
}

struct Stderr;

impl<'a> MakeWriter<'a> for Stderr {
    type Writer = std::io::Stderr;

    fn make_writer(&'a self) -> Self::Writer {
        std::io::stderr()
    }
}

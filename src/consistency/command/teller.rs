//! Signals, and the progress that is told meanwhile.

use crate::consistency::progress::{Phase, Progress};
use std::io::{IsTerminal, Write};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Counts SIGINT and SIGTERM.
pub(in crate::consistency) async fn count_signals(sender: watch::Sender<u32>) {
    let (Ok(mut interrupt), Ok(mut terminate)) = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    ) else {
        tracing::warn!("signals cannot be caught: one will end the test without a report");
        return;
    };
    loop {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        sender.send_modify(|requests| *requests += 1);
    }
}

/// Tells the progress on stderr: on a terminal in one line that is written over, else in plain lines.
pub(in crate::consistency) struct Teller {
    terminal: bool,
    phase: Option<Phase>,
}

impl Teller {
    pub(in crate::consistency) fn new() -> Self {
        Self {
            terminal: std::io::stderr().is_terminal(),
            phase: None,
        }
    }

    pub(in crate::consistency) fn tell(&mut self, progress: &Progress) {
        self.phase = Some(progress.phase);
        let line = progress.line();
        // Progress that cannot be shown must not end a test.
        let _ = if self.terminal {
            write!(std::io::stderr(), "\r\x1b[2K{line}")
        } else {
            writeln!(std::io::stderr(), "{line}")
        };
    }

    pub(in crate::consistency) fn end(&self) {
        if self.terminal && self.phase.is_some() {
            let _ = writeln!(std::io::stderr());
        }
    }
}

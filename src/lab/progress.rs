//! One line of progress on standard error: live on a terminal, plain lines with the time elsewhere.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The progress of one long piece of work. Clones show the same line.
#[derive(Clone, Debug)]
pub struct Progress {
    begun: Instant,
    shown: Shown,
}

#[derive(Clone, Debug)]
enum Shown {
    /// A live line that is written over.
    Live(ProgressBar),
    /// Lines, each text once; the last one written.
    Lines(Arc<Mutex<String>>),
}

impl Progress {
    /// Begins, and shows the title.
    pub fn start(title: &str) -> Self {
        let shown = if std::io::stderr().is_terminal() {
            let bar = ProgressBar::new_spinner();
            // The template is a constant; were it wrong the default would do.
            if let Ok(style) = ProgressStyle::with_template("{spinner} [{elapsed}] {wide_msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            Shown::Live(bar)
        } else {
            Shown::Lines(Arc::default())
        };
        let progress = Self {
            begun: Instant::now(),
            shown,
        };
        progress.doing(title);
        progress
    }

    /// A line that stays.
    pub fn say(&self, text: &str) {
        let line = stamped(self.begun.elapsed(), text);
        match &self.shown {
            Shown::Live(bar) => bar.suspend(|| write_line(&line)),
            Shown::Lines(_) => write_line(&line),
        }
    }

    /// What is being done now. On a terminal it replaces what was done before; elsewhere it is a line, unless it says
    /// the same as the last.
    pub fn doing(&self, text: &str) {
        match &self.shown {
            Shown::Live(bar) => bar.set_message(text.to_owned()),
            Shown::Lines(last) => {
                let Ok(mut last) = last.lock() else { return };
                if *last != text {
                    text.clone_into(&mut last);
                    write_line(&stamped(self.begun.elapsed(), text));
                }
            }
        }
    }

    /// Ends, with a line that stays.
    pub fn done(&self, text: &str) {
        if let Shown::Live(bar) = &self.shown {
            bar.finish_and_clear();
        }
        write_line(&stamped(self.begun.elapsed(), text));
    }

    /// How long the work has taken until now.
    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }
}

/// `[  12.3s] text`
fn stamped(elapsed: Duration, text: &str) -> String {
    format!("[{:6.1}s] {text}\n", elapsed.as_secs_f64())
}

/// Writes a line. A reader that went away is no reason to stop the work.
fn write_line(line: &str) {
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_stamped() {
        assert_eq!(
            stamped(Duration::from_millis(12_340), "voting"),
            "[  12.3s] voting\n"
        );
        assert_eq!(
            stamped(Duration::from_secs(1_234), "voting"),
            "[1234.0s] voting\n"
        );
    }

    #[test]
    fn the_same_is_said_once() {
        let progress = Progress {
            begun: Instant::now(),
            shown: Shown::Lines(Arc::default()),
        };
        progress.doing("waiting");
        progress.doing("waiting");
        match &progress.shown {
            Shown::Lines(last) => assert_eq!(*last.lock().unwrap(), "waiting"),
            Shown::Live(_) => unreachable!(),
        }
    }
}

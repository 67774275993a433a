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
    /// Lines: what was last being done, and when that was last written.
    Lines(Arc<Mutex<Option<(String, Instant)>>>),
}

/// Where there is no live line, how often the same work is heard of again.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);

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
        progress.doing(title, "");
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

    /// Writes something that is not progress, with the live line out of its way.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.shown {
            Shown::Live(bar) => bar.suspend(write),
            Shown::Lines(_) => write(),
        }
    }

    /// What is being done now: the work, and how far it is. On a terminal it replaces what was done before; elsewhere
    /// it is a line when the work is another one, and every ten seconds.
    pub fn doing(&self, work: &str, how_far: &str) {
        let text = if how_far.is_empty() {
            work.to_owned()
        } else {
            format!("{work} ({how_far})")
        };
        match &self.shown {
            Shown::Live(bar) => bar.set_message(text),
            Shown::Lines(last) => {
                let Ok(mut last) = last.lock() else { return };
                if is_news(last.as_ref(), work, Instant::now()) {
                    write_line(&stamped(self.begun.elapsed(), &text));
                    *last = Some((work.to_owned(), Instant::now()));
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

/// Whether there is something to tell: other work than the last, or the same for long.
fn is_news(last: Option<&(String, Instant)>, work: &str, now: Instant) -> bool {
    last.is_none_or(|(before, told)| {
        before != work || now.saturating_duration_since(*told) >= SIGN_OF_LIFE
    })
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
    fn the_same_work_is_told_once_and_again_when_it_takes_long() {
        let told = Instant::now();
        let last = ("waiting".to_owned(), told);
        assert!(is_news(None, "waiting", told));
        assert!(is_news(Some(&last), "voting", told));
        assert!(!is_news(Some(&last), "waiting", told + SIGN_OF_LIFE / 2));
        assert!(is_news(Some(&last), "waiting", told + SIGN_OF_LIFE));
    }
}

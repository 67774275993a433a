//! The debug log: one line an event, in files that never grow without bound.
//!
//! A line is `ENTITY: DATE TIME LEVEL MODULE MESSAGE`; `lab debug-log` leaves the date out as Juju does.

use crate::lab::moment::Moment;
use anyhow::{Context as _, Result};
use fs_err as fs;
use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes after which the log begins a new file; one old file is kept.
const LIMIT: u64 = 16 * 1024 * 1024;

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Every hook tool.
    Trace,
    /// What hooks print.
    Debug,
    /// What happens.
    Info,
    /// What hooks print on stderr.
    Warning,
    /// What went wrong.
    Error,
    /// What ends the agent.
    Critical,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
            Self::Critical => "CRITICAL",
        })
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text.to_ascii_uppercase().as_str() {
            "TRACE" => Self::Trace,
            "DEBUG" => Self::Debug,
            "INFO" => Self::Info,
            "WARNING" | "WARN" => Self::Warning,
            "ERROR" => Self::Error,
            "CRITICAL" => Self::Critical,
            _ => {
                return Err(format!(
                    "{text:?} is not a level; TRACE, DEBUG, INFO, WARNING or ERROR is"
                ));
            }
        })
    }
}

/// The log of one lab. Clones write to the same files.
#[derive(Clone, Debug)]
pub struct DebugLog {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    file: fs::File,
    size: u64,
}

impl DebugLog {
    /// Opens the log for writing, at its end.
    pub fn open(path: &Path) -> Result<Self> {
        let file = append(path)?;
        let size = file.metadata()?.len();
        Ok(Self {
            inner: Arc::new(Mutex::new(Inner {
                path: path.to_owned(),
                file,
                size,
            })),
        })
    }

    /// Writes a message, one line for each of its lines.
    pub fn write(&self, entity: &str, level: Level, module: &str, message: &str) {
        let now = Moment::now().for_log();
        let mut text = String::new();
        for line in message.trim_end().split('\n') {
            text.push_str(&format!("{entity}: {now} {level} {module} {line}\n"));
        }
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        // A log that cannot be written must not stop the lab; there is nowhere to say it but here.
        if let Err(error) = inner.append(&text) {
            tracing::warn!("failed to write the debug log: {error:#}");
        }
    }
}

impl Inner {
    fn append(&mut self, text: &str) -> Result<()> {
        if self.size > LIMIT {
            fs::rename(&self.path, old(&self.path))?;
            self.file = append(&self.path)?;
            self.size = 0;
        }
        self.file
            .write_all(text.as_bytes())
            .context("failed to append")?;
        self.size += text.len() as u64;
        Ok(())
    }
}

fn append(path: &Path) -> Result<fs::File> {
    Ok(fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)?)
}

/// The file that the log had before the present one.
pub fn old(path: &Path) -> PathBuf {
    path.with_extension("log.1")
}

/// What to show of the log.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Only these entities (`unit-mongo-rs-0`, `mongo-rs/0`, `machine-0`); empty for all.
    pub include: Vec<String>,
    /// Not these.
    pub exclude: Vec<String>,
    /// Only lines at least this important.
    pub level: Level,
    /// Whether the date is shown.
    pub date: bool,
}

impl Filter {
    /// The line as it is to be shown, if it is. Pure.
    pub fn shown(&self, line: &str) -> Option<String> {
        let (entity, rest) = line.split_once(": ")?;
        let mut words = rest.splitn(4, ' ');
        let (date, time, level, rest) =
            (words.next()?, words.next()?, words.next()?, words.next()?);
        if level.parse::<Level>().ok()? < self.level {
            return None;
        }
        let named = |name: &String| {
            let tag = match name.parse::<crate::model::unit::UnitName>() {
                Ok(unit) => crate::lab::paths::tag(&unit),
                Err(_) => name.clone(),
            };
            entity == tag
                || tag
                    .strip_suffix('*')
                    .is_some_and(|start| entity.starts_with(start))
        };
        if (!self.include.is_empty() && !self.include.iter().any(named))
            || self.exclude.iter().any(named)
        {
            return None;
        }
        let time = if self.date {
            format!("{date} {time}")
        } else {
            time.split('.').next()?.to_owned()
        };
        Some(format!("{entity}: {time} {level} {rest}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "unit-a-0: 2026-11-21 12:00:00.123 WARNING unit.a/0.install it broke: badly";

    fn filter() -> Filter {
        Filter {
            include: Vec::new(),
            exclude: Vec::new(),
            level: Level::Debug,
            date: false,
        }
    }

    #[test]
    fn lines_are_shown_as_juju_shows_them() {
        let shown = filter().shown(LINE);
        assert_eq!(
            shown.as_deref(),
            Some("unit-a-0: 12:00:00 WARNING unit.a/0.install it broke: badly")
        );
        let dated = Filter {
            date: true,
            ..filter()
        }
        .shown(LINE)
        .unwrap();
        assert!(
            dated.starts_with("unit-a-0: 2026-11-21 12:00:00.123 WARNING"),
            "{dated}"
        );
    }

    #[test]
    fn lines_are_chosen_by_entity_and_level() {
        let cases = [
            (vec!["a/0"], vec![], Level::Debug, true),
            (vec!["unit-a-0"], vec![], Level::Debug, true),
            (vec!["unit-a-*"], vec![], Level::Debug, true),
            (vec!["a/1"], vec![], Level::Debug, false),
            (vec![], vec!["a/0"], Level::Debug, false),
            (vec![], vec![], Level::Error, false),
        ];
        for (include, exclude, level, shown) in cases {
            let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
            let filter = Filter {
                include: owned(include),
                exclude: owned(exclude),
                level,
                date: false,
            };
            assert_eq!(filter.shown(LINE).is_some(), shown, "{filter:?}");
        }
    }
}

//! A fault that holds something on this machine which the kernel does not end by itself.

use super::{Kind, was_set_back};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What is held, as it is noted on disk before it is begun: whoever finds the note can end it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Held {
    /// The request's id.
    pub id: String,
    /// Its kind.
    pub kind: Kind,
    /// When it was asked for, in milliseconds since 1970, by the asking unit's clock.
    pub asked_at_ms: u64,
    /// When it was noted, in milliseconds since 1970, by this machine's clock.
    #[serde(default)]
    pub noted_ms: u64,
    /// When it ends, by the same.
    pub until_ms: u64,
    /// What must be undone.
    pub what: What,
    /// The process that ends it, where no service manager does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watchdog: Option<u32>,
}

/// What must be undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Our table in the firewall, empty after its time.
    Table,
    /// The table of what a person cut on this machine, by command. It was asked for as late as the last heal that was
    /// known here then, so that a later one ends it, whatever the clocks say.
    ByHand,
    /// The server is down.
    Down,
    /// The server stands still: its process.
    Still(i32),
    /// A file that fills the disk.
    Filler(PathBuf),
    /// Packets are late on these network cards.
    Late(Vec<String>),
}

impl What {
    /// Whose turn it is when several end at once: first what keeps others from being ended, or from starting. A server that
    /// recovers may need minutes, and does not start at all while the disk is full.
    pub fn turn_to_end(&self) -> usize {
        match self {
            Self::Filler(_) => 0,
            Self::Still(_) => 1,
            Self::Late(_) => 2,
            Self::ByHand => 3,
            Self::Table => 4,
            Self::Down => 5,
        }
    }
}

impl Held {
    /// Whether it is in the firewall: then it is told by what is there, not by its note.
    pub fn in_firewall(&self) -> bool {
        matches!(self.what, What::Table | What::ByHand)
    }

    /// Whether its time is over. So it is where the clock was set back meanwhile: it would hold for longer than was asked.
    pub fn is_over(&self, now_ms: u64) -> bool {
        self.until_ms <= now_ms || was_set_back(self.noted_ms, now_ms)
    }

    /// Whether it keeps the server from answering.
    pub fn takes_server(&self) -> bool {
        matches!(self.what, What::Down | What::Still(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_over_at_its_end_and_where_the_clock_was_set_back() {
        let held = Held {
            id: "a".to_owned(),
            kind: Kind::Pause,
            asked_at_ms: 90_000,
            noted_ms: 10_000,
            until_ms: 70_000,
            what: What::Still(7),
            watchdog: None,
        };
        for (now_ms, over) in [
            (10_000, false),
            (8000, false),
            (7999, true),
            (0, true),
            (69_999, false),
            (70_000, true),
        ] {
            assert_eq!(held.is_over(now_ms), over, "{now_ms}");
        }
        // One of an older charm does not say when it was noted.
        let mut old = serde_json::to_value(&held).unwrap();
        old.as_object_mut().unwrap().remove("noted-ms");
        let old: Held = serde_json::from_value(old).unwrap();
        assert!(!old.is_over(0));
    }

    #[test]
    fn a_server_is_started_after_what_keeps_it_from_starting_is_ended() {
        let mut ending = [
            What::Down,
            What::Table,
            What::Still(7),
            What::Filler("f".into()),
        ];
        ending.sort_by_key(What::turn_to_end);
        assert_eq!(ending.first(), Some(&What::Filler("f".into())));
        assert_eq!(ending.last(), Some(&What::Down));
    }
}

//! Which of several seeds is asked first: one by chance, so that not all clients ask the same member, but the one that
//! answered the last time before all others, so that a dead one does not cost its time-out again.

use crate::model::address::HostPort;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// So many lists of seeds are remembered; the oldest goes first.
const MOST: usize = 100;

/// Which seed answered the last time, for each list of seeds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    sets: Vec<Remembered>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Remembered {
    /// In order, so that it does not matter in which order they were given.
    seeds: Vec<HostPort>,
    answered: HostPort,
    at_ms: u64,
}

impl Memory {
    /// From the text of its file. One that is damaged remembers nothing: no command fails for it.
    pub fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// The text of its file.
    pub fn text(&self) -> String {
        // Plain structs of texts and numbers always serialize.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// The seed that answered the last time, if it is still one of them.
    pub fn answered(&self, seeds: &[HostPort]) -> Option<&HostPort> {
        let key = key(seeds);
        let found = self.sets.iter().find(|set| set.seeds == key)?;
        Some(&found.answered).filter(|seed| seeds.contains(seed))
    }

    /// The order in which the seeds are asked; `chance` is any number.
    pub fn order(&self, seeds: &[HostPort], chance: usize) -> Vec<HostPort> {
        let known = self.answered(seeds);
        let mut others: Vec<HostPort> = seeds
            .iter()
            .filter(|seed| Some(*seed) != known)
            .cloned()
            .collect();
        let first = chance.checked_rem(others.len()).unwrap_or(0);
        others.rotate_left(first);
        known.cloned().into_iter().chain(others).collect()
    }

    /// Remembers who answered; `now_ms` is in milliseconds since 1970.
    pub fn remember(&mut self, seeds: &[HostPort], answered: &HostPort, now_ms: u64) {
        let seeds = key(seeds);
        self.sets.retain(|set| set.seeds != seeds);
        self.sets.push(Remembered {
            seeds,
            answered: answered.clone(),
            at_ms: now_ms,
        });
        self.sets.sort_by_key(|set| set.at_ms);
        let surplus = self.sets.len().saturating_sub(MOST);
        self.sets.drain(..surplus);
    }
}

fn key(seeds: &[HostPort]) -> Vec<HostPort> {
    let mut key = seeds.to_vec();
    key.sort();
    key.dedup();
    key
}

/// Where it is kept: `mongo-rs/seeds.json` in `$XDG_STATE_HOME`, or in `~/.local/state`. None without either; a path that is
/// not absolute does not count (XDG Base Directory Specification).
pub fn file(environment: &BTreeMap<String, String>) -> Option<PathBuf> {
    let absolute = |name: &str| {
        let path = environment.get(name).map(Path::new);
        path.filter(|path| path.is_absolute())
    };
    let state = absolute("XDG_STATE_HOME").map(Path::to_owned);
    let state = state.or_else(|| Some(absolute("HOME")?.join(".local/state")));
    Some(state?.join("mongo-rs/seeds.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seeds(names: &str) -> Vec<HostPort> {
        names
            .chars()
            .map(|name| HostPort::new(&name.to_string(), 1))
            .collect()
    }

    fn names(seeds: &[HostPort]) -> String {
        seeds.iter().map(|seed| seed.host.as_str()).collect()
    }

    #[test]
    fn chance_names_the_first_and_whoever_answered_goes_before_it() {
        let mut memory = Memory::default();
        memory.remember(&seeds("cab"), &seeds("b")[0], 1);
        memory.remember(&seeds("xy"), &seeds("a")[0], 1);
        for (given, chance, order) in [
            ("de", 0, "de"),
            ("de", 1, "ed"),
            ("de", 2, "de"),
            ("d", usize::MAX, "d"),
            // The same seeds in another order are the same seeds.
            ("abc", 0, "bac"),
            ("abc", 1, "bca"),
            ("cba", 0, "bca"),
            // Other seeds are other seeds.
            ("abcd", 0, "abcd"),
            // What was remembered is none of them: somebody wrote into the file.
            ("xy", 1, "yx"),
        ] {
            let got = memory.order(&seeds(given), chance);
            assert_eq!(names(&got), order, "{given} {chance}");
        }
    }

    #[test]
    fn the_last_answer_counts_and_the_oldest_is_forgotten() {
        let mut memory = Memory::default();
        memory.remember(&seeds("ab"), &seeds("a")[0], 1);
        memory.remember(&seeds("ba"), &seeds("b")[0], 2);
        assert_eq!(memory.answered(&seeds("ab")), seeds("b").first());
        for port in 1..=MOST as u16 {
            let seed = HostPort::new("h", port);
            memory.remember(std::slice::from_ref(&seed), &seed, 2 + u64::from(port));
        }
        assert_eq!(memory.sets.len(), MOST);
        assert_eq!(memory.answered(&seeds("ab")), None);
        assert_eq!(Memory::read(&memory.text()), memory);
    }

    #[test]
    fn a_damaged_file_remembers_nothing() {
        for text in ["", "{", "[]", "7", r#"{"sets":[{"seeds":["a"]}]}"#] {
            assert_eq!(Memory::read(text), Memory::default(), "{text}");
        }
    }

    #[test]
    fn the_file_is_where_the_state_of_programs_is() {
        let file = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter();
            let map = pairs.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            file(&map.collect()).map(|path| path.display().to_string())
        };
        for (environment, expected) in [
            (
                &[("XDG_STATE_HOME", "/s"), ("HOME", "/h")][..],
                Some("/s/mongo-rs/seeds.json"),
            ),
            (
                &[("HOME", "/h")],
                Some("/h/.local/state/mongo-rs/seeds.json"),
            ),
            (
                &[("XDG_STATE_HOME", "s"), ("HOME", "/h")],
                Some("/h/.local/state/mongo-rs/seeds.json"),
            ),
            (&[("XDG_STATE_HOME", "")], None),
            (&[("HOME", "h")], None),
        ] {
            assert_eq!(file(environment).as_deref(), expected, "{environment:?}");
        }
    }
}

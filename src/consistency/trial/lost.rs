//! Which acknowledged writes can be lost, by the names that rollback files know them by. Pure, from a history.

use crate::consistency::checker::ranges::{ranges, read};
use crate::consistency::file::READER;
use crate::consistency::workload::Workload;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead};

/// Values by key; elements of the one list and of the set are below the key "".
pub type Writes = BTreeMap<String, BTreeSet<i64>>;

/// The writes to look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lost {
    /// These are lost.
    Certainly(Writes),
    /// Those of them are lost that were rolled back: a register does not show what it held before.
    IfRolledBack(Writes),
    /// The writes of this workload have no names; why.
    Unnamed(&'static str),
}

impl Lost {
    /// The writes to look for. `elements` are those that the checker found lost, as runs.
    ///
    /// # Errors
    /// Those of reading the history.
    pub fn of(workload: Workload, elements: &str, history: &mut impl BufRead) -> io::Result<Self> {
        Ok(match workload {
            Workload::ListAppend | Workload::Set => {
                let runs = read(elements).into_iter();
                let all = runs.flat_map(|(from, until)| from..=until).collect();
                Self::Certainly(Writes::from([(String::new(), all)]))
            }
            Workload::Register => Self::IfRolledBack(Seen::of(history)?.acknowledged),
            Workload::TxnAppend => {
                let Seen {
                    mut acknowledged,
                    there,
                } = Seen::of(history)?;
                // Of a list that was not read at the end nobody knows.
                acknowledged.retain(|key, values| {
                    there.get(key).is_some_and(|there| {
                        values.retain(|value| !there.contains(value));
                        true
                    })
                });
                Self::Certainly(acknowledged)
            }
            Workload::Counter => Self::Unnamed("one increment is like another"),
            Workload::Bank => {
                Self::Unnamed("a balance does not say by which transfers it came about")
            }
            Workload::Gridfs => Self::Unnamed("several files can hold the same number"),
        })
    }

    /// Those of them that are in a file: `numbers` are all in it, `by_id` those beside the `_id` by it.
    #[must_use]
    pub fn in_file(&self, numbers: &str, by_id: &str) -> Writes {
        let (Self::Certainly(writes) | Self::IfRolledBack(writes)) = self else {
            return Writes::new();
        };
        let (numbers, by_id) = (sorted(numbers), by_key(by_id));
        let nothing = Vec::new();
        let mut found = Writes::new();
        for (key, values) in writes {
            let there = match key.as_str() {
                "" => &numbers,
                key => by_id.get(key).unwrap_or(&nothing),
            };
            let values: BTreeSet<i64> = values
                .iter()
                .copied()
                .filter(|value| contains(there, *value))
                .collect();
            if !values.is_empty() {
                found.insert(key.clone(), values);
            }
        }
        found
    }

    /// Those of them that are certainly lost and in no file; none where that is not known.
    #[must_use]
    pub fn beside(&self, in_files: &Writes) -> Option<Writes> {
        let Self::Certainly(writes) = self else {
            return None;
        };
        let nothing = BTreeSet::new();
        let left = writes.iter().map(|(key, values)| {
            let found = in_files.get(key).unwrap_or(&nothing);
            (key.clone(), values.difference(found).copied().collect())
        });
        Some(left.collect())
    }
}

/// `10-12,20`, or `3: 17,19; 4: 2`.
#[must_use]
pub fn told(writes: &Writes) -> String {
    let text = |(key, values): (&String, &BTreeSet<i64>)| {
        let runs = ranges(&values.iter().copied().collect::<Vec<_>>());
        match (key.as_str(), runs.as_str()) {
            (_, "") => None,
            ("", _) => Some(runs),
            (key, runs) => Some(format!("{key}: {runs}")),
        }
    };
    writes
        .iter()
        .filter_map(text)
        .collect::<Vec<_>>()
        .join("; ")
}

fn by_key(text: &str) -> BTreeMap<&str, Vec<(i64, i64)>> {
    let parts = text.split("; ").filter_map(|part| part.split_once(": "));
    parts.map(|(key, runs)| (key, sorted(runs))).collect()
}

fn sorted(runs: &str) -> Vec<(i64, i64)> {
    let mut runs = read(runs);
    runs.sort_unstable();
    runs
}

fn contains(runs: &[(i64, i64)], value: i64) -> bool {
    let after = runs.partition_point(|(from, _)| *from <= value);
    let run = after.checked_sub(1).and_then(|place| runs.get(place));
    run.is_some_and(|(_, until)| value <= *until)
}

/// What a history shows of writes by key.
#[derive(Default)]
struct Seen {
    acknowledged: Writes,
    there: Writes,
}

impl Seen {
    fn of(history: &mut impl BufRead) -> io::Result<Self> {
        let mut seen = Self::default();
        for line in history.lines() {
            // Our own history, a line an operation; what cannot be read is none.
            let line: Value = serde_json::from_str(&line?).unwrap_or_default();
            if let ("ok", Some(process)) = (word(&line["type"]), line["process"].as_u64()) {
                seen.note(process == READER, word(&line["f"]), &line["value"]);
            }
        }
        Ok(seen)
    }

    fn note(&mut self, by_reader: bool, f: &str, value: &Value) {
        match (f, by_reader) {
            ("write", false) => put(&mut self.acknowledged, &value[0], &value[1]),
            ("cas", false) => put(&mut self.acknowledged, &value[0], &value[1][1]),
            ("txn", _) => {
                for step in value.as_array().into_iter().flatten() {
                    match (word(&step[0]), by_reader) {
                        ("append", false) => put(&mut self.acknowledged, &step[1], &step[2]),
                        ("r", true) => {
                            let elements = step[2].as_array().into_iter().flatten();
                            let there = self.there.entry(step[1].to_string()).or_default();
                            there.extend(elements.filter_map(Value::as_i64));
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn put(writes: &mut Writes, key: &Value, value: &Value) {
    if let Some(value) = value.as_i64() {
        writes.entry(key.to_string()).or_default().insert(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(workload: Workload, elements: &str, history: &str) -> Lost {
        Lost::of(workload, elements, &mut history.as_bytes()).unwrap()
    }

    #[test]
    fn elements_go_by_themselves() {
        for workload in [Workload::ListAppend, Workload::Set] {
            let lost = of(workload, "10-14,20", "");
            let found = lost.in_file("0-12,20,99", "list: 0-12,20,99");
            assert_eq!(told(&found), "10-12,20");
            assert_eq!(told(&lost.beside(&found).unwrap()), "13-14");
            assert_eq!(told(&lost.in_file("none", "none")), "");
        }
    }

    #[test]
    fn a_register_goes_by_what_was_acknowledged() {
        let history = r#"{"type":"header"}
{"process":0,"type":"ok","f":"write","value":[3,17]}
{"process":1,"type":"ok","f":"cas","value":[3,[17,18]]}
{"process":1,"type":"info","f":"write","value":[4,19]}
{"process":1,"type":"ok","f":"read","value":[4,20]}
{"process":0,"type":"ok","f":"write","value":[5,3]}
"#;
        let lost = of(Workload::Register, "", history);
        // 19 is in doubt, and 3 is a key there.
        let found = lost.in_file("3-4,18-19", "3: 18; 4: 19");
        assert_eq!(told(&found), "3: 18");
        assert_eq!(lost.beside(&found), None);
    }

    #[test]
    fn a_list_of_many_goes_by_what_is_there_at_the_end() {
        let history = r#"{"process":0,"type":"ok","f":"txn","value":[["append",1,8],["r",1,[8]],["append",2,9]]}
{"process":0,"type":"ok","f":"txn","value":[["append",1,10],["append",3,12]]}
{"process":1,"type":"fail","f":"txn","value":[["append",1,11]]}
{"process":1000000000,"type":"ok","f":"txn","value":[["r",1,[8]],["r",2,[]]]}
"#;
        let lost = of(Workload::TxnAppend, "", history);
        let found = lost.in_file("1,8,10", "1: 8,10");
        assert_eq!(told(&found), "1: 10");
        assert_eq!(told(&lost.beside(&found).unwrap()), "2: 9");
    }

    #[test]
    fn what_has_no_name_says_why() {
        for workload in [Workload::Counter, Workload::Bank, Workload::Gridfs] {
            let lost = of(workload, "1", "");
            assert!(matches!(lost, Lost::Unnamed(_)));
            assert!(lost.in_file("1", "1: 1").is_empty());
            assert_eq!(lost.beside(&Writes::new()), None);
        }
    }
}

//! `rollbacks`: what the server of this unit has taken back, because another member was elected that did not have it.

use super::{Answer, Situation};
use crate::consistency::checker::ranges::within;
use crate::host::rollback;
use crate::model::paths;
use crate::mongo::rolled_back::RolledBack;
use mongodb::bson::Uuid;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The longest text of a result, in bytes: results travel as arguments of `action-set`, each of which Linux bounds by 128 KiB
/// (`MAX_ARG_STRLEN`, <https://man7.org/linux/man-pages/man2/execve.2.html>).
const LONGEST: usize = 100_000;

/// The action. Of one collection also the numbers in its documents are told; of all, they would mean nothing.
pub async fn run(situation: &Situation) -> Answer {
    let data = situation.host.data_directory.as_deref();
    let data = data.unwrap_or(Path::new(paths::DATA));
    let files = match rollback::files(data) {
        Ok(files) => files,
        Err(error) => {
            let place = data.join("rollback");
            return Answer::failed(format!("failed to look into {}: {error}", place.display()));
        }
    };
    let collection = match situation.word("collection").map(Uuid::parse_str) {
        None => None,
        Some(Ok(uuid)) => Some(uuid.to_string()),
        Some(Err(_)) => {
            return Answer::failed(
                "collection: give its UUID, as `collections` of this action without parameters tells it",
            );
        }
    };
    let meant = |uuid: &str| collection.as_deref().is_none_or(|meant| meant == uuid);
    let mut found = RolledBack::default();
    let mut paths = Vec::new();
    let mut of_each: BTreeMap<&str, usize> = BTreeMap::new();
    for file in files.iter().filter(|file| meant(&file.collection)) {
        match std::fs::read(&file.path) {
            Ok(bytes) => {
                let before = found.documents;
                found.read(&bytes);
                *of_each.entry(&file.collection).or_default() += found.documents - before;
            }
            Err(error) => {
                let path = file.path.display();
                return Answer::failed(format!("failed to read {path}: {error}"));
            }
        }
        paths.push(file.path.display().to_string());
    }
    let answer = Answer::default()
        .with("documents", found.documents)
        .with("files", none_if_empty(paths.join(" ")));
    if collection.is_none() {
        let of_each = of_each.iter().map(|(uuid, many)| format!("{uuid}: {many}"));
        let of_each: Vec<String> = of_each.collect();
        return answer.with("collections", none_if_empty(of_each.join(", ")));
    }
    let (numbers, more) = runs(&found.numbers, LONGEST);
    let (by_id, more_by_id) = by_id(&found.by_id, LONGEST);
    answer
        .with("numbers", none_if_empty(numbers))
        .with("numbers-left-out", more)
        .with("by-id", none_if_empty(by_id))
        .with("by-id-left-out", more_by_id)
}

fn runs(numbers: &BTreeSet<i64>, most: usize) -> (String, u64) {
    let numbers: Vec<i64> = numbers.iter().copied().collect();
    within(&numbers, most)
}

/// `3: 17,19; list: 0-12`, and how many numbers had no place.
fn by_id(documents: &BTreeMap<String, BTreeSet<i64>>, most: usize) -> (String, u64) {
    let mut text = String::new();
    let mut left_out = 0;
    for (id, numbers) in documents {
        let head = match text.is_empty() {
            true => format!("{id}: "),
            false => format!("; {id}: "),
        };
        let (runs, more) = runs(numbers, most.saturating_sub(text.len() + head.len()));
        left_out += more;
        if !runs.is_empty() {
            text += &head;
            text += &runs;
        }
    }
    (text, left_out)
}

fn none_if_empty(text: String) -> String {
    match text.is_empty() {
        true => "none".to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_by_their_ids_as_far_as_they_fit() {
        let documents = BTreeMap::from([
            ("10".to_owned(), BTreeSet::from([5, 6, 7])),
            ("list".to_owned(), BTreeSet::from([1, 3])),
        ]);
        let table = [
            (99, "10: 5-7; list: 1,3", 0),
            (17, "10: 5-7; list: 1", 1),
            (7, "10: 5-7", 2),
            (6, "", 5),
        ];
        for (most, expected, left_out) in table {
            assert_eq!(
                by_id(&documents, most),
                (expected.to_owned(), left_out),
                "{most}"
            );
        }
    }
}

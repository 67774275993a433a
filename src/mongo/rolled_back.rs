//! What is in a file of documents that a server rolled back. Pure.

use mongodb::bson::{Bson, Document};
use std::collections::{BTreeMap, BTreeSet};

/// The documents of a rollback file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RolledBack {
    /// How many there are.
    pub documents: usize,
    /// All whole numbers in them, at any depth.
    pub numbers: BTreeSet<i64>,
    /// Those beside the `_id`, by it; of documents whose `_id` is a whole number or a short plain word.
    pub by_id: BTreeMap<String, BTreeSet<i64>>,
    /// Whether the file ends in the midst of a document.
    pub cut_off: bool,
}

impl RolledBack {
    /// Adds the documents of one file, which stand one after the other.
    pub fn read(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let Ok(document) = Document::from_reader(&mut bytes) else {
                self.cut_off = true;
                return;
            };
            self.documents += 1;
            let (ids, others): (Vec<_>, Vec<_>) =
                document.into_iter().partition(|(name, _)| name == "_id");
            let id = ids.first().and_then(|(_, id)| plain(id));
            self.numbers.extend(numbers(ids));
            let others = numbers(others);
            self.numbers.extend(&others);
            if let (Some(id), false) = (id, others.is_empty()) {
                self.by_id.entry(id).or_default().extend(others);
            }
        }
    }
}

/// All whole numbers in these fields.
fn numbers(fields: Vec<(String, Bson)>) -> BTreeSet<i64> {
    let mut found = BTreeSet::new();
    let mut waiting: Vec<Bson> = fields.into_iter().map(|(_, value)| value).collect();
    while let Some(value) = waiting.pop() {
        match value {
            Bson::Int32(number) => drop(found.insert(number.into())),
            Bson::Int64(number) => drop(found.insert(number)),
            Bson::Array(values) => waiting.extend(values),
            Bson::Document(inner) => waiting.extend(inner.into_iter().map(|it| it.1)),
            _ => {}
        }
    }
    found
}

/// The longest word that is told as an `_id`, in bytes.
const LONGEST_ID: usize = 60;

/// An `_id` that can be told in a list without being mistaken for what separates its parts.
fn plain(id: &Bson) -> Option<String> {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    match id {
        Bson::Int32(number) => Some(number.to_string()),
        Bson::Int64(number) => Some(number.to_string()),
        Bson::String(word) if word.len() <= LONGEST_ID && word.chars().all(is_plain) => {
            Some(word.clone())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mongodb::bson::doc;

    #[test]
    fn documents_one_after_the_other() {
        let mut bytes = Vec::new();
        for document in [
            doc! {"_id": "list", "value": [1, 2, 900_i64]},
            doc! {"_id": 7, "deep": {"er": [{"x": 3}]}, "not": 1.5},
            doc! {"_id": 8},
            doc! {"_id": "a: 1; b", "value": 4},
            doc! {"_id": {"x": 9}, "value": 5},
        ] {
            document.to_writer(&mut bytes).unwrap();
        }
        let mut found = RolledBack::default();
        found.read(&bytes);
        let expected = RolledBack {
            documents: 5,
            numbers: [1, 2, 3, 4, 5, 7, 8, 9, 900].into(),
            by_id: [
                ("list".to_owned(), [1, 2, 900].into()),
                ("7".to_owned(), [3].into()),
            ]
            .into(),
            cut_off: false,
        };
        assert_eq!(found, expected);
        let mut found = RolledBack::default();
        found.read(&bytes[..bytes.len() - 1]);
        assert_eq!((found.documents, found.cut_off), (4, true));
    }
}

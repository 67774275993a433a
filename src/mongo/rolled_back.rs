//! What is in a file of documents that a server rolled back. Pure.

use mongodb::bson::{Bson, Document};
use std::collections::BTreeSet;

/// The documents of a rollback file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RolledBack {
    /// How many there are.
    pub documents: usize,
    /// All whole numbers in them, at any depth.
    pub numbers: BTreeSet<i64>,
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
            let mut waiting: Vec<Bson> = document.into_iter().map(|(_, value)| value).collect();
            while let Some(value) = waiting.pop() {
                match value {
                    Bson::Int32(number) => drop(self.numbers.insert(number.into())),
                    Bson::Int64(number) => drop(self.numbers.insert(number)),
                    Bson::Array(values) => waiting.extend(values),
                    Bson::Document(inner) => waiting.extend(inner.into_iter().map(|it| it.1)),
                    _ => {}
                }
            }
        }
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
        ] {
            document.to_writer(&mut bytes).unwrap();
        }
        let mut found = RolledBack::default();
        found.read(&bytes);
        let expected = RolledBack {
            documents: 2,
            numbers: [1, 2, 3, 7, 900].into(),
            cut_off: false,
        };
        assert_eq!(found, expected);
        let mut found = RolledBack::default();
        found.read(&bytes[..bytes.len() - 1]);
        assert_eq!((found.documents, found.cut_off), (1, true));
    }
}

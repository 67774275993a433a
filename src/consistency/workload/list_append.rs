//! The workload `list-append`: numbers are appended to one list in one document with `$push`.
//!
//! It is jupsen's write test. Each number is pushed by exactly one process, once, so that the list
//! at the end tells of each append whether it is there, and how often. Here is how that list is read.

use std::time::Duration;

use mongodb::Client;
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::{ReadConcern, ReadPreference, SelectionCriteria};

use super::settings::Settings;

/// How the list is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadAt {
    /// The newest state, confirmed by a majority: what is missing here is lost.
    Linearizable,
    /// A state that a majority has; on a primary that was cut off it may be old.
    Majority,
    /// Whatever the primary, or else a secondary, has.
    Local,
}

impl ReadAt {
    /// MongoDB's word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Linearizable => "linearizable",
            Self::Majority => "majority",
            Self::Local => "local",
        }
    }
}

/// The list as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// The numbers, in order.
    pub elements: Vec<i64>,
    /// How many elements are no numbers.
    pub foreign: usize,
}

/// Reads the list; none if the document is gone.
///
/// # Errors
/// The driver's.
pub async fn read(
    settings: Settings,
    client: Client,
    at: ReadAt,
    limit: Duration,
) -> mongodb::error::Result<Option<List>> {
    let documents = settings.documents(&client);
    let find = documents.find_one(doc! {"_id": "list"}).max_time(limit);
    let found = match at {
        ReadAt::Linearizable => find.read_concern(ReadConcern::linearizable()).await?,
        ReadAt::Majority => find.read_concern(ReadConcern::majority()).await?,
        ReadAt::Local => {
            let anyone = SelectionCriteria::ReadPreference(ReadPreference::PrimaryPreferred {
                options: None,
            });
            find.read_concern(ReadConcern::local())
                .selection_criteria(anyone)
                .await?
        }
    };
    Ok(found.map(|document| list_of(&document)))
}

fn list_of(document: &Document) -> List {
    let mut list = List::default();
    match document.get("value") {
        Some(Bson::Array(elements)) => {
            for element in elements {
                match element {
                    Bson::Int32(number) => list.elements.push(i64::from(*number)),
                    Bson::Int64(number) => list.elements.push(*number),
                    _ => list.foreign += 1,
                }
            }
        }
        _ => list.foreign += 1,
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_that_are_no_numbers_are_counted() {
        let document = doc! {"value": [1, 2_i64, "x", Bson::Null]};
        assert_eq!(
            list_of(&document),
            List {
                elements: vec![1, 2],
                foreign: 2
            }
        );
        assert_eq!(list_of(&doc! {}).foreign, 1);
    }
}

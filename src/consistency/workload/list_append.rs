//! The workload `list-append`: numbers are appended to one list in one document with `$push`.
//!
//! It is jupsen's write test. Each number is pushed by exactly one process, once, so that the list
//! at the end tells of each append whether it is there, and how often.

use std::time::Duration;

use mongodb::bson::{Bson, Document, doc};
use mongodb::options::{
    Acknowledgment, ReadConcern, ReadPreference, SelectionCriteria, UpdateOptions, WriteConcern,
};
use mongodb::{Client, Collection};

/// One list, by where it is and how it is written.
#[derive(Clone, Debug)]
pub struct ListAppend {
    /// The database.
    pub database: String,
    /// The collection, which holds nothing else.
    pub collection: String,
    /// Write concern `majority`, or `w: 1`; the journal is left to the set's default in both.
    pub majority: bool,
    /// How long a server may wait for the majority (`wtimeout`).
    pub timeout: Duration,
}

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

impl ListAppend {
    /// `database.collection`.
    #[must_use]
    pub fn namespace(&self) -> String {
        format!("{}.{}", self.database, self.collection)
    }

    /// Makes the empty list on a majority; may be run again.
    ///
    /// # Errors
    /// The driver's.
    pub async fn create(self, client: Client) -> mongodb::error::Result<()> {
        let options = UpdateOptions::builder()
            .upsert(true)
            .write_concern(self.concern(true))
            .build();
        let empty = doc! {"$setOnInsert": {"value": Bson::Array(Vec::new())}};
        self.documents(&client)
            .update_one(self.filter(), empty)
            .with_options(options)
            .await
            .map(|_| ())
    }

    /// Appends one number. Returns how many documents were matched. There is no `maxTimeMS` for an
    /// update in the driver; `wtimeout` bounds the server's wait and the caller bounds the rest.
    ///
    /// # Errors
    /// The driver's.
    pub async fn append(self, client: Client, value: i32) -> mongodb::error::Result<u64> {
        let options = UpdateOptions::builder()
            .comment(Bson::Int32(value))
            .write_concern(self.concern(self.majority))
            .build();
        let push = doc! {"$push": {"value": value}};
        let updated = self
            .documents(&client)
            .update_one(self.filter(), push)
            .with_options(options)
            .await?;
        Ok(updated.matched_count)
    }

    /// Reads the list; none if the document is gone.
    ///
    /// # Errors
    /// The driver's.
    pub async fn read(
        self,
        client: Client,
        at: ReadAt,
        limit: Duration,
    ) -> mongodb::error::Result<Option<List>> {
        let documents = self.documents(&client);
        let find = documents.find_one(self.filter()).max_time(limit);
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

    /// Drops the collection.
    ///
    /// # Errors
    /// The driver's.
    pub async fn drop(self, client: Client) -> mongodb::error::Result<()> {
        let concern = self.concern(true);
        self.documents(&client).drop().write_concern(concern).await
    }

    fn documents(&self, client: &Client) -> Collection<Document> {
        client.database(&self.database).collection(&self.collection)
    }

    fn filter(&self) -> Document {
        doc! {"_id": "list"}
    }

    fn concern(&self, majority: bool) -> WriteConcern {
        if majority {
            WriteConcern::builder()
                .w(Acknowledgment::Majority)
                .w_timeout(self.timeout)
                .build()
        } else {
            WriteConcern::builder().w(Acknowledgment::Nodes(1)).build()
        }
    }
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

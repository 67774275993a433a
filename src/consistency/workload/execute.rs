//! Carries an operation out on the driver. No decisions: what came of it is judged elsewhere.

use super::operation::Operation;
use super::settings::Settings;
use super::{gridfs, transactions};
use crate::consistency::facts::ErrorClass;
use mongodb::bson::{Bson, Document, doc};
use mongodb::error::{Error, Result as Answer};
use mongodb::options::{FindOneOptions, FindOptions, InsertOneOptions, UpdateOptions};
use mongodb::{Client, ClientSession};
use serde_json::{Value, json};
use std::sync::Arc;

/// Why an operation was not acknowledged.
#[derive(Debug)]
pub enum Trouble {
    /// The statement ended with an error.
    Statement(Error),
    /// An error came before anything was to be committed.
    BeforeCommit(Error),
    /// The commit ended with an error.
    Commit(Error),
    /// An error came after something of it was stored.
    Midway(Error),
    /// It was looked at and refused, by what is there.
    Refused(ErrorClass),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Statement(error)
    }
}

/// What came of an operation: its value as the completion shows it.
pub type Done = Result<Value, Trouble>;

/// Carries out one operation. `number` travels in the comment of each command, so that attempts can be counted.
///
/// # Errors
/// [`Trouble`].
pub async fn execute(
    client: Client,
    settings: Arc<Settings>,
    operation: Operation,
    number: i32,
) -> Done {
    let on = Statements::new(&client, &settings, number);
    let invoked = operation.value();
    match operation {
        Operation::Append(value) => {
            let push = doc! {"$push": {"value": value}};
            on.update(doc! {"_id": "list"}, push)
                .await
                .map(|()| invoked)
        }
        Operation::Add(value) => on.insert(doc! {"_id": value}).await.map(|()| invoked),
        Operation::Write(key, value) => {
            let set = doc! {"$set": {"value": value}};
            on.update(doc! {"_id": key}, set).await.map(|()| invoked)
        }
        Operation::CompareAndSet(key, from, to) => {
            let set = doc! {"$set": {"value": to}};
            let there = doc! {"_id": key, "value": from};
            on.update(there, set).await.map(|()| invoked)
        }
        Operation::Increment(by) => {
            let increment = doc! {"$inc": {"value": by}};
            on.update(doc! {"_id": "counter"}, increment)
                .await
                .map(|()| invoked)
        }
        Operation::Read(key) => {
            let found = on.find_one(doc! {"_id": key}).await?;
            Ok(json!([key, number_of(found.as_ref(), "value")]))
        }
        Operation::ReadCounter => {
            let found = on.find_one(doc! {"_id": "counter"}).await?;
            Ok(json!(number_of(found.as_ref(), "value")))
        }
        Operation::ReadSet => {
            let all = on.find_all().await?;
            let numbers = all.iter().map(|document| number_of(Some(document), "_id"));
            Ok(numbers.collect())
        }
        Operation::ReadBankOutside => Ok(balances(&on.find_all().await?)),
        Operation::ReadBank => transactions::read_bank(&on).await,
        Operation::Transfer(from, to, amount) => transactions::transfer(&on, from, to, amount)
            .await
            .map(|()| invoked),
        Operation::Transaction(steps) => transactions::steps(&on, &steps).await,
        Operation::Revise => gridfs::revise(&on).await,
        Operation::ReadNewest => Ok(json!(gridfs::newest(&on).await?)),
    }
}

/// The statements that the workloads are made of.
pub(super) struct Statements<'a> {
    pub(super) client: &'a Client,
    pub(super) settings: &'a Settings,
    number: i32,
}

impl<'a> Statements<'a> {
    pub(super) fn new(client: &'a Client, settings: &'a Settings, number: i32) -> Self {
        Self {
            client,
            settings,
            number,
        }
    }

    pub(super) fn comment(&self) -> Bson {
        Bson::Int32(self.number)
    }

    /// There is no `maxTimeMS` for writes in the driver; `wtimeout` bounds the server's wait, and the caller the rest.
    async fn update(&self, filter: Document, change: Document) -> Result<(), Trouble> {
        let options = UpdateOptions::builder()
            .comment(self.comment())
            .write_concern(self.settings.write_concern())
            .build();
        let documents = self.settings.documents(self.client);
        let updated = documents
            .update_one(filter, change)
            .with_options(options)
            .await?;
        match updated.matched_count {
            0 => Err(Trouble::Refused(ErrorClass::NotMatched)),
            _ => Ok(()),
        }
    }

    async fn insert(&self, document: Document) -> Result<(), Trouble> {
        let options = InsertOneOptions::builder()
            .comment(self.comment())
            .write_concern(self.settings.write_concern())
            .build();
        let documents = self.settings.documents(self.client);
        documents.insert_one(document).with_options(options).await?;
        Ok(())
    }

    async fn find_one(&self, filter: Document) -> Answer<Option<Document>> {
        let mut options = FindOneOptions::builder()
            .comment(self.comment())
            .read_concern(self.settings.read_concern())
            .max_time(self.settings.timeout)
            .build();
        options.selection_criteria = self.settings.selection();
        let documents = self.settings.documents(self.client);
        documents.find_one(filter).with_options(options).await
    }

    async fn find_all(&self) -> Answer<Vec<Document>> {
        let mut options = FindOptions::builder()
            .comment(self.comment())
            .read_concern(self.settings.read_concern())
            .max_time(self.settings.timeout)
            .sort(doc! {"_id": 1})
            .build();
        options.selection_criteria = self.settings.selection();
        let documents = self.settings.documents(self.client);
        let mut cursor = documents.find(doc! {}).with_options(options).await?;
        let mut all = Vec::new();
        while cursor.advance().await? {
            all.push(cursor.deserialize_current()?);
        }
        Ok(all)
    }

    /// All documents, as a transaction sees them.
    pub(super) async fn find_all_in(&self, session: &mut ClientSession) -> Answer<Vec<Document>> {
        let options = FindOptions::builder()
            .comment(self.comment())
            .sort(doc! {"_id": 1})
            .build();
        let documents = self.settings.documents(self.client);
        let finding = documents.find(doc! {}).with_options(options);
        let mut cursor = finding.session(&mut *session).await?;
        let mut all = Vec::new();
        while cursor.advance(session).await? {
            all.push(cursor.deserialize_current()?);
        }
        Ok(all)
    }
}

/// Balances by account, as Jepsen writes them.
pub(super) fn balances(documents: &[Document]) -> Value {
    let balances = documents.iter().filter_map(|document| {
        let account = number_of(Some(document), "_id")?;
        Some((
            account.to_string(),
            json!(number_of(Some(document), "balance")),
        ))
    });
    Value::Object(balances.collect())
}

/// A whole number in a document; none where there is none.
pub(super) fn number_of(document: Option<&Document>, field: &str) -> Option<i64> {
    match document?.get(field)? {
        Bson::Int32(number) => Some(i64::from(*number)),
        Bson::Int64(number) => Some(*number),
        _ => None,
    }
}

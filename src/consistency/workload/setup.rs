//! What is there before the first operation, and how it is taken away.

use super::execute::Statements;
use super::settings::{Settings, Written};
use super::{Workload, gridfs};
use futures_util::TryStreamExt as _;
use mongodb::Client;
use mongodb::bson::{Bson, Document, doc};
use mongodb::error::Result as Answer;
use mongodb::options::UpdateOptions;
use std::collections::BTreeMap;

/// What every account holds at first.
const BALANCE: i64 = 100;

/// What all accounts hold together.
#[must_use]
pub fn total(keys: u32) -> i64 {
    i64::from(keys.max(2)) * BALANCE
}

/// Makes what the workload needs, on a majority; may be run again.
///
/// # Errors
/// The driver's.
pub async fn create(
    client: Client,
    settings: Settings,
    workload: Workload,
    keys: u32,
) -> Answer<()> {
    let settings = Settings {
        written: Written::Majority,
        ..settings
    };
    let documents: Vec<(Bson, Document)> = match workload {
        Workload::ListAppend => vec![("list".into(), doc! {"value": Bson::Array(Vec::new())})],
        Workload::Counter => vec![("counter".into(), doc! {"value": 0_i64})],
        Workload::Register => (0..keys)
            .map(|key| (key.into(), doc! {"value": Bson::Null}))
            .collect(),
        Workload::Bank => (0..keys.max(2))
            .map(|key| (key.into(), doc! {"balance": BALANCE}))
            .collect(),
        Workload::Gridfs => return gridfs::create(&Statements::new(&client, &settings, -1)).await,
        // A collection cannot always be made inside a transaction.
        Workload::Set | Workload::TxnAppend => {
            let database = settings.database(&client);
            let made = database
                .create_collection(&settings.collection)
                .write_concern(settings.write_concern());
            return match made.await {
                Err(error) if is_there(&error) => Ok(()),
                other => other,
            };
        }
    };
    for (id, at_first) in documents {
        let options = UpdateOptions::builder()
            .upsert(true)
            .write_concern(settings.write_concern())
            .build();
        let documents = settings.documents(&client);
        let change = doc! {"$setOnInsert": at_first};
        documents
            .update_one(doc! {"_id": id}, change)
            .with_options(options)
            .await?;
    }
    Ok(())
}

/// Takes it away.
///
/// # Errors
/// The driver's.
pub async fn drop(client: Client, settings: Settings, workload: Workload) -> Answer<()> {
    let database = settings.database(&client);
    for name in collections(&settings, workload) {
        let collection = database.collection::<Document>(&name);
        let dropping = collection.drop();
        dropping.write_concern(settings.write_concern()).await?;
    }
    Ok(())
}

/// The UUIDs of the collections that a workload writes to: servers name what they roll back by them.
///
/// # Errors
/// The driver's.
pub async fn ids(
    client: Client,
    settings: Settings,
    workload: Workload,
) -> Answer<BTreeMap<String, String>> {
    let names = collections(&settings, workload);
    let database = settings.database(&client);
    let named = doc! {"name": {"$in": names}};
    let mut found = database.list_collections().filter(named).await?;
    let mut ids = BTreeMap::new();
    while let Some(collection) = found.try_next().await? {
        let id = collection.info.uuid.and_then(|id| id.to_uuid().ok());
        if let Some(id) = id {
            ids.insert(collection.name, id.to_string());
        }
    }
    Ok(ids)
}

/// The collections that a workload writes to.
#[must_use]
pub fn collections(settings: &Settings, workload: Workload) -> Vec<String> {
    match workload {
        Workload::Gridfs => vec![
            format!("{}.files", settings.collection),
            format!("{}.chunks", settings.collection),
        ],
        _ => vec![settings.collection.clone()],
    }
}

/// The server's `NamespaceExists`.
fn is_there(error: &mongodb::error::Error) -> bool {
    matches!(error.kind.as_ref(), mongodb::error::ErrorKind::Command(command) if command.code == 48)
}

//! A number in files: read the newest one, store a file with the next number under the same name.
//!
//! It is jupsen's second test, and a negative control: two clients that read the same number both store the next one,
//! and nothing stops them, so that with more than one client steps are lost without any fault.

use super::execute::{Done, Statements, Trouble};
use futures_util::{AsyncReadExt, AsyncWriteExt};
use mongodb::error::Result as Answer;
use mongodb::gridfs::GridFsBucket;
use mongodb::options::GridFsBucketOptions;
use serde_json::json;

/// The name of all the files.
const NAME: &str = "counter";

/// Stores the first file, with 0 in it.
pub(super) async fn create(on: &Statements<'_>) -> Answer<()> {
    store(&bucket(on), 0).await
}

/// Reads and stores the next one. The value shows both: what was read, and what was stored.
pub(super) async fn revise(on: &Statements<'_>) -> Done {
    let bucket = bucket(on);
    let read = read(&bucket).await.map_err(Trouble::BeforeCommit)?;
    let next = read.saturating_add(1);
    store(&bucket, next).await.map_err(Trouble::Midway)?;
    Ok(json!([read, next]))
}

/// The number in the newest file.
pub(super) async fn newest(on: &Statements<'_>) -> Result<i64, Trouble> {
    Ok(read(&bucket(on)).await?)
}

fn bucket(on: &Statements<'_>) -> GridFsBucket {
    let mut options = GridFsBucketOptions::builder()
        .bucket_name(on.settings.collection.clone())
        .write_concern(on.settings.write_concern())
        .read_concern(on.settings.read_concern())
        .build();
    options.selection_criteria = on.settings.selection();
    on.settings.database(on.client).gridfs_bucket(options)
}

async fn read(bucket: &GridFsBucket) -> Answer<i64> {
    let mut file = bucket.open_download_stream_by_name(NAME).await?;
    let mut text = String::new();
    file.read_to_string(&mut text).await?;
    // A file that holds no number is as good as none.
    Ok(text.trim().parse().unwrap_or(-1))
}

async fn store(bucket: &GridFsBucket, number: i64) -> Answer<()> {
    let mut file = bucket.open_upload_stream(NAME).await?;
    file.write_all(number.to_string().as_bytes()).await?;
    file.close().await?;
    Ok(())
}

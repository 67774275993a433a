//! Commands of the workloads and their replies, as far as lies are about them.

use mongodb::bson::{Bson, Document};

/// A command whose answer matters.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// The command's name, and the register if it is one.
    Write(String, Option<i32>),
    /// The register.
    Read(i32),
}

/// The name of a command is its first key.
pub fn name(command: &Document) -> &str {
    command.keys().next().map_or("", String::as_str)
}

/// What a command of a workload is, and the value that it writes.
pub fn understood(command: &Document) -> Option<(Asked, Option<i64>)> {
    let first = |array: &str| command.get_array(array).ok()?.first()?.as_document();
    let write = |key| Asked::Write(name(command).to_owned(), key);
    match name(command) {
        "insert" => {
            let value = number(first("documents")?, "_id")?;
            Some((write(None), Some(value)))
        }
        "update" => {
            let update = first("updates")?;
            let key = update.get_document("q").ok()?.get_i32("_id").ok();
            let change = update.get_document("u").ok()?;
            let change = change.values().next()?.as_document()?;
            Some((write(key), Some(number(change, "value")?)))
        }
        "find" => {
            let key = command.get_document("filter").ok()?.get_i32("_id").ok()?;
            Some((Asked::Read(key), None))
        }
        _ => None,
    }
}

/// Whether a reply says that all went well.
pub fn is_good(reply: &Document) -> bool {
    number(reply, "ok") == Some(1)
        && !["writeErrors", "writeConcernError"]
            .iter()
            .any(|name| reply.contains_key(name))
}

/// What a read of one register shows; none where it shows nothing.
pub fn value_of(reply: &Document) -> Option<i64> {
    let cursor = reply.get_document("cursor").ok()?;
    number(
        cursor
            .get_array("firstBatch")
            .ok()?
            .first()?
            .as_document()?,
        "value",
    )
}

/// A whole number in a document.
pub fn number(document: &Document, field: &str) -> Option<i64> {
    match document.get(field)? {
        Bson::Int32(number) => Some(i64::from(*number)),
        Bson::Int64(number) => Some(*number),
        Bson::Double(number) => Some(*number as i64),
        _ => None,
    }
}

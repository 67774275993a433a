//! Single values of a config document, read as `mongod` reads them: any number is a number, `null` is absent, and a
//! string is neither number nor truth.

use super::refusal::{Refusal, malformed};
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, Document};

/// A field that is there and not `null`.
pub fn present<'a>(document: &'a Document, name: &str) -> Option<&'a Bson> {
    document.get(name).filter(|value| **value != Bson::Null)
}

/// A number of any type; booleans are none.
pub fn number(document: &Document, name: &str) -> Result<Option<f64>, Refusal> {
    match present(document, name) {
        None => Ok(None),
        Some(Bson::Int32(number)) => Ok(Some(f64::from(*number))),
        Some(Bson::Int64(number)) => Ok(Some(*number as f64)),
        Some(Bson::Double(number)) => Ok(Some(*number)),
        Some(_) => malformed(format!("{name} is no number")),
    }
}

/// A number without its fraction, within limits.
pub fn whole_number(
    document: &Document,
    name: &str,
    limits: std::ops::RangeInclusive<i64>,
) -> Result<Option<i64>, Refusal> {
    match number(document, name)?.map(|number| number as i64) {
        Some(number) if !limits.contains(&number) => {
            malformed(format!("{name} is out of range: {number}"))
        }
        other => Ok(other),
    }
}

/// A boolean, or a number that is zero or not.
pub fn truth(document: &Document, name: &str) -> Result<Option<bool>, Refusal> {
    match present(document, name) {
        Some(Bson::Boolean(value)) => Ok(Some(*value)),
        _ => Ok(number(document, name)?.map(|number| number != 0.0)),
    }
}

/// Fields that nobody knows are refused.
pub fn only(document: &Document, known: &[&str]) -> Result<(), Refusal> {
    match document.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => malformed(format!("{name} is an unknown field")),
        None => Ok(()),
    }
}

/// The version, where it can be read.
pub fn version(document: &Document) -> i64 {
    number(document, "version")
        .ok()
        .flatten()
        .unwrap_or_default() as i64
}

/// The id of the set, which never changes.
pub fn set_id(document: &Document) -> Option<ObjectId> {
    let settings = document.get_document("settings").ok()?;
    settings.get_object_id("replicaSetId").ok()
}

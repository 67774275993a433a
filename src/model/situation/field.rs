//! A field of a file that a person may have written: each knows its path, so that what is refused is named.

use mongodb::bson::{Bson, Document};
use std::str::FromStr;

/// Why a file is no situation: which field, what is there, and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The text is not JSON, or names a field twice.
    #[error("it cannot be read as JSON: {0}")]
    NotJson(String),
    /// A value that is not allowed there.
    #[error("{field} is {found}; it must be {allowed}")]
    Value {
        /// Its path.
        field: String,
        /// What is there.
        found: String,
        /// What may be there.
        allowed: String,
    },
    /// A field that must be there is not.
    #[error("{field} is missing; it must be {allowed}")]
    Missing {
        /// Its path.
        field: String,
        /// What may be there.
        allowed: String,
    },
    /// A field that nobody knows.
    #[error("{field} is not a field; the fields {place} are {known}")]
    Unknown {
        /// Its path.
        field: String,
        /// Where it stands.
        place: String,
        /// What may stand there.
        known: String,
    },
}

/// A place for a value.
pub(super) struct Field<'a> {
    pub path: String,
    pub value: Option<&'a Bson>,
}

/// A value that is an object whose fields are known.
pub(super) struct Object<'a> {
    path: String,
    fields: &'a Document,
}

impl<'a> Object<'a> {
    /// The outermost.
    pub fn outermost(fields: &'a Document, known: &[&str]) -> Result<Self, Refused> {
        Self::new(String::new(), fields, known)
    }

    fn new(path: String, fields: &'a Document, known: &[&str]) -> Result<Self, Refused> {
        let object = Self { path, fields };
        match fields.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(object),
            Some(name) => Err(Refused::Unknown {
                field: object.field(name).path,
                place: match object.path.as_str() {
                    "" => "of the file".to_owned(),
                    path => format!("of {path}"),
                },
                known: known.join(", "),
            }),
        }
    }

    /// One of its fields, there or not.
    pub fn field(&self, name: &str) -> Field<'a> {
        Field {
            path: match self.path.as_str() {
                "" => name.to_owned(),
                path => format!("{path}.{name}"),
            },
            value: self.fields.get(name),
        }
    }
}

impl<'a> Field<'a> {
    /// That its value is not allowed.
    pub fn refused(&self, allowed: &str) -> Refused {
        let (field, allowed) = (self.path.clone(), allowed.to_owned());
        match self.value {
            None => Refused::Missing { field, allowed },
            Some(value) => Refused::Value {
                field,
                found: shown(value),
                allowed,
            },
        }
    }

    /// Its value, if it is there.
    pub fn optional<T>(
        &self,
        allowed: &str,
        read: impl FnOnce(&'a Bson) -> Option<T>,
    ) -> Result<Option<T>, Refused> {
        let read = |value| read(value).ok_or_else(|| self.refused(allowed));
        self.value.map(read).transpose()
    }

    /// Its value, which must be there.
    pub fn required<T>(
        &self,
        allowed: &str,
        read: impl FnOnce(&'a Bson) -> Option<T>,
    ) -> Result<T, Refused> {
        self.optional(allowed, read)?
            .ok_or_else(|| self.refused(allowed))
    }

    /// Its value as an object with these fields, if it is there.
    pub fn object(&self, known: &[&str]) -> Result<Option<Object<'a>>, Refused> {
        let allowed = format!("an object with some of {}", known.join(", "));
        let fields = self.optional(&allowed, Bson::as_document)?;
        let object = fields.map(|fields| Object::new(self.path.clone(), fields, known));
        object.transpose()
    }

    /// Its value as an object whose keys are free; none there is none in it.
    pub fn entries(&self, allowed: &str) -> Result<Vec<(&'a str, Field<'a>)>, Refused> {
        let fields = self.optional(allowed, Bson::as_document)?;
        let entry = |(name, value): (&'a String, &'a Bson)| {
            let path = format!("{}.{name}", self.path);
            let value = Some(value);
            (name.as_str(), Field { path, value })
        };
        Ok(fields.into_iter().flatten().map(entry).collect())
    }

    /// Its value as a list; none there is none in it.
    pub fn list(&self, allowed: &str) -> Result<Vec<Field<'a>>, Refused> {
        let list = self.optional(allowed, Bson::as_array)?;
        let item = |(position, value)| Field {
            path: format!("{}[{position}]", self.path),
            value: Some(value),
        };
        Ok(list.into_iter().flatten().enumerate().map(item).collect())
    }
}

/// Enough of a value to find it by.
fn shown(value: &Bson) -> String {
    // A value that was read from JSON can be written as JSON.
    let text = serde_json::to_string(value).unwrap_or_default();
    match text.char_indices().nth(60) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// A whole number.
pub(super) fn whole<T: TryFrom<i64>>(value: &Bson) -> Option<T> {
    let number = match value {
        Bson::Int32(number) => i64::from(*number),
        Bson::Int64(number) => *number,
        Bson::Double(number) if number.fract() == 0.0 && number.abs() < 9e15 => *number as i64,
        _ => return None,
    };
    T::try_from(number).ok()
}

/// A number.
pub(super) fn number(value: &Bson) -> Option<f64> {
    match value {
        Bson::Double(number) => Some(*number),
        other => whole::<i64>(other).map(|number| number as f64),
    }
}

/// A text that means something.
pub(super) fn parsed<T: FromStr>(value: &Bson) -> Option<T> {
    value.as_str()?.parse().ok()
}

/// A text with something in it.
pub(super) fn text(value: &Bson) -> Option<String> {
    let text = value.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// The same, or null for none.
pub(super) fn or_null<'a, T>(
    read: impl FnOnce(&'a Bson) -> Option<T>,
) -> impl FnOnce(&'a Bson) -> Option<Option<T>> {
    move |value| match value {
        Bson::Null => Some(None),
        other => read(other).map(Some),
    }
}

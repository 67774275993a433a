//! Values as JSON.

use super::Value;
use crate::consistency::file::Line;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use std::io::{self, Write};

/// An operation as elle-cli reads it.
pub(super) fn line(out: &mut impl Write, line: &Line, number: u64, process: u64) -> io::Result<()> {
    let text = |text: &str| serde_json::to_string(text);
    write!(out, "{{\"index\":{}", line.index.unwrap_or(number))?;
    if let Some(time) = line.time {
        write!(out, ",\"time\":{time}")?;
    }
    let kind = line.kind.name();
    write!(
        out,
        ",\"type\":\"{kind}\",\"process\":{process},\"f\":{}",
        text(&line.f)?
    )?;
    let rest = [
        ("key", line.key.as_ref()),
        ("value", Some(&line.value)),
        ("error", line.error.as_ref()),
    ];
    for (name, value) in rest {
        if let Some(value) = value {
            write!(out, ",\"{name}\":")?;
            serde_json::to_writer(&mut *out, &Json(value))?;
        }
    }
    write!(out, "}}")
}

/// Keywords are strings then, and sets are arrays.
struct Json<'a>(&'a Value);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Nil => serializer.serialize_unit(),
            Value::Bool(truth) => serializer.serialize_bool(*truth),
            Value::Integer(number) => serializer.serialize_i64(*number),
            Value::Float(number) => serializer.serialize_f64(*number),
            Value::Exact(text) => match text.parse::<u64>() {
                Ok(number) => serializer.serialize_u64(number),
                Err(_) => serializer.serialize_str(text),
            },
            Value::Text(text) | Value::Keyword(text) | Value::Word(text) => {
                serializer.serialize_str(text)
            }
            Value::Vector(elements) | Value::Set(elements) => {
                let mut sequence = serializer.serialize_seq(Some(elements.len()))?;
                for element in elements {
                    sequence.serialize_element(&Json(element))?;
                }
                sequence.end()
            }
            Value::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    let name = key.name().map_or_else(|| key.text(), Into::into);
                    map.serialize_entry(&name, &Json(value))?;
                }
                map.end()
            }
            Value::Tagged(tagged) => Json(&tagged.1).serialize(serializer),
        }
    }
}

//! From the values of histories to JSON.

use crate::consistency::file::Value;
use serde_json::{Map, Number};

/// The same as JSON. Values are at most [`DEPTH`](crate::consistency::file::DEPTH) deep, and so is this.
pub fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Nil => serde_json::Value::Null,
        Value::Bool(truth) => (*truth).into(),
        Value::Integer(number) => (*number).into(),
        Value::Float(number) => {
            Number::from_f64(*number).map_or(serde_json::Value::Null, Into::into)
        }
        Value::Exact(text) => match text.parse::<u64>() {
            Ok(number) => number.into(),
            Err(_) => text.to_string().into(),
        },
        Value::Text(text) | Value::Keyword(text) | Value::Word(text) => text.to_string().into(),
        Value::Vector(elements) | Value::Set(elements) => elements.iter().map(json).collect(),
        Value::Map(entries) => {
            let named = entries
                .iter()
                .map(|(name, value)| (name.text().into_owned(), json(value)));
            serde_json::Value::Object(named.collect::<Map<_, _>>())
        }
        Value::Tagged(tagged) => json(&tagged.1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consistency::file::read;

    #[test]
    fn values_keep_what_they_say() {
        let line = r#"[{"type":"invoke","process":0,"f":"w","value":{"a":[1,null,true,2.5,"x"],"big":18446744073709551615}}]"#;
        let lines = read(line.as_bytes(), None).unwrap();
        let expected = serde_json::json!({"a": [1, null, true, 2.5, "x"], "big": u64::MAX});
        assert_eq!(json(&lines[0].value), expected);
        assert_eq!(json(&Value::Float(f64::NAN)), serde_json::Value::Null);
    }
}
